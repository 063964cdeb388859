// Delivers events to a listener: `progress` as a plain call, all others awaited. No failure of a listener is lost or left unhandled.
import type { Listener, TrainEvent } from './events.js';

type ProgressEvent = Extract<TrainEvent, { type: 'progress' }>;

/** See {@link Listener} for the contract. */
export class Emitter {
  readonly #listener: Listener | undefined;
  /** The first failure of a progress call that has not been raised yet. */
  #failure: { readonly error: unknown } | null = null;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(listener: Listener | undefined) {
    this.#listener = listener;
  }

  /** Delivers an event and awaits the listener. @throws what the listener throws */
  async emit(event: Exclude<TrainEvent, ProgressEvent>): Promise<void> {
    this.surface();
    await this.#listener?.(event);
    this.surface();
  }

  /** Delivers progress; what the listener throws is kept for {@link surface}. */
  progress(event: Omit<ProgressEvent, 'type'>): void {
    const keep = (error: unknown): void => {
      this.#failure ??= { error };
    };
    try {
      const result = this.#listener?.({ type: 'progress', ...event });
      if (typeof (result as Partial<PromiseLike<unknown>> | undefined | null)?.then !== 'function') return;
      const settled: Promise<unknown> = Promise.resolve(result)
        .catch(keep)
        .finally(() => this.#pending.delete(settled));
      this.#pending.add(settled);
    } catch (error) {
      keep(error);
    }
  }

  /** Raises what a progress call failed with. */
  surface(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure) throw failure.error;
  }

  /** Waits for the promises of progress calls. @throws what one rejected with */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.surface();
  }
}
