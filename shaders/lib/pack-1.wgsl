#include "math"
// One element at a time: where a length is not a multiple of 4. See pack-4.
alias V = f32;
const N = 1u;

fn total(v: V) -> f32 {
  return v;
}

fn exp_each(v: V) -> V {
  return precise_exp(v);
}
