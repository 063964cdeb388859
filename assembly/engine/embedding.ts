// Embedding lookup, y[t] = scale · table[ids[t]], and its gradient, dTable[id] += scale · the sum of dy over the id's tokens in their order.
import { Op, at, rowsPerUnit } from './op';
import { decode } from './weights';

@unmanaged
export class Embed extends Op {
  table: usize;
  ids: usize;
  y: usize;
  tokens: u32;
  vocab: u32;
  width: u32;
  dtype: u32;
  scale: f32;
}

export function embed(op: Embed, unit: u32): void {
  const step = rowsPerUnit(op.width);
  const end = min((unit + 1) * step, op.tokens);
  for (let t = unit * step; t < end; t++) {
    const id = load<u32>(at(op.ids, t));
    if (id >= op.vocab) continue;
    const y = at(op.y, t * op.width);
    decode(op.table, op.dtype, <usize>id * op.width, op.width, y);
    if (op.scale != 1) for (let i: u32 = 0; i < op.width; i++) store<f32>(at(y, i), op.scale * load<f32>(at(y, i)));
  }
}

@unmanaged
export class EmbedBackward extends Op {
  dy: usize;
  dTable: usize;
  order: usize;
  starts: usize;
  ids: usize;
  unique: u32;
  width: u32;
  scale: f32;
}

export function embedBackward(op: EmbedBackward, unit: u32): void {
  const step = rowsPerUnit(op.width);
  const end = min((unit + 1) * step, op.unique);
  for (let u = unit * step; u < end; u++) {
    const from = load<u32>(at(op.starts, u));
    const to = load<u32>(at(op.starts, u + 1));
    const target = at(op.dTable, load<u32>(at(op.ids, u)) * op.width);
    let i: u32 = 0;
    for (; i + 4 <= op.width; i += 4) {
      let sum = f32x4.splat(0);
      for (let k = from; k < to; k++) sum = f32x4.add(sum, v128.load(at(op.dy, load<u32>(at(op.order, k)) * op.width + i)));
      v128.store(at(target, i), f32x4.add(v128.load(at(target, i)), f32x4.mul(sum, f32x4.splat(op.scale))));
    }
    for (; i < op.width; i++) {
      let sum: f32 = 0;
      for (let k = from; k < to; k++) sum += load<f32>(at(op.dy, load<u32>(at(op.order, k)) * op.width + i));
      store<f32>(at(target, i), load<f32>(at(target, i)) + op.scale * sum);
    }
  }
}
