// Timing several things that take turns, so that other load on the machine falls on all alike.

/** Milliseconds of one run: the median over the rounds, the least and the most. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Milliseconds that one timing should take at least. */
const LONG_ENOUGH = 20;
const MOST_REPEATS = 200;

/** Something that is timed round by round; the first round warms up and finds how often to repeat. */
export class Timed {
  readonly #repeat: (times: number) => Promise<void>;
  readonly #ms: number[] = [];
  #repeats = 0;

  /** @param repeat runs it as often as asked, and waits until it is done */
  constructor(repeat: (times: number) => Promise<void>) {
    this.#repeat = repeat;
  }

  get spread(): Spread {
    const sorted = this.#ms.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    return { median, least: sorted[0]!, most: sorted.at(-1)! };
  }

  async round(): Promise<void> {
    if (this.#repeats === 0) {
      // The first run compiles too; where it takes seconds all the same, it is not repeated to be counted.
      const first = await this.#time(1);
      const ms = first > 100 * LONG_ENOUGH ? first : await this.#time(1);
      this.#repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LONG_ENOUGH / ms)));
    } else this.#ms.push(await this.#time(this.#repeats));
  }

  /** Milliseconds of one of `repeats` runs. */
  async #time(repeats: number): Promise<number> {
    const begun = performance.now();
    await this.#repeat(repeats);
    return (performance.now() - begun) / repeats;
  }
}

/** Times all in turn: a round that warms up, then `rounds` that count. */
export async function interleave(all: readonly Timed[], rounds: number, signal?: AbortSignal): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const one of all) {
      signal?.throwIfAborted();
      await one.round();
    }
  }
}
