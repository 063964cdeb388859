// Operations on one element at a time, and rows moved by an index: add, scale, gather, scatter, copy, fill.
import { GRAIN, Op, at, parts, rowsPerUnit } from './op';

/** y += factor · x, or y *= factor without x. */
@unmanaged
export class Elementwise extends Op {
  x: usize;
  y: usize;
  size: u32;
  factor: f32;
}

export function elementUnits(size: u32): u32 {
  return parts(size, GRAIN);
}

export function add(op: Elementwise, unit: u32): void {
  const end = min((unit + 1) * GRAIN, op.size);
  const factor = f32x4.splat(op.factor);
  let i = unit * GRAIN;
  for (; i + 4 <= end; i += 4) {
    const y = at(op.y, i);
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(factor, v128.load(at(op.x, i)))));
  }
  for (; i < end; i++) store<f32>(at(op.y, i), load<f32>(at(op.y, i)) + op.factor * load<f32>(at(op.x, i)));
}

export function scale(op: Elementwise, unit: u32): void {
  const end = min((unit + 1) * GRAIN, op.size);
  const factor = f32x4.splat(op.factor);
  let i = unit * GRAIN;
  for (; i + 4 <= end; i += 4) v128.store(at(op.y, i), f32x4.mul(factor, v128.load(at(op.y, i))));
  for (; i < end; i++) store<f32>(at(op.y, i), op.factor * load<f32>(at(op.y, i)));
}

/** `size` bytes at y become those at x, or zero without x. */
export function copy(op: Elementwise, unit: u32): void {
  const start = at(0, unit * GRAIN);
  const bytes = min(at(0, GRAIN), <usize>op.size - start);
  if (op.x) memory.copy(op.y + start, op.x + start, bytes);
  else memory.fill(op.y + start, 0, bytes);
}

/** Rows of `width` elements. Gather: y[r] = x[index[r]]. Scatter: y[index[r]] += x[r], all different. */
@unmanaged
export class Rows extends Op {
  x: usize;
  index: usize;
  y: usize;
  rows: u32;
  width: u32;
}

export function rowUnits(rows: u32, width: u32): u32 {
  return parts(rows, rowsPerUnit(width));
}

export function gatherRows(op: Rows, unit: u32): void {
  const step = rowsPerUnit(op.width);
  const end = min((unit + 1) * step, op.rows);
  for (let r = unit * step; r < end; r++) {
    memory.copy(at(op.y, r * op.width), at(op.x, load<u32>(at(op.index, r)) * op.width), at(0, op.width));
  }
}

export function scatterRowsAdd(op: Rows, unit: u32): void {
  const step = rowsPerUnit(op.width);
  const end = min((unit + 1) * step, op.rows);
  for (let r = unit * step; r < end; r++) {
    addTo(at(op.x, r * op.width), at(op.y, load<u32>(at(op.index, r)) * op.width), op.width);
  }
}

/** y += x over `size` elements. */
export function addTo(x: usize, y: usize, size: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= size; i += 4) v128.store(at(y, i), f32x4.add(v128.load(at(y, i)), v128.load(at(x, i))));
  for (; i < size; i++) store<f32>(at(y, i), load<f32>(at(y, i)) + load<f32>(at(x, i)));
}
