/** f64 twin of rotary position embedding, half-split rotation. */

/** cos and sin[maxPos, d/2] of base^(−2i/d)·p. */
export function ropeTables(
  maxPos: number,
  headDim: number,
  base = 10_000,
): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const half = headDim / 2;
  const angles = Float64Array.from(
    { length: maxPos * half },
    (_, n) => Math.floor(n / half) * base ** ((-2 * (n % half)) / headDim),
  );
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

/** x[T, heads, d] rotated by the angles of `positions` (or by their opposite). */
export function ropeReference(
  x: ArrayLike<number>,
  cos: ArrayLike<number>,
  sin: ArrayLike<number>,
  positions: ArrayLike<number>,
  heads: number,
  headDim: number,
  inverse = false,
): Float64Array {
  const half = headDim / 2;
  const out = new Float64Array(x.length);
  for (let t = 0; t < positions.length; t++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < half; i++) {
        const at = (t * heads + h) * headDim + i;
        const c = cos[positions[t]! * half + i]!;
        const s = sin[positions[t]! * half + i]! * (inverse ? -1 : 1);
        out[at] = x[at]! * c - x[at + half]! * s;
        out[at + half] = x[at + half]! * c + x[at]! * s;
      }
    }
  }
  return out;
}
