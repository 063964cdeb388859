// Working memory and budget of one comparison: a bump arena that is reset before every pair, and a fuel counter.
//
// Every loop whose length the input decides calls `spend`; every allocation is charged by its size. When either runs out
// `failed` is set, all exact routines return at once, and the verdict is "undecided". The arena has a reserve behind its
// soft limit so that code already under way can unwind without ever touching foreign memory.

/** Bytes a pair may use before it counts as undecided. */
const SOFT_BYTES: usize = 4 << 20;
/** Bytes behind the soft limit, used only while unwinding. */
const RESERVE_BYTES: usize = 2 << 20;
/** Largest single allocation; longer requests fail. */
const MAX_BLOCK: usize = 1 << 20;
/** Fuel of one pair: about one unit per limb operation or byte, some 2 to 4 ns each. */
export const PAIR_FUEL: i32 = 1_350_000;

/** Fuel of one row: of reading it, comparing the answer found, and the comparisons by which other marks confirm or contradict it. */
const ROW_FUEL: i32 = 1_600_000;
/** Fuel that reading one byte of the texts takes, and the most bytes that are charged. */
const READING_FUEL: i32 = 8;
const MAX_READING: i32 = 1 << 17;

/** Fuel of what is computed once, when the module starts. */
export const START_FUEL: i32 = 1 << 30;

const BASE: usize = heap.alloc(SOFT_BYTES + RESERVE_BYTES);
const SOFT_END: usize = BASE + SOFT_BYTES;
const HARD_END: usize = SOFT_END + RESERVE_BYTES;

let top: usize = BASE;
let fuel: i32 = 0;
let granted: i32 = 0;
let left: i32 = START_FUEL;

/** True once fuel or memory of this pair is used up; results computed after that are void. */
export let failed: bool = false;
/** True when some comparison of this pair could not be settled within its limits, although the pair itself went on. */
export let undecided: bool = false;
/** Counts the pairs, so that tables in the arena know when they are void. */
export let pair: i32 = 0;

/** Starts a new row of the batch, with `bytes` of text to read. */
export function beginRow(bytes: i32): void {
  left = ROW_FUEL - READING_FUEL * min(bytes, MAX_READING);
  granted = 0;
  fuel = 0;
}

/** Starts a new pair of the row: all earlier arena pointers are void. */
export function resetArena(budget: i32): void {
  left -= granted - max(fuel, 0);
  granted = min(budget, left);
  top = BASE;
  fuel = granted;
  failed = false;
  undecided = false;
  pair++;
}

/** Notes that a comparison was left open: the pair is not equal, but perhaps undecided. */
export function leaveOpen(): void {
  undecided = true;
}

/** Charges `units` of work. Returns false when the budget is used up. */
export function spend(units: i32): bool {
  fuel -= units;
  if (fuel < 0) failed = true;
  return !failed;
}

/** Declares the pair undecided. */
export function fail(): void {
  failed = true;
}

/** `bytes` of uninitialised memory, 8-byte aligned. Sets `failed` past the soft limit, and never returns memory outside the arena. */
export function alloc(bytes: usize): usize {
  if (bytes > MAX_BLOCK) {
    failed = true;
    bytes = MAX_BLOCK;
  }
  spend(8 + <i32>(bytes >> 3));
  let at = top;
  let end = at + ((bytes + 7) & ~7);
  if (end > SOFT_END) {
    failed = true;
    if (end > HARD_END) {
      at = SOFT_END;
      end = at + ((bytes + 7) & ~7);
    }
  }
  top = end;
  return at;
}

/** The arena's position, to be handed to `release`. */
export function mark(): usize {
  return top;
}

/** Frees everything allocated since `mark` returned `at`. */
export function release(at: usize): void {
  top = at;
}
