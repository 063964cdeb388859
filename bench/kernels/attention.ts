/**
 * Time of attention at training and decoding shapes, on this machine's adapter: one JSON line per shape, pass and variant.
 * Every figure is the least wall time of `repeats` recorded calls over eight rounds, divided by `repeats`.
 */
import type { Gpu } from '../../src/gpu/device.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { attention, attentionBackward, decodeAttention } from '../../src/ops/attention.js';
import type { Device, Recorder } from '../../src/ops/device.js';
import type { Tensor } from '../../src/ops/tensor.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';

const { adapter, notes } = await nodeGpu();
if (!adapter) throw new Error(notes.join('; '));
const gpu = await openAdapter(adapter);
const { adapter: again } = await nodeGpu();
const without = await openAdapter(again!, { subgroups: false });
const VARIANTS: readonly (readonly [name: string, device: Gpu])[] = [
  ['rows', without],
  ...(gpu.profile.subgroupSize >= 4 ? ([['quads', gpu]] as const) : []),
];

function random(device: Device, length: number): Tensor {
  return device.from(Float32Array.from({ length }, () => 2 * Math.random() - 1));
}

/** Times every variant in turn, so that other load on the machine falls on all alike, and prints the best of each. */
async function compare(
  name: string,
  flops: number,
  repeats: number,
  record: (rec: Recorder, device: Device) => void,
): Promise<void> {
  const best = new Map(VARIANTS.map(([variant]) => [variant, Infinity]));
  for (let round = 0; round < 8; round++) {
    for (const [variant, device] of VARIANTS) {
      const rec = device.recorder();
      for (let i = 0; i < repeats; i++) record(rec, device);
      const begun = performance.now();
      rec.submit();
      await device.idle();
      best.set(variant, Math.min(best.get(variant)!, (performance.now() - begun) / repeats));
    }
  }
  const round = (x: number): number => Number(x.toPrecision(3));
  for (const [variant, ms] of best)
    console.log(
      JSON.stringify({ adapter: gpu.adapter.description, name, variant, ms: round(ms), gflops: round(flops / ms / 1e6) }),
    );
}

/** One value per device of the race. */
function onEach<T>(make: (device: Device) => T): (device: Device) => T {
  const made = new Map<Device, T>(VARIANTS.map(([, device]) => [device, make(device)]));
  return (device) => made.get(device)!;
}

const shapes = [
  { sequences: 64, length: 60, heads: 4, kvHeads: 4, headDim: 16 },
  { sequences: 64, length: 60, heads: 4, kvHeads: 2, headDim: 16 },
  { sequences: 4, length: 200, heads: 9, kvHeads: 3, headDim: 64 },
  { sequences: 1, length: 2000, heads: 4, kvHeads: 2, headDim: 16 },
];
for (const { sequences, length, heads, kvHeads, headDim } of shapes) {
  const tokens = sequences * length;
  const [wide, narrow] = [tokens * heads * headDim, tokens * kvHeads * headDim];
  const start = Uint32Array.from({ length: tokens }, (_, t) => t - (t % length));
  const args = onEach((device) => ({
    ...{ tokens, heads, kvHeads, headDim, scale: headDim ** -0.5 },
    ...{ q: random(device, wide), k: random(device, narrow), v: random(device, narrow) },
    ...{ o: random(device, wide), lse: random(device, tokens * heads) },
    ...{ dO: random(device, wide), dq: random(device, wide), dk: random(device, narrow), dv: random(device, narrow) },
    ...{ seqStart: device.from(start), seqEnd: device.from(start.map((s) => s + length)) },
  }));
  const name = `${sequences}x${length} ${heads}/${kvHeads}x${headDim}`;
  const pairs = (sequences * heads * (length * (length + 1))) / 2;
  await compare(`forward ${name}`, 4 * headDim * pairs, 2, (rec, device) => attention(rec, args(device)));
  await compare(`backward ${name}`, 10 * headDim * pairs, 1, (rec, device) => attentionBackward(rec, args(device)));
}
for (const { slots, context, heads, kvHeads, headDim } of [
  { slots: 64, context: 60, heads: 4, kvHeads: 4, headDim: 16 },
  { slots: 64, context: 60, heads: 4, kvHeads: 2, headDim: 16 },
  { slots: 8, context: 400, heads: 9, kvHeads: 3, headDim: 64 },
]) {
  const cache = slots * context * kvHeads * headDim;
  const args = onEach((device) => ({
    ...{ slots, maxContext: context, heads, kvHeads, headDim, scale: headDim ** -0.5 },
    ...{ q: random(device, slots * heads * headDim), o: random(device, slots * heads * headDim) },
    ...{ kCache: random(device, cache), vCache: random(device, cache) },
    kvIndex: device.from(Uint32Array.from({ length: slots * context }, (_, i) => i)),
    contextLength: device.from(new Uint32Array(slots).fill(context)),
  }));
  const flops = 4 * headDim * heads * slots * context;
  await compare(`decode ${slots}x${context} ${heads}/${kvHeads}x${headDim}`, flops, 10, (rec, device) =>
    decodeAttention(rec, args(device)),
  );
}
await gpu.destroy();
await without.destroy();
