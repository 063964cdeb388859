// Rotary position embedding in place, half-split: for a head x of width 2h and i < h, with c = cos[p, i] and s = ± sin[p, i]:
// (x[i], x[i + h]) ← (x[i] c − x[i + h] s, x[i + h] c + x[i] s). The opposite angle is the backward pass.
import { Op, at, rowsPerUnit } from './op';

@unmanaged
export class Rope extends Op {
  x: usize;
  cos: usize;
  sin: usize;
  positions: usize;
  tokens: u32;
  heads: u32;
  half: u32;
  /** 1 or −1. */
  direction: f32;
}

export function ropeWidth(op: Rope): u32 {
  return 2 * op.heads * op.half;
}

export function rope(op: Rope, unit: u32): void {
  const step = rowsPerUnit(ropeWidth(op));
  const end = min((unit + 1) * step, op.tokens);
  const half = op.half;
  const direction = f32x4.splat(op.direction);
  for (let t = unit * step; t < end; t++) {
    const table = load<u32>(at(op.positions, t)) * half;
    for (let h: u32 = 0; h < op.heads; h++) {
      const left = at(op.x, (t * op.heads + h) * 2 * half);
      const right = at(left, half);
      let i: u32 = 0;
      for (; i + 4 <= half; i += 4) {
        const c = v128.load(at(op.cos, table + i));
        const s = f32x4.mul(direction, v128.load(at(op.sin, table + i)));
        const a = v128.load(at(left, i));
        const b = v128.load(at(right, i));
        v128.store(at(left, i), f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
        v128.store(at(right, i), f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s)));
      }
      for (; i < half; i++) {
        const c = load<f32>(at(op.cos, table + i));
        const s = op.direction * load<f32>(at(op.sin, table + i));
        const a = load<f32>(at(left, i));
        const b = load<f32>(at(right, i));
        store<f32>(at(left, i), a * c - b * s);
        store<f32>(at(right, i), b * c + a * s);
      }
    }
  }
}
