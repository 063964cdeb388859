// Our side of the comparison of GRPO steps: one step for every line of the input. DEVICE=software: on WebGPU without a GPU.
import { createInterface } from 'node:readline';
import type { DeviceChoice } from '../../src/open/choice.js';
import { openDevice } from '../../src/open/node.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { named } from '../../src/reward/run.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';

const say = (answer: object): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const device = await openDevice({ device: (process.env['DEVICE'] ?? 'wasm') as DeviceChoice });
const policy = await loadPolicy(device, new NodeFiles(process.argv[2]!), { train: 'full' });
const digits = named('digits', ({ completions }) => completions.map((text) => (text.match(/[0-9]/g)?.length ?? 0) / 32));
let since = 0;
const trainer = new GRPOTrainer({
  policy,
  rewardFuncs: digits,
  trainDataset: Array.from({ length: 64 }, (_, i) => ({ prompt: `${100 + i}+${900 - i}=`, gold: '1000' })),
  args: {
    maxSteps: 10_000,
    numGenerations: 8,
    perDeviceTrainBatchSize: 64,
    gradientAccumulationSteps: 1,
    maxCompletionLength: 32,
    temperature: 1,
    learningRate: 1e-6,
    beta: 0,
    loggingSteps: 1,
  },
  async onEvent(event) {
    if (event.type !== 'step') return;
    say({ seconds: (performance.now() - since) / 1000, length: event.metrics['completions/mean_length'] });
    if ((await lines.next()).done) process.exit(0);
    since = performance.now();
  },
});
say({ ready: true });
await lines.next();
since = performance.now();
await trainer.train();
