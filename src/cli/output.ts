// What goes where: results for programs are JSON on stdout, everything for people goes to stderr.

/** Writes one line for people. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes the result: one JSON object on one line, the last one on stdout. Resolves when it has left the process. */
export function printResult(result: object): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(result)}\n`, () => resolve()));
}
