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

// Whether the query of `row`, whose sequence begins at `start`, sees the key of row `j`, which is seen up to `end`. The second form: of four.
fn sees(row: u32, start: u32, j: u32, end: u32) -> bool {
  return j >= start && j <= row && row < end;
}

fn sees_4(row: vec4u, start: vec4u, j: vec4u, end: vec4u) -> vec4<bool> {
  return (j >= start) & (j <= row) & (row < end);
}

fn end_4(rows: vec4u) -> vec4u {
  return vec4u(seq_end[rows.x], seq_end[rows.y], seq_end[rows.z], seq_end[rows.w]);
}

// First row from `j` on whose key rows from `row` on may see: steps over the ends of other sequences with the same beginning.
fn next_seen(j: u32, row: u32) -> u32 {
  var at = j;
  while (at < row && seq_end[at] <= row) { at = seq_end[at]; }
  return at;
}

fn first_key(row: u32) -> u32 {
  return next_seen(first_seen(row, seq_start[row]), row);
}

// One past the last row whose query sees the key of `row`, which is seen up to `end`.
fn end_of_view(row: u32, end: u32) -> u32 {
  return min(end, row + min(params.window, params.tokens));
}

// The same for the keys of rows `first` to `last`.
fn end_of_views(first: u32, last: u32) -> u32 {
  var end = first;
  for (var row = first; row <= last; row++) { end = max(end, end_of_view(row, seq_end[row])); }
  return end;
}
