// What the kernels of attention over a cache share. `Vec` is what one load of q gives, `Cell` what one of the cache does.
struct Params {
  slots: u32,
  max_context: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
  window: u32, // positions that a query sees, its own included; 0xffffffff: all
}

@group(0) @binding(0) var<storage, read> q: array<Vec>;
@group(0) @binding(1) var<storage, read> k_cache: array<Cell>;
@group(0) @binding(2) var<storage, read> v_cache: array<Cell>;
@group(0) @binding(3) var<storage, read> kv_index: array<u32>;
@group(0) @binding(4) var<storage, read> context_length: array<u32>;
@group(0) @binding(5) var<storage, read_write> o: array<Vec>;
@group(1) @binding(0) var<uniform> params: Params;
