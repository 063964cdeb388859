/**
 * Time of attention at training and decoding shapes, on this machine's adapter: one JSON line per shape, pass and variant.
 * Every figure is the least wall time of `repeats` recorded calls over eight rounds, divided by `repeats`.
 */
import { Gpu } from '../../src/gpu/device.js';
import type { Recorder } from '../../src/gpu/recorder.js';
import type { Tensor } from '../../src/gpu/tensor.js';
import {
  attention,
  attentionBackward,
  attentionCost,
  decodeAttention,
  decodeAttentionCost,
  type AttentionVariant,
} from '../../src/kernels/attention.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';

const { adapter, notes } = await nodeGpu();
if (!adapter) throw new Error(notes.join('; '));
const gpu = await Gpu.open(adapter);
const VARIANTS: readonly AttentionVariant[] = gpu.subgroupSize >= 4 ? ['rows', 'quads'] : ['rows'];

function random(length: number): Tensor {
  return gpu.from(Float32Array.from({ length }, () => 2 * Math.random() - 1));
}

/** Times every variant in turn, so that other load on the machine falls on all alike, and prints the best of each. */
async function compare(
  name: string,
  { flops }: { readonly flops: number },
  repeats: number,
  record: (rec: Recorder, variant: AttentionVariant) => void,
): Promise<void> {
  const best = new Map(VARIANTS.map((variant) => [variant, Infinity]));
  for (let round = 0; round < 8; round++) {
    for (const variant of VARIANTS) {
      const rec = gpu.recorder();
      for (let i = 0; i < repeats; i++) record(rec, variant);
      const begun = performance.now();
      rec.submit();
      await gpu.idle();
      best.set(variant, Math.min(best.get(variant)!, (performance.now() - begun) / repeats));
    }
  }
  const round = (x: number): number => Number(x.toPrecision(3));
  for (const [variant, ms] of best)
    console.log(
      JSON.stringify({ adapter: gpu.adapter.description, name, variant, ms: round(ms), gflops: round(flops / ms / 1e6) }),
    );
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
  const args = {
    ...{ tokens, heads, kvHeads, headDim, scale: headDim ** -0.5 },
    ...{ q: random(wide), k: random(narrow), v: random(narrow), o: random(wide), lse: random(tokens * heads) },
    ...{ dO: random(wide), dq: random(wide), dk: random(narrow), dv: random(narrow) },
    ...{ seqStart: gpu.from(start), seqEnd: gpu.from(start.map((s) => s + length)) },
  };
  const name = `${sequences}x${length} ${heads}/${kvHeads}x${headDim}`;
  const cost = attentionCost({ lengths: new Array<number>(sequences).fill(length), heads, kvHeads, headDim });
  await compare(`forward ${name}`, cost.forward, 2, (rec, variant) => attention(rec, args, variant));
  await compare(`backward ${name}`, cost.backward, 1, (rec, variant) => attentionBackward(rec, args, variant));
}
for (const { slots, context, heads, kvHeads, headDim } of [
  { slots: 64, context: 60, heads: 4, kvHeads: 4, headDim: 16 },
  { slots: 64, context: 60, heads: 4, kvHeads: 2, headDim: 16 },
  { slots: 8, context: 400, heads: 9, kvHeads: 3, headDim: 64 },
]) {
  const cache = slots * context * kvHeads * headDim;
  const args = {
    ...{ slots, maxContext: context, heads, kvHeads, headDim, scale: headDim ** -0.5 },
    ...{ q: random(slots * heads * headDim), o: random(slots * heads * headDim), kCache: random(cache), vCache: random(cache) },
    kvIndex: gpu.from(Uint32Array.from({ length: slots * context }, (_, i) => i)),
    contextLength: gpu.from(new Uint32Array(slots).fill(context)),
  };
  const cost = decodeAttentionCost({ contexts: new Array<number>(slots).fill(context), heads, kvHeads, headDim });
  await compare(`decode ${slots}x${context} ${heads}/${kvHeads}x${headDim}`, cost, 10, (rec, variant) =>
    decodeAttention(rec, args, variant),
  );
}
await gpu.destroy();
