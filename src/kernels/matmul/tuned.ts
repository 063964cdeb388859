// Which of several ways that give the same bits a product goes, where it was measured on this kind of device (bench/tune.ts). Elsewhere tables decide.
import type { Profile } from '../../gpu/profile.js';
import type { ProductShape } from './product.js';

/** Numbers of tokens up to which products are alike; above the last one all are. */
export const TOKENS: readonly number[] = [1, 4, 16, 64, 256, 1024, 4096];

/**
 * What products are alike: by operands, format, tokens (rows; of weight gradients the depth) and sizes of the weight to the next power of two.
 * @returns for instance `NT bf16 64x1024x2048`: rows, columns, depth
 */
export function bucketOf({ op, weight, rows, columns, depth }: ProductShape): string {
  const [height, steps] = op === 'TN' ? [powerOf(rows), tokensOf(depth)] : [tokensOf(rows), powerOf(depth)];
  return `${op} ${weight} ${height}x${powerOf(columns)}x${steps}`;
}

/** The way that was measured to be the fastest, if any was. */
export function tunedWay({ tiles }: Profile, shape: ProductShape): string | undefined {
  return tiles.size > 0 ? tiles.get(bucketOf(shape)) : undefined;
}

function tokensOf(count: number): number {
  return TOKENS.find((most) => count <= most) ?? TOKENS.at(-1)!;
}

function powerOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}
