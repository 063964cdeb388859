// Writes the module's data, its strings above all, from the form in which it is shipped (scripts/pack-data.mjs), before anything else runs.

/** Bits of a number that one byte holds; the top bit says that more follow. */
const BITS: u32 = 7;
const MORE: u32 = 1 << BITS;
/** What the bytes are veiled with. */
const VEIL: u32 = 110;

/** Reads a packed stream. */
@unmanaged
class Packed {
  at: usize;

  byte(): u32 {
    return (<u32>load<u8>(this.at++)) ^ VEIL;
  }

  /** The next number, its lowest bits first. */
  next(): u32 {
    let byte = this.byte();
    let value = byte & (MORE - 1);
    for (let shift = BITS; byte >= MORE; shift += BITS) {
      byte = this.byte();
      value |= (byte & (MORE - 1)) << shift;
    }
    return value;
  }
}

const packed = changetype<Packed>(memory.data(4, 4));

/** Strings begin at multiples of 1 << UNIT bytes. */
const UNIT: usize = 4;
/** Says that units are skipped. */
const SKIP: u32 = 1;
const MASK: usize = (1 << UNIT) - 1;

/**
 * Writes the strings of the stream [from, end), the first of them from `to` on: each is its characters and 0, behind SKIP and the units to
 * skip where there are any. Its length
 * stands in the word before it, and the head of the next one takes 20 bytes. The stream is cleared: its place belongs to the heap.
 */
export function unpack(from: usize, end: usize, to: usize): void {
  packed.at = from;
  while (packed.at < end) {
    let c = packed.next();
    if (c == SKIP) {
      to += (<usize>packed.next()) << UNIT;
      c = packed.next();
    }
    const start = to;
    for (; c != 0; c = packed.next()) {
      store<u16>(to, <u16>c);
      to += 2;
    }
    store<u32>(start - 4, <u32>(to - start));
    to = ((to + 19) & ~MASK) + MASK + 1;
  }
  memory.fill(from, 0, end - from);
}
