// attention-backward.wgsl for GPUs, in the manner of attention-tile.wgsl: 16 queries (dq) or 16 rows of keys (dk, dv) stay in workgroup
// memory, 8 of the other side pass by. Invocation (y, x) of 8 x 8 computes the scores of held rows 2y, 2y + 1 with passing row x, and the
// gradient columns x, x + 8, ... of the held rows. The prelude gives `Vec` and VECS.
#include "attention-gradient"
#include "attention-queries"

const HELD = 16u;
const PASSING = 8u;
const PITCH = VECS + 1; // of a row of a tile: an odd number of vectors spreads rows over the memory banks
const COLUMNS_EACH = (VECS + 7) / 8;

var<workgroup> held_a: array<Vec, HELD * PITCH>; // dq: q; dk, dv: k
var<workgroup> held_b: array<Vec, HELD * PITCH>; // dq: dO; dk, dv: v
var<workgroup> passing_a: array<Vec, PASSING * PITCH>; // dq: k; dk, dv: q
var<workgroup> passing_b: array<Vec, PASSING * PITCH>; // dq: v; dk, dv: dO
var<workgroup> weights: array<f32, HELD * PASSING>; // p
var<workgroup> slopes: array<f32, HELD * PASSING>; // ds

// (q.k, dO.v) of held rows 2y and 2y + 1 with passing row x: [q.k of both, dO.v of both].
fn products(y: u32, x: u32) -> vec4f {
  var s = vec4f();
  for (var c = 0u; c < VECS; c++) {
    let a = passing_a[x * PITCH + c];
    let b = passing_b[x * PITCH + c];
    let even = 2 * y * PITCH + c;
    s += vec4f(dot(held_a[even], a), dot(held_a[even + PITCH], a), dot(held_b[even], b), dot(held_b[even + PITCH], b));
  }
  return s;
}

// Grid: blocks of 16 queries x key heads, heads fastest.
@compute @workgroup_size(64)
fn attention_bwd_dq_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let block = queries_of(group, HELD);
  if (block.first >= block.count) { return; }
  let y = local / 8;
  let x = local % 8;
  for (var i = local; i < HELD * VECS; i += 64) {
    let n = min(block.first + i / VECS, block.count - 1); // surplus queries repeat the last one
    let source = pair_of(n, block.kv_head, block.repeats) * VECS + i % VECS;
    held_a[i / VECS * PITCH + i % VECS] = q[source] * params.scale;
    held_b[i / VECS * PITCH + i % VECS] = d_o[source];
  }
  var row: array<u32, 2>;
  var start: array<u32, 2>;
  var pair: array<u32, 2>;
  var sum: array<array<Vec, COLUMNS_EACH>, 2>;
  for (var r = 0u; r < 2; r++) {
    pair[r] = pair_of(min(block.first + 2 * y + r, block.count - 1), block.kv_head, block.repeats);
    row[r] = pair[r] / params.heads;
    start[r] = first_seen(row[r], seq_start[row[r]]);
  }
  let lses = vec2f(lse_delta[pair[0]].x, lse_delta[pair[1]].x);
  let deltas = vec2f(lse_delta[pair[0]].y, lse_delta[pair[1]].y);
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + PASSING, block.first_row)) {
    workgroupBarrier();
    for (var i = local; i < PASSING * VECS; i += 64) {
      let source = (min(j + i / VECS, block.last_row) * params.kv_heads + block.kv_head) * VECS + i % VECS;
      passing_a[i / VECS * PITCH + i % VECS] = k[source];
      passing_b[i / VECS * PITCH + i % VECS] = v[source];
    }
    workgroupBarrier();
    let s = products(y, x);
    let ds = exp(s.xy - lses) * (s.zw - deltas) * params.scale;
    let end = seq_end[min(j + x, block.last_row)];
    for (var r = 0u; r < 2; r++) {
      slopes[(2 * y + r) * PASSING + x] = select(0.0, ds[r], sees(row[r], start[r], j + x, end));
    }
    workgroupBarrier();
    for (var b = 0u; b < PASSING; b++) {
      let ds0 = slopes[2 * y * PASSING + b];
      let ds1 = slopes[(2 * y + 1) * PASSING + b];
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        let key = passing_a[b * PITCH + min(x + 8 * c, VECS)];
        sum[0][c] += ds0 * key;
        sum[1][c] += ds1 * key;
      }
    }
  }
  for (var r = 0u; r < 2; r++) {
    if (block.first + 2 * y + r < block.count) {
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        if (x + 8 * c < VECS) { dq[pair[r] * VECS + x + 8 * c] = sum[r][c]; }
      }
    }
  }
}

