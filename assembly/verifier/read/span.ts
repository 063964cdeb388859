// A span of text as one value: its start and its end. No span has the value 0.

export type Span = u64;

export const NOWHERE: Span = 0;

/** The span [p, e); NOWHERE where it is empty. */
export function span(p: usize, e: usize): Span {
  return e > p ? ((<u64>p) << 32) | (<u64>e) : NOWHERE;
}

export function startOf(s: Span): usize {
  return <usize>(s >> 32);
}

export function endOf(s: Span): usize {
  return <usize>(s & 0xffffffff);
}

export function exists(s: Span): bool {
  return s != NOWHERE;
}
