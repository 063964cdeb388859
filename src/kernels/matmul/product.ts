// What the variants of a matrix product share: sizes, operands, the parameter block, and what a variant must say of itself.
import { kernel, type Kernel } from '../../gpu/kernel.js';
import type { Profile } from '../../gpu/profile.js';
import type { WeightFormat } from '../../numbers/weights.js';
import { FOUR, ONE } from '../pack.js';
import { unroll } from '../unroll.js';
import type { Variant } from '../variant.js';
import { biasPrelude, weightPrelude } from '../weight.js';

/** Parameters of every variant: shaders/lib/product.wgsl. */
const PARAMS = {
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  split_depth: 'u32',
  stride: 'u32',
  first: 'u32',
  chunk: 'u32',
  alpha: 'f32',
  accumulate: 'u32',
  residual: 'u32',
  a_row: 'u32',
  a_step: 'u32',
  b_column: 'u32',
  b_step: 'u32',
  b_part: 'u32',
  out_part: 'u32',
} as const;

/** Where the operands' elements are: what parameters say of one {@link Op}. */
export function stridesOf({ op, rows, columns, depth }: Pick<ProductShape, 'op' | 'rows' | 'columns' | 'depth'>): {
  readonly a_row: number;
  readonly a_step: number;
  readonly b_column: number;
  readonly b_step: number;
} {
  const a = op === 'TN' ? { a_row: 1, a_step: rows } : { a_row: depth, a_step: 1 };
  const b = op === 'NT' ? { b_column: depth, b_step: 1 } : { b_column: 1, b_step: columns };
  return { ...a, ...b };
}

/** One letter per binding: a, b, bias, residual, out. */
const ACCESS = 'rrrrw';

/** Which operands lie transposed: x · wᵀ, dy · w, or dyᵀ · x. */
export type Op = 'NT' | 'NN' | 'TN';

/** A product of [rows, depth] and [depth, columns], and the format of its second factor. */
export interface ProductShape {
  readonly op: Op;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly weight: WeightFormat;
  /** Whether it is added to what is there (default false). */
  readonly accumulate?: boolean;
}

/** What is done with the sums, and the format of the bias: what a kernel's text depends on beside the shape. */
export interface Epilogue {
  readonly accumulate: boolean;
  readonly residual: boolean;
  readonly bias: WeightFormat | undefined;
}

/** The sums as they are. */
export const PLAIN: Epilogue = { accumulate: false, residual: false, bias: undefined };

/** A kernel of a matrix product. */
export type ProductKernel = Kernel<typeof PARAMS>;

/** How a variant computes one product: the part of the result that a workgroup makes, and the kernel for an epilogue. */
export interface ProductPlan {
  readonly height: number;
  readonly width: number;
  /** Parts of the result by which is decided how often its sums are split (default: those that workgroups make). */
  readonly parts?: number;
  readonly kernelFor: (epilogue: Epilogue) => ProductKernel;
}

/** A way to compute matrix products. */
export interface MatmulVariant extends Variant<ProductShape> {
  /** Split sums: up to how many workgroups, and the least depth of each. */
  readonly split: { readonly workgroups: number; readonly depth: number };
  readonly plan: (profile: Profile, shape: ProductShape) => ProductPlan;
}

/** The overrides of shaders/lib/product.wgsl. */
function epilogueConstants({ accumulate, residual, bias }: Epilogue): Readonly<Record<string, number>> {
  return { ACCUMULATE: Number(accumulate), RESIDUAL: Number(residual), BIAS: Number(bias !== undefined) };
}

/** Least width and depth of the weights whose products are made of numbers in f16, where the precision allows it: low-rank factors are narrower. */
const LEAST_SIDE = 64;

/** Whether a product multiplies numbers in f16: by the sizes of its weights alone, so that all passes over a model agree. */
export function inHalf({ matrixUnit }: Profile, { op, rows, columns, depth }: ProductShape): boolean {
  return matrixUnit !== undefined && Math.min(columns, op === 'TN' ? rows : depth) >= LEAST_SIDE;
}

/** What the text of every variant depends on: the operands' order and format, and which of their rows are whole vectors. */
export interface Operands {
  readonly op: Op;
  readonly weight: WeightFormat;
  readonly alignedA: boolean;
  readonly alignedB: boolean;
  /** To f16, and back to f32: products of a few rows then multiply what matrix units do. */
  readonly rounded: boolean;
}

/** The operands of a product. */
export function operandsOf(profile: Profile, shape: ProductShape): Operands {
  const { op, weight, rows, columns, depth } = shape;
  return {
    ...{ op, weight, rounded: inHalf(profile, shape) },
    alignedA: (op === 'TN' ? rows : depth) % 4 === 0,
    alignedB: (op === 'NT' ? depth : columns) % 4 === 0,
  };
}

/** What a variant's own text is. */
interface Text {
  readonly source: string;
  readonly entry: string;
  /** Numbers that the text is written out with, beside those of the operands. */
  readonly counts: Readonly<Record<string, number>>;
  /** What stands before the accessors of the operands. */
  readonly head: readonly string[];
  /** Of a workgroup, on GPUs. */
  readonly invocations?: number;
  /** Size of the subgroups that it is written for. */
  readonly subgroup?: number;
}

/** Numbers that a text over lib/operands is written out with. */
export function operandsText({ op, alignedA, alignedB, rounded }: Operands): Readonly<Record<string, number>> {
  return {
    ROUNDED: Number(rounded),
    ALIGNED_A: Number(alignedA),
    ALIGNED_B: Number(alignedB),
    TRANSPOSED_A: Number(op === 'TN'),
    TRANSPOSED_B: Number(op === 'NT'),
  };
}

/** Text that reads the operands and a bias. */
export function operandsPrelude({ alignedB, weight }: Operands, bias: WeightFormat | undefined): string {
  const pack = alignedB ? FOUR : ONE;
  return [pack.prelude, weightPrelude(pack, weight), biasPrelude(bias)].join('\n');
}

/** The kernel of a variant for its operands and an epilogue. */
export function productKernel(
  { source, entry, counts, head, ...rest }: Text,
  operands: Operands,
  epilogue: Epilogue,
): ProductKernel {
  return kernel({
    source: unroll(source, { ...counts, ...operandsText(operands) }),
    ...{ entry, access: ACCESS, params: PARAMS, constants: epilogueConstants(epilogue), ...rest },
    prelude: [...head, operandsPrelude(operands, epilogue.bias)].join('\n'),
  });
}

/**
 * Steps of the depth whose sums are added up by themselves first: at most 16 chunks, and the same for any number of rows, so that kernels which
 * sum chunks side by side and kernels which sum them one after the other give a row the same bits.
 */
export function chunkOf(depth: number): number {
  return 32 * Math.max(1, Math.ceil(depth / 512));
}
