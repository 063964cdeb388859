// Every pipeline that sampling and training make, found without a GPU: a device that keeps what it is asked to compile, and work that is recorded.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Gpu, GpuOptions } from '../../src/gpu/device.js';
import type { GpuRecorder } from '../../src/gpu/recorder.js';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { recordFma } from '../../src/kernels/fma.js';
import { Decoder } from '../../src/nn/decoder.js';
import { createLora } from '../../src/nn/lora.js';
import type { ModelConfig } from '../../src/nn/model-config.js';
import { frozenTensors, Parameters, parameterSpecs } from '../../src/nn/parameters.js';
import { WEIGHT_FORMATS, WEIGHTS, type WeightFormat } from '../../src/numbers/weights.js';
import { add, scale } from '../../src/ops/elementwise.js';
import { AdamW } from '../../src/optim/adamw.js';
import { Rng } from '../../src/rng.js';
import { rehearse } from '../../src/sampling/generate.js';
import { rehearseUpdate } from '../../src/train/update.js';
import { SMALL_CONFIG } from './policy.js';

/** What a compute pipeline is made from, in WebGPU's own words. */
export interface Pipeline {
  readonly entryPoint: string;
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Types of the bindings of group 0, in order; group 1 is a parameter block. */
  readonly bindings: readonly string[];
}

const LIMITS = {
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 2 ** 15,
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBuffersPerShaderStage: 8,
};

/** A device without memory and subgroups that tells of every pipeline. */
async function openTelling(options: GpuOptions, tell: (pipeline: Pipeline) => void): Promise<Gpu> {
  const nothing = (): object => ({ destroy: () => undefined });
  const device = {
    features: new Set<string>(),
    limits: LIMITS,
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: () => Promise.resolve() },
    lost: new Promise(() => undefined),
    addEventListener: nothing,
    destroy: nothing,
    createBuffer: nothing,
    createBindGroup: nothing,
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) => code,
    createBindGroupLayout: ({ entries }: GPUBindGroupLayoutDescriptor) => [...entries].map(({ buffer }) => buffer?.type),
    createPipelineLayout: ({ bindGroupLayouts: [first] }: { readonly bindGroupLayouts: readonly string[][] }) => first,
    createComputePipelineAsync({ layout, compute }: GPUComputePipelineDescriptor) {
      const { module, entryPoint, constants } = compute;
      const told = { entryPoint, code: module, bindings: layout, constants: { ...constants } };
      tell(told as unknown as Pipeline);
      return Promise.resolve({});
    },
  };
  const info = { vendor: '', architecture: '', device: '', description: 'none' };
  const adapter = { features: device.features, limits: LIMITS, info, requestDevice: () => Promise.resolve(device) };
  Object.assign(globalThis, { GPUShaderStage: { COMPUTE: 4 }, GPUBufferUsage: {} });
  return openAdapter(adapter as unknown as GPUAdapter, options);
}

const config = (more: Readonly<Record<string, unknown>>): ModelConfig =>
  parseModelConfig({ ...SMALL_CONFIG, architectures: ['LlamaForCausalLM'], model_type: 'llama', eos_token_id: 0, ...more });
const golden = (name: string): ModelConfig =>
  parseModelConfig(JSON.parse(readFileSync(path.resolve(import.meta.dirname, `../golden/data/${name}/config.json`), 'utf8')));

