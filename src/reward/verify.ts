// The answer checker: pairs in, verdicts with their reasons out. What is compared how is in assembly/.
import { TRUNCATED_OPTION, VERIFIER_OPTIONS } from '../config/verifier.js';
import type { AnswerKind, VerifierSettings } from '../config/verifier.js';
import { MgrpoError, show } from '../errors.js';
import { LIST, isObject, need, takeOptions } from '../options/border.js';
import { accepts } from '../options/fill.js';
import type { OptionTable } from '../options/table.js';
import { isCountdownTask } from './countdown-task.js';
import type { CountdownTask } from './countdown-task.js';
import { judgingOf, kindOf } from './judging.js';
import { responseText } from './response.js';
import type { Response } from './response.js';
import { FLAG_BARE, FLAG_IN_ORDER, FLAG_SUBSET, FLAG_TRUNCATED, OUTCOMES, RULES } from './status.js';
import type { Outcome } from './status.js';
import { VerifierModule } from './wasm.js';
import type { RawResult, Row } from './wasm.js';

/** `strict` accepts marked answers and texts that are an answer and nothing else (rewards); `lenient` also the last value (metrics). */
export type ExtractionMode = VerifierSettings['mode'];

/**
 * `value`: where the gold is worked out, the answer must be: "47 + 85" is no answer for 132, "2x = 10" none for 5 (rewards). `any`: what is
 * equal counts (metrics).
 */
export type AnswerForm = NonNullable<VerifierSettings['form']>;

/** How an answer is found and compared: the table is in src/config/verifier.ts, its choices and reasons in docs/verifiers.md. */
export type VerifyOptions = Partial<VerifierSettings> & {
  /** Whether the response was cut at the length limit: then nothing unmarked or unfinished counts. Default false. */
  readonly truncated?: boolean;
};

/** One pair to judge: give `pred` (the answer itself) or `response` (text or chat to extract it from). */
export type VerifyPair = VerifyOptions & {
  /**
   * The right answer: LaTeX, plain text or unicode; a text with a \boxed{} stands for what is in the box. Several in a list: one of them is
   * enough. Or a countdown task.
   */
  readonly gold: string | readonly string[] | CountdownTask;
  readonly pred?: string;
  readonly response?: Response;
};

/** What was found and decided. */
export interface Verdict {
  /** True only for a proven equality. */
  readonly verdict: boolean;
  readonly outcome: Outcome | 'too_long' | 'other_kind';
  /** Name of the rule that found the answer, or of the reason why there is none. */
  readonly rule: string;
  /** The answer as it stands in the text; null where none was found. */
  readonly extracted: string | null;
  /** One sentence: what was extracted by which rule, and why the verdict. */
  readonly reason: string;
}

let shared: VerifierModule | undefined;

/** The module that all calls share: a worker or page has one, made on first use. */
export function verifierModule(): VerifierModule {
  return (shared ??= new VerifierModule());
}

/**
 * Judges one pair: `verify({ gold: '\\frac12', response: '… so the answer is 0.5.' }).verdict === true`.
 *
 * @throws {MgrpoError} `invalid_argument` where a pair is none: no gold, neither `pred` nor `response`, an unknown mode, a countdown task
 *   that is not of integers
 */
export function verify(pair: VerifyPair): Verdict {
  return verifyBatch([pair])[0]!;
}

/** Judges any number of pairs in as few calls into the module as fit; one verdict per pair, in order. */
export function verifyBatch(pairs: readonly VerifyPair[]): Verdict[] {
  need('verifyBatch', 'pairs', pairs, LIST);
  const verdicts = new Array<Verdict | undefined>(pairs.length);
  const trials = { grade: [] as Trial[], countdown: [] as Trial[] };
  for (const [i, pair] of pairs.entries()) {
    checkPair(pair, i);
    trials[isTask(pair.gold) ? 'countdown' : 'grade'].push(...trialsOf(pair, i));
  }
  for (const kind of ['grade', 'countdown'] as const) {
    const of = trials[kind];
    const rows = of.map(({ row }) => row);
    verifierModule().run(kind, rows, (k, result) => {
      const { pair, kinds } = of[k]!;
      const before = verdicts[pair];
      if (before?.verdict === true) return;
      const verdict = explain(result, kind, kinds);
      // of several golds the first that can be read speaks, unless another is equal
      if (before === undefined || verdict.verdict || before.outcome === 'gold_unparsable') verdicts[pair] = verdict;
    });
  }
  return verdicts as Verdict[];
}

/** One gold of a pair. */
interface Trial {
  readonly row: Row;
  readonly pair: number;
  readonly kinds: readonly AnswerKind[] | null;
}

function isTask(gold: VerifyPair['gold']): gold is CountdownTask {
  return typeof gold !== 'string' && !Array.isArray(gold);
}

function trialsOf(pair: VerifyPair, index: number): Trial[] {
  const { gold, pred, response, truncated } = pair;
  const where = `verify: pair ${index}`;
  const { flags: asked, tolerances, kinds, read } = judgingOf(pair, where);
  const text = read(pred ?? responseText(response, where));
  const flags = asked | (pred === undefined ? 0 : FLAG_BARE) | (truncated === true ? FLAG_TRUNCATED : 0);
  if (isTask(gold)) return [{ row: countdownRow(gold, text, flags, where), pair: index, kinds: null }];
  const golds = typeof gold === 'string' ? [gold] : gold;
  return golds.map((one) => ({ row: { gold: one, text, flags, tolerances }, pair: index, kinds }));
}

/**
 * Outcomes alone, one byte per row (index into OUTCOMES, 255 for too long): no string is made. For scoring by the thousand.
 * @param kinds of answers that count; others are of outcome pred_unparsable
 */
