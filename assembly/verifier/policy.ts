// What a pair asks for beside equality: the bits of its flags, and how far two numbers may lie apart.
import { Flag } from './status';

/** A tolerance as the host writes it: digits · 10^-places. */
@unmanaged
export class Tolerance {
  digits: i32;
  places: i32;
}

/** The flags (Flag.*) and tolerances of the pair that is being judged. */
@unmanaged
class Policy {
  flags: i32;
  /** of the difference itself, and as a share of the gold */
  absolute: Tolerance;
  relative: Tolerance;

  /** Takes the flags, and the tolerances where they stand at `row`. */
  take(flags: i32, row: usize): void {
    this.flags = flags;
    if ((flags & Flag.TOLERANT) == 0) return;
    memory.copy(changetype<usize>(this.absolute), row, 2 * offsetof<Tolerance>());
  }

  has(flag: i32): bool {
    return (this.flags & flag) != 0;
  }
}

export const policy = changetype<Policy>(memory.data(12, 4));
policy.absolute = changetype<Tolerance>(memory.data(16, 4));
policy.relative = changetype<Tolerance>(changetype<usize>(policy.absolute) + offsetof<Tolerance>());
