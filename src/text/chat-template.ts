// Chats as one text, by the Jinja template of a model folder.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { MgrpoError, reasonOf } from '../errors.js';

/** One message of a chat; templates may read more fields than the two that all have. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

/** What a template is rendered with, beside the messages. */
export interface ChatOptions {
  /** End with the opening of the assistant's turn. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Further variables that the template reads, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The time that `strftime_now` gives, for templates that print the date. Default: the present. */
  readonly now?: Date;
}

/** Steps of a template, at most: a chat of a thousand messages takes some 10⁵. */
const MOST_STEPS = 1_000_000;
/** Letters of one of its values, at most, those of lists and objects counted as often as they would be written. */
const MOST_LETTERS = 2 ** 24;
/** Numbers of one range, and values of one list, at most. */
const MOST_RANGE = 100_000;
/** Letters of a template; those of models have some 10⁴. */
const MOST_SOURCE = 2 ** 20;
/** Loops with nothing in them take time but no steps. */
const MOST_MS = 5000;

type Evaluate = Interpreter['evaluate'];
type Value = ReturnType<Evaluate>;

/** Runs a template within these bounds, and takes text from the ends of another as Python does. */
class BoundedInterpreter extends Interpreter {
  #steps = 0;
  readonly #start = performance.now();
  /** Parts of the template whose strip, lstrip or rstrip is asked for. */
  readonly #stripped = new Set<unknown>();
  /** Of lists and objects that do not change. */
  readonly #lengths = new WeakMap<Value, Length>();

