import type { DecoderOptions } from '../../src/nn/decoder.js';
import type { Device } from '../../src/ops/device.js';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { named } from '../../src/reward/run.js';
import type { RewardFunction } from '../../src/reward/types.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import { arithmetic } from '../../src/tasks/arithmetic.js';
import type { TaskRow } from '../../src/tasks/task.js';
import { PAPER_PHRASES } from '../../src/text/prompts.js';
import { createPolicy, type Policy } from '../../src/train/policy.js';

/** config.json of a small Qwen3, without its vocabulary. */
export const SMALL_CONFIG: Readonly<Record<string, unknown>> = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  rope_theta: 10000,
};

/** A character model with random weights, the same for the same seed. */
export function randomPolicy(gpu: Device, seed = 7, gradientCheckpointing = true, more: DecoderOptions = {}): Promise<Policy> {
  const { files, vocabSize, eosTokenId } = charTokenizer(PAPER_PHRASES);
  const config = parseModelConfig({
    ...SMALL_CONFIG,
    vocab_size: vocabSize,
    eos_token_id: eosTokenId,
  });
  return createPolicy(gpu, { name: 'random', config, tokenizerFiles: files, seed, gradientCheckpointing, ...more });
}

/** Rewards what a random model can learn at once: the share of digits in the completion. */
export const digitReward: RewardFunction = named('digits', ({ completions }) =>
  completions.map((text) => (text.match(/[0-9]/g)?.length ?? 0) / Math.max(text.length, 1)),
);

/** Some problems. */
export function problems(n: number): TaskRow[] {
  return arithmetic('small').rows('train', n, 1);
}

/** All trained weights of a policy as bytes. */
export async function weightBytes({ decoder }: Policy): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for (const { value } of decoder.trained) {
    const [data] = await decoder.device.read(value);
    out.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return out;
}

/** Arguments of a training of few short steps. */
export const SHORT_ARGS = {
  numGenerations: 2,
  perDeviceTrainBatchSize: 4,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 6,
  learningRate: 1e-2,
  lrSchedulerType: 'constant',
  temperature: 1,
  loggingSteps: 1,
  beta: 0,
} as const;

/** What its second layer takes beside them. */
export const SHORT_LAYER2 = { numGenerations: 2, selection: 'none', correctThreshold: 0.05 } as const;
