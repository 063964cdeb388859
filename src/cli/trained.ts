// The policy that a command trains, and the start model that its KL term needs: from the model's files, or from a checkpoint.
import { GRPO_OPTIONS, loraOf } from '../index.js';
import { hasKl } from '../config/grpo.js';
import type { FileSource, GRPOConfig, Device, POLICY_OPTIONS, Policy, Tokenizer } from '../index.js';
import type { Settings } from '../options/table.js';
import { heldAs, openPolicy } from './model.js';
import type { MODEL_OPTIONS } from './options.js';

/** What a trained policy comes from. */
export interface TrainedModel {
  readonly settings: Settings<typeof MODEL_OPTIONS> & Settings<typeof POLICY_OPTIONS>;
  readonly config: GRPOConfig;
  readonly model: FileSource;
  readonly adapter: FileSource | undefined;
  /** The model's, where it has been read already. */
  readonly tokenizer?: Tokenizer | undefined;
  /** What is gone on from. */
  readonly checkpoint: FileSource | undefined;
}

/** A resumed run's adapter comes from a checkpoint; where it was new at the first start, the reference is still the base with it off. */
export function forResume(settings: TrainedModel['settings'], shared: Record<string, unknown>): Record<string, unknown> {
  const { reference = GRPO_OPTIONS.reference.default } = shared;
  const isNewAdapter = settings.loraR !== null && settings.adapter === null;
  return isNewAdapter && reference === 'auto' ? { ...shared, reference: 'adapter_off' } : shared;
}

/** The frozen reference of a resumed run: what its first start began from, since the policy holds later weights. */
export function openReference(
  device: Device,
  { settings, config, model, adapter, tokenizer, checkpoint }: TrainedModel,
): Promise<Policy | undefined> {
  if (!checkpoint || !hasKl(config) || config.reference === 'adapter_off') return Promise.resolve(undefined);
  return openPolicy(device, model, { train: 'none', adapter, tokenizer, dtype: settings.dtype, name: settings.model! });
}

/** The policy to train: the model with a new adapter, an existing one, or all weights; then with what the checkpoint holds. */
export async function openTrainedPolicy(
  device: Device,
  { settings, config, model, adapter, tokenizer, checkpoint }: TrainedModel,
): Promise<Policy> {
  const lora = loraOf(settings);
  const usesAdapter = lora !== null || adapter !== undefined;
  const goesOn = usesAdapter ? (checkpoint ?? adapter) : undefined;
  const policy = await openPolicy(device, model, {
    ...(goesOn ? { train: 'adapter', adapter: goesOn } : { train: lora ?? 'full' }),
    seed: config.seed,
    tokenizer,
    ...heldAs(settings),
    gradientCheckpointing: settings.gradientCheckpointing,
    name: settings.model!,
  });
  // A checkpoint is f32; the model knows the format that its result is to have.
  if (checkpoint && !usesAdapter) await policy.load(checkpoint);
  return policy;
}
