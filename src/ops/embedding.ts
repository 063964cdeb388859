// Token embeddings, and the plan by which their gradient is summed without atomics.
import { count, operation, real, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** Arguments of {@link embed}. */
export interface EmbedArgs {
  /** May be larger than {@link DeviceLimits.maxBinding}. */
  readonly table: Tensor;
  /** Each below vocab (the caller's duty: rows of other ids are left as they are). */
  readonly ids: Tensor;
  readonly y: Tensor;
  readonly tokens: number;
  readonly vocab: number;
  readonly width: number;
  /** Factor of the embeddings (default 1). */
  readonly scale?: number | undefined;
}

/** Looks up token embeddings: y[t] = scale · table[ids[t]]. */
export const embed: Operation<EmbedArgs> = operation<EmbedArgs>('embed', {
  scalars: { tokens: count(), vocab: count(), width: count(), scale: real(1) },
  operands: {
    table: ['read', 'weight', ({ vocab, width }) => [vocab, width]],
    ids: ['read', 'u32', ({ tokens }) => [tokens]],
    y: ['write', 'f32', ({ tokens, width }) => [tokens, width]],
  },
});

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
  readonly dy: Tensor;
  /** May be larger than {@link DeviceLimits.maxBinding}. */
  readonly dTable: Tensor;
  readonly order: Tensor;
  readonly starts: Tensor;
  readonly ids: Tensor;
  readonly unique: number;
  readonly vocab: number;
  readonly width: number;
  /** As in the forward pass (default 1). */
  readonly scale?: number | undefined;
}

/** Gradient of {@link embed}: dTable[id] += scale · the sum of dy over the tokens with that id, in their order. */
export const embedBackward: Operation<EmbedBackwardArgs> = operation<EmbedBackwardArgs>('embedBackward', {
  scalars: { unique: count(), vocab: count(), width: count(), scale: real(1) },
  operands: {
    dy: ['read', 'f32', ({ width }) => [0, width]],
    dTable: ['add', 'f32', ({ vocab, width }) => [vocab, width]],
    order: ['read', 'u32', () => [0]],
    starts: ['read', 'u32', ({ unique }) => [unique + 1]],
    ids: ['read', 'u32', ({ unique }) => [unique]],
  },
});

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
