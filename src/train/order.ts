// In which order data are visited: a new random one in each pass, from the seed alone.
import { Rng } from '../rng.js';
import { STREAM } from './streams.js';

/** The questions of a data set in the order of each epoch; wraps into the next epoch. */
export class QuestionOrder<Q> {
  readonly #questions: readonly Q[];
  readonly #settings: { readonly seed: number; readonly shuffleDataset: boolean };
  #epoch: { readonly number: number; readonly order: readonly number[] } | undefined;

  constructor(questions: readonly Q[], settings: { readonly seed: number; readonly shuffleDataset: boolean }) {
    this.#questions = questions;
    this.#settings = settings;
  }

  /** Questions of an epoch. */
  get size(): number {
    return this.#questions.length;
  }

  /** `count` questions from position `cursor` on, counted from the start of the run. */
  take(cursor: number, count: number): Q[] {
    return Array.from({ length: count }, (_, i) => {
      const at = cursor + i;
      return this.#questions[this.#orderOf(Math.floor(at / this.size))[at % this.size]!]!;
    });
  }

  #orderOf(number: number): readonly number[] {
    if (this.#epoch?.number !== number) {
      const order = this.#questions.map((_, i) => i);
      const { seed, shuffleDataset } = this.#settings;
      if (shuffleDataset) new Rng(seed, STREAM.shuffle + 256 * number).shuffle(order);
      this.#epoch = { number, order };
    }
    return this.#epoch.order;
  }
}

/** Draws example numbers in a new random order in each pass. @param drawn how many were drawn before */
export function exampleOrder(count: number, seed: number, drawn = 0): () => number {
  const rng = new Rng(seed, STREAM.shuffle);
  const pass = (): number[] => rng.shuffle(Array.from({ length: count }, (_, i) => i));
  let order: number[] = [];
  for (let passes = Math.ceil(drawn / count); passes > 0; passes--) order = pass();
  if (drawn % count !== 0) order.length -= drawn % count;
  else order = [];
  return () => {
    if (order.length === 0) order = pass();
    return order.pop()!;
  };
}
