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
  /** u32[T] one past the last row of the token's sequence. */
  readonly seqEnd: Uint32Array<ArrayBuffer>;
  /** First row of each sequence, and T at the end. */
  readonly starts: readonly number[];
  /** T */
  readonly length: number;
}

/** A packed batch in device memory. */
export interface DeviceBatch {
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly seqStart: Tensor;
  readonly seqEnd: Tensor;
  readonly length: number;
}

/**
 * Packs sequences of token ids.
 * @param vocab ids must be below it
 * @throws MgrpoError for an empty sequence or an id that the model does not have
 */
export function pack(sequences: readonly ArrayLike<number>[], vocab: number): PackedBatch {
  const length = sequences.reduce((n, s) => n + s.length, 0);
  const make = (): Uint32Array<ArrayBuffer> => new Uint32Array(length);
  const [ids, positions, seqStart, seqEnd] = [make(), make(), make(), make()];
  const starts: number[] = [];
  let at = 0;
  for (const sequence of sequences) {
    check(sequence.length > 0, 'pack: expected at least one token in every sequence, got an empty one; drop it');
    const end = at + sequence.length;
    starts.push(at);
    seqStart.fill(at, at, end);
    seqEnd.fill(end, at, end);
    for (let i = 0; i < sequence.length; i++) {
      const id = sequence[i]!;
      check(
        Number.isInteger(id) && id >= 0 && id < vocab,
        `pack: expected token ids from 0 to ${vocab - 1}, got ${show(id)}; the tokenizer does not belong to this model`,
      );
      ids[at + i] = id;
      positions[at + i] = i;
    }
    at = end;
  }
  starts.push(at);
  return { ids, positions, seqStart, seqEnd, starts, length };
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
