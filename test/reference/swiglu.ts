/** f64 twin of SwiGLU: y = g u / (1 + exp(−g)). */
export function swigluReference(gate: ArrayLike<number>, up: ArrayLike<number>): Float64Array {
  return Float64Array.from(gate, (g, i) => (g * up[i]!) / (1 + Math.exp(-g)));
}

/** Its gradients. */
export function swigluBackwardReference(
  gate: ArrayLike<number>,
  up: ArrayLike<number>,
  dy: ArrayLike<number>,
): { readonly dGate: Float64Array; readonly dUp: Float64Array } {
  const s = Float64Array.from(gate, (g) => 1 / (1 + Math.exp(-g)));
  return {
    dGate: s.map((v, i) => dy[i]! * up[i]! * v * (1 + gate[i]! * (1 - v))),
    dUp: s.map((v, i) => dy[i]! * gate[i]! * v),
  };
}
