// What a Countdown problem is: the one place that tells such rows from others.

/** A countdown task: reach `target` from `numbers`, each used exactly once (or at most once, with `subset`). */
export interface CountdownTask {
  /** Integers ≥ 0, at least one. */
  readonly numbers: readonly number[];
  readonly target: number;
  readonly subset?: boolean;
  /** The numbers stay in their order, with + or − before all but the first and nothing else: a sign puzzle. */
  readonly inOrder?: boolean;
}

/** Whether a value, for example a row of data, is a countdown task that the verifier can judge. */
export function isCountdownTask(value: unknown): value is CountdownTask {
  if (typeof value !== 'object' || value === null || !('numbers' in value) || !('target' in value)) return false;
  const { numbers, target } = value;
  return (
    Array.isArray(numbers) &&
    numbers.length > 0 &&
    numbers.every((n) => Number.isSafeInteger(n) && n >= 0) &&
    typeof target === 'number' &&
    Number.isFinite(target)
  );
}

/** What a row's answer is checked against: its gold, or for Countdown rows the numbers and the target. */
export function goldOf(row: { readonly gold: string }): string | CountdownTask {
  return isCountdownTask(row)
    ? { numbers: row.numbers, target: row.target, ...(row.inOrder === true && { inOrder: true }) }
    : row.gold;
}
