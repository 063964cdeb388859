// How the lanes of a workgroup sum a row: by the subgroup, or through shared memory.
import type { Profile } from '../gpu/profile.js';
import { memo } from './memo.js';
import shared from '../../shaders/lib/lanes-shared.wgsl';
import subgroup from '../../shaders/lib/lanes-subgroup.wgsl';

/** Workgroup size of the row kernels where there are no subgroups of one known size. */
const SHARED_LANES = 64;

/** How the lanes of one workgroup sum a row: the text that defines `lane_sum`, and the number of lanes. */
export interface Lanes {
  readonly prelude: string;
  readonly constants: { readonly LANES: number };
}

/** A set of kernels that sum over lanes, made once per subgroup size: by the subgroup where it has one size, else in shared memory. */
export function byLanes<T>(make: (lanes: Lanes) => T): (profile: Profile) => T {
  const bySize = memo((size: number) =>
    make(size > 0 ? { prelude: subgroup, constants: { LANES: size } } : { prelude: shared, constants: { LANES: SHARED_LANES } }),
  );
  return ({ subgroupSize }) => bySize(subgroupSize);
}