const SMOLLM2 = { hidden_size: 576, intermediate_size: 1536, num_attention_heads: 9, num_key_value_heads: 3, head_dim: 64 };
const LONG_HEADS = { hidden_size: 1024, intermediate_size: 2816, num_attention_heads: 8, num_key_value_heads: 2, head_dim: 128 };
const UNEVEN = { hidden_size: 30, intermediate_size: 50, head_dim: 6, num_attention_heads: 5, num_key_value_heads: 1 };
/** Shapes of one or two layers, and what each is for. */
const MODELS: readonly ModelConfig[] = [
  config({ hidden_size: 64, intermediate_size: 192, num_key_value_heads: 4, head_dim: 16, vocab_size: 96 }), // the built-in model
  config({ ...SMOLLM2, vocab_size: 49_152 }),
  config({ ...LONG_HEADS, vocab_size: 32_000, attention_bias: true }),
  config({ ...UNEVEN, vocab_size: 97 }), // no vectors of four
  ...['gemma3', 'llama3.2', 'smollm3'].map(golden),
];
const LORA = { r: 16, alpha: 32, useRslora: false, targetModules: 'all-linear' };
const ADAMW = { weightDecay: 0.01, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, maxGradNorm: 1 };
const DRAWS = [{ temperature: 0 }, { temperature: 1 }, { temperature: 1, topK: 5, topP: 0.9, minP: 0.1, repetitionPenalty: 1.1 }];
/** Slots that decode together, on both sides of where kernels change. */
const SLOTS = [1, 8, 70];

/** Sampling and an optimiser step of a model. */
function record(gpu: Gpu, model: Decoder, prompt: number): void {
  const device = gpu.rehearsal();
  const decoder = model.on(device);
  const ids = new Uint32Array(prompt);
  const sampling = { maxCompletionLength: 8, eosIds: new Set([1]), seed: 0 };
  for (const draw of DRAWS)
    for (const slots of SLOTS)
      rehearse(decoder, [{ prompt: ids, streams: new Array<number>(slots).fill(0) }], { ...sampling, ...draw });
  if (decoder.trained.slabs.length === 0) return;
  for (const count of [1, 40]) {
    const sequences = Array.from({ length: count }, (_, i) => ({ promptIds: ids.map(() => i % 2), completionIds: ids }));
    rehearseUpdate(decoder, sequences);
  }
  const optimizer = new AdamW(decoder.trained, ADAMW);
  const rec = device.recorder();
  optimizer.measure(rec);
  optimizer.step(rec, 0);
  rec.submit();
}

/** A model whose weights are trained, or are frozen in a format and have an adapter. */
function modelOf(gpu: Gpu, shape: ModelConfig, format: WeightFormat | undefined): Decoder {
  const specs = parameterSpecs(shape);
  if (format === undefined) return new Decoder(shape, Parameters.trainable(gpu, specs), undefined, {});
  const { vectors = format, tables = format } = WEIGHTS[format];
  const tensors = frozenTensors(gpu, specs, (spec) =>
    spec.shape.length < 2 ? vectors : /embed_tokens|lm_head/.test(spec.name) ? tables : format,
  );
  const frozen = specs.map((spec) => ({ ...spec, value: tensors.get(spec.name)! }));
  return new Decoder(shape, Parameters.frozen(gpu, frozen), createLora(gpu, shape, LORA, new Rng(1)), {});
}

/** The pipelines that models of many shapes, trained and frozen in every format, need on a kind of device without subgroups; each once. */
export async function recordPipelines(kind: 'gpu' | 'software'): Promise<Pipeline[]> {
  const found = new Map<string, Pipeline>();
  const gpu = await openTelling({ kind, subgroups: false }, (one) => found.set(JSON.stringify(one), one));
  for (const shape of MODELS) {
    const blocks = [shape.hiddenSize, shape.intermediateSize, shape.numHeads * shape.headDim].every((n) => n % 32 === 0);
    for (const format of [undefined, ...WEIGHT_FORMATS]) {
      if (format !== undefined && WEIGHTS[format].block > 2 && !blocks) continue;
      const model = modelOf(gpu, shape, format);
      for (const prompt of format === undefined ? [4, 300] : [4]) record(gpu, model, prompt);
    }
  }
  const [x, y] = [gpu.tensor([256]), gpu.tensor([256])];
  const rec = gpu.rehearsal().recorder();
  add(rec, { x, y, size: 256 });
  scale(rec, { x, size: 256, factor: 2 });
  recordFma(rec as GpuRecorder, x, 1, 1);
  return [...found.values()];
}
