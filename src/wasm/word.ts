// Operands as the engine reads them: 32-bit words.
import type { DType, Storage, Tensor } from '../ops/tensor.js';
import type { Code } from './module.js';

/** A range of the engine's memory. */
export interface WasmStorage extends Storage {
  readonly address: number;
}

/** An operand: a number stands for itself, a tensor for its address, nothing for 0. f32 scalars go through {@link bits}. */
export type Word = number | boolean | Tensor | undefined;

/** Address of a tensor's first element. */
export function addressOf(t: Tensor): number {
  return (t.storage as WasmStorage).address + t.offset;
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The bits of an f32. */
export function bits(value: number): number {
  float[0] = value;
  return floatBits[0]!;
}

/** What the executor writes operations of the engine to. */
export interface List {
  /** Appends one operation. */
  append(code: Code, ...words: readonly Word[]): void;
  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor;
}
