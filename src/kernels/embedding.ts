import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { BYTES, rows, size, type Tensor } from '../gpu/tensor.js';
import { chunks } from './chunks.js';
import { byPack, weightPrelude } from './pack.js';
import source from '../../shaders/embedding.wgsl';

/** Arguments of {@link embed}. */
export interface EmbedArgs {
  /** f32 or bf16[vocab, width]; may be larger than one storage binding. */
  readonly table: Tensor;
  /** u32[tokens], each below vocab (the caller's duty: rows of other ids are left as they are). */
  readonly ids: Tensor;
  /** f32[tokens, width], written. */
  readonly y: Tensor;
  readonly tokens: number;
  readonly vocab: number;
  readonly width: number;
}

/** Which tokens have which id: what {@link embedBackward} needs on the device. */
export interface EmbedPlan {
  /** u32[tokens]: token rows, sorted by id, equal ids in order of the rows. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** u32[unique + 1]: rows of the u-th id are order[starts[u]] .. order[starts[u + 1] - 1]. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** u32[unique], rising. */
  readonly ids: Uint32Array<ArrayBuffer>;
}

/** Arguments of {@link embedBackward}; order, starts and ids hold an {@link EmbedPlan}. */
export interface EmbedBackwardArgs {
  /** f32[tokens, width]. */
  readonly dy: Tensor;
  /** f32[vocab, width], added to; may be larger than one storage binding. */
  readonly dTable: Tensor;
  readonly order: Tensor;
  readonly starts: Tensor;
  readonly ids: Tensor;
  readonly unique: number;
  readonly width: number;
  readonly vocab: number;
}

const kernels = byPack((pack) => {
  const forward = (dtype: 'f32' | 'bf16') =>
    kernel({
      source,
      prelude: `${pack.prelude}\n${weightPrelude(pack, dtype)}`,
      entry: 'embedding_fwd',
      access: 'rrw',
      params: { tokens: 'u32', width: 'u32', first_row: 'u32', row_count: 'u32' },
    });
  return {
    f32: forward('f32'),
    bf16: forward('bf16'),
    backward: kernel({
      source,
      prelude: `${pack.prelude}\n${weightPrelude(pack, 'f32')}`,
      entry: 'embedding_bwd',
      access: 'rrrrw',
      params: { unique: 'u32', width: 'u32', first_row: 'u32', row_count: 'u32' },
    }),
  };
});

/**
 * Looks up token embeddings: y[t] = table[ids[t]].
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function embed(rec: Recorder, { table, ids, y, tokens, vocab, width }: EmbedArgs): void {
  check(
    table.dtype !== 'u32' && size(table) >= vocab * width && size(ids) >= tokens && size(y) >= tokens * width,
    `embed: expected table[${vocab}, ${width}], ids[${tokens}] and y[${tokens}, ${width}], got ${show(table.shape)}, ` +
      `${show(ids.shape)} and ${show(y.shape)}`,
  );
  const matrix: Tensor = { ...table, shape: [vocab, width] };
  const k = kernels(width);
  const grid = Math.ceil((tokens * width) / k.n / 64);
  for (const { start, count } of chunks(rec.gpu, vocab, width * BYTES[table.dtype], 'embed')) {
    rec.dispatch(
      table.dtype === 'bf16' ? k.bf16 : k.f32,
      [rows(matrix, start, count), ids, y],
      { tokens, width: width / k.n, first_row: start, row_count: count },
      grid,
    );
  }
}

/**
 * Gradient of {@link embed}: dTable[id] += the sum of dy over the tokens with that id, in their order; no atomics.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function embedBackward(rec: Recorder, args: EmbedBackwardArgs): void {
  const { dy, dTable, order, starts, ids, unique, width, vocab } = args;
  check(
    size(dTable) >= vocab * width && size(starts) >= unique + 1 && size(ids) >= unique,
    `embedBackward: expected dTable[${vocab}, ${width}], starts[${unique + 1}] and ids[${unique}], got ${show(dTable.shape)}, ` +
      `${show(starts.shape)} and ${show(ids.shape)}`,
  );
  const matrix: Tensor = { ...dTable, shape: [vocab, width] };
  const { backward, n } = kernels(width);
  const grid = Math.ceil((unique * width) / n / 64);
  for (const { start, count } of chunks(rec.gpu, vocab, width * 4, 'embedBackward')) {
    rec.dispatch(
      backward,
      [dy, order, starts, ids, rows(matrix, start, count)],
      { unique, width: width / n, first_row: start, row_count: count },
      grid,
    );
  }
}

/**
 * Groups token rows by id for {@link embedBackward}.
 * @param padding id whose rows get no gradient, as in torch.nn.Embedding with padding_idx
 */
export function embedPlan(ids: Uint32Array, padding?: number): EmbedPlan {
  const tokens = ids.length;
  const keys = Float64Array.from(ids, (id, t) => id * tokens + t).sort();
  const order = Uint32Array.from(keys, (key) => key % tokens).filter((t) => ids[t] !== padding);
  const unique: number[] = [];
  const starts: number[] = [];
  order.forEach((t, k) => {
    if (k > 0 && ids[t] === unique.at(-1)) return;
    unique.push(ids[t]!);
    starts.push(k);
  });
  return { order, starts: Uint32Array.from([...starts, order.length]), ids: Uint32Array.from(unique) };
}
