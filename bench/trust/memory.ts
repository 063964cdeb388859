// Measures memory over a long training in the folder of a run, and over many trainers that are made and freed: the objects that live on the heap
// of JavaScript, buffers outside of it, the WebAssembly memory, what the device counts, and the whole process. The first four may not grow by 2 %.
//   npm run check:memory [-- --device software] [--steps 1000] [--trainers 100]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { getHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDevice } from '../../src/open/node.js';
import type { DeviceChoice } from '../../src/open/choice.js';
import type { Device } from '../../src/ops/device.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { RunFolder } from '../../src/run/folder.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { digitReward, problems, randomPolicy } from '../../test/support/policy.js';
import { reportData } from '../../test/support/report-data.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    steps: { type: 'string', default: '1000' },
    trainers: { type: 'string', default: '100' },
  },
});
const [steps, trainers] = [Number(values.steps), Number(values.trainers)];

setFlagsFromString('--expose-gc');
// What V8 compiles again as code runs often lies on the heap too, and grows for a thousand steps.
for (const flag of ['--no-opt', '--no-sparkplug', '--no-flush-bytecode', '--no-lazy-feedback-allocation'])
  setFlagsFromString(flag);
const collect = runInNewContext('gc') as () => void;
/** WebAssembly memories, as they are made. */
const memories: WebAssembly.Memory[] = [];
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

/** Kinds of memory in bytes; all but the last are held to account. */
interface Use {
  readonly heap: number;
  readonly buffers: number;
  readonly wasm: number;
  readonly device: number;
  readonly process: number;
}
const KINDS = ['heap', 'buffers', 'wasm', 'device', 'process'] as const;

/** What is read of a snapshot of the heap. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] };
  };
  readonly nodes: readonly number[];
}

/**
 * Bytes of the objects that live on the heap, code among them. V8's own count of its heap in use goes up and down by the 256 KiB of a page,
 * for it also counts room that was taken for objects to come.
 */
async function liveBytes(): Promise<number> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot()) parts.push(part as Buffer);
  const { snapshot, nodes } = JSON.parse(Buffer.concat(parts).toString()) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const native = types[0].indexOf('native');
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) if (nodes[at + type] !== native) bytes += nodes[at + size]!;
  return bytes;
}

async function measure(device: Device): Promise<Use> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { arrayBuffers, rss } = process.memoryUsage();
  const heap = await liveBytes();
  const wasm = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  return { heap, buffers: arrayBuffers, wasm, device: device.memory.allocated, process: rss };
}

const device = await openDevice({ device: values.device as DeviceChoice });
const folder = mkdtempSync(`${tmpdir()}/mgrpo-memory-`);
const args = {
  ...{ numGenerations: 2, perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 1, maxCompletionLength: 3, beta: 0.01 },
  ...{ loggingSteps: 5, saveSteps: Math.max(Math.floor(steps / 20), 1), saveTotalLimit: 2 },
  layer2: { numGenerations: 2, selection: 'none' },
} as const;

const rows: [string, Use][] = [];
const bad: string[] = [];
function compare(what: string, first: Use, last: Use): void {
  const growth = (kind: keyof Use): number => last[kind] / Math.max(first[kind], 1) - 1;
  for (const kind of KINDS.slice(0, 4))
    // A page of buffers that were not yet collected is no growth.
    if (growth(kind) > 0.02 && last[kind] - first[kind] > 65_536)
      bad.push(`${what}: ${kind} by ${(100 * growth(kind)).toFixed(1)} %`);
}

console.log(`device: ${device.info.description}`);
try {
  const policy = await randomPolicy(device);
  const run = await RunFolder.create(new NodeFiles(folder), reportData().run);
  const trainer = new MGRPOTrainer({
    policy,
    rewardFuncs: digitReward,
    trainDataset: problems(16),
    args: { ...args, maxSteps: steps },
    onEvent: async (event) => {
      await run.listen(event);
      const marks = [0.1, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * steps));
      if (event.type === 'step' && marks.includes(event.step)) rows.push([`step ${event.step}`, await measure(device)]);
    },
  });
  run.follow(trainer);
  await trainer.train();
  trainer.free();
  policy.free();
  compare(`steps ${Math.round(0.1 * steps)} to ${steps}`, rows[0]![1], rows.at(-1)![1]);

  const from = rows.length;
  for (let n = 1; n <= trainers; n++) {
    const fresh = await randomPolicy(device);
    const short = new MGRPOTrainer({
      policy: fresh,
      rewardFuncs: digitReward,
      trainDataset: problems(4),
      args: { ...args, maxSteps: 1 },
    });
    await short.train();
    short.free();
    fresh.free();
    if (n === Math.round(trainers / 10) || n === trainers) rows.push([`${n} trainers made and freed`, await measure(device)]);
  }
  // The WebAssembly memory never shrinks, and how much of it is in use at most depends on how far its threads lag behind: it may grow once, by
  // an eighth. What is in use is the device's count.
  const { wasm, ...first } = rows[from]![1];
  compare('trainers', { ...first, wasm: (9 / 8) * wasm }, rows.at(-1)![1]);
} finally {
  rmSync(folder, { recursive: true });
}
device.freeScratch();
const left = device.memory.allocated;
await device.destroy();
console.log(`| KiB after | ${KINDS.join(' | ')} |\n|---|${KINDS.map(() => '---').join('|')}|`);
for (const [name, use] of rows) console.log(`| ${name} | ${KINDS.map((kind) => Math.round(use[kind] / 1024)).join(' | ')} |`);
console.log(`bytes on the device at the end: ${left}`);
if (left > 0) bad.push(`the device: ${left} bytes that nobody freed`);
if (bad.length > 0) throw new Error(`memory grows: ${bad.join('; ')}`);