export function outcomes(
  kind: 'grade' | 'countdown',
  rows: readonly Row[],
  kinds: readonly AnswerKind[] | null = null,
): Uint8Array {
  const result = new Uint8Array(rows.length);
  verifierModule().run(kind, rows, (i, found) => {
    result[i] = isOtherKind(found, kinds) ? OUTCOMES.indexOf('pred_unparsable') : found.outcome;
  });
  return result;
}

/** Whether an answer was found that is of none of the kinds. */
function isOtherKind({ outcome, kind }: RawResult, kinds: readonly AnswerKind[] | null): boolean {
  if (kinds === null || outcome < 0 || OUTCOMES[outcome] === 'no_answer' || OUTCOMES[outcome] === 'gold_unparsable') return false;
  const found = kindOf(kind);
  return found === null || !kinds.includes(found);
}

/** A countdown task as the module reads it: "3 7 25 = 32". */
export function countdownRow(task: CountdownTask, text: string, flags: number, where: string): Row {
  if (!isCountdownTask(task))
    throw new MgrpoError(
      'invalid_argument',
      `${where}: expected { numbers: integers ≥ 0, target: number } for the countdown task, got ${show(task)}; check the data set's columns`,
    );
  const { numbers, target } = task;
  const rules = (task.subset ? FLAG_SUBSET : 0) | (task.inOrder ? FLAG_IN_ORDER : 0);
  return { gold: `${numbers.join(' ')} = ${plainDecimal(target)}`, text, flags: flags | rules };
}

/** A number without an exponent. */
function plainDecimal(x: number): string {
  const text = String(x);
  return text.includes('e') ? x.toFixed(Math.abs(x) < 1 ? 20 : 0) : text;
}

const PAIR_OPTIONS: OptionTable = { ...VERIFIER_OPTIONS, ...TRUNCATED_OPTION };
const SIDES: readonly string[] = ['gold', 'pred', 'response'];

/** Refuses what is no pair, whatever its type claims. */
function checkPair(pair: VerifyPair, index: number): void {
  const refuse = (expected: string, got: unknown, wayOut: string): never => {
    throw new MgrpoError('invalid_argument', `verify: expected ${expected} of pair ${index}, got ${show(got)}; ${wayOut}`);
  };
  if (!isObject(pair)) refuse('an object in place', pair, 'give { gold, pred } or { gold, response }');
  const { gold, pred, response } = pair;
  const isList = Array.isArray(gold) && gold.length > 0 && gold.every((one) => typeof one === 'string');
  if (typeof gold !== 'string' && !isObject(gold) && !isList)
    refuse('a text, a list of texts or a countdown task for gold', gold, 'give the right answer as text');
  if (pred !== undefined && typeof pred !== 'string') refuse('a text for pred', pred, 'give the answer, or a response');
  if (pred === undefined && response === undefined) refuse('a text for pred or response', undefined, 'give one of them');
  for (const name of Object.keys(pair)) {
    if (SIDES.includes(name)) continue;
    const value = (pair as unknown as Readonly<Record<string, unknown>>)[name];
    const spec = Object.hasOwn(PAIR_OPTIONS, name) ? PAIR_OPTIONS[name] : undefined;
    if (spec && (value === undefined || accepts(spec, value))) continue;
    // Something is wrong: the border says what.
    const options = Object.entries(pair).filter(([other]) => !SIDES.includes(other));
    takeOptions(`verify: pair ${index}`, PAIR_OPTIONS, Object.fromEntries(options));
  }
}

function explain(result: RawResult, kind: 'grade' | 'countdown', kinds: readonly AnswerKind[] | null): Verdict {
  if (result.outcome < 0)
    return {
      verdict: false,
      outcome: 'too_long',
      rule: 'none',
      extracted: null,
      reason: 'refused: gold and text together pass 2 MiB',
    };
  const outcome = OUTCOMES[result.outcome]!;
  const [rule, sentence] = RULES[result.rule]!;
  const extracted = result.answer();
  if (isOtherKind(result, kinds))
    return {
      verdict: false,
      outcome: 'other_kind',
      rule,
      extracted,
      reason: `${sentence}, ${quoted(extracted)}, is ${nameOf(result.kind)}, which does not count here`,
    };
  return {
    verdict: outcome === 'equal',
    outcome,
    rule,
    extracted,
    reason: reasonOf(outcome, sentence, extracted, result.goldAnswer(), kind),
  };
}

/** A kind of answers in a sentence. */
function nameOf(kind: number): string {
  const name = kindOf(kind);
  return name === null ? 'not read as an answer' : `of kind ${name}`;
}

/** An answer as it stands in a text, its backslashes single. */
const quoted = (answer: string | null): string => show(answer).replaceAll('\\\\', '\\');

function reasonOf(
  outcome: Outcome,
  sentence: string,
  extracted: string | null,
  gold: string | null,
  kind: 'grade' | 'countdown',
): string {
  if (outcome === 'no_answer') return `no answer: ${sentence}`;
  if (kind === 'countdown') return `${quoted(extracted)}: ${sentence}`;
  const found = `${sentence}, ${quoted(extracted)},`;
  switch (outcome) {
    case 'equal':
      return `${found} equals the gold ${quoted(gold)}`;
    case 'not_equal':
      return `${found} does not equal the gold ${quoted(gold)}`;
    case 'undecided':
      return `${found} was not compared to the end with the gold ${quoted(gold)}: the work passed the limit`;
    case 'gold_unparsable':
      return `the gold ${quoted(gold)} is not a form that can be compared`;
    case 'pred_unparsable':
      return `${found} does not read as an answer of the form of the gold ${quoted(gold)}`;
  }
}
