// Several kernels for one operation: a table of variants, of which the first that fits the device and the shape is taken.
import { MgrpoError, show } from '../errors.js';
import type { Profile } from '../gpu/profile.js';

/** One way to compute an operation. `S` is what it needs to know of the sizes. */
export interface Variant<S> {
  /** For messages. */
  readonly name: string;
  /** Whether a device can run it on such sizes, and should where no variant before it fits. */
  fits(profile: Profile, shape: S): boolean;
}

/** The first variant of a table that fits; the last row of a table should fit everywhere. */
export function choose<S, V extends Variant<S>>(variants: readonly V[], profile: Profile, shape: S): V {
  const found = variants.find((variant) => variant.fits(profile, shape));
  if (found) return found;
  const names = variants.map(({ name }) => name).join(', ');
  throw new MgrpoError('device_limit', `kernels: expected one of ${names} to fit ${show(shape)}, got none; use another device`);
}
