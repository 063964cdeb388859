// Pairs of expressions with floors, bars, gcds, extrema and even roots in them that differ on a small set, or far out only.

export interface Pair {
  readonly gold: string;
  readonly pred: string;
}

/** Whole numbers from 1 to `most`, the same ones for the same seed, small ones as often as large ones. */
export function numbers(seed: number, most: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.max(1, Math.floor(most ** (state / 2 ** 32)));
  };
}

/** Two functions of x, or of a whole n, that are equal for most values: `c` and `d` are whole and positive. */
const differing: readonly ((c: number, d: number) => readonly [string, string])[] = [
  (c) => ['x', `\\max(x, -${c})`],
  (c) => ['x', `\\min(x, ${c})`],
  (c) => [`x + ${c}`, `|x + ${c}|`],
  (c) => [`x - ${c}`, `|x - ${c}|`],
  (c) => [`${c} - x`, `\\sqrt{(x - ${c})^2}`],
  (c) => [`x + ${c}`, `\\sqrt[4]{(x + ${c})^4}`],
  (c, d) => [`2x - ${c} - ${d}`, `|x - ${c}| + |x - ${d}|`],
  (c) => ['\\lfloor x \\rfloor', `\\lfloor x + \\frac{1}{${c + 1}} \\rfloor`],
  (c) => ['\\lfloor x \\rfloor', `\\lceil x - \\frac{1}{${c + 1}} \\rceil`],
  () => ['\\lfloor x \\rfloor', '\\lceil x \\rceil - 1'],
  () => ['\\lceil x \\rceil', '\\lfloor x \\rfloor + 1'],
  (c) => ['0', `\\lfloor \\frac{x}{${c}} \\rfloor`],
  (c) => ['1', `\\lceil \\frac{x}{${c}} \\rceil`],
  (c) => ['0', `\\lfloor \\frac{${c + 1}}{x^2 + 1} \\rfloor`],
  (c) => ['1', `\\gcd(n, ${c + 1})`],
  (c, d) => [`\\gcd(n, ${c})`, `\\gcd(n, ${c * (d + 1)})`],
  (c) => ['n', `n \\bmod ${c}`],
  (c) => ['n', `\\max(n, ${c})`],
  (c) => ['1', `\\operatorname{sgn}(x + ${c})`],
  (c) => ['x', `\\frac{x |x - ${c}|}{x - ${c}}`],
  (c, d) => [`\\max(x, ${c})`, `\\max(x, ${c + d})`],
  (c, d) => [`\\min(x, ${c})`, `\\min(x, ${c}, ${c + d} - x)`],
  (c) => [`e^{x - ${c}}`, `e^{|x - ${c}|}`],
  (c) => ['x', `x + \\frac{|x + ${c}| - x - ${c}}{2}`],
  (c) => ['x^2', `\\max(x^2, ${c})`],
  (c) => [`\\sqrt{x} \\sqrt{x - ${c}}`, `\\sqrt{x^2 - ${c}x} + \\max(0, -x)`],
];

/** What is done to both sides alike. */
const wrappers: readonly ((side: string) => string)[] = [
  (side) => side,
  (side) => `(${side}) + x^2`,
  (side) => `3(${side})`,
  (side) => `y \\cdot (${side})`,
  (side) => `\\frac{${side}}{7}`,
];

/** `count` pairs of which no two are equal for all values, in both directions. */
export function differingPairs(count: number, seed: number): Pair[] {
  const next = numbers(seed, 1e6);
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = differing[i % differing.length]!(next(), next());
    const wrap = wrappers[next() % wrappers.length]!;
    return i % 2 === 0 ? { gold: wrap(a), pred: wrap(b) } : { gold: wrap(b), pred: wrap(a) };
  });
}
