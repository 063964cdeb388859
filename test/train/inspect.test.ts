import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/train/inspect.js';
import type { Policy } from '../../src/train/policy.js';
import { attentionReference } from '../reference/attention.js';
import { addReference } from '../reference/elementwise.js';
import { embedReference } from '../reference/embedding.js';
import { gluReference } from '../reference/glu.js';
import { matmulNT } from '../reference/matmul.js';
import { rmsNormReference } from '../reference/rmsnorm.js';
import { ropeReference, ropeTables } from '../reference/rope.js';
import { logSoftmax } from '../reference/sampling.js';
import { testDevice } from '../support/device.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { randomPolicy } from '../support/policy.js';

/** The small Qwen3 of the tests in f64: attention, log-probabilities and lengths, layer by layer. */
async function twin(
  { decoder }: Policy,
  ids: readonly number[],
): Promise<{ attention: number[]; logps: number[]; norms: number[] }> {
  const { config, parameters, device } = decoder;
  const { numHeads: heads, numKvHeads: kvHeads, headDim, hiddenSize: width, rmsNormEps: eps, vocabSize } = config;
  const tokens = ids.length;
  const weights = new Map<string, Float32Array>();
  for (const { name, value } of parameters) weights.set(name, (await device.read(value))[0]);
  const w = (name: string): Float32Array => weights.get(`${name}.weight`)!;
  const linear = (x: ArrayLike<number>, name: string, n: number, k: number): Float64Array =>
    matmulNT(x, w(name), { m: tokens, n, k });
  const { cos, sin } = ropeTables(tokens, headDim);
  const positions = ids.map((_, i) => i);
  const [attention, norms]: [number[], number[]] = [[], []];
  let x = embedReference(w('model.embed_tokens'), width, ids);
  for (let layer = 0; layer < config.numLayers; layer++) {
    const at = `model.layers.${layer}`;
    const inside = rmsNormReference(x, w(`${at}.input_layernorm`), eps).y;
    const turned = (name: 'q' | 'k', n: number): Float64Array => {
      const raw = linear(inside, `${at}.self_attn.${name}_proj`, n * headDim, width);
      return ropeReference(rmsNormReference(raw, w(`${at}.self_attn.${name}_norm`), eps).y, cos, sin, positions, n, headDim);
    };
    const [q, k, v] = [
      turned('q', heads),
      turned('k', kvHeads),
      linear(inside, `${at}.self_attn.v_proj`, kvHeads * headDim, width),
    ];
    const { o, lse } = attentionReference(q, k, v, { lengths: [tokens], heads, kvHeads, headDim, scale: headDim ** -0.5 });
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < tokens; t++)
        for (let j = 0; j < tokens; j++) {
          let s = 0;
          for (let e = 0; e < headDim; e++)
            s += q[(t * heads + h) * headDim + e]! * k[(j * kvHeads + Math.floor((h * kvHeads) / heads)) * headDim + e]!;
          attention.push(j > t ? 0 : Math.exp(s * headDim ** -0.5 - lse[t * heads + h]!));
        }
    x = addReference(x, linear(o, `${at}.self_attn.o_proj`, width, heads * headDim), 1);
    const middle = rmsNormReference(x, w(`${at}.post_attention_layernorm`), eps).y;
    const wide = (name: string): Float64Array => linear(middle, `${at}.mlp.${name}`, config.intermediateSize, width);
    const act = gluReference(wide('gate_proj'), wide('up_proj'), 'silu');
    x = addReference(x, linear(act, `${at}.mlp.down_proj`, width, config.intermediateSize), 1);
    for (let t = 0; t < tokens; t++) norms.push(Math.hypot(...x.subarray(t * width, (t + 1) * width)));
  }
  const logits = matmulNT(rmsNormReference(x, w('model.norm'), eps).y, w('model.embed_tokens'), {
    m: tokens,
    n: vocabSize,
    k: width,
  });
  const logps = ids.slice(1).map((id, t) => logSoftmax(logits.subarray(t * vocabSize, (t + 1) * vocabSize), 1)[id]!);
  return { attention, logps, norms };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

describe.each([
  ['WebAssembly', undefined, testDevice],
  ['WebGPU', skipGpu, testGpu],
] as const)('a look inside on %s', (_, skip, device) => {
  it.skipIf(skip)('sees the attention, log-probabilities and lengths of the twin in f64', async () => {
    const policy = await randomPolicy(await device());
    const ids = [...policy.tokenizer.encode('12+34=46 Wait, let me')];
    const seen = await inspect(policy, ids);
    const { attention, logps, norms } = await twin(policy, ids);
    const { layers, heads, tokens } = seen;
    expect([layers, heads, tokens]).toEqual([2, 4, ids.length]);
    expect(largest(seen.attention, attention)).toBeLessThan(2e-6);
    expect(largest(seen.logps, logps)).toBeLessThan(1e-5);
    expect(largest(seen.norms, norms)).toBeLessThan(1e-4);
    const rows = Array.from({ length: layers * heads * tokens }, (_row, i) =>
      seen.attention.subarray(i * tokens, (i + 1) * tokens).reduce((a, b) => a + b, 0),
    );
    expect(
      largest(
        rows,
        rows.map(() => 1),
      ),
    ).toBeLessThan(1e-6);
    policy.free();
  });
});

describe('a look inside', () => {
  it('changes nothing and leaves no memory behind', async () => {
    const device = await testDevice();
    const policy = await randomPolicy(device);
    const first = await inspect(policy, [1, 2, 3, 4]);
    const before = device.memory.allocated;
    const again = await inspect(policy, [1, 2, 3, 4]);
    expect(again).toEqual(first);
    expect(device.memory.allocated).toBe(before);
    policy.free();
  });

  it('refuses what it cannot show', async () => {
    const policy = await randomPolicy(await testDevice());
    await expect(inspect(policy, [1])).rejects.toThrow('inspect: expected 2 to 256 tokens, got 1');
    await expect(inspect(policy, new Uint32Array(257))).rejects.toThrow('got 257');
    policy.free();
  });
});
