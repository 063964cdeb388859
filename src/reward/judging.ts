// What the options of the checker mean to its module: bits, tolerances, and the text that is read.
import { check, show } from '../errors.js';
import { ANSWER_KINDS } from '../config/verifier.js';
import type { AnswerKind, VerifierSettings } from '../config/verifier.js';
import * as flag from './status.js';
import type { Tolerances } from './wasm.js';

/** Options of the checker, worked out for its module. */
export interface Judging {
  readonly flags: number;
  readonly tolerances: Tolerances | undefined;
  /** The kinds that count; null: all. */
  readonly kinds: readonly AnswerKind[] | null;
  /** The text as the module reads it: further reasoning tags are called think. */
  readonly read: (text: string) => string;
}

/** Works out options that have been checked, all but the marks in `reasoningTags`. @param where the public function, for messages */
export function judgingOf(options: Partial<VerifierSettings>, where: string): Judging {
  const { mode = 'lenient', percent, precision, tolerance = 0, relativeTolerance = 0, ordered, kinds = null } = options;
  const form = options.form ?? (mode === 'strict' ? 'value' : 'any');
  const isTolerant = tolerance > 0 || relativeTolerance > 0;
  const flags =
    (mode === 'strict' ? flag.FLAG_STRICT : 0) |
    (form === 'value' ? flag.FLAG_VALUE : 0) |
    (ordered === true ? flag.FLAG_ORDERED : 0) |
    (percent === 'hundredths' ? flag.FLAG_HUNDREDTHS : 0) |
    (precision === 'doubles' ? flag.FLAG_DOUBLES : precision === 'exact' ? flag.FLAG_EXACT : 0) |
    (isTolerant ? flag.FLAG_TOLERANT : 0) |
    (kinds === null ? 0 : flag.FLAG_KIND);
  const tags = options.reasoningTags ?? null;
  return {
    flags,
    tolerances: isTolerant ? [...decimal(tolerance), ...decimal(relativeTolerance)] : undefined,
    kinds,
    read: tags === null ? (text) => text : reader(tags, where),
  };
}

/** The kind of a number of assembly/verifier/status.ts; null for an answer that does not parse. */
export function kindOf(kind: number): AnswerKind | null {
  return ANSWER_KINDS[kind - 1] ?? null;
}

/** A number as digits · 10^-places with at most nine digits: 0.3 is 3 · 10^-1, not the double next to it. */
function decimal(x: number): [digits: number, places: number] {
  const [mantissa = '0', exponent = '0'] = x.toExponential(8).split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  return [Number(digits), Math.max(0, digits.length - 1) - Number(exponent)];
}

/** Names of tags as the module knows them already. */
const RENAMED = ['<think>', '</think>'] as const;

/** Readers by their lists of tags: a batch has one list for all its pairs. */
const readers = new WeakMap<readonly string[], Judging['read']>();

function reader(tags: readonly string[], where: string): Judging['read'] {
  const known = readers.get(tags) ?? renaming(tags, where);
  readers.set(tags, known);
  return known;
}

/** Makes every mark of reasoning the module's own. */
function renaming(tags: readonly string[], where: string): Judging['read'] {
  const marks = tags.flatMap((tag) => marksOf(tag, where).map((mark, i) => ({ mark, name: RENAMED[i]! })));
  return (text) => marks.reduce((now, { mark, name }) => now.replace(mark, name), text);
}

/** What opens and closes reasoning. */
function marksOf(tag: string, where: string): [RegExp, RegExp] {
  const name = /^[\p{L}_][\p{L}\p{N}_:-]*$/u.exec(tag)?.[0];
  if (name !== undefined) return [mark(`<\\s*${name}\\s*>`), mark(`<\\s*/\\s*${name}\\s*>`)];
  const [open = '', close, ...more] = tag.split('...');
  const own = /^[^\p{L}\p{N}\s/]+/u.exec(open)?.[0];
  const closing = close ?? (own === undefined ? '' : `${own}/${open.slice(own.length)}`);
  check(
    open.trim() !== '' && closing.trim() !== '' && more.length === 0,
    `${where}: expected a name, an opening mark or OPEN...CLOSE in reasoningTags, got ${show(tag)}; for example work, [THINK] or <<...>>`,
  );
  return [mark(literal(open)), mark(literal(closing))];
}

const mark = (source: string): RegExp => new RegExp(source, 'giu');
const literal = (text: string): string => text.replace(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