// Grid: blocks of 16 rows x key heads, heads fastest.
@compute @workgroup_size(64)
fn attention_bwd_dkv_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let kv_head = index % params.kv_heads;
  let first = index / params.kv_heads * HELD;
  if (first >= params.tokens) { return; }
  let last = min(first + HELD, params.tokens) - 1;
  let end = end_of_views(first, last) * repeats; // in queries
  let y = local / 8;
  let x = local % 8;
  for (var i = local; i < HELD * VECS; i += 64) {
    let source = (min(first + i / VECS, params.tokens - 1) * params.kv_heads + kv_head) * VECS + i % VECS;
    held_a[i / VECS * PITCH + i % VECS] = k[source] * params.scale;
    held_b[i / VECS * PITCH + i % VECS] = v[source];
  }
  var row: array<u32, 2>;
  var row_end: array<u32, 2>;
  var key_sum: array<array<Vec, COLUMNS_EACH>, 2>;
  var value_sum: array<array<Vec, COLUMNS_EACH>, 2>;
  for (var r = 0u; r < 2; r++) {
    row[r] = min(first + 2 * y + r, params.tokens - 1); // surplus rows repeat the last one
    row_end[r] = end_of_view(row[r], seq_end[row[r]]);
  }
  for (var j = first * repeats; j < end; j += PASSING) {
    workgroupBarrier();
    for (var i = local; i < PASSING * VECS; i += 64) {
      let n = min(j + i / VECS, end - 1);
      let source = pair_of(n, kv_head, repeats) * VECS + i % VECS;
      passing_a[i / VECS * PITCH + i % VECS] = q[source];
      passing_b[i / VECS * PITCH + i % VECS] = d_o[source];
    }
    workgroupBarrier();
    let s = products(y, x);
    let n = min(j + x, end - 1);
    let t = n / repeats;
    let pair = pair_of(n, kv_head, repeats);
    for (var r = 0u; r < 2; r++) {
      let p = select(0.0, exp(s[r] - lse_delta[pair].x), j + x < end && t >= row[r] && t < row_end[r]);
      weights[(2 * y + r) * PASSING + x] = p;
      slopes[(2 * y + r) * PASSING + x] = p * (s[2 + r] - lse_delta[pair].y) * params.scale;
    }
    workgroupBarrier();
    for (var b = 0u; b < PASSING; b++) {
      let p0 = weights[2 * y * PASSING + b];
      let p1 = weights[(2 * y + 1) * PASSING + b];
      let ds0 = slopes[2 * y * PASSING + b];
      let ds1 = slopes[(2 * y + 1) * PASSING + b];
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        let query = passing_a[b * PITCH + min(x + 8 * c, VECS)];
        let upstream = passing_b[b * PITCH + min(x + 8 * c, VECS)];
        key_sum[0][c] += ds0 * query;
        key_sum[1][c] += ds1 * query;
        value_sum[0][c] += p0 * upstream;
        value_sum[1][c] += p1 * upstream;
      }
    }
  }
  for (var r = 0u; r < 2; r++) {
    if (first + 2 * y + r < params.tokens) {
      let at = (row[r] * params.kv_heads + kv_head) * VECS;
      for (var c = 0u; c < COLUMNS_EACH; c++) {
        if (x + 8 * c < VECS) {
          dk[at + x + 8 * c] = key_sum[r][c];
          dv[at + x + 8 * c] = value_sum[r][c];
        }
      }
    }
  }
}
