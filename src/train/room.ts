// How much is computed at a time, so that it fits the device: where there is no room for a piece of work it is done in smaller pieces, and from
// then on. Samples are the same in any pieces; gradients are the same sums in another order.
import { MgrpoError } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';

/** Pieces that fit; shrinks where one did not. */
export class Room {
  /** Parts that each micro-batch of training is cut into. */
  parts: number;
  /** Samples that are decoded at a time, at most. */
  slots: number = Infinity;
  /** Told what did not fit, and what is done instead. */
  readonly #tell: (text: string) => void | Promise<void>;

  constructor(tell: (text: string) => void | Promise<void> = () => undefined, parts = 1) {
    this.#tell = tell;
    this.parts = parts;
  }

  /** Trains with micro-batches of at most `sequences` sequences, in as many parts as it takes. */
  inParts<T>(decoder: Decoder, sequences: number, work: (parts: number) => Promise<T>): Promise<T> {
    return this.#smaller(decoder, () => work(Math.min(this.parts, sequences)), {
      isLeast: () => this.parts >= sequences,
      shrink: () => (this.parts = Math.min(2 * this.parts, sequences)),
      say: () => `micro-batches are cut into ${this.parts} parts from here on`,
    });
  }

  /** Samples with at most `most` at a time, or as few as it takes. */
  inSlots<T>(decoder: Decoder, most: number, work: (slots: number) => Promise<T>): Promise<T> {
    return this.#smaller(decoder, () => work(Math.min(this.slots, most)), {
      isLeast: () => Math.min(this.slots, most) <= 1,
      shrink: () => (this.slots = Math.ceil(Math.min(this.slots, most) / 2)),
      say: () => `at most ${this.slots} samples are decoded at a time from here on`,
    });
  }

  async #smaller<T>(
    decoder: Decoder,
    work: () => Promise<T>,
    { isLeast, shrink, say }: { isLeast(): boolean; shrink(): void; say(): string },
  ): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof MgrpoError) || error.code !== 'out_of_memory' || isLeast()) throw error;
        await decoder.device.recover();
        decoder.leases.free();
        decoder.device.freeScratch();
        shrink();
        await this.#tell(`${error.message}; ${say()}`);
      }
    }
  }
}
