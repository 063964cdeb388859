// Random numbers by position: the same seed, stream and place give the same number, here and in the shaders.
/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * The host twin of `shaders/lib/rng.wgsl`; both give the same words for the same key and counter.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High and low 32 bits of the product of two u32. */
function multiply(a: number, b: number): [hi: number, lo: number] {
  const lo = Math.imul(a, b) >>> 0;
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = (middle & 0xffff) + a0 * b1;
  return [(a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0, lo];
}

/**
 * Philox 4x32-10: four u32 words for a 2 x u32 key and a 4 x u32 counter.
 * @param key u32[2]
 * @param counter u32[4]
 */
export function philox(
  key: readonly [number, number],
  counter: readonly [number, number, number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [h0, l0] = multiply(M0, c0);
    const [h1, l1] = multiply(M1, c2);
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** A stream of random numbers whose whole state is (seed, stream, position): it can be saved and resumed exactly. */
export class Rng {
  /** Number of u32 words drawn so far; setting it moves the stream. */
  position: number;
  readonly #key: readonly [number, number];

  /**
   * @param seed integer in [0, 2^53)
   * @param stream u32 that separates independent uses of one seed
   * @param position words already drawn
   */
  constructor(seed: number, stream = 0, position = 0) {
    this.#key = [(seed ^ Math.imul(Math.floor(seed / 2 ** 32) >>> 0, W1)) >>> 0, stream >>> 0];
    this.position = position;
  }

  /** Next u32. */
  next(): number {
    const block = Math.floor(this.position / 4);
    const word = philox(this.#key, [block >>> 0, Math.floor(block / 2 ** 32) >>> 0, 0, 0])[this.position % 4]!;
    this.position++;
    return word;
  }

  /** Uniform number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.next() / 2 ** 32;
  }

  /** Uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal number (Box-Muller; two words a number). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.next() + 1) / (2 ** 32 + 1)));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles an array in place (Fisher-Yates) and returns it. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
