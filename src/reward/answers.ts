// The checker's parts by themselves: two answers, one response, many answers of one question.
import { COMPARISON_OPTIONS, FORM_OPTIONS, MODE_OPTIONS, REASONING_OPTIONS, TRUNCATED_OPTION } from '../config/verifier.js';
import type { AnswerKind } from '../config/verifier.js';
import { MgrpoError, show } from '../errors.js';
import { LIST, need, takeOptions } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { judgingOf, kindOf } from './judging.js';
import { responseText } from './response.js';
import type { Response } from './response.js';
import { FLAG_KIND, FLAG_TRUNCATED, RULES } from './status.js';
import { verifierModule, verifyBatch } from './verify.js';

/** What counts as the same, for {@link equal} and {@link groupAnswers}. */
export type ComparisonOptions = Partial<Settings<typeof FORM_OPTIONS & typeof COMPARISON_OPTIONS>>;
const COMPARISON: typeof FORM_OPTIONS & typeof COMPARISON_OPTIONS = { ...FORM_OPTIONS, ...COMPARISON_OPTIONS };

/** Where the answer is looked for, for {@link parse} and {@link extract}. */
export type ExtractionOptions = Partial<Settings<typeof MODE_OPTIONS & typeof REASONING_OPTIONS & typeof TRUNCATED_OPTION>> & {
  /** The right answer, where it is known: its form (a letter, a list, words) says what is looked for. Default: a number. */
  readonly gold?: string;
};
const EXTRACTION: typeof MODE_OPTIONS & typeof REASONING_OPTIONS & typeof TRUNCATED_OPTION = {
  ...MODE_OPTIONS,
  ...REASONING_OPTIONS,
  ...TRUNCATED_OPTION,
};
const GOLD: ArgumentRule = {
  noun: 'a text',
  is: (value) => typeof value === 'string',
  wayOut: 'give the right answer, or leave it out',
  optional: true,
};

/** The final answer of a response. */
export interface Parsed {
  /** As it stands in the text; null where none was found. */
  readonly extracted: string | null;
  /** What it is; null where none was found, or it does not read as an answer. */
  readonly kind: AnswerKind | null;
  /** Name of the rule that found it, or of the reason why there is none. */
  readonly rule: string;
  /** The same as a few words. */
  readonly reason: string;
}

/** Whether two answers mean the same, either of them taken as the right one. */
export function equal(a: string, b: string, options: ComparisonOptions = {}): boolean {
  takeOptions('equal', COMPARISON, options);
  return isEqual(text('equal', 'a', a), text('equal', 'b', b), options);
}

function isEqual(a: string, b: string, options: ComparisonOptions): boolean {
  return verifyBatch([
    { ...options, gold: a, pred: b },
    { ...options, gold: b, pred: a },
  ]).some(({ verdict }) => verdict);
}

/** The final answer of a response, what it is, and by which rule it was found. */
export function parse(response: Response, options: ExtractionOptions = {}): Parsed {
  const { truncated, ...settings } = takeOptions('parse', EXTRACTION, options, { gold: GOLD });
  const { flags, read } = judgingOf(settings, 'parse');
  let parsed: Parsed | undefined;
  const row = {
    gold: options.gold ?? '0',
    text: read(responseText(response, 'parse')),
    flags: flags | FLAG_KIND | (truncated ? FLAG_TRUNCATED : 0),
  };
  verifierModule().run('grade', [row], (_, { outcome, rule, answer, kind }) => {
    const [name, reason] = RULES[rule]!;
    parsed =
      outcome < 0
        ? { extracted: null, kind: null, rule: 'too_long', reason: 'the text passes 2 MiB' }
        : { extracted: answer(), kind: kindOf(kind), rule: name, reason };
  });
  return parsed!;
}

/** The final answer of a response as it stands there, or null. */
export function extract(response: Response, options: ExtractionOptions = {}): string | null {
  return parse(response, options).extracted;
}

/**
 * Groups answers of one question by meaning, for majority votes and self-consistency: each group holds the indices of equal answers, in
 * order, the largest group first (of groups of one size the one that came first). Null (no answer) belongs to no group.
 *
 * An answer joins the first group whose first answer it equals.
 */
export function groupAnswers(answers: readonly (string | null)[], options: ComparisonOptions = {}): number[][] {
  need('groupAnswers', 'answers', answers, LIST);
  takeOptions('groupAnswers', COMPARISON, options);
  const groups: number[][] = [];
  answers.forEach((answer, i) => {
    if (answer === null) return;
    text('groupAnswers', `answer ${i}`, answer);
    const found = groups.find(([first]) => isEqual(answers[first!]!, answer, options));
    if (found) found.push(i);
    else groups.push([i]);
  });
  return groups.sort((a, b) => b.length - a.length);
}

function text(where: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new MgrpoError('invalid_argument', `${where}: expected a text for ${name}, got ${show(value)}; give the answer as text`);
}
