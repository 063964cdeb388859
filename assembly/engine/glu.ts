// Gated activations: y = act(gate) · up, with act silu (SwiGLU) or tanh-approximated gelu (GeGLU), and their gradients.
//   silu(g) = g σ(g); silu' = σ (1 + g (1 − σ)).
//   gelu(g) = g σ(2u), u = sqrt(2/π) (g + 0.044715 g³), since (1 + tanh u) / 2 = σ(2u); gelu' = σ(2u) + 2 g u' σ(2u) (1 − σ(2u)).
import { Lanes, loadSome, storeSome } from './lanes';
import { Op, at, parts } from './op';

@unmanaged
export class Glu extends Op {
  gate: usize;
  up: usize;
  y: usize;
  /** The gradient of y, and where those of gate and up go; 0 in the forward pass. */
  dy: usize;
  dGate: usize;
  dUp: usize;
  size: u32;
  /** 0: silu, 1: gelu by tanh. */
  activation: u32;
}

/** Elements of one share: some 10 µs. */
const SHARE: u32 = 2048;

const ONE: f32 = 1.0;

class Gate {
  /** σ(x). */
  @inline
  static sigmoid(x: v128): v128 {
    return f32x4.div(f32x4.splat(ONE), f32x4.add(f32x4.splat(ONE), Lanes.exp(f32x4.neg(x))));
  }

  /** The argument of σ: g, or 2u. */
  @inline
  static argument(g: v128, activation: u32): v128 {
    if (activation == 0) return g;
    const cube = f32x4.mul(f32x4.mul(f32x4.mul(g, g), g), f32x4.splat(0.044715));
    return f32x4.mul(f32x4.add(g, cube), f32x4.splat(1.5957691216057308));
  }

  /** Its derivative in g. */
  @inline
  static slope(g: v128, activation: u32): v128 {
    if (activation == 0) return f32x4.splat(ONE);
    const square = f32x4.mul(f32x4.mul(g, g), f32x4.splat(3.0 * 0.044715));
    return f32x4.mul(f32x4.add(f32x4.splat(ONE), square), f32x4.splat(1.5957691216057308));
  }

  @inline
  static forward(g: v128, up: v128, activation: u32): v128 {
    return f32x4.mul(f32x4.mul(g, Gate.sigmoid(Gate.argument(g, activation))), up);
  }

  /** d act / d g. */
  @inline
  static derivative(g: v128, s: v128, activation: u32): v128 {
    const bend = f32x4.mul(f32x4.mul(g, Gate.slope(g, activation)), f32x4.sub(f32x4.splat(ONE), s));
    return f32x4.mul(s, f32x4.add(f32x4.splat(ONE), bend));
  }
}

export function gluUnits(op: Glu): u32 {
  return parts(op.size, SHARE);
}

export function glu(op: Glu, unit: u32): void {
  const end = min((unit + 1) * SHARE, op.size);
  let i = unit * SHARE;
  for (; i + 4 <= end; i += 4) {
    v128.store(at(op.y, i), Gate.forward(v128.load(at(op.gate, i)), v128.load(at(op.up, i)), op.activation));
  }
  if (i < end) {
    const rest = end - i;
    storeSome(at(op.y, i), Gate.forward(loadSome(at(op.gate, i), rest), loadSome(at(op.up, i), rest), op.activation), rest);
  }
}

export function gluBackward(op: Glu, unit: u32): void {
  const end = min((unit + 1) * SHARE, op.size);
  for (let i = unit * SHARE; i < end; i += 4) {
    const count = min<u32>(4, end - i);
    const whole = count == 4;
    const g = whole ? v128.load(at(op.gate, i)) : loadSome(at(op.gate, i), count);
    const up = whole ? v128.load(at(op.up, i)) : loadSome(at(op.up, i), count);
    const dy = whole ? v128.load(at(op.dy, i)) : loadSome(at(op.dy, i), count);
    const s = Gate.sigmoid(Gate.argument(g, op.activation));
    const dUp = f32x4.mul(dy, f32x4.mul(g, s));
    const dGate = f32x4.mul(f32x4.mul(dy, up), Gate.derivative(g, s, op.activation));
    if (whole) {
      v128.store(at(op.dUp, i), dUp);
      v128.store(at(op.dGate, i), dGate);
    } else {
      storeSome(at(op.dUp, i), dUp, count);
      storeSome(at(op.dGate, i), dGate, count);
    }
  }
}
