/** f64 twin of RMSNorm: y = x (offset + w) / sqrt(mean(x²) + eps) per row. */
export function rmsNormReference(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  eps: number,
  offset = 0,
): { readonly y: Float64Array; readonly rstd: Float64Array } {
  const width = w.length;
  const y = new Float64Array(x.length);
  const rstd = new Float64Array(x.length / width);
  for (let r = 0; r < rstd.length; r++) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[r * width + i]! ** 2;
    rstd[r] = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) y[r * width + i] = x[r * width + i]! * (offset + w[i]!) * rstd[r]!;
  }
  return { y, rstd };
}

/** Its gradients: dx, and dw summed over rows. */
export function rmsNormBackwardReference(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  eps: number,
  dy: ArrayLike<number>,
  offset = 0,
): { readonly dx: Float64Array; readonly dw: Float64Array } {
  const width = w.length;
  const { rstd } = rmsNormReference(x, w, eps);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(width);
  rstd.forEach((r, row) => {
    let dot = 0;
    for (let i = row * width; i < (row + 1) * width; i++) dot += x[i]! * (offset + w[i % width]!) * dy[i]!;
    for (let i = row * width; i < (row + 1) * width; i++) {
      dx[i] = r * (offset + w[i % width]!) * dy[i]! - (x[i]! * r ** 3 * dot) / width;
      dw[i % width]! += dy[i]! * x[i]! * r;
    }
  });
  return { dx, dw };
}
