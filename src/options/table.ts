// Tables of options: what a row holds, and the TypeScript types that follow from a table. The values of a row are checked in fill.ts.

/** Description of one option: what the tables hold. */
export interface OptionSpec {
  /** `choice`: one of `choices`; `integer`, `number`, `boolean`, `string`; `numbers`, `strings`: lists. */
  readonly type: 'choice' | 'integer' | 'number' | 'boolean' | 'string' | 'numbers' | 'strings';
  readonly default: string | number | boolean | null | readonly (string | number)[];
  /** Meaning, unit and source, in one or two sentences. */
  readonly doc: string;
  /** Heading in the help text, where the option is a flag. */
  readonly section?: string;
  /** Values of a choice; of a list of texts, what its entries may be. */
  readonly choices?: readonly string[];
  /** Words that stand for a value of a list type, such as `paper` for the paper's phrases. */
  readonly keywords?: readonly string[];
  /** Whether null is a value. */
  readonly nullable?: true;
  /** Entries of a list, where there is one right number. */
  readonly length?: number;
  /** Inclusive bounds; `above` and `below` are exclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

type ValueOf<S> =
  | (S extends { type: 'choice'; choices: readonly (infer C)[] } ? C : never)
  | (S extends { type: 'integer' | 'number' } ? number : never)
  | (S extends { type: 'boolean' } ? boolean : never)
  | (S extends { type: 'string' } ? string : never)
  | (S extends { type: 'numbers' } ? readonly number[] : never)
  | (S extends { type: 'strings' } ? readonly (S extends { choices: readonly (infer C)[] } ? C : string)[] : never)
  | (S extends { keywords: readonly (infer K)[] } ? K : never)
  | (S extends { nullable: true } ? null : never);

/** A table of options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;
/** The resolved values of a table of options: every field is present and lies in its range. */
export type Settings<T extends OptionTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** One option with its place. */
export interface Option {
  /** Path in an object of settings: `epsilon` or `layer2.mode`. */
  readonly name: string;
  readonly spec: OptionSpec;
}

/** The options of a table; `prefix` is the key under which the table lies in an object of settings. */
export function listOptions(table: OptionTable, prefix = ''): Option[] {
  return Object.entries(table).map(([key, spec]) => ({ name: prefix ? `${prefix}.${key}` : key, spec }));
}
