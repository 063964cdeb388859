// Writes models, an adapter, an event file and tables of completions into a folder, with cases.json: what mgrpo computes from them.
// outside.py then has other programs read them: npm run check:outside (MGRPO_PYTHON names the Python)
import path from 'node:path';
import { MGRPOTrainer, NodeFiles, builtinModel, loadPolicy, openWasm, signs } from '../../src/node.js';
import type { CompletionRecord, FileSource, Policy, PolicyOptions } from '../../src/node.js';
import { writeTable } from '../../src/run/completions.js';
import { openTrackers } from '../../src/run/trackers.js';
import { named } from '../../src/reward/run.js';

const out = path.resolve(process.argv[2] ?? 'build/outside');
const device = await openWasm();
const base = builtinModel();
const questions = signs('small')
  .rows('test', 3, 1)
  .map(({ prompt }) => prompt);
const cases: object[] = [];

/** Greedy completions and the log-probability of each token. */
async function record(folder: string, files: FileSource, options: PolicyOptions & { base?: string }): Promise<void> {
  const policy: Policy = await loadPolicy(device, files, options);
  const completions = await policy.complete(questions, { temperature: 0, maxCompletionLength: 24 });
  cases.push({
    folder,
    base: options.base ?? null,
    sequences: questions.map((messages, i) => ({
      messages,
      prompt: policy.tokenizer.encodePrompt(messages),
      ids: completions[i]![0]!.ids,
      logps: completions[i]![0]!.logps,
    })),
  });
  policy.free();
}

for (const dtype of ['f32', 'bf16', 'f16'] as const) {
  const policy = await loadPolicy(device, base, { train: 'full' });
  const files = new NodeFiles(path.join(out, `model-${dtype}`));
  await policy.save(files, { dtype, ...(dtype === 'f32' && { maxShardBytes: 300_000 }) });
  policy.free();
  await record(`model-${dtype}`, files, {});
}

const policy = await loadPolicy(device, base, { train: { r: 4, alpha: 8, useRslora: true, targetModules: 'all-linear' } });
const reward = named('digits', ({ completions }) => completions.map((text) => text.replace(/\D/g, '').length / 10));
const tables: (readonly CompletionRecord[])[] = [];
const trainer = new MGRPOTrainer({
  policy,
  rewardFuncs: [reward],
  trainDataset: signs('small').rows('train', 64, 1),
  args: {
    maxSteps: 3,
    learningRate: 0.02,
    maxCompletionLength: 16,
    temperature: 1,
    perDeviceTrainBatchSize: 16,
    numGenerations: 8,
    layer2: { numGenerations: 4 },
  },
  onEvent: async (event) => {
    if (event.type !== 'completions') return;
    tables.push(event.rows);
    await writeTable(new NodeFiles(out), event.rows);
  },
});
await trainer.train();
const adapter = new NodeFiles(path.join(out, 'adapter'));
await policy.save(adapter);
trainer.free();
policy.free();
await record('adapter', base, { adapter, base: 'model-f32' });

const [tracker] = await openTrackers(new NodeFiles(out), ['tensorboard'], { during: [] });
const scalars = { 'train/reward': [0.25, 0.5, 1e-9], 'eval/acc_t2': [0.1, 0.75, 0.125] };
for (let step = 1; step <= 3; step++)
  await tracker!.log(step * 100, Object.fromEntries(Object.entries(scalars).map(([name, values]) => [name, values[step - 1]!])));

await new NodeFiles(out).write('cases.json', JSON.stringify({ models: cases, scalars, tables }));
await device.destroy();
