// Device memory that passes from one owner to the next: a pool has one owner at a time, and waits for the next one when it is given back.
import type { Device } from '../ops/device.js';
import { Pool } from '../ops/pool.js';

/** Pools by purpose. As many exist as were ever owned at the same time, so memory does not grow over the steps of a run. */
export class Leases {
  readonly #device: Device;
  readonly #idle = new Map<string, Pool[]>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** A pool that nobody else uses. Its contents are what the last owner left there. */
  take(purpose: string): Pool {
    return this.#idle.get(purpose)?.pop() ?? new Pool(this.#device);
  }

  /** Gives a pool back. Everything that was recorded with it must have been submitted. */
  give(purpose: string, pool: Pool): void {
    const idle = this.#idle.get(purpose);
    if (idle) idle.push(pool);
    else this.#idle.set(purpose, [pool]);
  }

  /** Frees the pools that nobody uses. */
  free(): void {
    for (const pools of this.#idle.values()) for (const pool of pools) pool.free();
    this.#idle.clear();
  }
}
