// One operation of a command list, as the host writes it (src/wasm/): a code, then the operands; on a cache line of their own the counters by
// which threads divide the work. Addresses are bytes in the memory; 0 stands for an operand that is not there.

/** Bytes from one operation of a list to the next, and to its counters. */
export const OP_BYTES: usize = 192;
export const COUNTERS: usize = 128;

@unmanaged
export class Op {
  code: u32;
  /** How many shares the work is cut into: by the shapes alone, never by the number of threads. Set by `prepare`. */
  units: u32;
}

/** Elements of one share of an element-wise operation: about 10 µs of work. */
export const GRAIN: u32 = 16384;

/** Number of parts of at most `size` that `count` things make. */
export function parts(count: u32, size: u32): u32 {
  return (count + size - 1) / size;
}

/** Rows of one share where each has `width` elements: few, so that a thread finds the rows that it wrote in its own cache. */
export function rowsPerUnit(width: u32): u32 {
  return max<u32>(1, 2048 / max<u32>(1, width));
}

/** Address of f32 or u32 number `i` from an address. */
export function at(base: usize, i: u32): usize {
  return base + ((<usize>i) << 2);
}
