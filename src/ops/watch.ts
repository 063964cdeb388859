// Looks on while operations are recorded: for finding the first one that gives a number that is not finite.
import type { Device, Recorder } from './device.js';
import type { Tensor } from './tensor.js';

/** Called after an operation was recorded, with what it writes by operand. */
export type Watcher = (
  rec: Recorder,
  operation: string,
  written: readonly (readonly [operand: string, tensor: Tensor])[],
) => void;

const watchers = new WeakMap<Device, Watcher>();

/** The watcher of a device, if it has one. */
export function watcherOf(device: Device): Watcher | undefined {
  return watchers.get(device);
}

/** Does some work while a watcher looks on. */
export async function watched<T>(device: Device, watcher: Watcher, work: () => Promise<T>): Promise<T> {
  watchers.set(device, watcher);
  try {
    return await work();
  } finally {
    watchers.delete(device);
  }
}
