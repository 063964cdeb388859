import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { named } from '../../src/reward/run.js';
import type { RewardFunction } from '../../src/reward/types.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import type { TextCompletion } from '../../src/train/complete.js';
import type { TrainEvent } from '../../src/train/events.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { createPolicy, loadPolicy, type Policy } from '../../src/train/policy.js';
import { SFTTrainer } from '../../src/train/sft-trainer.js';
import { testDevice } from '../support/device.js';
import { SMALL_CONFIG, digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const shared = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 6,
  learningRate: 1e-3,
  lrSchedulerType: 'constant',
  temperature: 1,
  loggingSteps: 1,
  beta: 0,
  maxSteps: 3,
} as const;
const layer2 = { numGenerations: 2, selection: 'none', correctThreshold: 0.05 } as const;
const data = { rewardFuncs: [digitReward], trainDataset: problems(16) };

/** A reward that throws where `when` says so: the call's number counts from 1. */
function failing(when: (call: number) => boolean): RewardFunction {
  let call = 0;
  return named('failing', (args) => {
    if (when(++call)) throw new Error('no network');
    return digitReward(args);
  });
}

/** The weights after training without disturbance. */
async function quiet(Trainer: typeof GRPOTrainer | typeof MGRPOTrainer, args: object): Promise<Uint8Array[]> {
  const policy = await randomPolicy(await testDevice());
  await new Trainer({ ...data, policy, args }).train();
  return weightBytes(policy);
}

async function savedModel(): Promise<MemoryFiles> {
  const files = new MemoryFiles('model');
  await (await randomPolicy(await testDevice())).save(files);
  return files;
}

