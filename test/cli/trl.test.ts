import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFlags } from '../../src/cli/flags.js';
import { trainSpec } from '../../src/cli/train.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-trl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function yaml(text: string): string {
  const file = path.join(folder, 'grpo.yaml');
  writeFileSync(file, text);
  return file;
}

describe("TRL's settings", () => {
  it('are read from a YAML file of trl grpo, and flags in snake_case win over it', () => {
    const file = yaml(`
model_name_or_path: Qwen/Qwen2.5-0.5B-Instruct
dataset_name: openai/gsm8k
dataset_config: main
dataset_test_split: test
reward_funcs: [accuracy_reward, think_format_reward]
torch_dtype: bfloat16
use_peft: true
lora_target_modules: all-linear
learning_rate: 1.0e-5
num_generations: 8
per_device_train_batch_size: 8
max_completion_length: 256
bf16: true
use_vllm: true
eval_strategy: "no"
report_to: [none, tensorboard]
`);
    expect(Object.fromEntries(readFlags(trainSpec, ['--config', file, '--learning_rate', '1e-4', '--lora_r=8'])!)).toEqual({
      model: 'Qwen/Qwen2.5-0.5B-Instruct',
      dataset: 'openai/gsm8k:main:train',
      evalDataset: 'openai/gsm8k:main:test',
      reward: ['accuracy_reward', 'think_format_reward'],
      dtype: 'bf16',
      targetModules: 'all-linear',
      learningRate: 1e-4,
      numGenerations: 8,
      perDeviceTrainBatchSize: 8,
      maxCompletionLength: 256,
      reportTo: ['tensorboard'],
      loraR: 8,
      loraAlpha: 32,
    });
  });

  it('are refused all at once, each with its reason', () => {
    const file = yaml('load_in_4bit: true\nmax_prompt_length: 512\nreport_to: [wandb]\noptim: sgd\nno_such_thing: 1\n');
    for (const reason of [
      /loadIn4bit true: .*give dtype q4/,
      /maxPromptLength 512: prompts are never cut/,
      /optim "sgd": the optimiser is AdamW/,
      /reportTo "wandb": expected tensorboard, csv or none/,
      /noSuchThing/,
    ])
      expect(() => readFlags(trainSpec, ['--config', file])).toThrow(reason);
  });

  it('of our own keep their names', () => {
    const given = readFlags(trainSpec, ['--layer2_mode', 'open_think', '--max_steps', '3'])!;
    expect(Object.fromEntries(given)).toEqual({ 'layer2.mode': 'open_think', maxSteps: 3 });
  });
});
