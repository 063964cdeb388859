// How the lanes of a workgroup sum a row: by the subgroup, or through shared memory.
import type { Profile } from '../gpu/profile.js';
import { memo } from './memo.js';
import { sizes } from './sizes.js';
import { choose, type Variant } from './variant.js';
import shared from '../../shaders/lib/lanes-shared.wgsl';
import subgroup from '../../shaders/lib/lanes-subgroup.wgsl';

/** A way to sum: the text that defines lane_sum and lane_max, and how many lanes there are. */
interface LanesVariant extends Variant<null> {
  readonly text: string;
  readonly lanes: (profile: Profile) => number;
}

const VARIANTS: readonly LanesVariant[] = [
  { name: 'subgroup', fits: ({ subgroupSize }) => subgroupSize > 0, text: subgroup, lanes: ({ subgroupSize }) => subgroupSize },
  { name: 'shared', fits: () => true, text: shared, lanes: () => 64 },
];

/**
 * A set of kernels that sum over lanes, made once per variant and number of lanes: by the subgroup where it has one size, else in shared memory.
 * @param make gets the text that defines LANES, lane_sum and lane_max; it must stand first
 */
export function byLanes<T>(make: (prelude: string) => T): (profile: Profile) => T {
  const made = memo((name: string, LANES: number) =>
    make(`${VARIANTS.find((variant) => variant.name === name)!.text}\n${sizes({ LANES })}`),
  );
  return (profile) => {
    const { name, lanes } = choose(VARIANTS, profile, null);
    return made(name, lanes(profile));
  };
}
