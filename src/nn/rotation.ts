// Tables of the rotations of queries and keys on a device, made when a position is first needed.
import type { Device } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import { ropeFrequencies, type RopeConfig } from './rope.js';

/** f32[length, headDim / 2] each, times the rope's attention scaling. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
  /** cos − 1, computed without cancellation. */
  readonly cosLessOne: Tensor;
  readonly length: number;
}

/** Positions by which the tables grow. */
const STEP = 256;

/** The tables of a model, one set per rope. */
export class Rotations {
  readonly #device: Device;
  readonly #headDim: number;
  readonly #tables = new Map<RopeConfig, Rotation>();

  constructor(device: Device, headDim: number) {
    this.#device = device;
    this.#headDim = headDim;
  }

  /** Tables for positions below `length` at least, computed in f64. */
  get(rope: RopeConfig, length: number): Rotation {
    const old = this.#tables.get(rope);
    if (old && old.length >= length) return old;
    if (old) this.#device.retire(old.cos, old.sin, old.cosLessOne);
    const rounded = Math.ceil(length / STEP) * STEP;
    const { invFreq, attentionScaling } = ropeFrequencies(rope, this.#headDim);
    const half = invFreq.length;
    const table = (label: string, of: (angle: number) => number): Tensor => {
      const data = new Float32Array(rounded * half);
      for (let p = 0; p < rounded; p++) {
        for (let i = 0; i < half; i++) data[p * half + i] = attentionScaling * of(p * invFreq[i]!);
      }
      return this.#device.from(data, [rounded, half], label);
    };
    const made: Rotation = {
      cos: table('rope.cos', Math.cos),
      sin: table('rope.sin', Math.sin),
      cosLessOne: table('rope.cosLessOne', (angle) => -2 * Math.sin(angle / 2) ** 2),
      length: rounded,
    };
    this.#tables.set(rope, made);
    return made;
  }

  /** Frees the tables; nothing that is recorded but not submitted may use them. */
  free(): void {
    for (const { cos, sin, cosLessOne } of this.#tables.values()) this.#device.free(cos, sin, cosLessOne);
    this.#tables.clear();
  }
}
