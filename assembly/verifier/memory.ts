// Arrays of words in linear memory, and references that may be null.

/** Whether a reference is null. */
export function isNull<T>(x: T): bool {
  return changetype<usize>(x) == 0;
}

/** The null reference. */
export function nil<T>(): T {
  return changetype<T>(0);
}

/** Element i of an array of 32-bit words. */
// @inline
export function elementAt<T>(base: usize, i: i32): T {
  return load<T>(base + ((<usize>i) << 2));
}

/** Sets element i of an array of 32-bit words. */
// @inline
export function setElement<T>(base: usize, i: i32, v: T): void {
  store<T>(base + ((<usize>i) << 2), v);
}
