/** f64 twin of causal grouped-query attention over packed sequences, and its analytic gradient. */

/** Sizes of a packed batch. */
export interface AttentionShape {
  /** Rows of each sequence, in packing order; of several that begin alike: [common rows, own rows of the first, of the second, …]. */
  readonly lengths: readonly (number | readonly number[])[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  /** Positions that a query sees, its own included (default: all before it). */
  readonly window?: number;
}

/** Number of packed rows. */
export function tokensOf(shape: Pick<AttentionShape, 'lengths'>): number {
  return shape.lengths.flat().reduce((a, b) => a + b, 0);
}

/** First row of every token's sequence, and one past the last row that sees its key. */
export function boundsOf(lengths: AttentionShape['lengths']): {
  readonly start: Uint32Array<ArrayBuffer>;
  readonly end: Uint32Array<ArrayBuffer>;
} {
  const tokens = tokensOf({ lengths });
  const start = new Uint32Array(tokens);
  const end = new Uint32Array(tokens);
  let at = 0;
  for (const length of lengths) {
    const [trunk, ...branches] = typeof length === 'number' ? [0, length] : length;
    const all = at + tokensOf({ lengths: [length] });
    start.fill(at, at, all);
    end.fill(all, at, (at += trunk!));
    for (const own of branches) end.fill(at + own, at, (at += own));
  }
  return { start, end };
}

/** First row that row t sees. */
function firstSeen(start: number, t: number, { window = Infinity }: AttentionShape): number {
  return Math.max(start, t + 1 - window);
}

function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, n: number): number {
  let sum = 0;
  for (let e = 0; e < n; e++) sum += a[i + e]! * b[j + e]!;
  return sum;
}

/** o[T, H, d] and lse[T, H]. */
export function attentionReference(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  shape: AttentionShape,
): { readonly o: Float64Array; readonly lse: Float64Array } {
  const { heads, kvHeads, headDim: d, scale } = shape;
  const { start, end } = boundsOf(shape.lengths);
  const o = new Float64Array(start.length * heads * d);
  const lse = new Float64Array(start.length * heads);
  for (let t = 0; t < start.length; t++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor((h * kvHeads) / heads);
      const at = (t * heads + h) * d;
      const seen: number[] = [];
      for (let j = firstSeen(start[t]!, t, shape); j <= t; j++) if (t < end[j]!) seen.push(j);
      const scores = seen.map((j) => scale * dot(q, at, k, (j * kvHeads + kv) * d, d));
      const highest = scores.reduce((a, b) => Math.max(a, b));
      const total = scores.reduce((sum, s) => sum + Math.exp(s - highest), 0);
      lse[t * heads + h] = highest + Math.log(total);
      scores.forEach((s, i) => {
        const p = Math.exp(s - highest) / total;
        const value = (seen[i]! * kvHeads + kv) * d;
        for (let e = 0; e < d; e++) o[at + e]! += p * v[value + e]!;
      });
    }
  }
  return { o, lse };
}

/** dq, dk, dv of Σ dO·o. */
export function attentionGradient(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  dO: ArrayLike<number>,
  shape: AttentionShape,
): { readonly dq: Float64Array; readonly dk: Float64Array; readonly dv: Float64Array } {
  const { heads, kvHeads, headDim: d, scale } = shape;
  const { start, end } = boundsOf(shape.lengths);
  const { o, lse } = attentionReference(q, k, v, shape);
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  for (let t = 0; t < start.length; t++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor((h * kvHeads) / heads);
      const at = (t * heads + h) * d;
      const delta = dot(dO, at, o, at, d);
      for (let j = firstSeen(start[t]!, t, shape); j <= t; j++) {
        if (t >= end[j]!) continue;
        const key = (j * kvHeads + kv) * d;
        const p = Math.exp(scale * dot(q, at, k, key, d) - lse[t * heads + h]!);
        const ds = p * (dot(dO, at, v, key, d) - delta) * scale;
        for (let e = 0; e < d; e++) {
          dq[at + e]! += ds * k[key + e]!;
          dk[key + e]! += ds * q[at + e]!;
          dv[key + e]! += p * dO[at + e]!;
        }
      }
    }
  }
  return { dq, dk, dv };
}
