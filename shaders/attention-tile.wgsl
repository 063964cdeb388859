// attention.wgsl for GPUs: a workgroup of 128 invocations serves 16 queries of one key head and walks over tiles of 32 keys, of which BLOCK vectors
// a row are in workgroup memory at a time. Queries are numbered through the rows and the heads of the group: n = row * repeats + head, so that
// a group shares its keys.
// Invocation (y, x) of 8 x 16 computes the scores of queries 2y, 2y + 1 with keys x, x + 16, and the output columns x % 8, x % 8 + 8, ... over one
// half of the keys; the halves are added at the end.
// #for is expanded by src/kernels/unroll.ts. The prelude gives `Vec`, VECS and BLOCK, which is 8. Grid: blocks of 16 queries x key heads, heads fastest.
#include "attention-forward"
#include "attention-queries"

const LANES = 128u;
const QUERIES = 16u;
const KEYS = 32u;
const PITCH = VECS + 1; // of a row of a tile: an odd number of vectors spreads rows over the memory banks
const BLOCK_PITCH = BLOCK + 1;

var<workgroup> query_tile: array<Vec, QUERIES * PITCH>;
var<workgroup> tile: array<Vec, KEYS * BLOCK_PITCH>; // keys, then values; in the end the second halves' sums
var<workgroup> highs: array<f32, QUERIES * 16>; // largest score of every query and x; in the end the second halves' sums of p
var<workgroup> weights: array<f32, QUERIES * KEYS>;

@compute @workgroup_size(LANES)
fn attention_fwd_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let block = queries_of(group, QUERIES);
  if (block.first >= block.count) { return; }
  let y = local / 16;
  let x = local % 16;
  let column = x % BLOCK;
  let half = x / BLOCK * 16; // first key of the half
  for (var i = local; i < QUERIES * VECS; i += LANES) {
    // surplus queries repeat the last one
    let pair = pair_of(min(block.first + i / VECS, block.count - 1), block.kv_head, block.repeats);
    query_tile[i / VECS * PITCH + i % VECS] = q[pair * VECS + i % VECS] * params.scale;
  }
  let rows = min(vec2u(block.first + 2 * y) + vec2u(0, 1), vec2u(block.count - 1)) / block.repeats;
  let starts = vec2u(first_seen(rows.x, seq_start[rows.x]), first_seen(rows.y, seq_start[rows.y]));
  let even = 2 * y * KEYS; // of the even row in weights
  var highest = vec2f(-1e30);
  var total = vec2f();
  #for b BLOCKS
  var even$b = Vec();
  var odd$b = Vec();
  #end
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + KEYS, block.first_row)) {
    var s = vec4f(); // (query 2y, 2y + 1) x (key x, x + 16)
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < KEYS * BLOCK; i += LANES) {
      let key = min(j + i / BLOCK, block.last_row) * params.kv_heads + block.kv_head;
      tile[i / BLOCK * BLOCK_PITCH + i % BLOCK] = k[key * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(BLOCK, VECS - $b * BLOCK); c++) {
      let at = 2 * y * PITCH + $b * BLOCK + c;
      let q0 = query_tile[at];
      let q1 = query_tile[at + PITCH];
      let k0 = tile[x * BLOCK_PITCH + c];
      let k1 = tile[(x + 16) * BLOCK_PITCH + c];
      s += vec4f(dot(q0, k0), dot(q1, k0), dot(q0, k1), dot(q1, k1));
    }
    #end
    let at = vec4u(j + x) + vec4u(0, 0, 16, 16);
    let near = min(at, vec4u(block.last_row));
    let seen = sees_4(rows.xyxy, starts.xyxy, at, end_4(near));
    s = select(vec4f(-1e30), s, seen);
    highs[2 * y * 16 + x] = max(s.x, s.z);
    highs[2 * y * 16 + 16 + x] = max(s.y, s.w);
    workgroupBarrier();
    var next = highest;
    for (var b = 0u; b < 16; b++) { next = max(next, vec2f(highs[2 * y * 16 + b], highs[2 * y * 16 + 16 + b])); }
    let p = select(vec4f(), exp(s - next.xyxy), seen);
    weights[even + x] = p.x;
    weights[even + KEYS + x] = p.y;
    weights[even + x + 16] = p.z;
    weights[even + KEYS + x + 16] = p.w;
    let decay = exp(highest - next);
    highest = next;
    total *= decay;
    #for b BLOCKS
    even$b *= decay.x;
    odd$b *= decay.y;
    workgroupBarrier();
    for (var i = local; i < KEYS * BLOCK; i += LANES) {
      let key = min(j + i / BLOCK, block.last_row) * params.kv_heads + block.kv_head;
      tile[i / BLOCK * BLOCK_PITCH + i % BLOCK] = v[key * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = half; c < half + 16; c++) {
      let value = tile[c * BLOCK_PITCH + column];
      even$b += weights[even + c] * value;
      odd$b += weights[even + KEYS + c] * value;
    }
    #end
    for (var c = half; c < half + 16; c++) { total += vec2f(weights[even + c], weights[even + KEYS + c]); }
  }
  workgroupBarrier();
  if (x == BLOCK) {
    highs[2 * y] = total.x;
    highs[2 * y + 1] = total.y;
  }
  workgroupBarrier();
  total += vec2f(highs[2 * y], highs[2 * y + 1]);
  let n = block.first + 2 * y;
  let pair0 = pair_of(min(n, block.count - 1), block.kv_head, block.repeats);
  let pair1 = pair_of(min(n + 1, block.count - 1), block.kv_head, block.repeats);
  #for b BLOCKS
  workgroupBarrier();
  if (half > 0) {
    tile[2 * y * BLOCK + column] = even$b;
    tile[(2 * y + 1) * BLOCK + column] = odd$b;
  }
  workgroupBarrier();
  if (half == 0 && $b * BLOCK + column < VECS) {
    let to = $b * BLOCK + column;
    if (n < block.count) { o[pair0 * VECS + to] = (even$b + tile[2 * y * BLOCK + column]) / total.x; }
    if (n + 1 < block.count) { o[pair1 * VECS + to] = (odd$b + tile[(2 * y + 1) * BLOCK + column]) / total.y; }
  }
  #end
  if (x == 0) {
    if (n < block.count) { lse[pair0] = highest.x + log(total.x); }
    if (n + 1 < block.count) { lse[pair1] = highest.y + log(total.y); }
  }
}
