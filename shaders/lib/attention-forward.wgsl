#include "attention-packed"
@group(0) @binding(3) var<storage, read> seq_start: array<u32>;
@group(0) @binding(4) var<storage, read> seq_end: array<u32>;
@group(0) @binding(5) var<storage, read_write> o: array<Vec>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;
