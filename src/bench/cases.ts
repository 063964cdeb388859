// What is measured: kernels at the shapes of four models, and the phases of training. One list for the command, the page and the tests.
import { samplingOf } from '../config/sampling.js';
import { check } from '../errors.js';
import type { Device, Recorder } from '../ops/device.js';
import { adamW } from '../ops/adamw.js';
import { attention, attentionBackward, decodeAttention } from '../ops/attention.js';
import { glu } from '../ops/glu.js';
import { headForward } from '../ops/head.js';
import { matmulNN, matmulNT, matmulTN } from '../ops/matmul.js';
import { rmsNorm } from '../ops/norm.js';
import { decodeState, sample } from '../ops/sampling.js';
import { Pool } from '../ops/pool.js';
import { sizeOf, type DType, type Tensor } from '../ops/tensor.js';
import { WEIGHTS, type WeightFormat } from '../numbers/weights.js';
import { Rng } from '../rng.js';

/** The shape of a model's layers. */
export interface ModelShape {
  readonly name: string;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
  readonly layers: number;
}

/** The built-in model, two small ones, and the layers of one of 7 billion parameters. */
export const MODEL_SHAPES: readonly ModelShape[] = [
  { name: 'builtin-0.2m', hidden: 64, intermediate: 192, heads: 4, kvHeads: 4, headDim: 16, vocab: 96, layers: 4 },
  { name: 'smollm2-135m', hidden: 576, intermediate: 1536, heads: 9, kvHeads: 3, headDim: 64, vocab: 49_152, layers: 30 },
  { name: 'qwen2.5-0.5b', hidden: 896, intermediate: 4864, heads: 14, kvHeads: 2, headDim: 64, vocab: 151_936, layers: 24 },
  { name: '7b-layer', hidden: 4096, intermediate: 11_008, heads: 32, kvHeads: 32, headDim: 128, vocab: 32_000, layers: 1 },
];

/** The shapes of some models. @throws MgrpoError `invalid_argument` that names an unknown one */
export function shapesOf(where: string, wanted: readonly string[]): ModelShape[] {
  const names = MODEL_SHAPES.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  check(unknown === undefined, `${where}: expected models among ${names.join(', ')}, got ${unknown}; leave them out`);
  return MODEL_SHAPES.filter(({ name }) => wanted.includes(name));
}

/** One thing to measure. */
export interface Case {
  readonly name: string;
  readonly group: 'kernel' | 'phase';
  readonly model: string;
  /** Floating-point operations, and the least bytes that must move, of one run. */
  readonly flops: number;
  readonly bytes: number;
  /** Tokens of one run, for phases. */
  readonly tokens?: number;
  /** Makes what a run needs. Runs are recorded one after the other, or are whole calls. */
  readonly open: (device: Device) => Opened | Promise<Opened>;
}

/** A case that is ready to run. */
export interface Opened {
  /** Records one run; for kernels. */
  readonly record?: (rec: Recorder) => void;
  /** Does one run; for phases. */
  readonly run?: () => Promise<void>;
  /** Frees its memory. */
  readonly free: () => void;
}

/** Tensors of a case, filled with numbers between -1 and 1. */
export class Bag {
  readonly #device: Device;
  readonly #all: Tensor[] = [];
  readonly pool: Pool;
  readonly #rng = new Rng(1);

  constructor(device: Device) {
    this.#device = device;
    this.pool = new Pool(device);
  }

  f32(...shape: number[]): Tensor {
    return this.#keep(this.#device.from(this.#noise(shape), shape));
  }

  /** A weight in some format. */
  weight(format: WeightFormat, ...shape: number[]): Tensor {
    const t = this.empty(shape, format);
    const bytes = new Uint8Array(this.#noise(shape).buffer);
    this.#device.write(t, WEIGHTS[format].pack({ name: 'w', dtype: 'F32', bytes }));
    return t;
  }

  #noise(shape: readonly number[]): Float32Array<ArrayBuffer> {
    const length = sizeOf(shape);
    const some = Float32Array.from({ length: Math.min(length, 4096) }, () => 2 * this.#rng.uniform() - 1);
    const data = new Float32Array(length);
    for (let at = 0; at < length; at += some.length) data.set(some.subarray(0, Math.min(some.length, length - at)), at);
    return data;
  }

  u32(data: Uint32Array<ArrayBuffer>, shape: readonly number[] = [data.length]): Tensor {
    return this.#keep(this.#device.from(data, shape));
  }

  empty(shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.#keep(this.#device.tensor(shape, dtype));
  }

  free = (): void => {
    this.#device.free(...this.#all);
    this.pool.free();
  };

  #keep(t: Tensor): Tensor {
    this.#all.push(t);
    return t;
  }
}

