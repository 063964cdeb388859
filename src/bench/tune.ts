// Measures which of the ways that a product has is the fastest on a GPU, at the shapes of models. All ways have the same bits, so that what is
// measured changes no result: one that has others is left out.
import { check, MgrpoError } from '../errors.js';
import { Gpu } from '../gpu/device.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { ProductShape } from '../kernels/matmul/product.js';
import { bucketOf, TOKENS } from '../kernels/matmul/tuned.js';
import { MOST_ROWS } from '../kernels/matmul/rows.js';
import { productBy, waysOf } from '../kernels/matmul.js';
import type { WeightFormat } from '../numbers/weights.js';
import type { Device, Recorder } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import { alignColumns, short } from '../report/format.js';
import { Bag, shapesOf, type ModelShape } from './cases.js';
import { fmaCeiling } from './ceilings.js';
import { repeatOf } from './run.js';
import { interleave, Timed } from './timed.js';

/** Settings of {@link runTune}. */
export interface TuneOptions {
  /** Whose shapes (default: the built-in model, SmolLM2-135M, Qwen2.5-0.5B). */
  readonly models?: readonly (string | ModelShape)[];
  /** Formats of weights (default f32 and bf16). */
  readonly dtypes?: readonly WeightFormat[];
  /** Interleaved rounds, at least 5 (default 5). */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
  /** Called before a product is measured: how many are done and in all, what it is, and the seconds left, null at first. */
  readonly onProgress?: (done: number, total: number, name: string, secondsLeft: number | null) => void;
}

/** One product. */
export interface TunedProduct extends ProductShape {
  /** y = x · wᵀ, dx = dy · w, dw = dyᵀ · x. */
  readonly op: 'NT' | 'NN' | 'TN';
  /** What it stands for: {@link TuneReport.tiles}. */
  readonly bucket: string;
  /** Ways, with the medians of their milliseconds. */
  readonly ms: Readonly<Record<string, number>>;
  /** The way that the tables would take. */
  readonly table: string;
  readonly chosen: string;
  /** Share of the multiply-adds that the device was measured to do at most. */
  readonly share: number;
  /** Ways that are left out, for their results have other bits. */
  readonly unequal: readonly string[];
}

/** What was measured on one device. */
export interface TuneReport {
  readonly device: Device['info'];
  readonly rounds: number;
  /** GFLOP/s of multiply-adds, at most. */
  readonly gflops: number;
  readonly products: readonly TunedProduct[];
  /** The fastest way by kind of product: what a device is opened with from then on, where it is kept. */
  readonly tiles: Readonly<Record<string, string>>;
  /** Products for which the device has no room. */
  readonly leftOut: readonly { readonly bucket: string; readonly why: string }[];
}

/** By how much another way must be faster than that of the tables. */
const CLEARLY = 0.98;
const MODELS = ['builtin-0.2m', 'smollm2-135m', 'qwen2.5-0.5b'];
/** Most logits that are made at a time. */
const LOGITS = 2 ** 24;

/**
 * Measures a GPU, which must be idle. What was measured changes nothing until it is kept (`keepTiles`) and a device is opened.
 * @throws MgrpoError `invalid_argument` for unknown models and too few rounds, `unsupported` where no product has several ways
 */
export function runTune(device: Device, options: TuneOptions = {}): Promise<TuneReport> {
  const { models = MODELS, dtypes = ['f32', 'bf16'] } = options;
  const shapes = models.flatMap((one) => (typeof one === 'string' ? shapesOf('tune', [one]) : [one]));
  return tuneProducts(
    device,
    shapes.flatMap((shape) => productsOf(shape, dtypes)),
    options,
  );
}

/** The same for a list of products. */
export async function tuneProducts(
  device: Device,
  products: readonly ProductShape[],
  { rounds = 5, signal, onProgress }: TuneOptions = {},
): Promise<TuneReport> {
  check(Number.isInteger(rounds) && rounds >= 5, `tune: expected at least 5 rounds, got ${rounds}`);
  if (!(device instanceof Gpu) || device.profile.kind !== 'gpu') {
    const why = `tune: expected a GPU, got ${device.info.description}, where every product goes one way: there is nothing to tune`;
    throw new MgrpoError('unsupported', why);
  }
  const byBucket = new Map(products.map((shape) => [bucketOf(shape), shape]));
  const open = [...byBucket].filter(([, shape]) => waysOf(device.profile, shape).length > 1);
  const gflops = await most(device, rounds, signal);
  const measured: TunedProduct[] = [];
  const leftOut: TuneReport['leftOut'][number][] = [];
  const begun = performance.now();
  for (const [done, [bucket, shape]] of open.entries()) {
    signal?.throwIfAborted();
    const seconds = (performance.now() - begun) / 1000;
    onProgress?.(done, open.length, bucket, done === 0 ? null : (seconds * (open.length - done)) / done);
    try {
      measured.push({ ...shape, bucket, ...(await measure(device, shape, rounds, gflops, signal)) });
    } catch (error) {
      if (!(error instanceof MgrpoError) || !['out_of_memory', 'device_limit'].includes(error.code)) throw error;
      await device.recover();
      leftOut.push({ bucket, why: error.message });
    }
  }
  device.freeScratch();
  const tiles = Object.fromEntries(measured.map(({ bucket, chosen }) => [bucket, chosen]));
  return { device: device.info, rounds, gflops, products: measured, tiles, leftOut };
}

