// The order of what reaches a device's queue. Everything runs at once, as long as nothing holds it; while a pipeline is being compiled, what needs it
// waits, and all that comes after it too.

/** Work in order. */
export class Order {
  readonly #fail: (error: unknown) => void;
  /** What waits: work, and what holds up the work behind it. */
  readonly #waiting: ((() => void) | Promise<unknown>)[] = [];
  #draining = false;

  /** @param fail is told of errors of what ran late, when whoever asked for it has gone on */
  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
  }

  /** Whether something waits. */
  get isHeld(): boolean {
    return this.#draining;
  }

  /** Does some work, now or when what came before it is done. */
  run(work: () => void): void {
    if (this.#draining) this.#waiting.push(work);
    else work();
  }

  /** The same for work whose result or error is waited for. */
  async done<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.#draining) return work();
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** Holds up what follows. */
  hold(until: Promise<unknown>): void {
    until.catch(() => undefined); // its error is met when its turn comes
    this.#waiting.push(until);
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let next; (next = this.#waiting.shift());) {
      try {
        if (typeof next === 'function') next();
        else await next;
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#draining = false;
  }
}
