// Keys and values of answers, kept while their queries are sampled: a query of layer 2 starts with an answer that was sampled before it, so only
// its phrase is new. They are those of one set of weights: after an update they are worth nothing.
import type { Completion } from '../algo/rollout.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Decoder } from '../nn/decoder.js';
import { KvCache, maxRows, rowBytes, type CachedPrefix } from '../sampling/kv-cache.js';

/** Most bytes of keys and values that are kept. */
const MOST_BYTES = 2 ** 30;

/** How much is to be kept. */
export interface ContextSizes {
  readonly prompts: number;
  readonly longestPrompt: number;
  readonly answers: number;
  /** Most tokens of an answer, and of a correction. */
  readonly answerLength: number;
  readonly correctionLength: number;
  /** Most tokens between an answer and its correction. */
  readonly phrase: number;
  /** Samples at a time. */
  readonly slots: number;
}

/**
 * What of a round of sampling is kept, where layer 1 is sampled from the weights of layer 2; undefined where an update between them makes it worthless.
 * @param prompts how many there are, and tokens of the longest one; `phrase`: tokens of the longest guiding phrase
 */
export function contextSizes(
  config: GRPOConfig,
  prompts: { readonly count: number; readonly longest: number },
  phrase: number,
): ContextSizes | undefined {
  const { layer2 } = config;
  if (!layer2?.enabled || layer2.schedule === 'successive' || config.dynamicSampling) return undefined;
  return {
    prompts: prompts.count,
    longestPrompt: prompts.longest,
    answers: prompts.count * config.numGenerations,
    answerLength: config.maxCompletionLength,
    correctionLength: layer2.maxCompletionLength ?? config.maxCompletionLength,
    phrase,
    slots: config.maxSlots,
  };
}

/** A cache for what is to be kept; undefined where it might need too much memory. */
export function contextCache(decoder: Decoder, s: ContextSizes): KvCache | undefined {
  const running = Math.max(s.answerLength, s.correctionLength + s.phrase) + 1;
  const whole = s.longestPrompt + s.answerLength + s.phrase;
  // The last term: a query that starts unlike its answer, and one that waits.
  const rows = s.prompts * s.longestPrompt + (s.answers + Math.min(s.slots, s.answers)) * running + 2 * whole;
  const most = Math.min(maxRows(decoder), Math.floor(MOST_BYTES / rowBytes(decoder)));
  return rows <= most ? new KvCache(decoder, rows) : undefined;
}

/** Answers whose keys and values are in a cache. */
export class Contexts {
  readonly cache: KvCache;
  readonly #prefixes = new Map<Completion, CachedPrefix>();

  private constructor(cache: KvCache) {
    this.cache = cache;
  }

  /** A place for the answers; undefined where they might need too much memory: then queries are prefilled whole. */
  static open(decoder: Decoder, s: ContextSizes): Contexts | undefined {
    const cache = contextCache(decoder, s);
    return cache && new Contexts(cache);
  }

  /** Takes a finished answer in. */
  add(answer: Completion, prefix: CachedPrefix): void {
    this.#prefixes.set(answer, prefix);
  }

  /** What is cached of a prompt that goes on from an answer, if it starts like it. */
  prefixOf(answer: Completion | undefined, prompt: ArrayLike<number>): CachedPrefix | undefined {
    const prefix = answer && this.#prefixes.get(answer);
    return prefix?.usable && prefix.ids[0] === prompt[0] ? prefix : undefined;
  }

  /** Gives the memory back. */
  free(): void {
    for (const prefix of this.#prefixes.values()) prefix.release();
    this.#prefixes.clear();
    this.cache.free();
  }
}
