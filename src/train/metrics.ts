/** Mean of each metric over the records that have it. */
export function meanMetrics(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const entry = sums.get(name) ?? { sum: 0, n: 0 };
      sums.set(name, { sum: entry.sum + value, n: entry.n + 1 });
    }
  }
  return Object.fromEntries([...sums].map(([name, { sum, n }]) => [name, sum / n]));
}
