#include "index"
// The block of `size` queries of one key head that a workgroup serves. Queries are numbered through the rows and the query heads of the
// group, n = row * repeats + head, so that a group shares its keys. Blocks past the last query have first >= count.
struct Queries {
  repeats: u32, // query heads of a key head
  kv_head: u32,
  first: u32,
  count: u32,
  first_row: u32,
  last_row: u32,
}

fn queries_of(group: Group, size: u32) -> Queries {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let first = index / params.kv_heads * size;
  let count = params.tokens * repeats;
  return Queries(repeats, index % params.kv_heads, first, count, first / repeats, (min(first + size, count) - 1) / repeats);
}

// row * heads + head of query n of a key head.
fn pair_of(n: u32, kv_head: u32, repeats: u32) -> u32 {
  return n / repeats * params.heads + kv_head * repeats + n % repeats;
}
