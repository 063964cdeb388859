// What an optimiser step costs: dispatches, bytes that they bind, read-backs, and where the host's time goes.
// node scripts/run.mjs bench/updates/costs.ts [--device wasm|software|gpu] [--model FOLDER] [--rounds 5]
// `gpu` records what a GPU is given, on the software adapter: its times mean nothing. 64 sequences of 16 + 32 tokens, 8 of each prompt.
import { parseArgs } from 'node:util';
import { policyObjective } from '../../src/algo/objective.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { openDevice } from '../../src/open/node.js';
import type { Device } from '../../src/ops/device.js';
import { AdamW } from '../../src/optim/adamw.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';
import { loadPolicy } from '../../src/train/policy.js';
import { makeReference } from '../../src/train/reference.js';
import { updatePolicy } from '../../src/train/update.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'software' },
    model: { type: 'string', default: 'models/signs-0.2m' },
    rounds: { type: 'string', default: '5' },
  },
});
const [PROMPT, LENGTH, QUESTIONS, ANSWERS] = [16, 32, 8, 8];

async function open(): Promise<Device> {
  if (values.device !== 'gpu') return openDevice({ device: values.device as 'wasm' | 'software' });
  return openAdapter((await nodeGpu()).adapter!, { kind: 'gpu', subgroups: false });
}

/** Counts what goes to a WebGPU device; nothing where there is none. */
class Counts {
  dispatches = 0;
  bound = 0;
  submits = 0;

  constructor(device: GPUDevice) {
    const sizes = new WeakMap<GPUBindGroup, number>();
    const make = device.createBindGroup.bind(device);
    device.createBindGroup = (descriptor) => {
      const group = make(descriptor);
      const parts = [...descriptor.entries].map(({ resource }) => (resource as GPUBufferBinding).size ?? 0);
      sizes.set(
        group,
        parts.reduce((a, b) => a + b, 0),
      );
      return group;
    };
    let current = 0;
    const pass = GPUComputePassEncoder.prototype;
    const bind = pass.setBindGroup as (
      this: GPUComputePassEncoder,
      index: number,
      group: GPUBindGroup,
      ...rest: unknown[]
    ) => void;
    const dispatch = pass.dispatchWorkgroups;
    pass.setBindGroup = function (this: GPUComputePassEncoder, index: number, group: GPUBindGroup, ...rest: unknown[]) {
      if (index === 0) current = sizes.get(group) ?? 0;
      bind.call(this, index, group, ...rest);
    } as typeof pass.setBindGroup;
    const count = (): void => {
      this.dispatches++;
      this.bound += current;
    };
    pass.dispatchWorkgroups = function (...grid) {
      count();
      dispatch.apply(this, grid);
    };
    const { queue } = device;
    const submit = queue.submit.bind(queue);
    queue.submit = (buffers) => {
      this.submits++;
      submit(buffers);
    };
  }
}

const device = await open();
const counts = 'device' in device ? new Counts(device.device as GPUDevice) : undefined;
const wait = { ms: 0, reads: 0, bytes: 0 };
const read = device.read.bind(device);
device.read = (async (...tensors: Parameters<typeof read>) => {
  const start = performance.now();
  const found: readonly Float32Array[] = await read(...tensors);
  wait.ms += performance.now() - start;
  wait.reads++;
  wait.bytes += found.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return found;
}) as typeof read;

const policy = await loadPolicy(device, new NodeFiles(values.model), { train: 'full', gradientCheckpointing: false });
const { decoder } = policy;
const idAt = (i: number): number => 4 + (((i * 2_654_435_761) >>> 16) % (decoder.config.vocabSize - 4));
const ids = (length: number, from: number): number[] => Array.from({ length }, (_, i) => idAt(from + i));
const sequences = Array.from({ length: QUESTIONS * ANSWERS }, (_, i) => ({
  promptIds: ids(PROMPT, 1000 * Math.floor(i / ANSWERS)),
  completionIds: ids(LENGTH, 7 * i),
  oldLogps: new Float32Array(LENGTH).fill(-2),
  advantage: (0.5 + (i % ANSWERS)) / ANSWERS - 0.5,
  masked: false,
}));
const context = {
  accumulationSteps: 1,
  windowTokens: sequences.length * LENGTH,
  windowSequences: sequences.length,
  sequenceWeights: sequences.map(() => 1 / sequences.length),
};

for (const [label, beta, onPolicy] of [
  ['on policy', 0, true],
  ['old log-probabilities of sampling', 0, false],
  ['KL term, frozen copy', 0.01, true],
] as const) {
  const settings = {
    ...resolveGRPOConfig({
      beta,
      numGenerations: ANSWERS,
      perDeviceTrainBatchSize: QUESTIONS * ANSWERS,
      gradientAccumulationSteps: 1,
    }),
    layer2: null,
  };
  const optimizer = new AdamW(decoder.trained, settings);
  const reference = makeReference(policy, settings, undefined, 0);
  const rounds = Number(values.rounds) + 1;
  const best = { total: Infinity, waited: 0 };
  for (let round = 0; round < rounds; round++) {
    Object.assign(wait, { ms: 0, reads: 0, bytes: 0 });
    if (counts) Object.assign(counts, { dispatches: 0, bound: 0, submits: 0 });
    const start = performance.now();
    await updatePolicy(
      decoder,
      optimizer,
      { microBatches: [{ layer: 1, sequences, settings, context }], onPolicy },
      {
        learningRate: 1e-6,
        reference: reference?.score ?? null,
      },
    );
    await device.idle();
    const total = performance.now() - start;
    if (round > 0 && total < best.total) Object.assign(best, { total, waited: wait.ms });
  }
  const N = sequences.length * LENGTH;
  const logps = Float32Array.from({ length: N }, (_, i) => -1 - (i % 7) / 7);
  const offsets = Array.from({ length: sequences.length + 1 }, (_, i) => i * LENGTH);
  const given = {
    offsets,
    logps,
    entropies: logps,
    mask: new Uint8Array(N).fill(1),
    advantages: sequences.map((s) => s.advantage),
  };
  const objective = (): number => {
    const start = performance.now();
    policyObjective({ ...given, oldLogps: onPolicy ? null : logps, refLogps: beta > 0 ? logps : null }, settings, context);
    return performance.now() - start;
  };
  const least = Math.min(...Array.from({ length: 50 }, objective));
  console.log(
    JSON.stringify({
      device: device.info.description,
      update: label,
      ms: Number(best.total.toFixed(1)),
      waited: Number(best.waited.toFixed(1)),
      objective: Number(least.toFixed(2)),
      reads: wait.reads,
      readBytes: wait.bytes,
      ...(counts && {
        dispatches: counts.dispatches,
        submits: counts.submits,
        boundMiB: Number((counts.bound / 2 ** 20).toFixed(1)),
      }),
    }),
  );
  reference?.free();
  optimizer.free();
}
await device.destroy();
process.exit(0);
