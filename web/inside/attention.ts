// What a look inside says: which token got how much attention when another one was written, and how much each part of the text got.
import type { Looked, ReadText } from '../../src/worker/protocol.js';

/** A look inside, and the text that was read. */
export interface Seen {
  readonly read: ReadText;
  readonly looked: Looked;
}

/** Which layers and heads are counted; null: the mean of all. */
export interface Choice {
  readonly layer: number | null;
  readonly head: number | null;
}

/** The parts of a text, in order. */
export const PARTS = ['question', 'answer', 'phrase', 'correction'] as const;

/** Name of a part. */
export type PartName = (typeof PARTS)[number];

/** A part: tokens from `from` to before `to`. */
export interface Part {
  readonly name: PartName;
  readonly from: number;
  readonly to: number;
}

/** The parts of a text; those that it lacks are empty. */
export function partsOf({ ids, answer, phrase, correction }: ReadText): Part[] {
  const starts = [0, answer, phrase, correction, ids.length];
  return PARTS.map((name, i) => ({ name, from: starts[i]!, to: starts[i + 1]! }));
}

/** f[t] share of attention that each token before token t got when t was written; nothing looks at the first token's past. */
export function lookOf({ attention, layers, heads, tokens }: Looked, t: number, { layer, head }: Choice): Float64Array {
  const shares = new Float64Array(t);
  if (t === 0) return shares;
  const some = (chosen: number | null, all: number): number[] =>
    chosen === null ? Array.from({ length: all }, (_, i) => i) : [chosen];
  const rows = some(layer, layers).flatMap((l) => some(head, heads).map((h) => (l * heads + h) * tokens + t - 1));
  for (const row of rows) for (let j = 0; j < t; j++) shares[j] = shares[j]! + attention[row * tokens + j]! / rows.length;
  return shares;
}

/** Share of attention that each part got while a part was written. The shares of a part's row sum to 1. */
export function partShares({ read, looked }: Seen, written: PartName, choice: Choice): Record<PartName, number> {
  const parts = partsOf(read);
  const { from, to } = parts.find(({ name }) => name === written)!;
  const sums = { question: 0, answer: 0, phrase: 0, correction: 0 };
  for (let t = Math.max(from, 1); t < to; t++) {
    const shares = lookOf(looked, t, choice);
    for (const { name, from: first, to: end } of parts)
      for (let j = first; j < Math.min(end, t); j++) sums[name] += shares[j]! / (to - Math.max(from, 1));
  }
  return sums;
}

/** The token to begin with: the first of the correction that is not what the answer had in its place. */
export function firstChange({ ids, answer, phrase, correction }: ReadText): number {
  if (correction >= ids.length) return Math.max(ids.length - 1, 0);
  for (let i = 0; correction + i < ids.length && answer + i < phrase; i++)
    if (ids[correction + i] !== ids[answer + i]) return correction + i;
  return correction;
}

/** Log-probability of a token; null for the first, which nothing foretold. */
export function logpOf({ logps }: Looked, t: number): number | null {
  return t === 0 ? null : logps[t - 1]!;
}

/** The tokens that got most, the most first. */
export function mostLookedAt(shares: Float64Array, count: number): number[] {
  return Array.from(shares, (_, j) => j)
    .sort((a, b) => shares[b]! - shares[a]!)
    .slice(0, count);
}
