// Sequences laid end to end, on the host and on the device.
import { check, show } from '../errors.js';
import type { Recorder } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import type { Pool } from '../ops/pool.js';

/** Sequences laid end to end: the one row format that sampling, scoring and training share. */
export interface PackedBatch {
  /** u32[T] token ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** u32[T] position of each token in its sequence. */
  readonly positions: Uint32Array<ArrayBuffer>;
  /** u32[T] first row of the token's sequence. */
  readonly seqStart: Uint32Array<ArrayBuffer>;
  /** u32[T] one past the last row that sees the token: the end of its sequence, in a trunk of all that begin with it. */
  readonly seqEnd: Uint32Array<ArrayBuffer>;
  /** First row of each sequence behind its trunk, and T at the end. */
  readonly starts: readonly number[];
  /** T */
  readonly length: number;
  /** Tokens of the longest sequence. */
  readonly longest: number;
}

/** A packed batch in device memory. */
export interface DeviceBatch {
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly seqStart: Tensor;
  readonly seqEnd: Tensor;
  readonly length: number;
}

/** Sequences that begin alike: with the trunk, which is laid down once, in front of the branches. */
export interface Tree {
  readonly trunk: ArrayLike<number>;
  readonly branches: readonly ArrayLike<number>[];
}

/**
 * Packs sequences of token ids.
 * @param vocab ids must be below it
 * @throws MgrpoError for an empty sequence or an id that the model does not have
 */
export function pack(sequences: readonly ArrayLike<number>[], vocab: number): PackedBatch {
  return packTrees(
    sequences.map((sequence) => ({ trunk: [], branches: [sequence] })),
    vocab,
  );
}

/**
 * Packs sequences with what they have in common laid down once: of each tree the trunk, then its branches. Layers with a window cannot take
 * a trunk of two branches or more.
 * @throws MgrpoError for an empty branch or an id that the model does not have
 */
export function packTrees(trees: readonly Tree[], vocab: number): PackedBatch {
  const sizes = trees.map(({ trunk, branches }) => branches.reduce((n, branch) => n + branch.length, trunk.length));
  const length = sizes.reduce((a, b) => a + b, 0);
  const make = (): Uint32Array<ArrayBuffer> => new Uint32Array(length);
  const [ids, positions, seqStart, seqEnd] = [make(), make(), make(), make()];
  const starts: number[] = [];
  let at = 0;
  let longest = 0;
  const lay = (part: ArrayLike<number>, position: number, start: number, end: number): void => {
    for (let i = 0; i < part.length; i++, at++) {
      const id = part[i]!;
      check(
        Number.isInteger(id) && id >= 0 && id < vocab,
        `pack: expected token ids from 0 to ${vocab - 1}, got ${show(id)}; the tokenizer does not belong to this model`,
      );
      ids[at] = id;
      positions[at] = position + i;
      seqStart[at] = start;
      seqEnd[at] = end;
    }
    longest = Math.max(longest, position + part.length);
  };
  trees.forEach(({ trunk, branches }, i) => {
    const root = at;
    lay(trunk, 0, root, root + sizes[i]!);
    for (const branch of branches) {
      check(branch.length > 0, 'pack: expected at least one token in every sequence, got an empty one; drop it');
      starts.push(at);
      lay(branch, trunk.length, trunk.length > 0 ? root : at, at + branch.length);
    }
  });
  starts.push(at);
  return { ids, positions, seqStart, seqEnd, starts, length, longest };
}

/** Copies a packed batch to the memory of a pool. */
export function upload(rec: Recorder, batch: PackedBatch, pool: Pool): DeviceBatch {
  const put = (name: 'ids' | 'positions' | 'seqStart' | 'seqEnd'): Tensor => {
    const t = pool.get(`batch.${name}`, [batch.length], 'u32');
    rec.write(t, batch[name]);
    return t;
  };
  return { ids: put('ids'), positions: put('positions'), seqStart: put('seqStart'), seqEnd: put('seqEnd'), length: batch.length };
}