/** A kernel case. */
function kernelCase(
  model: ModelShape,
  name: string,
  cost: { readonly flops: number; readonly bytes: number },
  record: (bag: Bag, device: Device) => (rec: Recorder) => void,
): Case {
  return {
    ...{ name, group: 'kernel', model: model.name, ...cost },
    open(device) {
      const bag = new Bag(device);
      return { record: record(bag, device), free: bag.free };
    },
  };
}

/** Products of a layer's weights with some rows: forward, and for many rows the two gradients. */
function productCases(model: ModelShape, rows: number): Case[] {
  const { hidden, intermediate, heads, headDim } = model;
  const shapes = [
    { what: 'q', n: heads * headDim, k: hidden },
    { what: 'up', n: intermediate, k: hidden },
    { what: 'down', n: hidden, k: intermediate },
  ];
  return shapes.flatMap(({ what, n, k }) => {
    const sizes = { m: rows, n, k };
    const cost = { flops: 2 * rows * n * k, bytes: 4 * (rows * n + n * k + rows * k) };
    const forward = kernelCase(model, `${what} ${rows}×${k} to ${n}`, cost, (bag) => {
      const [x, w, y] = [bag.f32(rows, k), bag.f32(n, k), bag.empty([rows, n])];
      return (rec) => matmulNT(rec, { x, w, y, ...sizes });
    });
    if (what !== 'up' || rows < 512) return [forward];
    const dx = kernelCase(model, `${what} dx ${rows}×${n} to ${k}`, cost, (bag) => {
      const [dy, w, to] = [bag.f32(rows, n), bag.f32(n, k), bag.empty([rows, k])];
      return (rec) => matmulNN(rec, { dy, w, dx: to, ...sizes });
    });
    const dw = kernelCase(model, `${what} dw ${n}×${rows} to ${k}`, cost, (bag) => {
      const [dy, x, to] = [bag.f32(rows, n), bag.f32(rows, k), bag.empty([n, k])];
      return (rec) => matmulTN(rec, { dy, x, dw: to, ...sizes, accumulate: false });
    });
    return [forward, dx, dw];
  });
}

/** Attention over packed sequences and over a cache. */
function attentionCases(model: ModelShape, length: number, count: number): Case[] {
  const { heads, kvHeads, headDim } = model;
  const tokens = length * count;
  const shape = { heads, kvHeads, headDim, scale: headDim ** -0.5 };
  const pairs = (count * heads * length * (length + 1)) / 2;
  const wide = tokens * heads * headDim;
  const narrow = tokens * kvHeads * headDim;
  const packed = (bag: Bag): Omit<Parameters<typeof attentionBackward>[1], 'dO' | 'dq' | 'dk' | 'dv'> => {
    const start = Uint32Array.from({ length: tokens }, (_, t) => t - (t % length));
    return {
      ...{ ...shape, tokens, q: bag.f32(wide), k: bag.f32(narrow), v: bag.f32(narrow), o: bag.f32(wide) },
      ...{ lse: bag.f32(tokens * heads), seqStart: bag.u32(start), seqEnd: bag.u32(start.map((s) => s + length)) },
    };
  };
  return [
    kernelCase(model, `attention ${count}×${length}`, { flops: 4 * headDim * pairs, bytes: 8 * (wide + narrow) }, (bag) => {
      const args = packed(bag);
      return (rec) => attention(rec, args);
    }),
    kernelCase(
      model,
      `attention backward ${count}×${length}`,
      { flops: 10 * headDim * pairs, bytes: 16 * (wide + narrow) },
      (bag) => {
        const args = {
          ...packed(bag),
          dO: bag.f32(wide),
          dq: bag.empty([wide]),
          dk: bag.empty([narrow]),
          dv: bag.empty([narrow]),
        };
        return (rec) => attentionBackward(rec, args);
      },
    ),
    kernelCase(
      model,
      `attention decode ${count}×${length}`,
      { flops: 4 * headDim * heads * tokens, bytes: 8 * narrow },
      (bag) => {
        const args = {
          ...{ ...shape, slots: count, maxContext: length, q: bag.f32(count * heads * headDim) },
          ...{ o: bag.empty([count * heads * headDim]), kCache: bag.f32(narrow), vCache: bag.f32(narrow) },
          kvIndex: bag.u32(Uint32Array.from({ length: tokens }, (_, i) => i)),
          contextLength: bag.u32(new Uint32Array(count).fill(length)),
        };
        return (rec) => decodeAttention(rec, args);
      },
    ),
  ];
}