  override evaluate(...args: Parameters<Evaluate>): Value {
    const node = args[0] as {
      readonly type?: string;
      readonly object?: unknown;
      readonly property?: { readonly value?: unknown };
    };
    if (node?.type === 'MemberExpression' && Object.hasOwn(STRIPS, String(node.property?.value))) this.#stripped.add(node.object);
    if (++this.#steps > MOST_STEPS) throw new Error(`a template of more than ${MOST_STEPS} steps`);
    // At every step: a loop with nothing in it is one, and takes up to a second.
    if (performance.now() - this.#start > MOST_MS) throw new Error(`a template that takes more than ${MOST_MS} ms`);
    const result = super.evaluate(...args);
    if (Array.isArray(result.value) && result.value.length > MOST_RANGE)
      throw new Error(`a list of more than ${MOST_RANGE} values`);
    if (this.#lettersOf(result, 0).letters > MOST_LETTERS) throw new Error(`a text of more than ${MOST_LETTERS} letters`);
    if (this.#stripped.has(node) && typeof result.value === 'string') stripAsPython(result, result.value);
    return result;
  }

  /** Lists of lists that are the same grow without end when they are written, though they take little room. */
  #lettersOf(of: Value, depth: number): Length {
    const value: unknown = of.value;
    if (typeof value === 'string') return { letters: value.length, changes: false };
    const inner = Array.isArray(value)
      ? (value as Value[])
      : value instanceof Map
        ? [...(value as Map<string, Value>).values()]
        : [];
    if (inner.length === 0) return { letters: 1, changes: false };
    if (depth > MOST_DEEP) throw new Error(`more than ${MOST_DEEP} values in each other`);
    const known = this.#lengths.get(of);
    if (known) return known;
    let letters = 0;
    let changes = of.type === 'NamespaceValue';
    for (const one of inner) {
      const length = this.#lettersOf(one, depth + 1);
      letters += 1 + length.letters;
      changes ||= length.changes;
      if (letters > MOST_LETTERS) break;
    }
    const found = { letters, changes };
    if (!changes) this.#lengths.set(of, found);
    return found;
  }
}

/** What a value would take to be written. */
interface Length {
  readonly letters: number;
  /** Whether it can change: a namespace is in it. */
  readonly changes: boolean;
}

/** Values in each other, at most. */
const MOST_DEEP = 1000;

/** Which end the methods leave as it is. */
const STRIPS: Readonly<Record<string, 'start' | 'end' | null>> = { strip: null, lstrip: 'end', rstrip: 'start' };

/** Gives a text the methods of Python's: the library's own take no letters, and what JavaScript calls space. */
function stripAsPython(of: Value, text: string): void {
  const Text = of.constructor as new (text: string) => Value;
  for (const [name, kept] of Object.entries(STRIPS)) {
    const method = of.builtins.get(name);
    if (!method) continue;
    method.value = ([letters]: readonly Value[]) => {
      const given = typeof letters?.value === 'string' ? new Set(letters.value) : undefined;
      const goes = (letter: string): boolean => (given ? given.has(letter) : PYTHON_SPACE.test(letter));
      const all = [...text];
      let [from, to] = [0, all.length];
      if (kept !== 'start') while (from < to && goes(all[from]!)) from++;
      if (kept !== 'end') while (to > from && goes(all[to - 1]!)) to--;
      return new Text(all.slice(from, to).join(''));
    };
  }
}

/** What str.isspace takes. */
const PYTHON_SPACE = /^(?!\ufeff)[\s\x1c-\x1f\x85]$/;

/** A compiled chat template in Jinja, as transformers renders it. */
export class ChatTemplate {
  /** The Jinja text. */
  readonly source: string;
  readonly #program: ReturnType<typeof parse>;
  readonly #where: string;
  readonly #specialTokens: Readonly<Record<string, unknown>>;

  /**
   * @param source Jinja text
   * @param specialTokens `bos_token`, `eos_token`, … as the template's variables
   * @param where what messages call the template
   * @throws bad_file if the text is not a template
   */
  constructor(source: string, specialTokens: Readonly<Record<string, unknown>> = {}, where: string = 'chat template') {
    this.source = source;
    this.#where = where;
    this.#specialTokens = specialTokens;
    if (source.length > MOST_SOURCE)
      throw new MgrpoError(
        'bad_file',
        `${where}: expected a template of at most ${MOST_SOURCE} letters, got ${source.length}; shorten it`,
      );
    try {
      // Jinja reads every kind of line end as \n.
      const lines = source.replace(/\r\n?/g, '\n');
      this.#program = parse(tokenize(lines, { lstrip_blocks: true, trim_blocks: true }));
    } catch (error) {
      throw new MgrpoError('bad_file', `${where}: expected a Jinja chat template, got ${reasonOf(error)}; correct the template`, {
        cause: error,
      });
    }
  }

  /** The chat as text. @throws invalid_argument with the template's own words if it refuses the messages */
  render(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    const now = options.now ?? new Date();
    const variables: Record<string, unknown> = {
      ...{ true: true, True: true, false: false, False: false, none: null, None: null },
      range,
      raise_exception: (message: unknown) => {
        throw new Error(String(message));
      },
      strftime_now: (format: string) => strftime(now, format),
      tools: null,
      documents: null,
      ...this.#specialTokens,
      ...options.variables,
      messages,
      add_generation_prompt: options.addGenerationPrompt ?? true,
    };
    try {
      const environment = new Environment();
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      return String(new BoundedInterpreter(environment).run(this.#program).value);
    } catch (error) {
      throw new MgrpoError(
        'invalid_argument',
        `${this.#where}: expected messages that the template takes, got ${reasonOf(error)}; change the messages or the template`,
        { cause: error },
      );
    }
  }
}

/** Jinja's range(stop) and range(start, stop, step). */
function range(first: number, second?: number, step: number = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.ceil((stop - start) / step);
  if (!(Number.isFinite(length) && length <= MOST_RANGE)) throw new Error(`range of ${length} numbers, more than ${MOST_RANGE}`);
  return Array.from({ length: Math.max(0, length) }, (_, i) => start + i * step);
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's strftime in the C locale, for the directives that print a date or a time of day; others are left as they stand. */
export function strftime(date: Date, format: string): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const hour12 = date.getHours() % 12 || 12;
  const yearStart = new Date(date.getFullYear(), 0, 1);
  const midnight = new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const values: Record<string, string> = {
    '%': '%',
    Y: String(date.getFullYear()),
    y: two(date.getFullYear() % 100),
    m: two(date.getMonth() + 1),
    B: MONTHS[date.getMonth()]!,
    b: MONTHS[date.getMonth()]!.slice(0, 3),
    d: two(date.getDate()),
    A: DAYS[date.getDay()]!,
    a: DAYS[date.getDay()]!.slice(0, 3),
    j: String(Math.round((midnight.getTime() - yearStart.getTime()) / 86_400_000) + 1).padStart(3, '0'),
    H: two(date.getHours()),
    I: two(hour12),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    p: date.getHours() < 12 ? 'AM' : 'PM',
  };
  // "%-d" is the value without its leading zeros.
  return format.replace(/%(-?)([A-Za-z%])/g, (whole, bare: string, directive: string) => {
    const value = values[directive];
    return value === undefined ? whole : bare ? value.replace(/^0+(?=\d)/, '') : value;
  });
}
