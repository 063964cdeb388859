// attention-backward.wgsl for GPUs: a workgroup of 128 invocations keeps 8 ROWS queries (dq) or rows of keys (dk, dv) of one key head in workgroup
// memory (`held`), and tiles of 16 of the other side pass by, 16 vectors of each at a time. Invocation (y, x) of 8 x 16 computes the scores of its
// ROWS held rows with passing row x, and their gradient columns x, x + 16, ... #for is expanded by src/kernels/unroll.ts: BLOCKS of 16 vectors make
// a row. The prelude gives `Vec`, VECS and ROWS.
#include "attention-gradient"
#include "attention-queries"

const LANES = 128u;
const HELD = 8 * ROWS;
const BLOCK = 16u;
const PITCH = VECS + 1; // of a row of a tile: an odd number of vectors spreads rows over the memory banks
const BLOCK_PITCH = BLOCK + 1;

var<workgroup> held_a: array<Vec, HELD * PITCH>; // dq: q; dk, dv: k
var<workgroup> held_b: array<Vec, HELD * PITCH>; // dq: dO; dk, dv: v
var<workgroup> passing: array<Vec, BLOCK * BLOCK_PITCH>;
var<workgroup> weights: array<f32, HELD * BLOCK>; // ds, or p

// Grid: blocks of HELD queries x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dq_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let block = queries_of(group, HELD);
  if (block.first >= block.count) { return; }
  let y = local / 16;
  let x = local % 16;
  for (var i = local; i < HELD * VECS; i += LANES) {
    let n = min(block.first + i / VECS, block.count - 1); // surplus queries repeat the last one
    let source = pair_of(n, block.kv_head, block.repeats) * VECS + i % VECS;
    held_a[i / VECS * PITCH + i % VECS] = q[source] * params.scale;
    held_b[i / VECS * PITCH + i % VECS] = d_o[source];
  }
  #for r ROWS
  let pair$r = pair_of(min(block.first + ROWS * y + $r, block.count - 1), block.kv_head, block.repeats);
  let row$r = pair$r / params.heads;
  let start$r = first_seen(row$r, seq_start[row$r]);
  let lse$r = lse_delta[pair$r].x;
  let delta$r = lse_delta[pair$r].y;
  #for b BLOCKS
  var sum$r_$b = Vec();
  #end
  #end
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + BLOCK, block.first_row)) {
    #for r ROWS
    var s$r = 0.0;
    var t$r = 0.0;
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = min(j + i / BLOCK, block.last_row) * params.kv_heads + block.kv_head;
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = v[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(BLOCK, VECS - $b * BLOCK); c++) {
      let vector = passing[x * BLOCK_PITCH + c];
      #for r ROWS
      t$r += dot(held_b[(ROWS * y + $r) * PITCH + $b * BLOCK + c], vector);
      #end
    }
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = min(j + i / BLOCK, block.last_row) * params.kv_heads + block.kv_head;
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = k[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(BLOCK, VECS - $b * BLOCK); c++) {
      let vector = passing[x * BLOCK_PITCH + c];
      #for r ROWS
      s$r += dot(held_a[(ROWS * y + $r) * PITCH + $b * BLOCK + c], vector);
      #end
    }
    #end
    let end = seq_end[min(j + x, block.last_row)];
    #for r ROWS
    let ds$r = exp(s$r - lse$r) * (t$r - delta$r) * params.scale;
    weights[(ROWS * y + $r) * BLOCK + x] = select(0.0, ds$r, sees(row$r, start$r, j + x, end));
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = min(j + i / BLOCK, block.last_row) * params.kv_heads + block.kv_head;
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = k[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < BLOCK; c++) {
      let vector = passing[c * BLOCK_PITCH + x];
      #for r ROWS
      sum$r_$b += weights[(ROWS * y + $r) * BLOCK + c] * vector;
      #end
    }
    #end
  }
  #for r ROWS
  if (block.first + ROWS * y + $r < block.count) {
    #for b BLOCKS
    if ($b * BLOCK + x < VECS) { dq[pair$r * VECS + $b * BLOCK + x] = sum$r_$b; }
    #end
  }
  #end
}

