// How the lanes of a workgroup sum a row: by the subgroup, or through shared memory.
import type { Profile } from '../gpu/profile.js';
import { memo } from './memo.js';
import { sizes } from './sizes.js';
import shared from '../../shaders/lib/lanes-shared.wgsl';
import subgroup from '../../shaders/lib/lanes-subgroup.wgsl';

/** Workgroup size of the row kernels where there are no subgroups of one known size. */
const SHARED_LANES = 64;

/**
 * A set of kernels that sum over lanes, made once per subgroup size: by the subgroup where it has one size, else in shared memory.
 * @param make gets the text that defines LANES, lane_sum and lane_max; it must stand first
 */
export function byLanes<T>(make: (prelude: string) => T): (profile: Profile) => T {
  const bySize = memo((size: number) =>
    make(size > 0 ? `${subgroup}\n${sizes({ LANES: size })}` : `${shared}\n${sizes({ LANES: SHARED_LANES })}`),
  );
  return ({ subgroupSize }) => bySize(subgroupSize);
}
