// What the kernels of attention over packed sequences share. The prelude gives `Vec`, what one load gives.
struct Params {
  tokens: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<Vec>;
@group(0) @binding(1) var<storage, read> k: array<Vec>;
@group(0) @binding(2) var<storage, read> v: array<Vec>;
@group(1) @binding(0) var<uniform> params: Params;
