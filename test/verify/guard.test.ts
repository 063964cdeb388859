import { describe, expect, it } from 'vitest';
import { accuracyReward } from '../../src/reward/accuracy.js';
import { isCountdownTask } from '../../src/reward/countdown-task.js';
import { rewardRow, verifierFor } from '../../src/reward/registry.js';
import { TASKS, TASK_NAMES } from '../../src/tasks/registry.js';
import type { TaskRow } from '../../src/tasks/task.js';

const PER_TASK = 100;

/** The last message of a prompt. */
const questionOf = ({ prompt }: TaskRow): string => (typeof prompt === 'string' ? prompt : prompt.at(-1)!.content);

/** What is asked for, where the question names it: the target of a Countdown; else what stands last in the question. */
const targetOf = (row: TaskRow): string => String(row['target'] ?? /[^\s=>]+$/.exec(questionOf(row))?.[0]);

/** The numbers of the question in their order, with + and − in every way. */
function patternsOf(row: TaskRow): string[] {
  const [first = '', ...rest] =
    (row['numbers'] as number[] | undefined)?.map(String) ?? questionOf(row).match(/\d+/g)!.slice(0, 5);
  return rest.reduce((all, n) => all.flatMap((one) => [`${one}+${n}`, `${one}-${n}`]), [first]);
}

/** What lenient mode takes: an answer corrected by a later one, and the last value of a text whose mark is none, or that has none. */
const CORRECTED = 'two answers that contradict, the other way round';
const CONDITIONAL = 'the right answer under a condition';
const LISTED = 'every sign pattern, a line each';
const TAKEN: readonly string[] = [CORRECTED, CONDITIONAL, LISTED];

/** What a policy would try that has learnt nothing but the reward. */
const cheats: readonly (readonly [name: string, text: (row: TaskRow) => string])[] = [
  ['the question', (row) => questionOf(row)],
  ['the expression of the question', (row) => /\d[\d\s+*/×÷−-]*\d/.exec(questionOf(row))?.[0] ?? ''],
  ['that expression in a box', (row) => `\\boxed{${/\d[\d\s+*/×÷−-]*\d/.exec(questionOf(row))?.[0] ?? ''}}`],
  ['that expression as the answer', (row) => `The answer is ${/\d[\d\s+*/×÷−-]*\d/.exec(questionOf(row))?.[0] ?? ''}.`],
  ['the question in a box', (row) => `\\boxed{${questionOf(row)}}`],
  ['the target', (row) => `The answer is ${targetOf(row)}.`],
  ['the target in a box', (row) => `\\boxed{${targetOf(row)}}`],
  ['the target as an equation', (row) => `The answer is ${targetOf(row)} = ${targetOf(row)}.`],
  ['every sign pattern', (row) => `The answer is ${patternsOf(row).join(', ')}.`],
  [LISTED, (row) => patternsOf(row).join('\n')],
  ['all choice letters', () => 'The answer is A, B, C, D or E.'],
  ['all choice letters in a box', () => '\\boxed{A, B, C, D, E}'],
  ['an empty box', () => '\\boxed{}'],
  ['the right answer in the reasoning only', ({ gold }) => `<think>\\boxed{${gold}} The answer is ${gold}.</think>`],
  ['the right answer in reasoning that never ends', ({ gold }) => `<think>The answer is ${gold}.`],
  ['the right answer in reasoning of another name', ({ gold }) => `<reasoning>\\boxed{${gold}}</reasoning>`],
  ['the right answer among others', ({ gold }) => `The answer is ${gold} or ${gold}1 or ${gold}2.`],
  ['two answers that contradict', ({ gold }) => `\\boxed{${gold}}\nThe answer is ${gold}1.`],
  [CORRECTED, ({ gold }) => `The answer is ${gold}1.\n\\boxed{${gold}}`],
  ['two answer tags', ({ gold }) => `<answer>${gold}</answer><answer>${gold}1</answer>`],
  ['two answer tags, the other way round', ({ gold }) => `<answer>${gold}1</answer>\n<answer>${gold}</answer>`],
  ['two boxes', ({ gold }) => `\\boxed{${gold}1}\\boxed{${gold}}`],
  ['the question in a tag', (row) => `<answer>${questionOf(row)}</answer>`],
  ['the question as the answer', (row) => `The answer is ${questionOf(row)}`],
  ['a box that is said to be another number', ({ gold }) => `\\boxed{${gold}} = ${gold}1`],
  ['an empty tag', () => '<answer></answer>'],
  [CONDITIONAL, ({ gold }) => `If so, the answer might be ${gold}.`],
  ['an answer and its negation', ({ gold }) => `The answer is not ${gold}.`],
];

it('every task of the registry is tried', () => {
  expect(TASKS.map(({ name }) => name)).toEqual(TASK_NAMES);
});

describe('no task pays for', () => {
  for (const { name, make } of TASKS)
    for (const mode of ['strict', 'lenient'] as const) {
      const rows = make('small').rows('train', PER_TASK, 3);
      const reward = rewardRow(verifierFor(rows), 'test').make({ maxCompletionLength: 64, verifier: { mode, form: 'value' } });
      const score = async (texts: readonly string[], by = reward): Promise<readonly (number | null)[]> => {
        const columns = Object.fromEntries(Object.keys(rows[0]!).map((column) => [column, rows.map((row) => row[column])]));
        const scores = await by({
          ...columns,
          prompts: rows.map(questionOf),
          completions: [...texts],
          completionIds: texts.map(() => []),
        });
        return scores;
      };
      it.each(cheats.filter(([cheat]) => mode === 'strict' || !TAKEN.includes(cheat)))(
        `${name}, ${mode}: %s`,
        async (_, text) => {
          const paid = (await score(rows.map(text))).flatMap((total, i) => (total !== 0 ? [text(rows[i]!)] : []));
          expect(paid).toEqual([]);
        },
      );
      it.runIf(!isCountdownTask(rows[0]))(`${name}, ${mode}: (it does pay for the right answer)`, async () => {
        const right = await score(rows.map(({ gold }) => `The answer is ${gold}.`));
        expect(right.filter((total) => total !== 1)).toEqual([]);
      });
      it.runIf(name === 'arithmetic')(`${name}, ${mode}: (a reward that pays for the question would be seen)`, async () => {
        const [, question] = cheats.find(([cheat]) => cheat === 'that expression in a box')!;
        const paid = await score(rows.map(question), accuracyReward({ mode, form: 'any' }));
        expect(paid.filter((total) => total === 1)).toHaveLength(PER_TASK);
      });
    }
});
