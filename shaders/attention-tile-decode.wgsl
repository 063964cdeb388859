// attention-decode.wgsl for GPUs: a workgroup of 64 invocations per slot and STREAMS query heads of one key head, so that a key and a value are
// read once for all of them. TILE positions at a time: neighbouring invocations fetch neighbouring vectors of a key's and a value's row, the
// keys go through workgroup memory to the pairs of query head and position, the values stay with who fetched them.
// STEP: the slot's newest key and value are not in the cache yet. They are rotated (ROTATE, as in rope.wgsl) and stored in the row of the last
// position, and the queries are rotated as they are read: rope, kv_store and the attention in one dispatch.
// SPLIT: the context is cut at multiples of SPAN positions, each piece has a workgroup of its own, and instead of o it leaves its sums, which
// attention-tile-combine.wgsl puts together: bits depend on the slot alone, and are those without SPLIT where one piece is all.
// HALF: the cache is in f16.
// Grid: slots x key heads x blocks of STREAMS heads x pieces, pieces fastest. #for and #if are expanded by src/kernels/unroll.ts. The prelude gives `Vec`
// of WIDTH elements, VECS of them a head, and the names in capitals.
struct Params {
  slots: u32,
  max_context: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
  window: u32, // positions that a query sees, its own included; 0xffffffff: all
  #if STEP
  first_key: u32, // elements of `q` and `table` where the keys and the sines begin
  first_sine: u32,
  #end
  #if SPLIT
  pieces: u32,
  #end
}

@group(0) @binding(0) var<storage, read> q: array<f32>; // STEP: queries, then keys
#if STEP
@group(0) @binding(1) var<storage, read_write> k_cache: array<Cell>;
@group(0) @binding(2) var<storage, read_write> v_cache: array<Cell>;
@group(0) @binding(6) var<storage, read> v: array<f32>;
@group(0) @binding(7) var<storage, read> table: array<f32>; // cosines, then sines
#end
#if !STEP
@group(0) @binding(1) var<storage, read> k_cache: array<Cell>;
@group(0) @binding(2) var<storage, read> v_cache: array<Cell>;
#end
@group(0) @binding(3) var<storage, read> kv_index: array<u32>;
@group(0) @binding(4) var<storage, read> context_length: array<u32>;
@group(0) @binding(5) var<storage, read_write> o: array<Vec>; // SPLIT: Σ p v, then (largest score, Σ p), of each head and piece
@group(1) @binding(0) var<uniform> params: Params;

#include "cache-cell"
#include "index"

const LANES = 64u;
const PITCH = VECS + 1; // of a key in workgroup memory, so that lanes read different banks

var<workgroup> query: array<Vec, STREAMS * VECS>;
var<workgroup> keys: array<Vec, TILE * PITCH>;
var<workgroup> scores: array<f32, STREAMS * TILE>;
var<workgroup> parts: array<Vec, LANES>;
var<workgroup> totals: array<f32, LANES>;
#if STEP
var<workgroup> new_key: array<Vec, VECS>;
var<workgroup> new_value: array<Vec, VECS>;
#end

// Vector c of the head that begins at element `base` of q, rotated for a position.
fn turned(base: u32, c: u32, position: u32) -> Vec {
  var vector = Vec();
  #for e WIDTH
  {
    let i = c * WIDTH + $e;
    #if ROTATE
    let low = i < HALF;
    let at = position * HALF + select(i - HALF, i, low);
    let other = q[base + select(i - HALF, i + HALF, low)];
    vector[$e] = q[base + i] * table[at] + select(other, -other, low) * table[params.first_sine + at];
    #end
    #if !ROTATE
    vector[$e] = q[base + i];
    #end
  }
  #end
  return vector;
}

