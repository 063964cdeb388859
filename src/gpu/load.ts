// How busy a GPU is, and how much it may be given at a time. Drivers end work that takes seconds (watchdogs), so what is submitted together is
// bounded, by the rate that the GPU itself was seen to have.

/** What one submission should take at most, in seconds. */
const SECONDS = 0.2;
/** Floating-point operations a second: what is assumed until something was measured, and the bounds of what is believed. */
const RATE = { first: 5e11, least: 2e10, most: 5e13 } as const;
/** Submissions with less work say little about the rate. */
const TELLING = 1e10;

/** The load of one GPU. */
export class Load {
  readonly #queue: GPUQueue;
  #rate: number = RATE.first;
  #waiting = true;
  /** When the last measured work was done, in ms. */
  #done = 0;

  constructor(queue: GPUQueue) {
    this.#queue = queue;
  }

  /** Whether everything that was submitted has been waited for. */
  get isWaiting(): boolean {
    return this.#waiting;
  }

  /** Most floating-point operations for one submission. */
  get mostWork(): number {
    return SECONDS * this.#rate;
  }

  /** Says that work was submitted. */
  submitted(work: number): void {
    this.#waiting = false;
    if (work < TELLING) return;
    const start = performance.now();
    const measure = (): void => {
      const now = performance.now();
      const seconds = (now - Math.max(start, this.#done)) / 1000;
      this.#done = now;
      this.#rate = Math.min(Math.max(work / seconds, RATE.least), RATE.most);
    };
    // A device that is lost tells it elsewhere.
    this.#queue.onSubmittedWorkDone().then(measure, () => undefined);
  }

  /** Says that the host has waited for all that was submitted. */
  waitedFor(): void {
    this.#waiting = true;
  }
}
