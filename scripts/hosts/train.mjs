// Three MGRPO steps of the built-in model on WebAssembly, in whatever runs this file: the last line is JSON with digests of what came out.
import { createHash } from 'node:crypto';
import { MGRPOTrainer, MemoryFiles, builtinModel, countdownReward, loadPolicy, openWasm, signs } from '../../dist/node.js';

const digest = (data) => createHash('sha256').update(data).digest('hex');
const device = await openWasm({ threads: 2 });
const policy = await loadPolicy(device, builtinModel(), { train: 'full' });
const accuracies = [];
const trainer = new MGRPOTrainer({
  policy,
  rewardFuncs: [countdownReward()],
  trainDataset: signs('small').rows('train', 64, 1),
  args: {
    maxSteps: 3,
    perDeviceTrainBatchSize: 32,
    numGenerations: 4,
    maxCompletionLength: 24,
    temperature: 1,
    learningRate: 1e-4,
    layer2: { answersPerQuery: 2 },
  },
  onEvent: (event) => {
    if (event.type === 'step') accuracies.push([event.metrics['acc_t1'], event.metrics['acc_t2']]);
  },
});
await trainer.train();
const saved = new MemoryFiles('trained');
await policy.save(saved);
const answers = await policy.complete(['7?3?9?4=9'], { maxCompletionLength: 24, temperature: 1 });
await device.destroy();
const files = [...saved.files].filter(([name]) => name.endsWith('.safetensors'));
console.log(
  JSON.stringify({
    device: device.info.description,
    accuracies,
    weights: files.map(([name, data]) => [name, digest(data)]),
    answers: digest(JSON.stringify(answers)),
  }),
);
