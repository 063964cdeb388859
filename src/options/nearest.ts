// The known name that was probably meant; used wherever a name is refused.

/** Edit distance, for naming the nearest known option. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name nearest to `name`, comparing without case, dashes and underscores; used wherever a name is refused. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (s: string): string => s.replace(/[-_.]/g, '').toLowerCase();
  const ranked = known.map((k) => ({ k, d: distance(plain(name), plain(k)) })).sort((x, y) => x.d - y.d);
  return ranked[0]?.k;
}
