// RMSNorm: y = x w r with r = rstd = 1 / sqrt(mean(x²) + eps) per row, or x (1 + w) r; its gradients; sums of columns.
// Backward: dx = r (w dy) − x r³ mean(x w dy); dw = Σ dy x r over the rows.
import { Lanes } from './lanes';
import { Op, at, parts, rowsPerUnit } from './op';
import { decode } from './weights';

@unmanaged
export class RmsNorm extends Op {
  x: usize;
  w: usize;
  y: usize;
  rstd: usize;
  rows: u32;
  width: u32;
  eps: f32;
  dtype: u32;
  /** What is added to every weight: 0 or 1. */
  offset: f32;
}

/** The weights as f32 plus the offset, and zeros up to a multiple of 4. */
function weights(w: usize, dtype: u32, width: u32, offset: f32, to: usize): void {
  decode(w, dtype, 0, width, to);
  if (offset != 0) for (let i: u32 = 0; i < width; i++) store<f32>(at(to, i), load<f32>(at(to, i)) + offset);
}

export function rmsNorm(op: RmsNorm, unit: u32, scratch: usize): void {
  const width = op.width;
  weights(op.w, op.dtype, width, op.offset, scratch);
  const step = rowsPerUnit(width);
  const end = min((unit + 1) * step, op.rows);
  for (let row = unit * step; row < end; row++) {
    const x = at(op.x, row * width);
    const y = at(op.y, row * width);
    let squares = f32x4.splat(0);
    let i: u32 = 0;
    for (; i + 4 <= width; i += 4) {
      const v = v128.load(at(x, i));
      squares = f32x4.add(squares, f32x4.mul(v, v));
    }
    let sum = Lanes.sum(squares);
    for (; i < width; i++) sum += load<f32>(at(x, i)) * load<f32>(at(x, i));
    const r: f32 = 1.0 / sqrt<f32>(sum / <f32>width + op.eps);
    store<f32>(at(op.rstd, row), r);
    const factor = f32x4.splat(r);
    for (i = 0; i + 4 <= width; i += 4) {
      v128.store(at(y, i), f32x4.mul(f32x4.mul(v128.load(at(x, i)), factor), v128.load(at(scratch, i))));
    }
    for (; i < width; i++) store<f32>(at(y, i), load<f32>(at(x, i)) * r * load<f32>(at(scratch, i)));
  }
}

@unmanaged
export class RmsNormBackward extends Op {
  x: usize;
  w: usize;
  rstd: usize;
  dy: usize;
  dx: usize;
  rows: u32;
  width: u32;
  dtype: u32;
  offset: f32;
  /** 1: dx += */
  accumulate: u32;
}

export function rmsNormBackward(op: RmsNormBackward, unit: u32, scratch: usize): void {
  const width = op.width;
  weights(op.w, op.dtype, width, op.offset, scratch);
  const step = rowsPerUnit(width);
  const end = min((unit + 1) * step, op.rows);
  for (let row = unit * step; row < end; row++) {
    const x = at(op.x, row * width);
    const dy = at(op.dy, row * width);
    const dx = at(op.dx, row * width);
    let products = f32x4.splat(0);
    let i: u32 = 0;
    for (; i + 4 <= width; i += 4) {
      const weighted = f32x4.mul(v128.load(at(dy, i)), v128.load(at(scratch, i)));
      products = f32x4.add(products, f32x4.mul(v128.load(at(x, i)), weighted));
    }
    let sum = Lanes.sum(products);
    for (; i < width; i++) sum += load<f32>(at(x, i)) * load<f32>(at(scratch, i)) * load<f32>(at(dy, i));
    const r = load<f32>(at(op.rstd, row));
    const k = (r * r * r * sum) / <f32>width;
    for (i = 0; i + 4 <= width; i += 4) {
      const weighted = f32x4.mul(v128.load(at(dy, i)), v128.load(at(scratch, i)));
      let d = f32x4.sub(f32x4.mul(f32x4.splat(r), weighted), f32x4.mul(f32x4.splat(k), v128.load(at(x, i))));
      if (op.accumulate) d = f32x4.add(d, v128.load(at(dx, i)));
      v128.store(at(dx, i), d);
    }
    for (; i < width; i++) {
      let d = r * load<f32>(at(scratch, i)) * load<f32>(at(dy, i)) - k * load<f32>(at(x, i));
      if (op.accumulate) d += load<f32>(at(dx, i));
      store<f32>(at(dx, i), d);
    }
  }
}

/** out[c] += Σ_r y[r, c] · x[r, c] · factor[r], or Σ_r y[r, c] without x and factor; = without `accumulate`. */
@unmanaged
export class ColumnSum extends Op {
  y: usize;
  x: usize;
  factor: usize;
  out: usize;
  rows: u32;
  columns: u32;
  accumulate: u32;
}

/** Columns of one share: a cache line. */
const STRIP: u32 = 16;
/** Rows that are summed before the sum is added to the others, so that rounding grows with the number of runs. */
const RUN: u32 = 64;

export function columnUnits(op: ColumnSum): u32 {
  return parts(op.columns, STRIP);
}

export function columnSum(op: ColumnSum, unit: u32): void {
  const end = min((unit + 1) * STRIP, op.columns);
  let c = unit * STRIP;
  for (; c + 4 <= end; c += 4) {
    let sum = f32x4.splat(0);
    for (let r0: u32 = 0; r0 < op.rows; r0 += RUN) {
      let run = f32x4.splat(0);
      for (let r = r0; r < min(r0 + RUN, op.rows); r++) {
        const i = r * op.columns + c;
        let v = v128.load(at(op.y, i));
        if (op.x) v = f32x4.mul(f32x4.mul(v, v128.load(at(op.x, i))), v128.load32_splat(at(op.factor, r)));
        run = f32x4.add(run, v);
      }
      sum = f32x4.add(sum, run);
    }
    if (op.accumulate) sum = f32x4.add(sum, v128.load(at(op.out, c)));
    v128.store(at(op.out, c), sum);
  }
  for (; c < end; c++) {
    let sum: f32 = 0;
    for (let r0: u32 = 0; r0 < op.rows; r0 += RUN) {
      let run: f32 = 0;
      for (let r = r0; r < min(r0 + RUN, op.rows); r++) {
        const i = r * op.columns + c;
        let v = load<f32>(at(op.y, i));
        if (op.x) v = v * load<f32>(at(op.x, i)) * load<f32>(at(op.factor, r));
        run += v;
      }
      sum += run;
    }
    store<f32>(at(op.out, c), op.accumulate ? load<f32>(at(op.out, c)) + sum : sum);
  }
}
