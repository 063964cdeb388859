/**
 * Rates of the matrix products at the shapes of training and decoding, on this machine's adapter. One JSON line per shape and variant:
 * `ms` and `gflops` by the clock, `cpu_gflops` by the processor time that this process spent (what a software adapter would reach on
 * two cores of its own, whatever else runs on the machine). Every figure is the best of eight rounds, the variants taking turns.
 */
import type { Gpu, GpuOptions } from '../../src/gpu/device.js';
import { openAdapter } from '../../src/kernels/executor.js';
import type { Recorder } from '../../src/ops/device.js';
import { matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import type { DType, Tensor } from '../../src/ops/tensor.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';

const CORES = 2;
const ROUNDS = 8;
const ROUND_MS = 50;

/** A device like another one; every device needs an adapter of its own. */
async function open(options: GpuOptions): Promise<Gpu> {
  const { adapter, notes } = await nodeGpu();
  if (!adapter) throw new Error(notes.join('; '));
  return openAdapter(adapter, options);
}

const withSubgroups = await open({ kind: 'software' });
const without = await open({ kind: 'software', subgroups: false });
const asGpu = await open({ kind: 'gpu', subgroups: false });

interface Contestant {
  readonly name: string;
  readonly gpu: Gpu;
}
const CONTESTANTS: readonly Contestant[] = [
  ...(withSubgroups.profile.subgroupSize >= 4 ? [{ name: 'lanes, quads', gpu: withSubgroups }] : []),
  { name: 'lanes', gpu: without },
  { name: 'tile', gpu: asGpu },
];

type Op = 'NT' | 'NN' | 'TN';
const SHAPES: readonly (readonly [op: Op, m: number, n: number, k: number, dtype: DType])[] = [
  ...(['NT', 'NN', 'TN'] as const).map((op) => [op, 512, 512, 512, 'f32'] as const),
  ...(['NT', 'NN'] as const).map((op) => [op, 512, 512, 512, 'bf16'] as const),
  // the built-in model: a training batch, and decoding of 64 rows
  ...(['NT', 'NN', 'TN'] as const).map((op) => [op, 3000, 192, 64, 'f32'] as const),
  ...(['NT', 'NN', 'TN'] as const).map((op) => [op, 3000, 89, 64, 'f32'] as const),
  ['NT', 64, 192, 64, 'f32'],
  // SmolLM2-135M: a batch, decoding, an adapter of rank 8
  ...(['NT', 'NN'] as const).map((op) => [op, 400, 1536, 576, 'bf16'] as const),
  ['NT', 1, 1536, 576, 'bf16'],
  ['NT', 8, 1536, 576, 'bf16'],
  ['NT', 64, 1536, 576, 'bf16'],
  ['NT', 400, 8, 576, 'f32'],
  ['NT', 400, 576, 8, 'f32'],
  ['TN', 400, 8, 576, 'f32'],
];

function random(gpu: Gpu, shape: readonly number[], dtype: DType): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  if (dtype === 'f32')
    return gpu.from(
      Float32Array.from({ length }, () => 2 * Math.random() - 1),
      shape,
    );
  const t = gpu.tensor(shape, dtype);
  const pair = (): number => (0x3f00 + Math.floor(Math.random() * 0x80)) * 0x10001; // bf16 values of 0.5 to 1
  gpu.write(t, Uint32Array.from({ length: Math.ceil(length / 2) }, pair));
  return t;
}

for (const [op, m, n, k, dtype] of SHAPES) {
  const racers = CONTESTANTS.map(({ name, gpu }) => {
    const [x, y, w] = [random(gpu, [m, k], 'f32'), random(gpu, [m, n], 'f32'), random(gpu, [n, k], dtype)];
    const sizes = { m, n, k };
    const record = (rec: Recorder): void => {
      if (op === 'NT') matmulNT(rec, { x, w, y, ...sizes });
      else if (op === 'NN') matmulNN(rec, { dy: y, w, dx: x, ...sizes });
      else matmulTN(rec, { dy: y, x, dw: w, accumulate: false, ...sizes });
    };
    const run = async (repeats: number): Promise<{ ms: number; cpu: number }> => {
      const rec = gpu.recorder();
      for (let i = 0; i < repeats; i++) record(rec);
      const [begun, used] = [performance.now(), process.cpuUsage()];
      rec.submit();
      await gpu.idle();
      const { user, system } = process.cpuUsage(used);
      return { ms: (performance.now() - begun) / repeats, cpu: (user + system) / 1000 / repeats };
    };
    return { name, run, free: () => gpu.free(x, y, w), repeats: 1, ms: Infinity, cpu: Infinity };
  });
  for (const racer of racers) {
    await racer.run(1); // compiles
    racer.repeats = Math.max(1, Math.round(ROUND_MS / (await racer.run(1)).ms));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const racer of racers) {
      const { ms, cpu } = await racer.run(racer.repeats);
      racer.ms = Math.min(racer.ms, ms);
      racer.cpu = Math.min(racer.cpu, cpu);
    }
  }
  const flops = 2 * m * n * k;
  const short = (x: number): number => Number(x.toPrecision(3));
  for (const { name, ms, cpu, free } of racers) {
    const rates = { ms: short(ms), gflops: short(flops / ms / 1e6), cpu_gflops: short((flops / cpu / 1e6) * CORES) };
    console.log(JSON.stringify({ adapter: withSubgroups.adapter.description, op, m, n, k, dtype, variant: name, ...rates }));
    free();
  }
}
await withSubgroups.destroy();
await without.destroy();
await asGpu.destroy();
