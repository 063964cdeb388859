// A model with the tokenizer that belongs to it: what sampling, scoring and texts need of a policy.
import type { Decoder } from '../nn/decoder.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** The device that a model lives on. */
export type Device = Decoder['device'];

/** Weights, tokenizer, and where texts end. */
export interface LanguageModel {
  /** Model id or folder, for messages and for an adapter's `base_model_name_or_path`. */
  readonly name: string;
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  /** Ids that end a completion. */
  readonly eosIds: ReadonlySet<number>;
  /** Most tokens of prompt and completion together. */
  readonly context: number;
}

/** Token ids as text; an end-of-sequence id at the end is left out. */
export function textOf({ tokenizer, eosIds }: Pick<LanguageModel, 'tokenizer' | 'eosIds'>, ids: ArrayLike<number>): string {
  const list = Array.from(ids);
  if (list.length > 0 && eosIds.has(list.at(-1)!)) list.pop();
  return tokenizer.decode(list);
}
