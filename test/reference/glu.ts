import type { Activation } from '../../src/ops/glu.js';

/** Value and derivative of a gate's function, in f64. */
function gateOf(activation: Activation, g: number): readonly [value: number, slope: number] {
  if (activation === 'silu') {
    const s = 1 / (1 + Math.exp(-g));
    return [g * s, s * (1 + g * (1 - s))];
  }
  const c = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(c * (g + 0.044715 * g ** 3));
  return [(g / 2) * (1 + t), (1 + t) / 2 + (g / 2) * (1 - t * t) * c * (1 + 3 * 0.044715 * g * g)];
}

/** f64 twin of gated linear units: y = f(g) u. */
export function gluReference(gate: ArrayLike<number>, up: ArrayLike<number>, activation: Activation): Float64Array {
  return Float64Array.from(gate, (g, i) => gateOf(activation, g)[0] * up[i]!);
}

/** Its gradients. */
export function gluBackwardReference(
  gate: ArrayLike<number>,
  up: ArrayLike<number>,
  dy: ArrayLike<number>,
  activation: Activation,
): { readonly dGate: Float64Array; readonly dUp: Float64Array } {
  return {
    dGate: Float64Array.from(gate, (g, i) => dy[i]! * up[i]! * gateOf(activation, g)[1]),
    dUp: Float64Array.from(gate, (g, i) => dy[i]! * gateOf(activation, g)[0]),
  };
}
