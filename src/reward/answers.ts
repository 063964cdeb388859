// The checker's parts by themselves: two answers, one response, many answers of one question.
import { MgrpoError, show } from '../errors.js';
import { LIST, need } from '../options/border.js';
import { verify, verifyBatch } from './verify.js';
import type { ExtractionMode } from './verify.js';

/** Whether two answers mean the same, either of them taken as the right one. */
export function equal(a: string, b: string): boolean {
  return verifyBatch([
    { gold: text('equal', 'a', a), pred: text('equal', 'b', b) },
    { gold: b, pred: a },
  ]).some(({ verdict }) => verdict);
}

/**
 * The final answer of a response as it stands there, or null.
 *
 * @param options.gold the right answer, where it is known: its form (a letter, a list, words) says what is looked for; default a number
 */
export function extract(
  response: string,
  options: { readonly gold?: string; readonly mode?: ExtractionMode } = {},
): string | null {
  const { gold = '0', mode = 'lenient' } = options;
  return verify({ gold, response: text('extract', 'response', response), mode }).extracted;
}

/**
 * Groups answers of one question by meaning, for majority votes and self-consistency: each group holds the indices of equal answers, in
 * order, the largest group first (of groups of one size the one that came first). Null (no answer) belongs to no group.
 *
 * An answer joins the first group whose first answer it equals.
 */
export function groupAnswers(answers: readonly (string | null)[]): number[][] {
  need('groupAnswers', 'answers', answers, LIST);
  const groups: number[][] = [];
  answers.forEach((answer, i) => {
    if (answer === null) return;
    text('groupAnswers', `answer ${i}`, answer);
    const firsts = groups.map(([first]) => answers[first!]!);
    const found = verifyBatch(firsts.map((gold) => ({ gold, pred: answer }))).findIndex(({ verdict }) => verdict);
    if (found >= 0) groups[found]!.push(i);
    else groups.push([i]);
  });
  return groups.sort((a, b) => b.length - a.length);
}

function text(where: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new MgrpoError('invalid_argument', `${where}: expected a string for ${name}, got ${show(value)}; give the text`);
}
