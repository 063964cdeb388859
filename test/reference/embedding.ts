/** f64 twin of the embedding: y[t] = scale · table[ids[t]]. */
export function embedReference(table: ArrayLike<number>, width: number, ids: ArrayLike<number>, scale = 1): Float64Array {
  const y = new Float64Array(ids.length * width);
  for (let t = 0; t < ids.length; t++) for (let i = 0; i < width; i++) y[t * width + i] = scale * table[ids[t]! * width + i]!;
  return y;
}

/** Its gradient in the table. */
export function embedBackwardReference(
  dy: ArrayLike<number>,
  width: number,
  ids: ArrayLike<number>,
  vocab: number,
  scale = 1,
): Float64Array {
  const d = new Float64Array(vocab * width);
  for (let t = 0; t < ids.length; t++) for (let i = 0; i < width; i++) d[ids[t]! * width + i]! += scale * dy[t * width + i]!;
  return d;
}
