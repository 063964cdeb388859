// How tokens are drawn, beside the temperature: one row per option, which commands, configs, generation and the operation on the device share,
// and the words in which kernels get them. What a word does, shaders/sampling.wgsl and assembly/engine/sampling.ts say.
import type { Settings } from '../options/table.js';

/** The options by name; their defaults are off. In transformers' order of effect: repetition penalty, (temperature,) top-k, top-p, min-p. */
export const SAMPLING_OPTIONS = {
  topP: {
    section: 'sampling',
    type: 'number',
    above: 0,
    max: 1,
    default: 1,
    doc: 'Nucleus: keep the most probable tokens whose mass reaches this share.',
  },
  topK: { section: 'sampling', type: 'integer', min: 0, default: 0, doc: 'Keep the k most probable tokens; 0: all.' },
  minP: {
    section: 'sampling',
    type: 'number',
    nullable: true,
    min: 0,
    max: 1,
    default: null,
    doc: 'Keep tokens at least this fraction as probable as the most probable one; null: all.',
  },
  repetitionPenalty: {
    section: 'sampling',
    type: 'number',
    above: 0,
    default: 1,
    doc: 'Divide positive and multiply negative logits of tokens seen before; 1: none.',
  },
} as const;

type Filters = Settings<typeof SAMPLING_OPTIONS>;

/** How tokens are drawn; options that are left out are off. */
export interface SamplingSettings extends Partial<Filters> {
  /** Divides the logits; 0: greedy. */
  readonly temperature: number;
}

/** Every option with a value, as the device takes it: 0 for null. */
export type DrawFilters = { readonly [K in keyof Filters]: NonNullable<Filters[K]> };

/** The settings of sampling among others. */
export function samplingOf(settings: SamplingSettings): DrawFilters & { readonly temperature: number } {
  const names = Object.keys(SAMPLING_OPTIONS) as (keyof Filters)[];
  const filters = Object.fromEntries(
    names.map((name) => [name, (settings[name] === undefined ? SAMPLING_OPTIONS[name].default : settings[name]) ?? 0]),
  );
  return { ...(filters as DrawFilters), temperature: settings.temperature };
}

/** What kernels take of the settings: a word each, in the order of the structs of both devices' kernels. */
export const DRAW_WORDS = {
  inverse_temperature: 'f32',
  greedy: 'u32',
  top_k: 'u32',
  top_p: 'f32',
  log_min_p: 'f32',
  penalty: 'f32',
  inverse_penalty: 'f32',
} as const;

/** How kernels draw: the words, and which parts of a kernel are needed at all. */
export interface Draw {
  readonly words: Readonly<Record<keyof typeof DRAW_WORDS, number>>;
  /** Whether some tokens may be cut off. */
  readonly cuts: boolean;
  /** Whether logits depend on the tokens before. */
  readonly penalises: boolean;
}

/** The settings as kernels take them, for a vocabulary of so many tokens. */
export function drawOf(settings: DrawFilters & { readonly temperature: number }, vocab: number): Draw {
  const { temperature, topP, minP, repetitionPenalty: penalty } = settings;
  const greedy = temperature === 0;
  const topK = settings.topK < vocab ? settings.topK : 0;
  const words = {
    inverse_temperature: greedy ? 1 : 1 / temperature,
    greedy: Number(greedy),
    top_k: topK,
    top_p: topP,
    log_min_p: minP > 0 ? Math.log(minP) : -2e30,
    penalty,
    inverse_penalty: 1 / penalty,
  };
  return { words, cuts: !greedy && (topK > 0 || topP < 1 || minP > 0), penalises: penalty !== 1 };
}
