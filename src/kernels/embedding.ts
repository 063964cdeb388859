// Token embeddings in WGSL; a table larger than one binding is bound in chunks of rows.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { EmbedArgs, EmbedBackwardArgs } from '../ops/embedding.js';
import type { Resolved } from '../ops/operation.js';
import { BYTES, rows, type Tensor } from '../ops/tensor.js';
import { chunks } from './chunks.js';
import { byPack } from './pack.js';
import { byFormat, formatOf, weightPrelude } from './weight.js';
import source from '../../shaders/embedding.wgsl';

const kernels = byPack((pack) => {
  return {
    forward: byFormat((format) =>
      kernel({
        source,
        prelude: `${pack.prelude}\n${weightPrelude(pack, format)}`,
        entry: 'embedding_fwd',
        access: 'rrw',
        params: { tokens: 'u32', width: 'u32', first_row: 'u32', row_count: 'u32', scale: 'f32' },
      }),
    ),
    backward: kernel({
      source,
      prelude: `${pack.prelude}\n${weightPrelude(pack, 'f32')}`,
      entry: 'embedding_bwd',
      access: 'rrrrw',
      params: { unique: 'u32', width: 'u32', first_row: 'u32', row_count: 'u32', scale: 'f32' },
    }),
  };
});

/** y[t] = scale · table[ids[t]]; every chunk of rows writes the tokens that are in it. */
export function embed(rec: GpuRecorder, { table, ids, y, tokens, vocab, width, scale }: Resolved<EmbedArgs>): void {
  const matrix: Tensor = { ...table, shape: [vocab, width] };
  const k = kernels(width);
  const grid = Math.ceil((tokens * width) / k.n / 64);
  for (const { start, count } of chunks(rec.profile, vocab, width * BYTES[table.dtype], 'embed')) {
    rec.dispatch(
      k.forward[formatOf(table)],
      [rows(matrix, start, count), ids, y],
      { tokens, width: width / k.n, first_row: start, row_count: count, scale },
      grid,
    );
  }
}

/** dTable[id] += scale · the sum of dy over the tokens with that id, one invocation per sum: no atomics. */
export function embedBackward(rec: GpuRecorder, args: Resolved<EmbedBackwardArgs>): void {
  const { dy, dTable, order, starts, ids, unique, width, vocab, scale } = args;
  const matrix: Tensor = { ...dTable, shape: [vocab, width] };
  const { backward, n } = kernels(width);
  const grid = Math.ceil((unique * width) / n / 64);
  for (const { start, count } of chunks(rec.profile, vocab, width * 4, 'embedBackward')) {
    rec.dispatch(
      backward,
      [dy, order, starts, ids, rows(matrix, start, count)],
      { unique, width: width / n, first_row: start, row_count: count, scale },
      grid,
    );
  }
}
