// How tokens are drawn, beside the temperature: one row per option, which commands, configs, generation and the operation on the device share.
// A new option is a row here, and what the device's kernel does with it.
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
