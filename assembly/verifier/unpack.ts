// Writes the module's data, its strings above all, from the form in which it is shipped (scripts/pack-data.mjs), before anything else runs.

/** Bits of a number that one byte holds; the top bit says that more follow. */
const BITS: u32 = 7;
const MORE: u32 = 1 << BITS;

/** Reads a packed stream. */
@unmanaged
class Packed {
  at: usize;

  /** The next number, its lowest bits first. */
  next(): u32 {
    let byte = <u32>load<u8>(this.at++);
    let value = byte & (MORE - 1);
    for (let shift = BITS; byte >= MORE; shift += BITS) {
      byte = <u32>load<u8>(this.at++);
      value |= (byte & (MORE - 1)) << shift;
    }
    return value;
  }
}

const packed = changetype<Packed>(memory.data(4, 4));

/**
 * Writes 16-bit words from `to` on: the stream [from, end) says again and again how many to skip, how many follow, and these. The stream
 * is cleared: its place belongs to the heap.
 */
export function unpack(from: usize, end: usize, to: usize): void {
  packed.at = from;
  while (packed.at < end) {
    to += (<usize>packed.next()) << 1;
    for (let n = packed.next(); n > 0; n--) {
      store<u16>(to, <u16>packed.next());
      to += 2;
    }
  }
  memory.fill(from, 0, end - from);
}
