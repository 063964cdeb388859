// What the kernels of attention over packed sequences share. The prelude gives `Vec`, what one load gives.
struct Params {
  tokens: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
  window: u32, // positions that a query sees, its own included; 0xffffffff: all before it
}

@group(0) @binding(0) var<storage, read> q: array<Vec>;
@group(0) @binding(1) var<storage, read> k: array<Vec>;
@group(0) @binding(2) var<storage, read> v: array<Vec>;
@group(1) @binding(0) var<uniform> params: Params;

// First row that the query of `row` sees, where its sequence begins at `start`.
fn first_seen(row: u32, start: u32) -> u32 {
  return max(start, row + 1 - min(row + 1, params.window));
}

// One past the last row whose query sees the key of `row`, where its sequence ends before `end`.
fn end_of_view(row: u32, end: u32) -> u32 {
  return min(end, row + min(params.window, params.tokens));
}
