// Scatters new keys and values into the cache: row cacheRow[t] <- row t; 0xffffffff leaves the cache as it is.
// k, v f32[T, kvHeads * d], kCache, vCache f32 or (HALF) f16[rows, kvHeads * d], cacheRow u32[T]. Grid: one workgroup per token, lanes over a row.
// The lines are chosen by src/kernels/unroll.ts.
#include "index"
#if HALF
#include "half"

alias Cell = u32;
#end
#if !HALF
alias Cell = f32;
#end

const LANES = 64u;

struct Params {
  tokens: u32,
  width: u32,
  rows: u32,
}

@group(0) @binding(0) var<storage, read> k: array<f32>;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> cache_row: array<u32>;
@group(0) @binding(3) var<storage, read_write> k_cache: array<Cell>;
@group(0) @binding(4) var<storage, read_write> v_cache: array<Cell>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(LANES)
fn kv_store(group: Group, @builtin(local_invocation_index) lane: u32) {
  let t = linear_index(group.id, group.count);
  if (t >= params.tokens) { return; }
  let row = cache_row[t];
  if (row >= params.rows) { return; } // 0xffffffff: do not store
  let source = t * params.width;
  #if !HALF
  let target_row = row * params.width;
  for (var i = lane; i < params.width; i += LANES) {
    k_cache[target_row + i] = k[source + i];
    v_cache[target_row + i] = v[source + i];
  }
  #end
  #if HALF
  let words = params.width / 2;
  for (var i = lane; i < words; i += LANES) {
    k_cache[row * words + i] = to_half(vec2f(k[source + 2 * i], k[source + 2 * i + 1]));
    v_cache[row * words + i] = to_half(vec2f(v[source + 2 * i], v[source + 2 * i + 1]));
  }
  #end
}
