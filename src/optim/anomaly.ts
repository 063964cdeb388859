// Which operation was the first to give a number that is not finite: repeats some work and measures whatever its operations write.
import { gradNorm } from '../ops/adamw.js';
import type { Device } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import { watched } from '../ops/watch.js';

/** Operations that are looked at, at most: a pass over a model has some hundreds. */
const MOST = 50_000;

/**
 * Repeats the work and finds the first operation whose result has no finite norm.
 * @returns in words for a message; undefined where every operation gave finite numbers
 */
export async function firstAnomaly(device: Device, work: () => Promise<unknown>): Promise<string | undefined> {
  const measured: { readonly place: string; readonly norm: Tensor }[] = [];
  let isOurs = false;
  let operations = 0;
  const pass = watched(
    device,
    (rec, name, written) => {
      if (isOurs || measured.length >= MOST) return;
      isOurs = true;
      operations++;
      for (const [operand, tensor] of written) {
        if (tensor.dtype !== 'f32') continue;
        const norm = device.tensor([2], 'f32', 'norm of a result');
        gradNorm(rec, { grads: [tensor], out: norm, maxNorm: 0 });
        measured.push({ place: `${operand} of ${name}, operation ${operations} of the update`, norm });
      }
      isOurs = false;
    },
    work,
  );
  try {
    await pass;
    for (const { place, norm } of measured) {
      const value = (await device.read(norm))[0][0]!;
      if (!Number.isFinite(value)) return place;
    }
    return undefined;
  } finally {
    await device.idle();
    for (const { norm } of measured) device.free(norm);
  }
}
