#include "math"
// Four elements at a time: V is what one load gives, N its elements; lengths and indices of an array<V> are in units of N.
// OFFSETS: number of each element within its V.
alias V = vec4f;
alias VU = vec4u;
const N = 4u;
const OFFSETS = vec4u(0u, 1u, 2u, 3u);

fn total(v: V) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

fn largest(v: V) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}

fn lowest(v: VU) -> u32 {
  return min(min(v.x, v.y), min(v.z, v.w));
}

fn element(v: V, c: u32) -> f32 {
  return v[c];
}

fn element_u(v: VU, c: u32) -> u32 {
  return v[c];
}

fn exp_each(v: V) -> V {
  return vec4f(precise_exp(v.x), precise_exp(v.y), precise_exp(v.z), precise_exp(v.w));
}
