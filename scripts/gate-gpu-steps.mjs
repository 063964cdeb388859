// What the host does in decoding, for gate-gpu.mjs, which runs it on a GPU that takes no time: node gate-gpu-steps.mjs MODEL STEPS [RANK].
// Prints {dispatches, first, record}: dispatches of a step, ms from the call to the first submission, and ms that a step takes to record and hand
// over. Of several calls and steps the least counts, since other work on the machine can only add; pipelines are there from the first call.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

// The tool's hook notes every call of the API, which takes it longer than most calls: the program starts itself again without it.
if (process.env.HOOK_OUT) {
  const [program, ...words] = readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1);
  words.splice(words.findIndex((word) => word.endsWith('/hook.mjs')) - 1, 2);
  const { status } = spawnSync(program, words, { stdio: 'inherit', env: { ...process.env, HOOK_OUT: '' } });
  process.exit(status ?? 1);
}

const root = path.resolve(import.meta.dirname, '..');
const [model, steps, rank] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4] ?? 0)];
const SAMPLES = 64;
const CALLS = 100;

const { GPUBuffer, GPUComputePassEncoder, GPUQueue } = createRequire(path.join(root, 'package.json'))('webgpu').globals;
let dispatches = 0;
let submits = [];
const after = (prototype, name, then) => {
  const plain = prototype[name];
  prototype[name] = function (...args) {
    const result = plain.apply(this, args);
    then();
    return result;
  };
};
after(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => dispatches++);
after(GPUQueue.prototype, 'submit', () => submits.push({ at: performance.now(), dispatches }));
after(GPUBuffer.prototype, 'mapAsync', () => (submits.at(-1).looked = true));

const { loadPolicy, NodeFiles, openDevice } = await import(path.join(root, 'dist/node.js'));
const device = await openDevice({ device: 'gpu' });
const policy = await loadPolicy(device, new NodeFiles(model), { train: rank > 0 ? { r: rank, alpha: rank } : 'none' });
const least = { dispatches: 0, first: Infinity, record: Infinity };
for (let call = 0; call < CALLS; call++) {
  [dispatches, submits] = [0, []];
  const begun = performance.now();
  // Everything reads as zeros there: the call ends after its first look.
  await policy.complete(['1+1='], { maxCompletionLength: steps, numGenerations: SAMPLES, temperature: 1 });
  least.first = Math.min(least.first, submits[0].at - begun);
  const looked = submits.findIndex(({ looked }) => looked);
  // Of a step that is recorded again: from one submission to the next, the last ones before the look.
  for (let i = looked - Math.floor(steps / 2); i < looked; i++) {
    least.record = Math.min(least.record, submits[i].at - submits[i - 1].at);
    least.dispatches = submits[i].dispatches - submits[i - 1].dispatches;
  }
}
console.log(JSON.stringify(least));
await device.destroy();