@compute @workgroup_size(LANES)
fn attention_decode_tile(group: Group, @builtin(local_invocation_index) lane: u32) {
  #if SPLIT
  let piece = linear_index(group.id, group.count) % params.pieces;
  let index = linear_index(group.id, group.count) / params.pieces;
  #end
  #if !SPLIT
  let index = linear_index(group.id, group.count);
  #end
  let blocks = params.heads / params.kv_heads / STREAMS;
  if (index >= params.slots * params.kv_heads * blocks) { return; }
  let slot = index / blocks / params.kv_heads;
  let kv_head = index / blocks % params.kv_heads;
  let head = slot * params.heads + (kv_head * blocks + index % blocks) * STREAMS;
  let context = context_length[slot];
  let last = context - 1;
  #if SPLIT
  let start = max(piece * SPAN, context - min(context, params.window));
  let end = min((piece + 1) * SPAN, context);
  if (start >= end) { return; }
  #end
  #if !SPLIT
  let start = context - min(context, params.window);
  let end = context;
  #end
  let column = lane % VECS;
  let part = lane / VECS;
  for (var i = lane; i < STREAMS * VECS; i += LANES) {
    query[i] = params.scale * turned((head + i / VECS) * HEAD_DIM, i % VECS, last);
  }
  #if STEP
  if (lane < VECS) {
    let source = (slot * params.kv_heads + kv_head) * HEAD_DIM;
    let key = turned(params.first_key + source, lane, last);
    var value = Vec();
    #for e WIDTH
    value[$e] = v[source + lane * WIDTH + $e];
    #end
    new_key[lane] = vec_of(cell_of(key));
    new_value[lane] = vec_of(cell_of(value));
    if (context > 0 && end == context && index % blocks == 0) {
      let to = (kv_index[slot * params.max_context + last] * params.kv_heads + kv_head) * VECS + lane;
      k_cache[to] = cell_of(key);
      v_cache[to] = cell_of(value);
    }
  }
  workgroupBarrier();
  #end
  #for r STREAMS
  var highest$r = -1e30;
  var total$r = 0.0;
  var sum$r = Vec();
  #end
  for (var j = start; j < end; j += TILE) {
    #for e ROUNDS
    let position$e = min(j + part + PARTS * $e, last);
    let at$e = (kv_index[slot * params.max_context + position$e] * params.kv_heads + kv_head) * VECS + column;
    #end
    #for e ROUNDS
    var k$e = vec_of(k_cache[at$e]);
    var v$e = vec_of(v_cache[at$e]);
    #if STEP
    k$e = select(k$e, new_key[column], position$e == last);
    v$e = select(v$e, new_value[column], position$e == last);
    #end
    #end
    workgroupBarrier();
    if (part < PARTS) {
      #for e ROUNDS
      keys[(part + PARTS * $e) * PITCH + column] = k$e;
      #end
    }
    workgroupBarrier();
    for (var pair = lane; pair < STREAMS * TILE; pair += LANES) {
      let i = pair % TILE;
      var s = 0.0;
      for (var c = 0u; c < VECS; c++) { s += dot(query[pair / TILE * VECS + c], keys[i * PITCH + c]); }
      scores[pair] = select(-1e30, s, j + i < end);
    }
    workgroupBarrier();
    #for r STREAMS
    {
      var next = highest$r;
      for (var i = 0u; i < TILE; i++) { next = max(next, scores[$r * TILE + i]); }
      let decay = exp(highest$r - next);
      highest$r = next;
      total$r *= decay;
      sum$r *= decay;
      #for e ROUNDS
      let p$e = exp(scores[$r * TILE + part + PARTS * $e] - next); // 0 past the end: there -1e30, and next is a score
      total$r += p$e;
      sum$r += p$e * v$e;
      #end
    }
    #end
  }
  #for r STREAMS
  workgroupBarrier();
  parts[lane] = sum$r;
  totals[lane] = total$r;
  workgroupBarrier();
  if (lane < VECS) {
    var all = parts[lane];
    var total = totals[lane];
    for (var i = 1u; i < PARTS; i++) {
      all += parts[i * VECS + lane];
      total += totals[i * VECS + lane];
    }
    #if SPLIT
    let to = ((head + $r) * params.pieces + piece) * PITCH;
    o[to + lane] = all;
    if (lane == 0) {
      o[to + VECS][0] = highest$r;
      o[to + VECS][1] = total;
    }
    #end
    #if !SPLIT
    o[(head + $r) * VECS + lane] = all * select(1.0 / total, 0.0, context == 0);
    #end
  }
  #end
}
