// A vector of keys or values in the cache, in f32 or (HALF) in f16, and as it is there after it was stored. The lines are chosen by src/kernels/unroll.ts.
#if !HALF
alias Cell = Vec;

fn cell_of(x: Vec) -> Cell {
  return x;
}

fn vec_of(cell: Cell) -> Vec {
  return cell;
}
#end
#if HALF
#include "half"
#if FOUR
alias Cell = vec2u;

fn cell_of(x: Vec) -> Cell {
  return vec2u(to_half(x.xy), to_half(x.zw));
}

fn vec_of(cell: Cell) -> Vec {
  return vec4f(unpack2x16float(cell.x), unpack2x16float(cell.y));
}
#end
#if !FOUR
alias Cell = u32;

fn cell_of(x: Vec) -> Cell {
  return to_half(x);
}

fn vec_of(cell: Cell) -> Vec {
  return unpack2x16float(cell);
}
#end
#end