/** Everything of a layer that is no product, and what stands around the layers. */
function otherCases(model: ModelShape, rows: number): Case[] {
  const { hidden, intermediate, vocab } = model;
  const head = { flops: 2 * rows * vocab * hidden, bytes: 4 * (vocab * hidden + rows * hidden) };
  const parameters = hidden * intermediate;
  return [
    kernelCase(model, `rmsNorm ${rows}×${hidden}`, { flops: 4 * rows * hidden, bytes: 8 * rows * hidden }, (bag) => {
      const args = { x: bag.f32(rows, hidden), w: bag.f32(hidden), y: bag.empty([rows, hidden]), rstd: bag.empty([rows]) };
      return (rec) => rmsNorm(rec, { ...args, rows, width: hidden, eps: 1e-6 });
    }),
    kernelCase(
      model,
      `swiglu ${rows}×${intermediate}`,
      { flops: 5 * rows * intermediate, bytes: 12 * rows * intermediate },
      (bag) => {
        const [gate, up] = [bag.f32(rows, intermediate), bag.f32(rows, intermediate)];
        const y = bag.empty([rows, intermediate]);
        return (rec) => glu(rec, { gate, up, y, size: rows * intermediate, activation: 'silu' });
      },
    ),
    kernelCase(model, `loss head ${rows}×${vocab}`, head, (bag) => {
      const [x, w] = [bag.f32(rows, hidden), bag.f32(vocab, hidden)];
      const targets = bag.u32(Uint32Array.from({ length: rows }, (_, i) => i % vocab));
      const [logps, entropies, lse] = [bag.empty([rows]), bag.empty([rows]), bag.empty([rows])];
      return (rec) => headForward(rec, { x, w, targets, logps, entropies, lse, rows, vocab, width: hidden, temperature: 1 });
    }),
    kernelCase(model, `sample 64×${vocab}`, { flops: 64 * 8 * vocab, bytes: 64 * 4 * vocab }, (bag, device) => {
      const logits = bag.f32(64, vocab);
      const logps = bag.empty([64]);
      const state = decodeState(bag.pool, 64);
      device.write(state.active, new Uint32Array(64).fill(1));
      const draw = samplingOf({ temperature: 1 });
      return (rec) => sample(rec, { logits, rows: 64, vocab, ...state, logps, seed: [1, 2], ...draw });
    }),
    kernelCase(model, `adamW ${hidden}×${intermediate}`, { flops: 12 * parameters, bytes: 28 * parameters }, (bag, device) => {
      const [value, gradient, m, v] = [bag.f32(parameters), bag.f32(parameters), bag.f32(parameters), bag.f32(parameters)];
      const clip = bag.f32(2);
      device.write(clip, Float32Array.of(1, 1));
      return (rec) => adamW(rec, { ...STEP, param: value, grad: gradient, m, v, clip, size: parameters });
    }),
  ];
}

/** A small step of AdamW. */
const STEP = { learningRate: 1e-6, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, step: 1 };

/** Kernel cases of a model. @param quick few and small ones */
export function kernelCases(model: ModelShape, quick: boolean): Case[] {
  const [rows, length, count] = quick ? [64, 64, 4] : [512, 256, 4];
  return [
    ...productCases(model, 1),
    ...productCases(model, 64),
    ...(quick ? [] : productCases(model, rows)),
    ...attentionCases(model, length, count),
    ...otherCases(model, rows),
  ];
}
