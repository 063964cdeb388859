/**
 * Flags of a command, read from the same tables that hold the options: nothing about a flag is written twice. Values come from the table's
 * default, then the file of `--config` (JSON or YAML), then the flags.
 */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { show } from '../errors.js';
import { describe, fillOptions } from '../options/fill.js';
import { nearest } from '../options/nearest.js';
import { listOptions } from '../options/table.js';
import type { Option, OptionSpec, OptionTable, Settings } from '../options/table.js';

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
}

/** Values as the user gave them, by path in a config object (`epsilon`, `layer2.mode`); ranges are not checked yet. */
export type GivenValues = Map<string, unknown>;

/** An option with its flag, without the dashes: `max-completion-length`, `layer2-mode`. */
export interface Flag extends Option {
  readonly flag: string;
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

/**
 * Reads flags and the config file they name.
 * @returns the values given, or null where `--help` is among the flags
 * @throws UsageError for an unknown flag (with the nearest known one), a missing value, a value of the wrong type
 */
export function readFlags(command: CommandSpec, argv: readonly string[]): GivenValues | null {
  const known = commandFlags(command);
  const byFlag = new Map(known.map((option) => [option.flag, option]));
  const fail = (problem: string): never => {
    throw new UsageError(`mgrpo ${command.name}: ${problem}; see mgrpo ${command.name} --help`);
  };
  const given: GivenValues = new Map();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--help' || word === '-h') return null;
    if (!word.startsWith('--')) fail(`expected a flag, got ${show(word)}`);
    const equals = word.indexOf('=');
    const flag = word.slice(2, equals < 0 ? undefined : equals);
    let option = byFlag.get(flag);
    let text = equals < 0 ? undefined : word.slice(equals + 1);
    if (!option && flag.startsWith('no-') && byFlag.get(flag.slice(3))?.spec.type === 'boolean' && text === undefined) {
      option = byFlag.get(flag.slice(3));
      text = 'false';
    }
    if (!option) {
      // The flag as it would be written from the option's name in a config file is the likeliest slip.
      fail(`unknown flag --${flag}; the nearest known one is --${nearest(flag, [...byFlag.keys()])}`);
    } else if (option.spec.type === 'boolean') {
      if (text === undefined && /^(true|false)$/.test(argv[i + 1] ?? '')) text = argv[++i]!;
      given.set(option.name, parseFlag(option, text ?? 'true', fail));
    } else {
      if (text === undefined) {
        const next = argv[++i];
        if (next === undefined || (next.startsWith('--') && byFlag.has(next.slice(2).split('=')[0]!)))
          fail(`expected ${describe(option.spec)} after --${flag}, got ${next === undefined ? 'nothing' : `the flag ${next}`}`);
        text = next!;
      }
      given.set(option.name, parseFlag(option, text, fail));
    }
  }
  const file = given.get('config');
  if (typeof file !== 'string') return given;
  given.delete('config');
  return new Map([...readConfigFile(file, known), ...given]);
}

/**
 * Reads the text of a flag as the option's type (`null` or `none` where null is allowed; lists are comma-separated or JSON).
 * Ranges are checked later, with all other settings.
 * @param fail is called with what is wrong
 */
export function parseFlag({ flag, spec }: Flag, text: string, fail: (problem: string) => never): unknown {
  const trimmed = text.trim();
  const refuse = (): never => fail(`--${flag}: expected ${describe(spec)}, got ${show(text)}`);
  const number = (part: string): number => (part !== '' && Number.isFinite(Number(part)) ? Number(part) : refuse());
  if (spec.nullable && (trimmed === 'null' || trimmed === 'none')) return null;
  if (spec.type === 'string' || spec.type === 'choice') return text;
  if (spec.keywords?.includes(trimmed)) return trimmed;
  if (spec.type === 'boolean') return trimmed === 'true' ? true : trimmed === 'false' ? false : refuse();
  if (spec.type === 'integer' || spec.type === 'number') return number(trimmed);
  if (trimmed.startsWith('[')) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return refuse();
    }
  }
  const parts = trimmed.split(',').map((part) => part.trim());
  return spec.type === 'strings' ? parts : parts.map(number);
}

/** Values of a config file by their paths. */
function readConfigFile(file: string, known: readonly Option[]): GivenValues {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UsageError(`${file}: expected a readable JSON or YAML file for --config, got ${reason}`);
  }
  return flattenValues(content, known, file);
}

/**
 * An object of settings as values by path; `null` where null is no value of the option means "not given".
 * @param where what messages call the object
 */
export function flattenValues(content: unknown, known: readonly Option[], where: string): GivenValues {
  const given: GivenValues = new Map();
  const groups = new Set(known.map(({ name }) => name.split('.')).flatMap(([first, second]) => (second ? [first!] : [])));
  const names = known.map(({ name }) => name).filter((name) => name !== 'config');
  const visit = (value: unknown, prefix: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new UsageError(
        `${where}: expected an object of options${prefix && ` for ${prefix.slice(0, -1)}`}, got ${show(value)}`,
      );
    for (const [key, inner] of Object.entries(value)) {
      const name = `${prefix}${key}`;
      // An empty section of a YAML file, and `layer2` of a run of GRPO, are null: nothing is given.
      if (groups.has(name)) visit(inner ?? {}, `${name}.`);
      else if (!names.includes(name))
        throw new UsageError(`${where}: unknown option ${name}; the nearest known one is ${nearest(name, names)}`);
      else given.set(name, inner);
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
 * @throws UsageError that lists every problem
 */
export function ownSettings<T extends OptionTable>({ name }: CommandSpec, own: T, given: GivenValues): Settings<T> {
  const problems: string[] = [];
  const settings = fillOptions(own, valuesOf(given, own), problems);
  if (problems.length > 0) throw new UsageError(`mgrpo ${name}: ${problems.join('\n  ')}; see mgrpo ${name} --help`);
  return settings;
}

/** The help of a command: usage, then every flag with its values, default and meaning. */
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
  const values = range ? ` (${describe(spec)})` : '';
  return `${head.trimEnd()}${fallback}\n${wrap(`${spec.doc}${values}`, 100, '      ')}`;
}

function placeholder(spec: OptionSpec): string {
  if (spec.type === 'boolean') return '';
  if (spec.type === 'choice') return (spec.choices ?? []).join('|');
  return { integer: 'N', number: 'X', string: 'TEXT', numbers: 'X,X,…', strings: 'A,B,…' }[spec.type];
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
