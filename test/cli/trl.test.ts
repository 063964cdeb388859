import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commandFlags, ownSettings, readFlags, valuesOf } from '../../src/cli/flags.js';
import { sftCommand, sftSpec } from '../../src/cli/sft.js';
import { trainCommand, trainSpec } from '../../src/cli/train.js';
import { ourName, trlNames } from '../../src/cli/trl.js';
import { GRPO_OPTIONS, completeGRPO } from '../../src/config/grpo.js';
import { SFT_OPTIONS, completeSFT } from '../../src/config/sft.js';

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
eval_strategy: steps
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
      evalSteps: 10,
      reportTo: ['tensorboard'],
      loraR: 8,
      loraAlpha: 32,
    });
  });

  it('are all known, and their defaults are no problem', () => {
    const { settings } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'trl-settings.json'), 'utf8')) as {
      settings: Record<string, unknown>;
    };
    const known = new Set([...commandFlags(trainSpec).map(({ name }) => name), ...trlNames('train')]);
    expect(Object.keys(settings).filter((name) => !known.has(ourName(name)))).toEqual([]);
    const document = readFileSync('docs/roads.md', 'utf8');
    const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const others = Object.keys(settings).filter((name) => trlNames('train').includes(camel(name)));
    expect(others.filter((name) => !document.includes(`\`${name}`))).toEqual([]);
    const file = yaml(JSON.stringify({ ...settings, dataset_name: 'trl-lib/math', beta: 0.04 }));
    const values = readFlags(trainSpec, ['--config', file])!;
    expect(values.get('dataset')).toBe('trl-lib/math::train');
    expect(values.has('evalDataset')).toBe(false);
    const problems: string[] = [];
    completeGRPO(valuesOf(values, GRPO_OPTIONS), problems);
    ownSettings(trainSpec, trainSpec.own, values, problems);
    expect(problems).toEqual([]);
  });

  it('of trl sft are all known, and of their defaults one alone is refused', () => {
    const { sft } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'trl-settings.json'), 'utf8')) as {
      sft: Record<string, unknown>;
    };
    const known = new Set([...commandFlags(sftSpec).map(({ name }) => name), ...trlNames('sft')]);
    expect(Object.keys(sft).length).toBeGreaterThan(150);
    expect(Object.keys(sft).filter((name) => !known.has(ourName(name)))).toEqual([]);
    const document = readFileSync('docs/roads.md', 'utf8');
    const others = Object.keys(sft).filter((name) => trlNames('sft').includes(ourName(name)));
    expect(others.filter((name) => !document.includes(`\`${name}`))).toEqual([]);
    const problems: string[] = [];
    const file = yaml(JSON.stringify({ ...sft, model_name_or_path: 'a/b', dataset_name: 'trl-lib/Capybara' }));
    const values = readFlags(sftSpec, ['--config', file], problems)!;
    expect(problems).toEqual([expect.stringMatching(/^assistantOnlyLoss false: .*assistant's turns are learnt/)]);
    problems.length = 0;
    const config = completeSFT(valuesOf(values, SFT_OPTIONS), problems);
    ownSettings(sftSpec, sftSpec.own, values, problems);
    expect(problems).toEqual([]);
    expect(config).toMatchObject({ maxSteps: -1, numTrainEpochs: 3, maxLength: 1024, learningRate: 2e-5 });
    expect(values.get('dataset')).toBe('trl-lib/Capybara::train');
    expect(values.has('evalDataset')).toBe(false);
  });

  it('of a LoRA of trl sft are read, and what would be learnt otherwise is refused all at once', async () => {
    const file = yaml(`
model_name_or_path: Qwen/Qwen2-0.5B
model_revision: main
dataset_name: trl-lib/Capybara
learning_rate: 2.0e-4
num_train_epochs: 1
max_length: 2048
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
shuffle_dataset: true
use_peft: true
lora_r: 32
lora_alpha: 16
completion_only_loss: true
gradient_checkpointing: true
`);
    expect(Object.fromEntries(readFlags(sftSpec, ['--config', file])!)).toEqual({
      model: 'Qwen/Qwen2-0.5B',
      revision: 'main',
      dataset: 'trl-lib/Capybara',
      learningRate: 2e-4,
      numTrainEpochs: 1,
      maxLength: 2048,
      perDeviceTrainBatchSize: 2,
      gradientAccumulationSteps: 8,
      loraR: 32,
      loraAlpha: 16,
      targetModules: ['q_proj', 'v_proj'],
      gradientCheckpointing: true,
    });
    const flags = '--packing --eos_token <|im_end|> --eval_strategy steps --loss_type dft --truncation_mode keep_end'.split(' ');
    for (const reason of [
      /packing true: every example is a sequence/,
      /eosToken "<|im_end|>": the model's own ends a text/,
      /evalStrategy "steps": nothing is evaluated while fine-tuning/,
      /lossType "dft": the loss is the negative log-likelihood/,
      /truncationMode "keep_end"/,
    ])
      await expect(sftCommand(['--config', file, ...flags])).rejects.toThrow(reason);
    await expect(sftCommand(['--init', 'llama', '--task', 'signs', '--lora_r', '8'])).rejects.toThrow(/--lora-r needs --model/);
  });

  it.each<[string, string, readonly string[], object | readonly RegExp[]]>([
    [
      "TRL's own of PEFT",
      `
model_name_or_path: Qwen/Qwen2-0.5B-Instruct
dataset_name: trl-lib/DeepMath-103K
reward_funcs: [accuracy_reward]
learning_rate: 1.0e-5
gradient_accumulation_steps: 2
num_generations: 8
max_completion_length: 128
use_peft: true
lora_task_type: CAUSAL_LM
save_strategy: "no"
eval_strategy: no
eval_steps: 100
gradient_checkpointing: true
gradient_checkpointing_kwargs: {use_reentrant: false}
dtype: bfloat16
bf16: true
`,
      ['--lora_target_modules', 'q_proj', 'k_proj', '--use_vllm', '--vllm_mode', 'colocate'],
      {
        model: 'Qwen/Qwen2-0.5B-Instruct',
        dataset: 'trl-lib/DeepMath-103K',
        reward: ['accuracy_reward'],
        learningRate: 1e-5,
        gradientAccumulationSteps: 2,
        numGenerations: 8,
        maxCompletionLength: 128,
        loraR: 16,
        loraAlpha: 32,
        targetModules: ['q_proj', 'k_proj'],
        saveSteps: null,
        gradientCheckpointing: true,
        dtype: 'bf16',
      },
    ],
    [
      'one of open-r1',
      `
model_name_or_path: deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B
model_revision: main
torch_dtype: bfloat16
attn_implementation: flash_attention_2
dataset_name: open-r1/OpenR1-Math-220k
dataset_prompt_column: problem
system_prompt: "You are a helpful AI Assistant."
bf16: true
use_vllm: true
do_eval: false
gradient_accumulation_steps: 4
hub_model_id: DeepSeek-R1-Distill-Qwen-1.5B-GRPO
hub_strategy: every_save
learning_rate: 1.0e-06
log_completions: true
log_level: info
lr_scheduler_type: cosine_with_min_lr
lr_scheduler_kwargs: {min_lr_rate: 0.1}
max_prompt_length: 512
max_steps: -1
num_train_epochs: 1
overwrite_output_dir: true
push_to_hub: true
report_to: [wandb]
reward_funcs: [accuracy, format, tag_count]
reward_weights: [1.0, 1.0, 1.0]
save_strategy: "epoch"
save_total_limit: 1
seed: 42
temperature: 0.7
warmup_ratio: 0.1
`,
      [],
      [
        /unknown option datasetPromptColumn/,
        /lrSchedulerKwargs .*schedules have no settings/,
        /maxPromptLength 512: prompts are never cut/,
        /pushToHub true: .*mgrpo push/,
        /reportTo "wandb"/,
        /saveStrategy "epoch": .*save_steps/,
        /one of constant, .* for lrSchedulerType, got "cosine_with_min_lr"/,
      ],
    ],
    [
      'one without PEFT that names its parts all the same',
      'use_peft: false\nlora_r: 16\nlora_alpha: 64\nlora_dropout: 0.05\nlora_target_modules: all-linear\nscale_rewards: false\nwarmup_steps: 0.05\n',
      ['--dataset_name', 'a/b', '--dataset_config', 'main'],
      { scaleRewards: 'none', warmupRatio: 0.05, dataset: 'a/b:main:train' },
    ],
    [
      'one of a program that calls tools and saves memory',
      'use_peft: true\nlora_dropout: 0.05\nuse_dora: true\nload_in_4bit: true\nbnb_4bit_quant_type: nf4\noptim: adamw_8bit\nwarmup_steps: 20\nmax_tool_calling_iterations: 4\nchat_template_kwargs: {enable_thinking: false}\nlearning_rate: fast\n',
      ['--sync_ref_model'],
      [
        /loraDropout 0.05: .*set it to 0/,
        /useDora true/,
        /loadIn4bit true: .*give dtype q4/,
        /optim "adamw_8bit"/,
        /warmupSteps 20: .*give warmup_ratio/,
        /maxToolCallingIterations 4/,
        /chatTemplateKwargs/,
        /syncRefModel true/,
        /a number .* for learningRate, got "fast"/,
      ],
    ],
    [
      'one that evaluates, by flags alone',
      '{}',
      '--dataset_name openai/gsm8k --dataset_config main --eval_strategy steps --logging_steps 5 --reward_funcs trl.rewards.accuracy_reward think_format_reward --reward_weights 1.0 0.5 --num_iterations 2'.split(
        ' ',
      ),
      {
        dataset: 'openai/gsm8k:main:train',
        evalDataset: 'openai/gsm8k:main:test',
        evalSteps: 5,
        loggingSteps: 5,
        reward: ['accuracy_reward', 'think_format_reward'],
        rewardWeights: [1, 0.5],
        numIterations: 2,
      },
    ],
  ])('of %s are read, or refused all at once', async (_, text, flags, expected) => {
    const words = ['--config', yaml(text), ...flags];
    if (!Array.isArray(expected)) expect(Object.fromEntries(readFlags(trainSpec, words)!)).toEqual(expected);
    else for (const reason of expected as RegExp[]) await expect(trainCommand(words)).rejects.toThrow(reason);
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
