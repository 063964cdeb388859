// How WGSL reads each format of a weight: a row per format, whose text gives `weight` for what is bound as `weights`, and `bias_at`.
import type { WeightFormat } from '../numbers/weights.js';
import type { DType } from '../ops/tensor.js';
import type { Pack } from './pack.js';
import biasF32 from '../../shaders/lib/bias-f32.wgsl';
import biasPairs from '../../shaders/lib/bias-pairs.wgsl';
import biasQuads from '../../shaders/lib/bias-quads.wgsl';
import bf16 from '../../shaders/lib/weight-bf16.wgsl';
import f16 from '../../shaders/lib/weight-f16.wgsl';
import f32 from '../../shaders/lib/weight-f32.wgsl';
import pairs1 from '../../shaders/lib/weight-pairs-1.wgsl';
import pairs4 from '../../shaders/lib/weight-pairs-4.wgsl';
import q4 from '../../shaders/lib/weight-q4.wgsl';
import q8 from '../../shaders/lib/weight-q8.wgsl';
import quads1 from '../../shaders/lib/weight-quads-1.wgsl';
import quads4 from '../../shaders/lib/weight-quads-4.wgsl';

/** The text that reads one format: weights one or four at a time, and a bias. */
interface Reader {
  readonly weights: Readonly<Record<Pack['n'], string>>;
  readonly bias: string;
}

/** A format of two elements a word, given the text that unpacks a word. */
function pairs(unpack: string): Reader {
  return {
    weights: { 1: `${unpack}\n${pairs1}`, 4: `${unpack}\n${pairs4}` },
    bias: `${unpack.replace('fn unpack', 'fn unpack_bias')}\n${biasPairs}`,
  };
}

/** A format in blocks, given the text that reads four elements of one. */
function quads(read: string): Reader {
  return {
    weights: { 1: `${read}\n${quads1}`, 4: `${read}\n${quads4}` },
    bias: `${read.replace('fn quad', 'fn quad_bias').replaceAll('weights[', 'bias[')}\n${biasQuads}`,
  };
}

const READERS: Readonly<Record<WeightFormat, Reader>> = {
  f32: { weights: { 1: f32, 4: f32 }, bias: biasF32 },
  bf16: pairs(bf16),
  f16: pairs(f16),
  q8: quads(q8),
  q4: quads(q4),
};

/** The format of a weight, whose dtype the operation has checked. */
export function formatOf({ dtype }: { readonly dtype: DType }): WeightFormat {
  return dtype as WeightFormat;
}

/** The text that reads weights of a format, four at a time or one. */
export function weightPrelude({ n }: Pack, format: WeightFormat): string {
  return READERS[format].weights[n];
}

/** The text that gives `bias_at`, one element of a bias in a format; f32 where there is none. */
export function biasPrelude(format: WeightFormat = 'f32'): string {
  return READERS[format].bias;
}

/** A kernel, or a set of them, for each format. */
export function byFormat<T>(make: (format: WeightFormat) => T): Readonly<Record<WeightFormat, T>> {
  return Object.fromEntries(Object.keys(READERS).map((format) => [format, make(format as WeightFormat)])) as Record<
    WeightFormat,
    T
  >;
}
