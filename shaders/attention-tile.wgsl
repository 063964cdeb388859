// attention.wgsl for GPUs: a workgroup of 64 invocations serves 16 queries of one key head and walks over tiles of 16 keys in workgroup
// memory. Queries are numbered through the rows and the heads of the group: n = row * repeats + head, so that a group shares its keys.
// Invocation (y, x) of 8 x 8 computes the scores of queries 2y, 2y + 1 with keys x, x + 8, and the output columns x, x + 8, ...
// The prelude gives `Vec` and VECS. Grid: blocks of 16 queries x key heads, heads fastest.
#include "attention-forward"
#include "attention-queries"

const QUERIES = 16u;
const KEYS = 16u;
const PITCH = VECS + 1; // of a row of a tile: an odd number of vectors spreads rows over the memory banks
const COLUMNS_EACH = (VECS + 7) / 8;

var<workgroup> query_tile: array<Vec, QUERIES * PITCH>;
var<workgroup> key_tile: array<Vec, KEYS * PITCH>; // keys, then values
var<workgroup> scores: array<f32, QUERIES * KEYS>;
var<workgroup> weights: array<f32, QUERIES * KEYS>;

@compute @workgroup_size(64)
fn attention_fwd_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let block = queries_of(group, QUERIES);
  if (block.first >= block.count) { return; }
  let y = local / 8;
  let x = local % 8;
  for (var i = local; i < QUERIES * VECS; i += 64) {
    // surplus queries repeat the last one
    let pair = pair_of(min(block.first + i / VECS, block.count - 1), block.kv_head, block.repeats);
    query_tile[i / VECS * PITCH + i % VECS] = q[pair * VECS + i % VECS] * params.scale;
  }
  let rows = min(vec2u(block.first + 2 * y) + vec2u(0, 1), vec2u(block.count - 1)) / block.repeats;
  let starts = vec2u(first_seen(rows.x, seq_start[rows.x]), first_seen(rows.y, seq_start[rows.y]));
  let even = 2 * y * KEYS; // of the even row in scores and weights
  var highest = vec2f(-1e30);
  var total = vec2f();
  var sum_even: array<Vec, COLUMNS_EACH>;
  var sum_odd: array<Vec, COLUMNS_EACH>;
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + KEYS, block.first_row)) {
    workgroupBarrier();
    for (var i = local; i < KEYS * VECS; i += 64) {
      let key = min(j + i / VECS, block.last_row) * params.kv_heads + block.kv_head;
      key_tile[i / VECS * PITCH + i % VECS] = k[key * VECS + i % VECS];
    }
    workgroupBarrier();
    var s = vec4f(); // (query 2y, 2y + 1) x (key x, x + 8)
    for (var c = 0u; c < VECS; c++) {
      let q0 = query_tile[2 * y * PITCH + c];
      let q1 = query_tile[(2 * y + 1) * PITCH + c];
      let k0 = key_tile[x * PITCH + c];
      let k1 = key_tile[(x + 8) * PITCH + c];
      s += vec4f(dot(q0, k0), dot(q1, k0), dot(q0, k1), dot(q1, k1));
    }
    let at = vec4u(j + x) + vec4u(0, 0, 8, 8);
    let near = min(at, vec4u(block.last_row));
    let seen = sees_4(rows.xyxy, starts.xyxy, at, end_4(near));
    s = select(vec4f(-1e30), s, seen);
    scores[even + x] = s.x;
    scores[even + KEYS + x] = s.y;
    scores[even + x + 8] = s.z;
    scores[even + KEYS + x + 8] = s.w;
    workgroupBarrier();
    for (var i = local; i < KEYS * VECS; i += 64) {
      let key = min(j + i / VECS, block.last_row) * params.kv_heads + block.kv_head;
      key_tile[i / VECS * PITCH + i % VECS] = v[key * VECS + i % VECS];
    }
    var next = highest;
    for (var b = 0u; b < KEYS; b++) { next = max(next, vec2f(scores[even + b], scores[even + KEYS + b])); }
    let p = select(vec4f(), exp(s - next.xyxy), seen);
    weights[even + x] = p.x;
    weights[even + KEYS + x] = p.y;
    weights[even + x + 8] = p.z;
    weights[even + KEYS + x + 8] = p.w;
    let decay = exp(highest - next);
    highest = next;
    total *= decay;
    for (var c = 0u; c < COLUMNS_EACH; c++) {
      sum_even[c] *= decay.x;
      sum_odd[c] *= decay.y;
    }
    workgroupBarrier();
    for (var b = 0u; b < KEYS; b++) {
      let weight = vec2f(weights[even + b], weights[even + KEYS + b]);
      total += weight;
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        let value = key_tile[b * PITCH + min(x + 8 * c, VECS)];
        sum_even[c] += weight.x * value;
        sum_odd[c] += weight.y * value;
      }
    }
  }
  for (var r = 0u; r < 2; r++) {
    let n = block.first + 2 * y + r;
    if (n < block.count) {
      let pair = pair_of(n, block.kv_head, block.repeats);
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        if (x + 8 * c < VECS) {
          o[pair * VECS + x + 8 * c] = select(sum_even[c] / total.x, sum_odd[c] / total.y, r == 1);
        }
      }
      if (x == 0) { lse[pair] = highest[r] + log(total[r]); }
    }
  }
}
