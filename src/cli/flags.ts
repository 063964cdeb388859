// Flags of a command, read from the same tables that hold the options: nothing about a flag is written twice. Values come from the table's
// default, then the file of `--config` (JSON or YAML), then the flags.
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { reasonOf, show } from '../errors.js';
import { isObject } from '../options/border.js';
import { describe, fillOptions } from '../options/fill.js';
import { nearest } from '../options/nearest.js';
import { listOptions } from '../options/table.js';
import type { Option, OptionSpec, OptionTable, Settings } from '../options/table.js';
import { deviceProblems, type DeviceSettings } from '../open/choice.js';
import { PHRASE_POOLS } from '../index.js';
import { say } from './output.js';
import { ourName, ours, trlNames } from './trl.js';

/** A wrong call of the command line: exit code 2. */
export class UsageError extends Error {}

/** What a command takes: its own settings, and further tables under a key of the config file (`''`: at the top level). */
export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text above the flags in the help. */
  readonly usage: string;
  readonly own: OptionTable;
  readonly tables?: Readonly<Record<string, OptionTable>>;
  /** Names of the options that `--help` shows where there are too many for it; `--help-all` shows all. */
  readonly common?: readonly string[];
  /** Whether settings by TRL's names are taken too. */
  readonly takesTrl?: true;
}

/** What is left to do once flags, files and data have been checked; gives the exit code. */
export type Work = () => Promise<number>;

/** Values as the user gave them, by path in a config object (`epsilon`, `layer2.mode`); ranges are not checked yet. */
export type GivenValues = Map<string, unknown>;

/** An option with its flag, without the dashes: `max-completion-length`, `layer2-mode`. */
export interface Flag extends Option {
  readonly flag: string;
  /** Whether only TRL has it: its value is one of YAML, and may be missing (true). */
  readonly isTrl?: true;
}

const CONFIG: Option = {
  name: 'config',
  spec: {
    type: 'string',
    nullable: true,
    default: null,
    section: 'command',
    doc: 'JSON or YAML file with any of these options, by their names in camelCase (layer2 as an object). Flags win over it.',
  },
};

/** Every option of a command, its own first. */
export function commandFlags(command: CommandSpec): Flag[] {
  const tables = Object.entries(command.tables ?? {}).flatMap(([prefix, table]) => listOptions(table, prefix));
  return [...listOptions(command.own), CONFIG, ...tables].map((option) => ({ ...option, flag: flagOf(option.name) }));
}

