// The formats that a weight may have, a row each: what a kernel reads as a weight has W, weight_word and weight from here.
import type { DType } from '../ops/tensor.js';
import type { Pack } from './pack.js';
import biasF32 from '../../shaders/lib/bias-f32.wgsl';
import biasPairs from '../../shaders/lib/bias-pairs.wgsl';
import bf16 from '../../shaders/lib/weight-bf16.wgsl';
import f16 from '../../shaders/lib/weight-f16.wgsl';
import f32 from '../../shaders/lib/weight-f32.wgsl';
import pairs1 from '../../shaders/lib/weight-pairs-1.wgsl';
import pairs4 from '../../shaders/lib/weight-pairs-4.wgsl';

type PairFormat = 'bf16' | 'f16';

/** Formats of two elements a word: the text that gives `unpack`. */
const PAIRS: Readonly<Record<PairFormat, string>> = { bf16, f16 };

/** A format of a weight. */
export type WeightFormat = 'f32' | PairFormat;

const FORMATS = ['f32', ...Object.keys(PAIRS)] as readonly WeightFormat[];

/** The format of a weight, whose dtype the operation has checked. */
export function formatOf({ dtype }: { readonly dtype: DType }): WeightFormat {
  return dtype as WeightFormat;
}

/** The text that reads weights of a format, four at a time or one. */
export function weightPrelude({ n }: Pack, format: WeightFormat): string {
  return format === 'f32' ? f32 : `${PAIRS[format]}\n${n === 4 ? pairs4 : pairs1}`;
}

/** The text that gives `bias_at`, one element of a bias in a format; f32 where there is none. */
export function biasPrelude(format: WeightFormat = 'f32'): string {
  return format === 'f32' ? biasF32 : `${PAIRS[format].replace('fn unpack', 'fn unpack_bias')}\n${biasPairs}`;
}

/** A kernel, or a set of them, for each format. */
export function byFormat<T>(make: (format: WeightFormat) => T): Readonly<Record<WeightFormat, T>> {
  return Object.fromEntries(FORMATS.map((format) => [format, make(format)])) as Record<WeightFormat, T>;
}
