// What the variants of a matrix product share: sizes, operands, the parameter block, and what a variant must say of itself.
import type { Kernel } from '../../gpu/kernel.js';
import type { Profile } from '../../gpu/profile.js';
import type { WeightFormat } from '../../numbers/weights.js';
import type { Variant } from '../variant.js';

/** Parameters of every variant: shaders/lib/product.wgsl. */
export const PARAMS = {
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  split_depth: 'u32',
  stride: 'u32',
  first: 'u32',
  chunk: 'u32',
  alpha: 'f32',
} as const;

/** One letter per binding: a, b, bias, residual, out. */
export const ACCESS = 'rrrrw';

/** Which operands lie transposed: x · wᵀ, dy · w, or dyᵀ · x. */
export type Op = 'NT' | 'NN' | 'TN';

/** A product of [rows, depth] and [depth, columns], and the format of its second factor. */
export interface ProductShape {
  readonly op: Op;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly weight: WeightFormat;
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
  readonly kernelFor: (epilogue: Epilogue) => ProductKernel;
}

/** A way to compute matrix products. */
export interface MatmulVariant extends Variant<ProductShape> {
  /** Split sums: up to how many workgroups, and the least depth of each. */
  readonly split: { readonly workgroups: number; readonly depth: number };
  readonly plan: (profile: Profile, shape: ProductShape) => ProductPlan;
}

/** The overrides of shaders/lib/product.wgsl. */
export function epilogueConstants({ accumulate, residual, bias }: Epilogue): Readonly<Record<string, number>> {
  return { ACCUMULATE: Number(accumulate), RESIDUAL: Number(residual), BIAS: Number(bias !== undefined) };
}

/**
 * Steps of the depth whose sums are added up by themselves first: at most 16 chunks, and the same for any number of rows, so that kernels which
 * sum chunks side by side and kernels which sum them one after the other give a row the same bits.
 */
export function chunkOf(depth: number): number {
  return 32 * Math.max(1, Math.ceil(depth / 512));
}
