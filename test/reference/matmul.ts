/** y = alpha · x · wᵀ + bias, in f64: x[m, k], w[n, k]. */
export function matmulNT(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  { m, n, k, alpha = 1, bias }: { m: number; n: number; k: number; alpha?: number; bias?: ArrayLike<number> | undefined },
): Float64Array {
  const y = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += x[i * k + l]! * w[j * k + l]!;
      y[i * n + j] = alpha * sum + (bias ? bias[j]! : 0);
    }
  return y;
}

/** Gradients of Σ dy · y for y = alpha · x · wᵀ + bias, in f64. */
export function matmulBackward(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
  { m, n, k, alpha = 1 }: { m: number; n: number; k: number; alpha?: number },
): { dx: Float64Array; dw: Float64Array; dbias: Float64Array } {
  const dx = new Float64Array(m * k);
  const dw = new Float64Array(n * k);
  const dbias = new Float64Array(n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const g = dy[i * n + j]!;
      dbias[j]! += g;
      for (let l = 0; l < k; l++) {
        dx[i * k + l]! += alpha * g * w[j * k + l]!;
        dw[j * k + l]! += alpha * g * x[i * k + l]!;
      }
    }
  return { dx, dw, dbias };
}

/** Rounds to bf16 (to nearest, ties to even); gives the rounded values and the packed pairs. */
export function toBf16(values: ArrayLike<number>): { values: Float32Array; packed: Uint32Array<ArrayBuffer> } {
  const rounded = Float32Array.from(values);
  const bits = new Uint32Array(rounded.buffer);
  const packed = new Uint32Array(Math.ceil(bits.length / 2));
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    const high = (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
    bits[i] = high << 16;
    packed[i >> 1]! |= high << (16 * (i & 1));
  }
  return { values: rounded, packed };
}
