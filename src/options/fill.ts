// Checks values against a table of options and fills in the defaults. All problems are gathered and reported in one error.
import { MgrpoError, show } from '../errors.js';
import { nearest } from './nearest.js';
import type { OptionSpec, OptionTable, Settings } from './table.js';

/** What values an option takes, in words: `an integer >= 1 or null`. */
export function describe(spec: OptionSpec): string {
  const bounds = [
    spec.min === undefined ? '' : `>= ${spec.min}`,
    spec.above === undefined ? '' : `> ${spec.above}`,
    spec.max === undefined ? '' : `<= ${spec.max}`,
    spec.below === undefined ? '' : `< ${spec.below}`,
  ].filter(Boolean);
  const noun = {
    choice: `one of ${(spec.choices ?? []).join(', ')}`,
    integer: 'an integer',
    number: 'a number',
    boolean: 'true or false',
    string: 'a text',
    numbers: `a list of ${spec.length === undefined ? '' : `${spec.length} `}numbers`,
    strings: spec.choices ? `a list of ${spec.choices.join(', ')}` : 'a list of texts',
  }[spec.type];
  const words = bounds.length > 0 ? `${noun} ${bounds.join(' and ')}` : noun;
  return [words, ...(spec.keywords ?? []), ...(spec.nullable ? ['null'] : [])].join(' or ');
}

/** Whether `value` has the type and lies in the range of `spec`. */
export function accepts(spec: OptionSpec, value: unknown): boolean {
  if (value === null) return spec.nullable === true;
  if (typeof value === 'string' && spec.keywords?.includes(value)) return true;
  const inRange = (x: unknown): boolean =>
    typeof x === 'number' &&
    Number.isFinite(x) &&
    (spec.min === undefined || x >= spec.min) &&
    (spec.above === undefined || x > spec.above) &&
    (spec.max === undefined || x <= spec.max) &&
    (spec.below === undefined || x < spec.below);
  switch (spec.type) {
    case 'choice':
      return typeof value === 'string' && spec.choices?.includes(value) === true;
    case 'integer':
      return Number.isSafeInteger(value) && inRange(value);
    case 'number':
      return inRange(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'numbers':
      return Array.isArray(value) && value.length > 0 && value.length === (spec.length ?? value.length) && value.every(inRange);
    case 'strings':
      return (
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((x) => typeof x === 'string' && x !== '' && spec.choices?.includes(x) !== false)
      );
  }
}

/** Where {@link fillOptions} stands, for its messages. */
export interface FillContext {
  /** Put before the names: `layer2` makes `layer2.mode`. */
  readonly prefix?: string;
  /** Names that somebody may well try, though they are not in the table, and where they belong: `belongs to …; give it to …`. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Further names that are known, for the nearest one. */
  readonly others?: readonly string[];
}

/**
 * Fills the defaults of a table and checks each value by itself; every problem is appended to `problems` (the value is then the default,
 * so that later checks can go on). An option whose default its own row refuses must be given.
 */
export function fillOptions<T extends OptionTable>(
  table: T,
  input: unknown,
  problems: string[],
  { prefix = '', elsewhere = {}, others = [] }: FillContext = {},
): Settings<T> {
  const given: Record<string, unknown> = {};
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) Object.assign(given, input);
  else if (input !== undefined)
    problems.push(`expected an object of settings${prefix ? ` for ${prefix}` : ''}, got ${show(input)}`);
  const path = prefix ? `${prefix}.` : '';
  const known = [...Object.keys(table), ...others];
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(table, key)) continue;
    if (Object.hasOwn(elsewhere, key)) problems.push(`${path}${key} ${elsewhere[key]}`);
    else problems.push(`unknown option ${path}${key}; the nearest known one is ${path}${nearest(key, known) ?? '(none)'}`);
  }
  const out: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = given[key] === undefined ? spec.default : given[key];
    const isRight = accepts(spec, value);
    if (!isRight) problems.push(`expected ${describe(spec)} for ${path}${key}, got ${show(given[key])}`);
    out[key] = isRight ? value : spec.default;
  }
  return out as Settings<T>;
}

/** What an input holds under `key`, and the input without it; what is no object stays whole, for {@link fillOptions} to refuse. */
export function takeKey(input: unknown, key: string): readonly [value: unknown, rest: unknown] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [undefined, input];
  const { [key]: value, ...rest } = input as Record<string, unknown>;
  return [value, rest];
}

/** Raises one error that lists all problems; does nothing if there is none. */
export function reportProblems(where: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const list =
    problems.length === 1 ? problems[0]! : `${problems.length} problems\n${problems.map((p) => `  - ${p}`).join('\n')}`;
  throw new MgrpoError('invalid_argument', `${where}: ${list}`);
}
