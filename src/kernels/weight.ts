// How WGSL reads each format of a weight: the text of shaders/lib/weights.wgsl for one of them.
import { WEIGHT_FORMATS, WEIGHTS, type WeightFormat } from '../numbers/weights.js';
import type { DType } from '../ops/tensor.js';
import type { Pack } from './pack.js';
import { unroll } from './unroll.js';
import source from '../../shaders/lib/weights.wgsl';

/** The format of a weight, whose dtype the operation has checked. */
export function formatOf({ dtype }: { readonly dtype: DType }): WeightFormat {
  return dtype as WeightFormat;
}

/** The text that gives `weight`: weights of a format, four at a time or one. */
export function weightPrelude({ n }: Pack, format: WeightFormat): string {
  return textOf(format, 'weights', n);
}

/** The text that gives `bias_at`, one element of a bias in a format; f32 where there is none. */
export function biasPrelude(format: WeightFormat = 'f32'): string {
  return textOf(format, 'bias', 1);
}

/** What lines of the text may depend on: the format, how it lies, what is read, and whether four elements are. */
const CONDITIONS = [...WEIGHT_FORMATS, 'SINGLES', 'PAIRS', 'BLOCKS', 'WEIGHTS', 'BIAS', 'FOUR'];

function textOf(format: WeightFormat, operand: 'weights' | 'bias', n: Pack['n']): string {
  const { block } = WEIGHTS[format];
  const layout = block === 1 ? 'SINGLES' : block === 2 ? 'PAIRS' : 'BLOCKS';
  const holding = [format, layout, operand.toUpperCase(), ...(n === 4 ? ['FOUR'] : [])];
  const counts = Object.fromEntries(CONDITIONS.map((name) => [name, Number(holding.includes(name))]));
  return unroll(source, counts).replaceAll('OPERAND', operand);
}

/** A kernel, or a set of them, for each format. */
export function byFormat<T>(make: (format: WeightFormat) => T): Readonly<Record<WeightFormat, T>> {
  return Object.fromEntries(WEIGHT_FORMATS.map((format) => [format, make(format)])) as Record<WeightFormat, T>;
}
