// What metrics mean, and what an evaluation before and after a training says, in words: for the report and the page.
import type { Metric } from '../algo/evaluation.js';
import { clearChange } from './format.js';

/** What each metric of an evaluation is. */
export const MEANINGS: Readonly<Record<string, string>> = {
  acc_t1: 'share of problems whose first answer is right',
  acc_t2: 'share that is right after the correction',
  delta_t1_t2: 'acc_t2 minus acc_t1: what the second look adds',
  delta_i_to_c: 'share of problems whose wrong answer was made right',
  delta_c_to_i: 'share of problems whose right answer was made wrong',
  answer_change_rate: 'share of corrections with another final answer',
  acc_t1p: 'acc_t2 of the model before the training: correction by the prompt alone',
  acc_t1_lenient: 'acc_t1 where the last value of a text counts too, marked as the answer or not',
  acc_t2_lenient: 'acc_t2 where the last value of a text counts too',
  reward: 'mean reward of first answers',
  'layer2/reward': 'mean reward of corrections',
};

/** Sentences on the accuracies of both turns; a change is called clear where the 95 % intervals do not overlap. */
export function inWords(before: Readonly<Record<string, Metric>>, after: Readonly<Record<string, Metric>>): string[] {
  const turns: readonly (readonly [name: string, words: string])[] = [
    ['acc_t1', 'First answers right'],
    ['acc_t2', 'After correction'],
  ];
  return turns.flatMap(([name, words]) => {
    const [b, a] = [before[name], after[name]];
    if (typeof b?.value !== 'number' || typeof a?.value !== 'number') return [];
    const change = ['clearly fewer', 'no clear change', 'clearly more'][clearChange(b, a) + 1]!;
    return [`${words}: ${(100 * b.value).toFixed(1)} % before, ${(100 * a.value).toFixed(1)} % after the training (${change}).`];
  });
}

/** Metrics that are equal in every column, value and interval, stand in one row. @returns the names of each row, in order */
export function sameRows(names: readonly string[], columns: readonly Readonly<Record<string, Metric>>[]): string[][] {
  const rows = new Map<string, string[]>();
  for (const name of names) {
    const key = JSON.stringify(columns.map((metrics) => metrics[name] ?? null));
    rows.set(key, [...(rows.get(key) ?? []), name]);
  }
  return [...rows.values()];
}
