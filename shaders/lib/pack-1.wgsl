#include "math"
// One element at a time: where a length is not a multiple of 4. See pack-4.
alias V = f32;
alias VU = u32;
const N = 1u;
const OFFSETS = 0u;

fn total(v: V) -> f32 {
  return v;
}

fn largest(v: V) -> f32 {
  return v;
}

fn lowest(v: VU) -> u32 {
  return v;
}

fn element(v: V, c: u32) -> f32 {
  return v;
}

fn element_u(v: VU, c: u32) -> u32 {
  return v;
}

fn exp_each(v: V) -> V {
  return precise_exp(v);
}
