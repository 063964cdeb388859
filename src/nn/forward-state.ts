// What a forward pass leaves behind. A state owns its memory: several can live side by side, of one decoder or of many on one device.
import { check } from '../errors.js';
import type { Tensor } from '../ops/tensor.js';
import type { DeviceBatch, PackedBatch } from './batch.js';
import type { Leases } from './leases.js';
import type { Network } from './network.js';
import type { Pool } from '../ops/pool.js';

/** The values of a pass. */
interface Values {
  readonly batch: PackedBatch;
  readonly device: DeviceBatch;
  readonly hidden: Tensor;
  readonly keep: boolean;
  readonly net: Network;
  readonly pool: Pool;
}

/** A forward pass, until it is released. */
export class ForwardState {
  readonly batch: PackedBatch;
  readonly device: DeviceBatch;
  /** Whether the pass kept what the backward pass needs. */
  readonly keep: boolean;
  /** The weights that it computed with. */
  readonly net: Network;
  readonly #hidden: Tensor;
  readonly #leases: Leases;
  readonly #pool: Pool;
  /** Purposes of the pools that the state owns. */
  readonly #owned: Map<Pool, string>;

  /** @param values their pool comes from `leases`, where {@link release} gives it back */
  constructor(leases: Leases, { batch, device, hidden, keep, net, pool }: Values) {
    this.#leases = leases;
    [this.batch, this.device, this.keep, this.net] = [batch, device, keep, net];
    [this.#hidden, this.#pool, this.#owned] = [hidden, pool, new Map([[pool, 'forward']])];
  }

  /** f32[T, hidden] after the last layer, before the final norm. */
  get hidden(): Tensor {
    this.#assertOwned();
    return this.#hidden;
  }

  /** The pool that the values of the pass lie in. */
  get pool(): Pool {
    this.#assertOwned();
    return this.#pool;
  }

  /** A further pool, which goes back with the state. */
  lease(purpose: string): Pool {
    this.#assertOwned();
    const pool = this.#leases.take(purpose);
    this.#owned.set(pool, purpose);
    return pool;
  }

  /** Whether a pool is one of the state's. */
  owns(pool: Pool): boolean {
    return this.#owned.has(pool);
  }

  /** Gives the memory of the pass, its scores and its logits to the next one. Everything that was recorded with them must have been submitted. */
  release(): void {
    for (const [pool, purpose] of this.#owned) this.#leases.give(purpose, pool);
    this.#owned.clear();
  }

  #assertOwned(): void {
    check(this.#owned.size > 0, 'forward state: expected a state in use, got one that was released; run forward again');
  }
}
