// Prints some of the sampled completions beside the metrics (`--log-completions`).
import type { CompletionRecord, TrainEvent } from '../train/events.js';
import { short } from '../report/format.js';

/** Keeps the newest completions and prints a right and a wrong one of each layer at every line of metrics. */
export class Samples {
  readonly #print: (text: string) => void;
  #newest: readonly CompletionRecord[] = [];

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  listen(event: TrainEvent): void {
    if (event.type === 'completions') this.#newest = event.rows;
    if (event.type !== 'log') return;
    const kinds = ([1, 2] as const).flatMap((layer) => [true, false].map((correct) => ({ layer, correct })));
    for (const kind of kinds) {
      const record = this.#newest.find(({ layer, correct }) => layer === kind.layer && correct === kind.correct);
      if (record) this.#print(sampleText(record));
    }
  }
}

function sampleText({ step, layer, correct, reward, prompt, completion }: CompletionRecord): string {
  const indented = (text: string): string => text.trim().replaceAll('\n', '\n    ');
  const head = `step ${step} · layer ${layer} · ${correct ? 'right' : 'wrong'} · reward ${reward === null ? 'none' : short(reward)}`;
  return `${head}\n  prompt\n    ${indented(prompt)}\n  completion\n    ${indented(completion)}`;
}
