// ONNX Runtime's and transformers.js' WebAssembly on SmolLM2, in Node: node onnx.mjs onnxruntime-web|transformers.js FOLDER [threads]
// FOLDER is what make_onnx.py makes. A question for every line of the input; `ids` asks for what greedy decoding gives, which must be the same for all.
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as ort from 'onnxruntime-web';

const [which, folder, threads = os.cpus().length] = process.argv.slice(2);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const prompt = Array.from({ length: 100 }, (_, i) => 1000 + 37 * i);
const STEPS = 64;
ort.env.wasm.numThreads = Number(threads);
// Else transformers.js takes it from a network.
ort.env.wasm.wasmPaths = new URL('./node_modules/onnxruntime-web/dist/', import.meta.url).href;

/** ONNX Runtime by itself. `generate` gives `length` greedy tokens of each of `count` copies of the prompt, and the seconds after the first one. */
async function runtime() {
  const session = await ort.InferenceSession.create(readFileSync(path.join(folder, 'onnx/model.onnx')), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim, hidden_size, num_attention_heads } = config();
  const width = head_dim ?? hidden_size / num_attention_heads;
  const ints = (list, dims) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), dims);
  const greedy = ({ data, dims: [count, rows, vocab] }) =>
    Array.from({ length: count }, (_, row) => {
      const from = (row * rows + rows - 1) * vocab;
      let best = from;
      for (let i = from; i < from + vocab; i++) if (data[i] > data[best]) best = i;
      return best - from;
    });
  return async (count, length) => {
    let past = {};
    for (let layer = 0; layer < layers; layer++)
      for (const part of ['key', 'value'])
        past[`past_key_values.${layer}.${part}`] = new ort.Tensor('float32', new Float32Array(0), [count, heads, 0, width]);
    let ids = Array.from({ length: count }, () => prompt);
    const found = Array.from({ length: count }, () => []);
    let since = 0;
    for (let seen = 0; found[0].length < length;) {
      const rows = ids[0].length;
      const feeds = {
        ...past,
        input_ids: ints(ids.flat(), [count, rows]),
        attention_mask: ints(Array(count * (seen + rows)).fill(1), [count, seen + rows]),
      };
      const positions = Array.from({ length: count }, () => Array.from({ length: rows }, (_, i) => seen + i)).flat();
      if (session.inputNames.includes('position_ids')) feeds.position_ids = ints(positions, [count, rows]);
      const out = await session.run(feeds);
      const next = greedy(out.logits);
      next.forEach((id, row) => found[row].push(id));
      seen += rows;
      ids = next.map((id) => [id]);
      past = Object.fromEntries(Object.keys(past).map((name) => [name, out[name.replace('past_key_values', 'present')]]));
      since ||= performance.now();
    }
    return { ids: found, seconds: (performance.now() - since) / 1000 };
  };
}

/** transformers.js, which finds ONNX Runtime's WebAssembly under this symbol in place of the one for Node. */
async function transformers() {
  globalThis[Symbol.for('onnxruntime')] = ort;
  const { AutoModelForCausalLM, Tensor, env } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(path.resolve(folder));
  const model = await AutoModelForCausalLM.from_pretrained(path.basename(folder), { dtype: 'fp32', device: 'auto' });
  const batch = (list, count) =>
    new Tensor('int64', BigInt64Array.from(Array(count).fill(list).flat(), BigInt), [count, list.length]);
  return async (count, length) => {
    let since = 0;
    const out = await model.generate({
      inputs: batch(prompt, count),
      attention_mask: batch(Array(prompt.length).fill(1), count),
      max_new_tokens: length,
      min_new_tokens: length,
      do_sample: false,
      streamer: { put: () => (since = since === 0 ? -1 : since < 0 ? performance.now() : since), end: () => undefined },
    });
    const ids = out.tolist().map((row) => row.slice(prompt.length).map(Number));
    return { ids, seconds: (performance.now() - since) / 1000 };
  };
}

function config() {
  return JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
}

const generate = await (which === 'transformers.js' ? transformers() : runtime());
const QUESTIONS = {
  prefill: async () => void (await generate(1, 1)),
  decode1: async () => (await generate(1, STEPS + 1)).seconds / STEPS,
  decode8: async () => (await generate(8, STEPS + 1)).seconds / STEPS,
};
say({ ready: true });
for await (const question of createInterface({ input: process.stdin })) {
  if (question === 'ids') say({ ids: (await generate(1, STEPS)).ids[0] });
  else {
    const since = performance.now();
    say({ seconds: (await QUESTIONS[question]()) ?? (performance.now() - since) / 1000 });
  }
}
process.exit(0);
