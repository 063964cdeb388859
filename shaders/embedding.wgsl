// Embedding: y[t] = scale table[ids[t]]. Backward: dTable[ids[u]] += scale times the sum over the tokens t with that id of dy[t].
// A table larger than one binding is bound in chunks of rows: here rows [first_row, first_row + row_count) of it.
// Put before this text: V, N by lib/pack-1 or lib/pack-4; W and weight by lib/weights. Widths are in units of N.
#include "index"

struct Forward {
  tokens: u32,
  width: u32,
  first_row: u32,
  row_count: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> weights: array<W>; // the table
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<V>;
@group(1) @binding(0) var<uniform> forward: Forward;

// table [row_count, width] in any format of weights, ids u32[tokens], y f32[tokens, width]. Grid: linear, one thread per V of y.
@compute @workgroup_size(64)
fn embedding_fwd(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i >= forward.tokens * forward.width) { return; }
  let t = i / forward.width;
  let row = ids[t] - forward.first_row; // wraps below first_row: not in this chunk
  if (row < forward.row_count) {
    let at = row * forward.width + (i - t * forward.width);
    y[i] = forward.scale * weight(at);
  }
}

struct Backward {
  unique: u32,
  width: u32,
  first_row: u32,
  row_count: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> dy: array<V>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> unique_ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_table: array<V>;
@group(1) @binding(0) var<uniform> backward: Backward;

// dy f32[tokens, width], order u32[tokens], starts u32[unique + 1], unique_ids u32[unique], d_table f32[row_count, width].
// Grid: linear, one thread per distinct id and V of columns; each sums its tokens in order.
@compute @workgroup_size(64)
fn embedding_bwd(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i >= backward.unique * backward.width) { return; }
  let u = i / backward.width;
  let column = i - u * backward.width;
  let row = unique_ids[u] - backward.first_row;
  if (row < backward.row_count) {
    var sum = V();
    let end = starts[u + 1];
    for (var k = starts[u]; k < end; k++) { sum += dy[order[k] * backward.width + column]; }
    d_table[row * backward.width + column] += backward.scale * sum;
  }
}
