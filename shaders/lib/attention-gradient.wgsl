#include "attention-packed"
@group(0) @binding(3) var<storage, read> d_o: array<Vec>;
@group(0) @binding(4) var<storage, read> lse_delta: array<vec2f>; // (lse, D) of every (row, head)
@group(0) @binding(5) var<storage, read> seq_end: array<u32>;
@group(0) @binding(6) var<storage, read> seq_start: array<u32>;
@group(0) @binding(7) var<storage, read_write> dq: array<Vec>;
@group(0) @binding(6) var<storage, read_write> dk: array<Vec>;
@group(0) @binding(7) var<storage, read_write> dv: array<Vec>;
