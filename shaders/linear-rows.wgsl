// Linear modules that read one input, for few rows on GPUs, in one dispatch: matmul-rows.wgsl over up to three parts of columns. With weights
// w_i, biases, low-rank factors b_i and u_i = x a_iᵀ of another dispatch:
//   out_i[r, c] = Σ_d x[r, d] · w_i[c, d]  (+ bias_i[c])  (+ residual[r, c])  (+ scale · Σ_e u_i[r, e] · b_i[c, e], LOW_RANK)
// or, GATED, with parts g and u: out[r, c] = f(g[r, c]) · u[r, c], f as in glu.wgsl. The operands of all parts lie in one buffer each; a part
// begins so many elements after the first. Sums are in the order of matmul-rows.wgsl, those over e in ascending order: equal bits.
// Grid: [tiles of SPAN columns, part after part, rows / HEIGHT, 1]. The prelude gives the names in capitals and the format of w.
struct Params {
  rows: u32,
  depth: u32,
  chunk: u32, // steps of d whose sums are added up by themselves first
  tiles1: u32, // first tile of parts 1 and 2; 2^32 - 1 where there is none
  tiles2: u32,
  columns0: u32,
  columns1: u32,
  columns2: u32,
  weight1: u32, // first elements of parts 1 and 2
  weight2: u32,
  bias1: u32,
  bias2: u32,
  out1: u32,
  out2: u32,
  factor1: u32,
  factor2: u32,
  low1: u32,
  low2: u32,
  rank: u32,
  scale: f32,
}

override BIAS: bool = false;
override RESIDUAL: bool = false;

@group(0) @binding(2) var<storage, read> bias: array<u32>; // read by bias_at of lib/bias-*; what is not there is bound to `a`
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read> low: array<f32>; // u of all parts
@group(0) @binding(6) var<storage, read> factors: array<f32>; // b
@group(1) @binding(0) var<uniform> p: Params;

#include "index"
#include "operands"
#include "rows"
#include "gate"

struct Part {
  tile: u32, // number of the workgroup's tile among those of the part
  columns: u32,
  weight: u32,
  bias: u32,
  out: u32,
  factor: u32,
  low: u32,
}

fn part_of(tile: u32) -> Part {
  if (tile >= p.tiles2) { return Part(tile - p.tiles2, p.columns2, p.weight2, p.bias2, p.out2, p.factor2, p.low2); }
  if (tile >= p.tiles1) { return Part(tile - p.tiles1, p.columns1, p.weight1, p.bias1, p.out1, p.factor1, p.low1); }
  return Part(tile, p.columns0, 0, 0, 0, 0, 0);
}

// What a part's module gives at [r, c], from its sum.
fn finished(part: Part, r: u32, c: u32, sum: f32) -> f32 {
  var value = sum;
  if (BIAS) { value += bias_at(part.bias + c); }
  if (RESIDUAL) { value += residual[r * part.columns + c]; }
  #if LOW_RANK
  let u = part.low + r * p.rank;
  let b = part.factor + c * p.rank;
  var product = 0.0;
  for (var e = 0u; e < p.rank; e++) { product = fma(low[u + e], factors[b + e], product); }
  value += p.scale * product;
  #end
  return value;
}

@compute @workgroup_size(SLICES * BLOCKS)
fn linear_rows(group: Group, @builtin(local_invocation_index) local: u32) {
  let part = part_of(group.id.x);
  let slice = local / BLOCKS;
  let row = local % BLOCKS / ACROSS * ROWS;
  let column = local % ACROSS * COLUMNS;
  #for r ROWS
  let x$r = (group.id.y * HEIGHT + row + $r) * p.depth;
  #end
  #for c COLUMNS
  #if GATED
  // The left half of a tile is the gate's.
  let at$c = part.tile * SPAN + (column + $c) % SPAN;
  let w$c = at$c * p.depth + select(0, p.weight1, column + $c >= SPAN);
  #end
  #if !GATED
  let w$c = part.weight + (part.tile * SPAN + column + $c) * p.depth;
  #end
  #end
#include "rows-sums"
  for (var i = local; i < HEIGHT * SPAN; i += SLICES * BLOCKS) {
    let r = group.id.y * HEIGHT + i / SPAN;
    let c = part.tile * SPAN + i % SPAN;
    if (r >= p.rows || c >= part.columns) { continue; }
    let cell = i / SPAN * WIDTH + i % SPAN;
    let value = finished(part, r, c, total_of(cell));
    #if GATED
    let up = finished(Part(part.tile, part.columns, p.weight1, p.bias1, 0, p.factor1, p.low1), r, c, total_of(cell + SPAN));
    out[r * part.columns + c] = value * element(share(V(value)), 0) * up;
    #end
    #if !GATED
    out[part.out + r * part.columns + c] = value;
    #end
  }
}
