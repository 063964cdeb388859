// The options of a policy: how a model is held on the device, and which of its weights are trained.
import { KV_CACHE_FORMATS, type KvCacheFormat } from '../numbers/kv-cache.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../numbers/weights.js';
import { fillOptions, reportProblems } from '../options/fill.js';
import type { Settings } from '../options/table.js';

/** The options of a new LoRA adapter, by PEFT's names; the defaults are PEFT's too, but for the modules, of which it has no default. */
export const LORA_OPTIONS = {
  r: { section: 'model', type: 'integer', min: 1, default: 8, doc: 'Rank of the LoRA adapter.' },
  alpha: {
    section: 'model',
    type: 'number',
    above: 0,
    default: 8,
    doc: 'LoRA scale: alpha / r, or alpha / sqrt(r) with useRslora (PEFT’s default).',
  },
  useRslora: { section: 'model', type: 'boolean', default: false, doc: 'Rank-stabilised LoRA: scale alpha / sqrt(r).' },
  targetModules: {
    section: 'model',
    type: 'strings',
    keywords: ['all-linear'],
    default: 'all-linear',
    doc: 'Names of the linear layers that carry adapters (q_proj, k_proj, ...), or all-linear: all but the head.',
  },
} as const;

const OWN = {
  dtype: {
    section: 'model',
    type: 'choice',
    choices: ['auto', ...WEIGHT_FORMATS] as readonly ('auto' | WeightFormat)[],
    default: 'auto',
    doc: 'How frozen weights are kept on the device; auto: as they are stored. All arithmetic is in f32.',
  },
  kvCacheDtype: {
    section: 'model',
    type: 'choice',
    choices: KV_CACHE_FORMATS as readonly KvCacheFormat[],
    default: 'f32',
    doc: 'How keys and values are kept while sampling (vLLM’s kv_cache_dtype). Departure with f16: half of the memory, and log-probabilities of sampling that differ from those of training by some 1e-3; updates that need them compute them again.',
  },
  loraR: {
    section: 'model',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Rank of the LoRA adapter; null: train all weights.',
  },
  gradientCheckpointing: {
    section: 'model',
    type: 'boolean',
    default: true,
    doc: 'Keep only each layer’s input for the backward pass and recompute the rest.',
  },
} as const;

type PolicyTable = typeof OWN &
  Pick<typeof LORA_OPTIONS, 'useRslora' | 'targetModules'> & { readonly loraAlpha: (typeof LORA_OPTIONS)['alpha'] };

/** The options of a policy, as one flat table: `loraR` and its like make the LoRA adapter. */
export const POLICY_OPTIONS: PolicyTable = {
  dtype: OWN.dtype,
  kvCacheDtype: OWN.kvCacheDtype,
  loraR: OWN.loraR,
  loraAlpha: LORA_OPTIONS.alpha,
  useRslora: LORA_OPTIONS.useRslora,
  targetModules: LORA_OPTIONS.targetModules,
  gradientCheckpointing: OWN.gradientCheckpointing,
};

/** Settings of a policy, resolved; see {@link POLICY_OPTIONS}. */
export type PolicySettings = Settings<typeof POLICY_OPTIONS>;
/** Settings of a new LoRA adapter, resolved; see {@link LORA_OPTIONS}. */
export type LoraSettings = Settings<typeof LORA_OPTIONS>;

/**
 * Completes and checks the settings of a new LoRA adapter.
 * @param where what messages call the place
 * @throws MgrpoError `invalid_argument` that lists every problem
 */
export function resolveLora(input: Partial<LoraSettings>, where: string): LoraSettings {
  const problems: string[] = [];
  const settings = fillOptions(LORA_OPTIONS, input, problems);
  reportProblems(where, problems);
  return settings;
}

/** The new LoRA adapter that a policy's settings ask for; null: all weights are trained. */
export function loraOf({
  loraR,
  loraAlpha,
  useRslora,
  targetModules,
}: Pick<PolicySettings, 'loraR' | 'loraAlpha' | 'useRslora' | 'targetModules'>): LoraSettings | null {
  return loraR === null ? null : { r: loraR, alpha: loraAlpha, useRslora, targetModules };
}
