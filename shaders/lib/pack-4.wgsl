#include "math"
// Four elements at a time: V is what one load gives, N its elements; lengths and indices of an array<V> are in units of N.
alias V = vec4f;
const N = 4u;

fn total(v: V) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

fn exp_each(v: V) -> V {
  return vec4f(precise_exp(v.x), precise_exp(v.y), precise_exp(v.z), precise_exp(v.w));
}
