// What goes where: results for programs are JSON on stdout, everything for people goes to stderr.

/** Writes one line for people. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Whether results are JSON: where stdout is no terminal, and under `--json`. */
let isJson = !process.stdout.isTTY;

/** `--json`: results are JSON on a terminal too. */
export function wantJson(): void {
  isJson = true;
}

/**
 * Writes the result. For programs: one JSON object on one line, the last one on stdout. For people at a terminal: a line for each of its parts, or
 * none. Resolves when it has left the process.
 * @param said whether people have been told already
 */
export function printResult(result: object, said = false): Promise<void> {
  const lines = Object.entries(result).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const text = isJson ? JSON.stringify(result) : said ? '' : lines.join('\n');
  return new Promise((resolve) => (text === '' ? resolve() : process.stdout.write(`${text}\n`, () => resolve())));
}