/** The products of a model's layers and head, one for each kind. */
function productsOf(model: ModelShape, dtypes: readonly WeightFormat[]): ProductShape[] {
  const { hidden, intermediate, heads, kvHeads, headDim, vocab } = model;
  const weights = [
    { n: heads * headDim, k: hidden },
    { n: kvHeads * headDim, k: hidden },
    { n: hidden, k: heads * headDim },
    { n: intermediate, k: hidden },
    { n: hidden, k: intermediate },
  ];
  /** Of few rows in one dispatch: q, k and v; gate and up. */
  const together = [
    { n: (heads + 2 * kvHeads) * headDim, k: hidden },
    { n: 2 * intermediate, k: hidden },
  ];
  return TOKENS.flatMap((m) => {
    const isFew = m <= MOST_ROWS;
    const head = { n: Math.min(vocab, Math.floor(LOGITS / m)), k: hidden };
    const all = [...weights, head];
    const forward = (isFew ? [...all, ...together] : all).flatMap(({ n, k }) =>
      dtypes.map((weight): ProductShape => ({ op: 'NT', rows: m, columns: n, depth: k, weight })),
    );
    if (isFew) return forward;
    return [
      ...forward,
      ...all.flatMap(({ n, k }) => dtypes.map((weight): ProductShape => ({ op: 'NN', rows: m, columns: k, depth: n, weight }))),
      ...all.map(({ n, k }): ProductShape => ({ op: 'TN', rows: n, columns: k, depth: m, weight: 'f32' })),
    ];
  });
}

/** Multiply-adds of the device, in GFLOP/s. */
async function most(device: Device, rounds: number, signal: AbortSignal | undefined): Promise<number> {
  const ceiling = fmaCeiling(device);
  try {
    const timed = new Timed(repeatOf(device, ceiling));
    await interleave([timed], rounds, signal);
    return ceiling.amount / timed.spread.least / 1e6;
  } finally {
    ceiling.free();
  }
}

async function measure(
  device: Gpu,
  shape: ProductShape,
  rounds: number,
  gflops: number,
  signal: AbortSignal | undefined,
): Promise<Pick<TunedProduct, 'ms' | 'table' | 'chosen' | 'share' | 'unequal'>> {
  const { op, rows, columns, depth, weight } = shape;
  const bag = new Bag(device);
  try {
    const a = op === 'TN' ? bag.f32(depth, rows) : bag.f32(rows, depth);
    const b = op === 'NT' ? bag.weight(weight, columns, depth) : bag.weight(weight, depth, columns);
    const args = { op, rows, columns, depth, a, b, out: bag.empty([rows, columns]), alpha: 1, accumulate: false };
    const record =
      (way: string) =>
      (rec: Recorder): void =>
        productBy(rec as GpuRecorder, way, args);
    const [table, ...others] = waysOf(device.profile, shape) as [string, ...string[]];
    const wanted = await bitsOf(device, args.out, record(table));
    const unequal: string[] = [];
    for (const way of others) if (!isEqual(await bitsOf(device, args.out, record(way)), wanted)) unequal.push(way);
    const ways = [table, ...others.filter((way) => !unequal.includes(way))];
    const times = ways.map((way) => new Timed(repeatOf(device, { record: record(way) })));
    await interleave(times, rounds, signal);
    const medians = times.map(({ spread }) => spread.median);
    const best = medians.indexOf(Math.min(...medians));
    const at = medians[best]! < CLEARLY * medians[0]! ? best : 0;
    const share = (2 * rows * columns * depth) / medians[at]! / 1e6 / gflops;
    return { ms: Object.fromEntries(ways.map((way, i) => [way, medians[i]!])), table, chosen: ways[at]!, share, unequal };
  } finally {
    bag.free();
  }
}

/** What a way computes; where it leaves an element out, that is not a number. */
async function bitsOf(device: Gpu, out: Tensor, record: (rec: Recorder) => void): Promise<Uint32Array> {
  device.write(out, new Float32Array(out.shape[0]! * out.shape[1]!).fill(NaN));
  const rec = device.recorder();
  record(rec);
  rec.submit();
  return device.readU32(out);
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  return a.every((word, i) => word === b[i]);
}

const percent = (share: number): string => `${short(100 * share)} %`;

/** What was measured, as lines of text. */
export function tuneTable({ products, leftOut }: TuneReport): string {
  const rows = products.map(({ op, weight, rows: m, columns, depth, ms, table, chosen, share, unequal }) => [
    `${op} ${weight} ${m}×${depth} to ${columns}`,
    `${short(ms[chosen]!)} ms`,
    percent(share),
    chosen,
    chosen === table ? 'as in the table' : `${short(ms[table]! / ms[chosen]!)} times as fast as ${table}`,
    unequal.length > 0 ? `left out for other bits: ${unequal.join(', ')}` : '',
  ]);
  const table = alignColumns([['product', 'time', 'of the multiply-adds', 'way', '', ''], ...rows]);
  return [table, ...leftOut.map(({ bucket, why }) => `left out: ${bucket}: ${why}`)].join('\n');
}