describe('a trainer', () => {
  it('refuses a policy of which nothing is trained', async () => {
    const gpu = await testDevice();
    const files = await savedModel();
    const message = /nothing is trainable; load the policy with train 'full'/;
    for (const policy of [await loadPolicy(gpu, files), await loadPolicy(gpu, files, { train: 'none' })]) {
      expect(() => new GRPOTrainer({ ...data, policy, args: shared })).toThrow(message);
      expect(() => new SFTTrainer({ policy, trainDataset: [{ prompt: [], prefix: '', completion: '1' }] })).toThrow(
        /nothing is trainable/,
      );
    }
  });

  it('refuses names and values that it does not know, by TRL’s names', async () => {
    const policy = await randomPolicy(await testDevice());
    const make = (options: object): unknown => new GRPOTrainer({ ...data, policy, args: shared, ...options } as never);
    expect(() => make({ rewards: [] })).toThrow(/unknown option rewards; the nearest known one is rewardFuncs/);
    expect(() => make({ rewardFuncs: ['accuracy'] })).toThrow(/one or more reward functions for rewardFuncs/);
    expect(() => make({ policy: undefined })).toThrow(/expected a policy for policy/);
    expect(() => make({ args: { ...shared, evalSteps: 1 } })).toThrow(/expected rows in evalDataset for evalSteps 1/);
    expect(() => make({ trainDataset: [...problems(15), { prompt: 'What is 1+1?' }] })).toThrow(
      /for gold of row 15, got undefined/,
    );
    expect(() => new GRPOTrainer(undefined as never)).toThrow(/GRPOTrainer/);
  });

  it('learns to end a turn as the chat template does', async () => {
    const device = await testDevice();
    const { files, vocabSize } = charTokenizer([]);
    const config = parseModelConfig({ ...SMALL_CONFIG, vocab_size: vocabSize, eos_token_id: [1, 2] });
    // The tokenizer's own end is <eos>, 1; the template's <unk>, 2.
    const template = files['chat_template.jinja']!.replace('eos_token', 'unk_token');
    const policy = await createPolicy(device, {
      name: 'two ends',
      config,
      tokenizerFiles: { ...files, 'chat_template.jinja': template },
      seed: 7,
    });
    const prompt = [{ role: 'user', content: '1+2=' }];
    const args = { maxSteps: 30, learningRate: 0.02, perDeviceTrainBatchSize: 1, gradientAccumulationSteps: 1 };
    await new SFTTrainer({ policy, trainDataset: [{ prompt, prefix: '', completion: '3' }], args }).train();
    const [[completion]] = (await policy.complete([prompt], { temperature: 0, maxCompletionLength: 4 })) as [[TextCompletion]];
    expect([completion.text, completion.ids.at(-1)]).toEqual(['3', 2]);
  });

  it('of SFT goes by passes, and learns of long examples what stands in their first tokens', async () => {
    const device = await testDevice();
    const train = async (completions: readonly string[], args: object): Promise<{ steps: number; weights: Uint8Array[] }> => {
      const policy = await randomPolicy(device);
      const trainDataset = completions.map((completion) => ({ prompt: '1+2=', prefix: '', completion }));
      const { steps } = await new SFTTrainer({ policy, trainDataset, args: { perDeviceTrainBatchSize: 2, ...args } }).train();
      return { steps, weights: await weightBytes(policy) };
    };
    const { tokenizer } = await randomPolicy(device);
    const length = tokenizer.encodePrompt('1+2=').length + 3;
    const cut = await train(['345678', '345', '345679'], { numTrainEpochs: 3, maxLength: length });
    expect(cut.steps).toBe(Math.ceil((3 / 2) * 3));
    // The end of the text, which the second one would have, is behind the cut too.
    expect(cut).toEqual(await train(['3451', '3452', '3453'], { numTrainEpochs: 3, maxLength: length }));
    expect(cut.weights).not.toEqual((await train(['345678', '345', '345679'], { numTrainEpochs: 3 })).weights);
    expect((await train(['3'], { numTrainEpochs: 3, maxSteps: 2 })).steps).toBe(2);
    await expect(train(['3'], { maxLength: length - 3 })).rejects.toThrow(
      /something is learnt in the first \d+ tokens, got none/,
    );
    await expect(train(['3'], { maxSteps: 0 })).rejects.toThrow(/a positive number of steps or -1 for maxSteps, got 0/);
  });

  it('raises a diverged loss before it changes the weights, and stands at the last finished step', async () => {
    const policy = await randomPolicy(await testDevice());
    const before = await weightBytes(policy);
    let saved: Uint8Array[] = before;
    const trainer = new GRPOTrainer({
      ...data,
      policy,
      args: { ...shared, learningRate: 1e30 },
      onEvent: async (e) => {
        if (e.type === 'step') saved = await weightBytes(policy);
      },
    });
    await expect(trainer.train()).rejects.toMatchObject({ code: 'diverged' });
    expect(saved).not.toEqual(before);
    expect(await weightBytes(policy)).toEqual(saved);
    const files = new MemoryFiles('state');
    await trainer.saveState(files);
    expect(JSON.parse(await files.readText('trainer_state.json'))).toMatchObject({ step: 1, optimizerSteps: 1 });
  });

  it('goes on after an error as if it had not happened, where no weight had moved', async () => {
    const policy = await randomPolicy(await testDevice());
    const trainer = new GRPOTrainer({ ...data, policy, args: shared, rewardFuncs: failing((call) => call === 2) });
    await expect(trainer.train()).rejects.toMatchObject({ code: 'reward_function' });
    await trainer.train();
    expect(await weightBytes(policy)).toEqual(await quiet(GRPOTrainer, shared));
  });

  it('refuses to go on, by name, after an error between the updates of a step', async () => {
    const policy = await randomPolicy(await testDevice());
    const args = { ...shared, layer2 };
    const trainer = new MGRPOTrainer({ ...data, policy, args, rewardFuncs: failing((call) => call === 4) });
    await expect(trainer.train()).rejects.toMatchObject({ code: 'reward_function' });
    const message = /expected the weights of a finished step, got those of step 2, which failed between its updates/;
    await expect(trainer.train()).rejects.toThrow(message);
    await expect(trainer.saveState(new MemoryFiles('x'))).rejects.toThrow(message);
  });

  it('keeps the log window over a stop: the line after it has the mean of all its steps', async () => {
    const gpu = await testDevice();
    const args = { ...shared, maxSteps: 3, loggingSteps: 3 };
    const logs = async (policy: Policy, signal?: AbortSignal, files?: MemoryFiles, stop?: AbortController) => {
      const lines: TrainEvent[] = [];
      const trainer = new GRPOTrainer({
        ...data,
        policy,
        args,
        onEvent: (e) => {
          if (e.type === 'log') lines.push(e);
          if (e.type === 'step' && e.step === 2) stop?.abort();
        },
        ...(signal && { signal }),
      });
      if (files && !signal) await trainer.restoreState(files);
      await trainer.train();
      if (files && signal) {
        await policy.save(files);
        await trainer.saveState(files);
      }
      return lines;
    };
    const whole = await logs(await randomPolicy(gpu));
    const files = new MemoryFiles('checkpoint');
    const stop = new AbortController();
    expect(await logs(await randomPolicy(gpu), stop.signal, files, stop)).toEqual([]);
    expect(await logs(await loadPolicy(gpu, files, { train: 'full' }), undefined, files)).toEqual(whole);
    expect(whole).toHaveLength(1);
  });

  it('refuses to resume without the start model where the KL term needs it', async () => {
    const gpu = await testDevice();
    const files = new MemoryFiles('checkpoint');
    const policy = await randomPolicy(gpu);
    const args = { ...shared, beta: 0.01 };
    const first = new GRPOTrainer({ ...data, policy, args: { ...args, maxSteps: 1 } });
    await first.train();
    await policy.save(files);
    await first.saveState(files);
    const second = new GRPOTrainer({ ...data, policy: await loadPolicy(gpu, files, { train: 'full' }), args });
    await second.restoreState(files);
    await expect(second.train()).rejects.toThrow(/expected the start model as referencePolicy.*from step 1/);
  });

  it('keeps the columns that rewards log, under dynamic sampling too', async () => {
    const logging: RewardFunction = named('logging', (args) => {
      args.logExtra?.(
        'length',
        args.completions.map((text) => text.length),
      );
      args.logMetric?.('mine', 1);
      return digitReward(args);
    });
    for (const dynamicSampling of [false, true]) {
      const rows: { completion: string; extra?: Readonly<Record<string, unknown>> }[] = [];
      const trainer = new GRPOTrainer({
        ...data,
        policy: await randomPolicy(await testDevice()),
        args: { ...shared, maxSteps: 1, dynamicSampling },
        rewardFuncs: logging,
        onEvent: (e) => void (e.type === 'completions' && rows.push(...e.rows)),
      });
      await trainer.train();
      expect(rows.length).toBeGreaterThan(0);
      for (const { completion, extra } of rows) expect(extra).toEqual({ length: completion.length });
    }
    const short = named('short', (args) => {
      args.logExtra?.('length', [1]);
      return digitReward(args);
    });
    const trainer = new GRPOTrainer({
      ...data,
      policy: await randomPolicy(await testDevice()),
      args: shared,
      rewardFuncs: short,
    });
    await expect(trainer.train()).rejects.toThrow(/"short".*expected 8 values for column length.*got 1/);
  });

  it('waits while paused, and ends where it is aborted meanwhile', async () => {
    const steps: number[] = [];
    const policy = await randomPolicy(await testDevice());
    const stop = new AbortController();
    const trainer = new GRPOTrainer({
      ...data,
      policy,
      args: shared,
      signal: stop.signal,
      onEvent(e) {
        if (e.type !== 'step') return;
        steps.push(e.step);
        trainer.pause();
      },
    });
    const training = trainer.train();
    const settled = async (n: number): Promise<void> => {
      while (steps.length < n) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await settled(1);
    expect([steps, trainer.isPaused]).toEqual([[1], true]);
    trainer.resume();
    await settled(2);
    expect(steps).toEqual([1, 2]);
    stop.abort();
    expect(await training).toMatchObject({ steps: 2, reason: 'interrupted' });
  });
});

describe('a policy', () => {
  it('knows where what is trained of it comes from, and trains an adapter only where it is told to', async () => {
    const gpu = await testDevice();
    const files = await savedModel();
    const made = await loadPolicy(gpu, files, { train: { r: 2 } });
    const adapter = new MemoryFiles('adapter');
    await made.save(adapter);
    const used = await loadPolicy(gpu, files, { adapter });
    const trained = await loadPolicy(gpu, files, { train: 'adapter', adapter });
    const base = await loadPolicy(gpu, files, { train: 'full' });
    expect([base, made, used, trained].map(({ origin }) => origin)).toEqual(['base', 'new-lora', 'loaded-lora', 'loaded-lora']);
    expect([base, made, used, trained].map(({ decoder }) => decoder.trained.slabs.length > 0)).toEqual([true, true, false, true]);
    const [a, b] = await Promise.all(
      [used, trained].map((p) => p.complete(['12+3='], { temperature: 0, maxCompletionLength: 6 })),
    );
    expect(a).toEqual(b);
  });

  it('refuses what to train by name', async () => {
    const gpu = await testDevice();
    const files = await savedModel();
    const load = (options: object) => loadPolicy(gpu, files, options);
    await expect(load({ train: 'lora' })).rejects.toThrow(/expected 'none', 'full', 'adapter' or the settings of a LoRA adapter/);
    await expect(load({ train: 'adapter' })).rejects.toThrow(/expected a saved adapter/);
    await expect(load({ train: 'full', adapter: files })).rejects.toThrow(/leave the adapter out/);
    await expect(load({ train: { rank: 8 } })).rejects.toThrow(/loadPolicy: train: unknown option rank/);
  });
});
