/** f64 twin: y + alpha x. */
export function addReference(x: ArrayLike<number>, y: ArrayLike<number>, alpha: number): Float64Array {
  return Float64Array.from(y, (v, i) => v + alpha * x[i]!);
}

/** f64 twin: rows of x at `index`. */
export function gatherRowsReference(x: ArrayLike<number>, width: number, index: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: index.length * width }, (_, i) => x[index[Math.floor(i / width)]! * width + (i % width)]!);
}

/** f64 twin: y with the rows of x added at `index`; the transpose of the gather. */
export function scatterRowsAddReference(
  x: ArrayLike<number>,
  width: number,
  index: ArrayLike<number>,
  y: ArrayLike<number>,
): Float64Array {
  const out = Float64Array.from(y);
  for (let r = 0; r < index.length; r++) for (let i = 0; i < width; i++) out[index[r]! * width + i]! += x[r * width + i]!;
  return out;
}
