// Our side of the comparison on SmolLM2: prefill of 100 tokens, decoding at batch 1 and 8, a LoRA step of 2 × 8 sequences of 64
// tokens, of GRPO and of MGRPO.
import { createInterface } from 'node:readline';
import { loadDecoder } from '../../src/formats/load.js';
import { pack } from '../../src/nn/batch.js';
import { openWasm } from '../../src/open/node.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { named } from '../../src/reward/run.js';
import { generate } from '../../src/sampling/generate.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';

const say = (answer: object): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
const files = new NodeFiles(process.argv[2]!);
const dtype = (process.env['DTYPE'] ?? 'f32') as 'f32' | 'bf16' | 'q8' | 'q4';
const device = await openWasm();
const decoder = await loadDecoder(device, files, { dtype });
const prompt = Uint32Array.from({ length: 100 }, (_, i) => 1000 + 37 * i);
const STEPS = 64;

/** All of the prompt, and the logits of its last token. */
async function prefill(): Promise<void> {
  const rec = device.recorder();
  const state = decoder.forward(rec, pack([[...prompt]], decoder.config.vocabSize));
  const logits = decoder.logits(rec, state, Uint32Array.of(prompt.length - 1));
  rec.submit();
  await device.read(logits);
  state.release();
}

/** What greedy decoding gives. */
async function greedy(length: number): Promise<number[]> {
  const settings = { temperature: 0, maxCompletionLength: length, eosIds: new Set<number>(), seed: 1 };
  const [found] = await generate(decoder, [{ prompt, streams: [0] }], settings);
  return [...found!.ids];
}

/** Samples of one prompt. */
async function sample(count: number, length: number): Promise<number> {
  const since = performance.now();
  const streams = Array.from({ length: count }, (_, i) => i);
  await generate(decoder, [{ prompt, streams }], { temperature: 1, maxCompletionLength: length, eosIds: new Set(), seed: 1 });
  return performance.now() - since;
}

/** One step on two questions with eight answers of at most 64 tokens each; with MGRPO also one correction of each answer. PEFT's default modules. */
async function step(Trainer: typeof GRPOTrainer | typeof MGRPOTrainer): Promise<number> {
  const train = { r: 16, targetModules: ['q_proj', 'v_proj'] };
  const policy = await loadPolicy(device, files, { dtype, train, gradientCheckpointing: Trainer === MGRPOTrainer });
  const letters = named('letters', ({ completions }) => completions.map((text) => (text.match(/e/g)?.length ?? 0) / 64));
  const args = {
    maxSteps: 1,
    numGenerations: 8,
    perDeviceTrainBatchSize: 16,
    gradientAccumulationSteps: 1,
    maxCompletionLength: 64,
    temperature: 1,
    learningRate: 1e-5,
  };
  const trainDataset = ['sea', 'sky'].map((what) => ({ prompt: `Tell me about the ${what}.`, gold: '' }));
  const options = { policy, rewardFuncs: letters, trainDataset };
  const trainer =
    Trainer === MGRPOTrainer
      ? new MGRPOTrainer({
          ...options,
          args: { ...args, layer2: { numGenerations: 1, baseline: 'question', maxCompletionLength: 64 } },
        })
      : new GRPOTrainer({ ...options, args });
  const since = performance.now();
  await trainer.train();
  const seconds = performance.now() - since;
  policy.free();
  return seconds;
}

const QUESTIONS: Record<string, () => Promise<unknown>> = {
  prefill,
  // Milliseconds of one step: what further tokens cost.
  decode1: async () => ((await sample(1, STEPS + 1)) - (await sample(1, 1))) / STEPS,
  decode8: async () => ((await sample(8, STEPS + 1)) - (await sample(8, 1))) / STEPS,
  grpo: () => step(GRPOTrainer),
  mgrpo: () => step(MGRPOTrainer),
};
say({ ready: true });
for await (const question of createInterface({ input: process.stdin })) {
  if (question === 'ids') {
    say({ ids: await greedy(STEPS) });
    continue;
  }
  const since = performance.now();
  const found = await QUESTIONS[question]!();
  say({ seconds: (typeof found === 'number' ? found : performance.now() - since) / 1000 });
}
await device.destroy();
