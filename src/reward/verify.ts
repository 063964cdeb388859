// The answer checker: pairs in, verdicts with their reasons out. What is compared how is in assembly/.
import { MgrpoError, show } from '../errors.js';
import { LIST, isObject, need } from '../options/border.js';
import { isCountdownTask } from './countdown-task.js';
import type { CountdownTask } from './countdown-task.js';
import { FLAG_BARE, FLAG_IN_ORDER, FLAG_STRICT, FLAG_SUBSET, FLAG_TRUNCATED, FLAG_VALUE, OUTCOMES, RULES } from './status.js';
import type { Outcome } from './status.js';
import { VerifierModule } from './wasm.js';
import type { RawResult, Row } from './wasm.js';

/** `strict` accepts marked answers and texts that are an answer and nothing else (rewards); `lenient` also the last value (metrics). */
export type ExtractionMode = 'strict' | 'lenient';

/**
 * `value`: where the gold is worked out, the answer must be: "47 + 85" is no answer for 132, "2x = 10" none for 5 (rewards). `any`: what is
 * equal counts (metrics).
 */
export type AnswerForm = 'value' | 'any';

/** One pair to judge: give `pred` (the answer itself) or `response` (text to extract it from). */
export interface VerifyPair {
  /** The right answer: LaTeX, plain text or unicode; a text with a \boxed{} stands for what is in the box. Or a countdown task. */
  readonly gold: string | CountdownTask;
  readonly pred?: string;
  readonly response?: string;
  /** Default `lenient`. */
  readonly mode?: ExtractionMode;
  /** Default `any`; `value` in strict mode. */
  readonly form?: AnswerForm;
  /** Whether the response was cut at the length limit: then nothing unmarked or unfinished counts. Default false. */
  readonly truncated?: boolean;
}

/** What was found and decided. */
export interface Verdict {
  /** True only for a proven equality. */
  readonly verdict: boolean;
  readonly outcome: Outcome | 'too_long';
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
  pairs.forEach(checkPair);
  const verdicts = new Array<Verdict>(pairs.length);
  for (const kind of ['grade', 'countdown'] as const) {
    const indices: number[] = [];
    const rows: Row[] = [];
    for (const [i, pair] of pairs.entries()) {
      if ((typeof pair.gold === 'string') !== (kind === 'grade')) continue;
      indices.push(i);
      rows.push(rowOf(pair, i));
    }
    verifierModule().run(kind, rows, (k, result) => {
      verdicts[indices[k]!] = explain(result, kind);
    });
  }
  return verdicts;
}

/** Outcomes alone, one byte per pair (index into OUTCOMES, 255 for too long): no string is made. For scoring by the thousand. */
export function outcomes(kind: 'grade' | 'countdown', rows: readonly Row[]): Uint8Array {
  const result = new Uint8Array(rows.length);
  verifierModule().run(kind, rows, (i, { outcome }) => {
    result[i] = outcome;
  });
  return result;
}

/** Flags of a response that is to be extracted from. */
export function flagsOf(
  mode: ExtractionMode,
  truncated: boolean,
  form: AnswerForm = mode === 'strict' ? 'value' : 'any',
): number {
  return (mode === 'strict' ? FLAG_STRICT : 0) | (truncated ? FLAG_TRUNCATED : 0) | (form === 'value' ? FLAG_VALUE : 0);
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

/** Refuses what is no pair, whatever its type claims. */
function checkPair(pair: VerifyPair, index: number): void {
  const refuse = (expected: string, got: unknown, wayOut: string): never => {
    throw new MgrpoError('invalid_argument', `verify: expected ${expected} of pair ${index}, got ${show(got)}; ${wayOut}`);
  };
  if (!isObject(pair)) refuse('an object in place', pair, 'give { gold, pred } or { gold, response }');
  const { gold, pred, response, mode, form, truncated } = pair;
  if (typeof gold !== 'string' && !isObject(gold))
    refuse('a string or a countdown task for gold', gold, 'give the right answer as text');
  const text = pred ?? response;
  if (typeof text !== 'string') refuse('a string for pred or response', text, 'give one of them');
  if (mode !== undefined && mode !== 'strict' && mode !== 'lenient')
    refuse('strict or lenient for mode', mode, 'leave it out for lenient');
  if (form !== undefined && form !== 'value' && form !== 'any')
    refuse('value or any for form', form, 'leave it out for value in strict mode, any in lenient mode');
  if (truncated !== undefined && typeof truncated !== 'boolean')
    refuse('true or false for truncated', truncated, 'leave it out for false');
}

function rowOf({ gold, pred, response, mode = 'lenient', form, truncated = false }: VerifyPair, index: number): Row {
  const text = (pred ?? response)!;
  const flags = flagsOf(mode, truncated, form) | (pred === undefined ? 0 : FLAG_BARE);
  return typeof gold === 'string' ? { gold, text, flags } : countdownRow(gold, text, flags, `verify: pair ${index}`);
}

function explain(result: RawResult, kind: 'grade' | 'countdown'): Verdict {
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
  return {
    verdict: outcome === 'equal',
    outcome,
    rule,
    extracted,
    reason: reasonOf(outcome, sentence, extracted, result.goldAnswer(), kind),
  };
}

function reasonOf(
  outcome: Outcome,
  sentence: string,
  extracted: string | null,
  gold: string | null,
  kind: 'grade' | 'countdown',
): string {
  if (outcome === 'no_answer') return `no answer: ${sentence}`;
  if (kind === 'countdown') return `${show(extracted)}: ${sentence}`;
  const found = `${sentence}, ${show(extracted)},`;
  switch (outcome) {
    case 'equal':
      return `${found} equals the gold ${show(gold)}`;
    case 'not_equal':
      return `${found} does not equal the gold ${show(gold)}`;
    case 'undecided':
      return `${found} was not compared to the end with the gold ${show(gold)}: the work passed the limit`;
    case 'gold_unparsable':
      return `the gold ${show(gold)} is not a form that can be compared`;
    case 'pred_unparsable':
      return `${found} does not read as an answer of the form of the gold ${show(gold)}`;
  }
}
