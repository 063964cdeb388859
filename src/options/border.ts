// The border of the library: what users hand to a public function is checked here, names and ranges alike, before anything runs.
import { MgrpoError, show } from '../errors.js';
import { fillOptions, reportProblems } from './fill.js';
import type { OptionTable, Settings } from './table.js';

/** What a value must be that no table describes: an object, a function, a list. */
export interface ArgumentRule {
  /** In words, for `expected <noun> for …`. */
  readonly noun: string;
  readonly is: (value: unknown) => boolean;
  /** What to do instead, for the end of the message. */
  readonly wayOut: string;
  /** Whether it may be left out. */
  readonly optional?: true;
}

/** A function that may be left out. */
export const LISTENER: ArgumentRule = {
  noun: 'a function',
  is: (value) => typeof value === 'function',
  wayOut: 'pass a function, or leave it out',
  optional: true,
};

/** A list. */
export const LIST: ArgumentRule = { noun: 'a list', is: Array.isArray, wayOut: 'put it in brackets' };

/** Whether a value is an object, neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Raises `invalid_argument` unless the value is what it must be. @param where the public function, for messages */
export function need(where: string, name: string, value: unknown, rule: ArgumentRule): void {
  const problem = problemOf(name, value, rule);
  if (problem !== undefined) throw new MgrpoError('invalid_argument', `${where}: ${problem}`);
}

/**
 * Completes and checks the object of options that a public function takes.
 * @param where the public function, for messages
 * @param table the plain settings among the options; an option whose default the table itself refuses must be given
 * @param rules the other options: checked here, read from the input by the function itself
 * @throws MgrpoError `invalid_argument` that lists every unknown name and every wrong value
 */
export function takeOptions<T extends OptionTable>(
  where: string,
  table: T,
  input: unknown,
  rules: Readonly<Record<string, ArgumentRule>> = {},
): Settings<T> {
  const problems: string[] = [];
  const given = isObject(input) ? input : {};
  const rest = isObject(input)
    ? Object.fromEntries(Object.entries(input).filter(([name]) => !Object.hasOwn(rules, name)))
    : input;
  const settings = fillOptions(table, rest, problems, { others: Object.keys(rules) });
  for (const [name, rule] of Object.entries(rules)) {
    const problem = problemOf(name, given[name], rule);
    if (problem !== undefined) problems.push(problem);
  }
  reportProblems(where, problems);
  return settings;
}

function problemOf(name: string, value: unknown, { noun, is, wayOut, optional }: ArgumentRule): string | undefined {
  if ((optional && value === undefined) || is(value)) return undefined;
  return `expected ${noun} for ${name}, got ${show(value)}; ${wayOut}`;
}
