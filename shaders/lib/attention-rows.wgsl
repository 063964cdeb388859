#include "index"
// The block of LANES rows of one head (of `heads`) that a workgroup of the one-invocation-per-row kernels serves. Blocks past the last
// row have first >= tokens.
struct Rows {
  head: u32,
  first: u32,
  last: u32,
}

fn rows_of(group: Group, heads: u32) -> Rows {
  let index = linear_index(group.id, group.count);
  let first = index / heads * LANES;
  return Rows(index % heads, first, min(first + LANES, params.tokens) - 1);
}