/** `layer2.maxCompletionLength` as a flag: layer2-max-completion-length. */
function flagOf(name: string): string {
  return name.replace('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The words before the first flag, and the rest. */
export function leadingWords(argv: readonly string[]): readonly [words: readonly string[], flags: readonly string[]] {
  const first = argv.findIndex((word) => word.startsWith('-'));
  return first < 0 ? [argv, []] : [argv.slice(0, first), argv.slice(first)];
}

/**
 * Reads flags and the config file they name.
 * @param found every unknown flag or option (with the nearest known one), missing value and value of the wrong type is appended, to be told
 *   with what else is wrong; without it, they are thrown
 * @returns the values given, or null where `--help` is among the flags
 * @throws UsageError that lists every problem
 */
export function readFlags(command: CommandSpec, argv: readonly string[], found?: string[]): GivenValues | null {
  const known = commandFlags(command);
  const byFlag = new Map([...known, ...trlFlags(command)].map((flag) => [flag.flag, flag]));
  const problems = found ?? [];
  const given: GivenValues = new Map();
  const changes: Change[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--help' || word === '-h' || word === '--help-all') return null;
    if (word === '--set' || word.startsWith('--set=')) {
      const text = word === '--set' ? argv[++i] : word.slice('--set='.length);
      changes.push(...changeOf(text, known, problems));
      continue;
    }
    if (!word.startsWith('--')) {
      problems.push(`expected a flag, got ${show(word)}`);
      continue;
    }
    const { name, flag, text } = splitFlag(word, byFlag);
    if (!flag) {
      problems.push(
        `unknown flag --${name}; the nearest known one is --${nearest(
          name,
          known.map(({ flag }) => flag),
        )}`,
      );
      // What follows is its value, as far as one can tell.
      if (text === undefined && argv[i + 1]?.startsWith('--') === false) i++;
      continue;
    }
    const next = argv[i + 1];
    const isAlone = flag.spec.type === 'boolean' || flag.isTrl === true;
    const takesNext =
      text === undefined &&
      next !== undefined &&
      (flag.spec.type === 'boolean' ? /^(true|false)$/i.test(next) : !splitFlag(next, byFlag).flag);
    if (takesNext) i++;
    const value = takesNext ? next : (text ?? (isAlone ? 'true' : undefined));
    if (value === undefined) {
      const got = next === undefined ? 'nothing' : `the flag ${next}`;
      problems.push(`expected ${describe(flag.spec)} after --${name}, got ${got}`);
      continue;
    }
    const values = [value];
    // TRL's lists are several words after one flag.
    const isList = flag.isTrl === true || flag.spec.type === 'strings' || flag.spec.type === 'numbers';
    if (takesNext && isList && word.includes('_')) while (argv[i + 1]?.startsWith('--') === false) values.push(argv[++i]!);
    try {
      if (flag.isTrl) given.set(flag.name, values.length > 1 ? values : parseYaml(value));
      else for (const each of values) given.set(flag.name, joined(flag, given.get(flag.name), parseFlag(flag, each)));
    } catch (error) {
      problems.push(error instanceof UsageError ? error.message : `--${flag.flag}: ${reasonOf(error).split('\n')[0]}`);
    }
  }
  const file = given.get('config');
  const fromFile =
    typeof file === 'string' ? readConfigFile(file, [...known, ...trlFlags(command)], problems) : new Map<string, unknown>();
  given.delete('config');
  const notes: string[] = [];
  const all = new Map([...fromFile, ...given]);
  for (const change of changes) applyChange(change, all, problems);
  const values = ours(command.name, all, problems, notes);
  if (!found) refuse(command.name, problems);
  if (notes.length > 0) say(`no meaning here, left out: ${notes.join(', ')}`);
  return values;
}

/** `--set name=value`, or `name+=value`, which adds to a list. */
interface Change {
  readonly flag: Flag;
  readonly value: unknown;
  readonly adds: boolean;
}

/** Reads `layer2.phrases+=Again`; a problem where there is no such option, or the value has another type. */
function changeOf(text: string | undefined, known: readonly Flag[], problems: string[]): Change[] {
  const [, name, operator, value] = /^([\w.]+)(\+?=)([^]*)$/.exec(text ?? '') ?? [];
  if (name === undefined) {
    problems.push(`expected NAME=VALUE or NAME+=VALUE after --set, got ${show(text ?? 'nothing')}`);
    return [];
  }
  const flag = known.find((one) => one.name === name) ?? known.find((one) => one.name === ourName(name));
  const adds = operator === '+=';
  const names = known.map((one) => one.name);
  if (!flag) problems.push(`--set: unknown option ${name}; the nearest known one is ${nearest(name, names)}`);
  else if (adds && flag.spec.type !== 'strings' && flag.spec.type !== 'numbers')
    problems.push(`--set ${name}+=: expected a list to add to, and ${name} is ${describe(flag.spec)}; write ${name}=${value}`);
  else {
    try {
      return [{ flag, value: parseFlag(flag, value!), adds }];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
    }
  }
  return [];
}

function applyChange({ flag: { name, spec }, value, adds }: Change, given: GivenValues, problems: string[]): void {
  if (!adds) return void given.set(name, value);
  const before = given.has(name) ? given.get(name) : spec.default;
  const list = typeof before === 'string' && isPool(before) ? PHRASE_POOLS[before] : (before ?? []);
  if (Array.isArray(list) && Array.isArray(value)) given.set(name, [...(list as unknown[]), ...(value as unknown[])]);
  else
    problems.push(`--set ${name}+=: expected lists, got ${show(before)} and ${show(value)}; write ${name}=[…] with all entries`);
}

function isPool(name: string): name is keyof typeof PHRASE_POOLS {
  return Object.hasOwn(PHRASE_POOLS, name);
}

/** TRL's own settings as flags of a command that trains; what becomes of them: trl.ts. */
function trlFlags(command: CommandSpec): Flag[] {
  if (!command.takesTrl) return [];
  const spec: OptionSpec = { type: 'string', nullable: true, default: null, doc: 'As in TRL.' };
  return trlNames(command.name)
    .filter((name) => ourName(name) === name)
    .map((name) => ({ name, spec, flag: flagOf(name), isTrl: true }));
}

/** The flag that a word names, undefined where there is none, and the text after its `=`; `--no-x` is `--x=false`. */
function splitFlag(
  word: string,
  byFlag: ReadonlyMap<string, Flag>,
): { readonly name: string; readonly flag: Flag | undefined; readonly text: string | undefined } {
  if (!word.startsWith('--')) return { name: '', flag: undefined, text: undefined };
  const equals = word.indexOf('=');
  const written = word.slice(2, equals < 0 ? undefined : equals);
  // TRL's flags are in snake_case.
  const name = written.includes('_') ? flagOf(ourName(written)) : written;
  const text = equals < 0 ? undefined : word.slice(equals + 1);
  const negated = name.startsWith('no-') && text === undefined ? byFlag.get(name.slice(3)) : undefined;
  if (!byFlag.has(name) && negated?.spec.type === 'boolean') return { name, flag: negated, text: 'false' };
  return { name, flag: byFlag.get(name), text };
}

/** Settings that words give by flags, and the flag of each as it is written there. */
export function flagNames(command: CommandSpec, argv: readonly string[]): Map<string, string> {
  const byFlag = new Map([...commandFlags(command), ...trlFlags(command)].map((flag) => [flag.flag, flag]));
  return new Map(
    argv.flatMap((word) => {
      const { flag } = splitFlag(word, byFlag);
      return flag ? [[flag.name, word.split('=')[0]!] as const] : [];
    }),
  );
}

/** The value of a flag that was given before: lists grow, of everything else the last one counts. */
function joined({ flag, spec }: Flag, before: unknown, value: unknown): unknown {
  if (before === undefined || (spec.type !== 'strings' && spec.type !== 'numbers')) return value;
  if (Array.isArray(before) && Array.isArray(value)) return [...(before as unknown[]), ...(value as unknown[])];
  const word = Array.isArray(before) ? value : before;
  throw new UsageError(`--${flag}: expected a list, or ${show(word)} alone, got both; leave one of them out`);
}

/** Raises one error that lists all problems of a call; does nothing if there is none. */
export function refuse(command: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const list = problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  - ${problem}`).join('');
  throw new UsageError(`mgrpo ${command}:${list}${problems.length === 1 ? '; ' : '\n'}see mgrpo ${command} --help`);
}

/**
 * Reads the text of a flag as the option's type (`null` or `none` where null is allowed). A list is one entry, to be given again for more,
 * or JSON; numbers may also be separated by commas, which texts may hold. Ranges are checked later, with all other settings.
 * @throws UsageError where the text has another type
 */
export function parseFlag({ flag, spec }: Flag, text: string): unknown {
  const trimmed = text.trim();
  const refused = (): never => {
    throw new UsageError(`--${flag}: expected ${describe(spec)}, got ${show(text)}`);
  };
  const number = (part: string): number => (part.trim() !== '' && Number.isFinite(Number(part)) ? Number(part) : refused());
  if (spec.nullable && (trimmed === 'null' || trimmed === 'none')) return null;
  if (spec.type === 'string' || spec.type === 'choice') return text;
  if (spec.keywords?.includes(trimmed)) return trimmed;
  if (spec.type === 'boolean') return trimmed === 'true' ? true : trimmed === 'false' ? false : refused();
  if (spec.type === 'integer' || spec.type === 'number') return number(trimmed);
  if (trimmed.startsWith('[')) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return refused();
    }
  }
  return spec.type === 'strings' ? [text] : trimmed.split(',').map(number);
}

/** Values of a config file by their paths. */
function readConfigFile(file: string, known: readonly Option[], problems: string[]): GivenValues {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0];
    problems.push(`${file}: expected a readable JSON or YAML file for --config, got ${reason}`);
    return new Map();
  }
  return flattenValues(content, known, file, problems);
}

/**
 * An object of settings as values by path; `null` where null is no value of the option means "not given".
 * @param where what messages call the object
 */
export function flattenValues(content: unknown, known: readonly Option[], where: string, problems: string[]): GivenValues {
  const given: GivenValues = new Map();
  const groups = new Set(known.map(({ name }) => name.split('.')).flatMap(([first, second]) => (second ? [first!] : [])));
  const names = known.map(({ name }) => name).filter((name) => name !== 'config');
  const visit = (value: unknown, prefix: string): void => {
    if (!isObject(value)) {
      problems.push(`${where}: expected an object of options${prefix && ` for ${prefix.slice(0, -1)}`}, got ${show(value)}`);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      const name = `${prefix}${names.includes(prefix + key) ? key : ourName(key)}`;
      // An empty section of a YAML file, and `layer2` of a run of GRPO, are null: nothing is given.
      if (groups.has(name)) visit(inner ?? {}, `${name}.`);
      else if (!names.includes(name))
        problems.push(`${where}: unknown option ${name}; the nearest known one is ${nearest(name, names)}`);
      else if (inner !== null || known.find((option) => option.name === name)?.spec.nullable) given.set(name, inner);
    }
  };
  visit(content ?? {}, '');
  return given;
}

/** The values of the options of one table, as an object to resolve. */
export function valuesOf(given: GivenValues, table: OptionTable, prefix = ''): Record<string, unknown> {
  const path = prefix ? `${prefix}.` : '';
  return Object.fromEntries(Object.keys(table).flatMap((key) => (given.has(path + key) ? [[key, given.get(path + key)]] : [])));
}

/**
 * The command's own settings, completed and checked.
 * @param own the command's table, which gives the settings their types
 * @param problems what is wrong is appended; without it, it is thrown
 * @throws UsageError that lists every problem
 */
export function ownSettings<T extends OptionTable>(
  { name }: CommandSpec,
  own: T,
  given: GivenValues,
  problems?: string[],
): Settings<T> {
  const found = problems ?? [];
  const settings = fillOptions(own, valuesOf(given, own), found);
  if ('adapterName' in own) found.push(...deviceProblems(settings as unknown as DeviceSettings));
  if (!problems) refuse(name, found);
  return settings;
}

/** What `--help` shows: the flags that are used most, or all where there are few. */
export function shortHelp(command: CommandSpec): string {
  const { common, name } = command;
  if (!common) return helpText(command);
  const all = commandFlags(command);
  const shown = common.map((option) => describeFlag(all.find((flag) => flag.name === option)!));
  const more =
    '  --set NAME=VALUE, NAME+=VALUE\n      Any option by its name in a config file; += adds to a list: --set "layer2.phrases+=Wait, no."\n' +
    `  --help-all\n      All ${all.length} options of mgrpo ${name}.\n`;
  return `${command.usage.trimEnd()}\n\nmost used:\n${shown.join('\n')}\n${more}`;
}

/** All of a command's help: usage, then every flag with its values, default and meaning. */
export function helpText(command: CommandSpec): string {
  const sections = new Map<string, Flag[]>();
  for (const option of commandFlags(command)) {
    const { section = 'options' } = option.spec;
    sections.set(section, [...(sections.get(section) ?? []), option]);
  }
  const blocks = [...sections].map(([section, list]) => `${section}:\n${list.map(describeFlag).join('\n')}`);
  return `${command.usage.trimEnd()}\n\n${blocks.join('\n\n')}\n\n  --help  this text\n`;
}

function describeFlag({ flag, spec }: Flag): string {
  const head = `  --${flag} ${placeholder(spec)}`;
  const fallback =
    spec.default === null ? '' : ` [${Array.isArray(spec.default) ? spec.default.join(',') : String(spec.default)}]`;
  const range = spec.min !== undefined || spec.above !== undefined || spec.max !== undefined || spec.below !== undefined;
  const isOpen = !range && !(spec.type === 'strings' && spec.choices);
  const values = isOpen ? '' : ` (${describe(spec)})`;
  const more = spec.type === 'strings' ? ' Give the flag again for each further entry.' : '';
  return `${head.trimEnd()}${fallback}\n${wrap(`${spec.doc}${more}${values}`, 100, '      ')}`;
}

function placeholder(spec: OptionSpec): string {
  if (spec.type === 'boolean') return '';
  if (spec.type === 'choice') return (spec.choices ?? []).join('|');
  return { integer: 'N', number: 'X', string: 'TEXT', numbers: 'X,X,…', strings: 'TEXT' }[spec.type];
}

/** Breaks a text into lines of at most `width` characters. */
function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length > width && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