// Grid: blocks of HELD rows x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dkv_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let kv_head = index % params.kv_heads;
  let first = index / params.kv_heads * HELD;
  if (first >= params.tokens) { return; }
  let last = min(first + HELD, params.tokens) - 1;
  let end = end_of_views(first, last) * repeats; // in queries
  let y = local / 16;
  let x = local % 16;
  for (var i = local; i < HELD * VECS; i += LANES) {
    let source = (min(first + i / VECS, params.tokens - 1) * params.kv_heads + kv_head) * VECS + i % VECS;
    held_a[i / VECS * PITCH + i % VECS] = k[source] * params.scale;
    held_b[i / VECS * PITCH + i % VECS] = v[source];
  }
  #for r ROWS
  let row$r = min(first + ROWS * y + $r, params.tokens - 1); // surplus rows repeat the last one
  let row_end$r = end_of_view(row$r, seq_end[row$r]);
  #for b BLOCKS
  var key_sum$r_$b = Vec();
  var value_sum$r_$b = Vec();
  #end
  #end
  for (var j = first * repeats; j < end; j += BLOCK) {
    let n = min(j + x, end - 1);
    #for r ROWS
    var s$r = 0.0;
    var t$r = 0.0;
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = pair_of(min(j + i / BLOCK, end - 1), kv_head, repeats);
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = q[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(BLOCK, VECS - $b * BLOCK); c++) {
      let vector = passing[x * BLOCK_PITCH + c];
      #for r ROWS
      s$r += dot(held_a[(ROWS * y + $r) * PITCH + $b * BLOCK + c], vector);
      #end
    }
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = pair_of(min(j + i / BLOCK, end - 1), kv_head, repeats);
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = d_o[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < min(BLOCK, VECS - $b * BLOCK); c++) {
      let vector = passing[x * BLOCK_PITCH + c];
      #for r ROWS
      t$r += dot(held_b[(ROWS * y + $r) * PITCH + $b * BLOCK + c], vector);
      #end
    }
    #end
    let of_query = lse_delta[pair_of(n, kv_head, repeats)];
    let row = n / repeats;
    #for r ROWS
    let p$r = select(0.0, exp(s$r - of_query.x), j + x < end && row >= row$r && row < row_end$r);
    weights[(ROWS * y + $r) * BLOCK + x] = p$r;
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = pair_of(min(j + i / BLOCK, end - 1), kv_head, repeats);
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = d_o[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < BLOCK; c++) {
      let vector = passing[c * BLOCK_PITCH + x];
      #for r ROWS
      value_sum$r_$b += weights[(ROWS * y + $r) * BLOCK + c] * vector;
      #end
    }
    #end
    workgroupBarrier();
    #for r ROWS
    weights[(ROWS * y + $r) * BLOCK + x] = p$r * (t$r - of_query.y) * params.scale;
    #end
    #for b BLOCKS
    workgroupBarrier();
    for (var i = local; i < BLOCK * BLOCK; i += LANES) {
      let source = pair_of(min(j + i / BLOCK, end - 1), kv_head, repeats);
      passing[i / BLOCK * BLOCK_PITCH + i % BLOCK] = q[source * VECS + min($b * BLOCK + i % BLOCK, VECS - 1)];
    }
    workgroupBarrier();
    for (var c = 0u; c < BLOCK; c++) {
      let vector = passing[c * BLOCK_PITCH + x];
      #for r ROWS
      key_sum$r_$b += weights[(ROWS * y + $r) * BLOCK + c] * vector;
      #end
    }
    #end
  }
  #for r ROWS
  if (first + ROWS * y + $r < params.tokens) {
    let to$r = (row$r * params.kv_heads + kv_head) * VECS + x;
    #for b BLOCKS
    if ($b * BLOCK + x < VECS) {
      dk[to$r + $b * BLOCK] = key_sum$r_$b;
      dv[to$r + $b * BLOCK] = value_sum$r_$b;
    }
    #end
  }
  #end
}
