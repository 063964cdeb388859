// Tables of the rotations of queries and keys on a device, made when a position is first needed.
import type { Device } from '../ops/device.js';
import { view, type Tensor } from '../ops/tensor.js';
import { ropeFrequencies, type RopeConfig } from './rope.js';

/** f32[length, headDim / 2] each, times the rope's attention scaling; all in one storage. */
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
    if (old) this.#device.retire(old.cos);
    const rounded = Math.ceil(length / STEP) * STEP;
    const { invFreq, attentionScaling } = ropeFrequencies(rope, this.#headDim);
    const half = invFreq.length;
    const size = rounded * half;
    const data = new Float32Array(3 * size);
    const whole = this.#device.tensor([data.length], 'f32', 'rope');
    const table = (place: number, of: (angle: number) => number): Tensor => {
      for (let p = 0; p < rounded; p++) {
        for (let i = 0; i < half; i++) data[place * size + p * half + i] = attentionScaling * of(p * invFreq[i]!);
      }
      return view(whole, place * size, [rounded, half]);
    };
    const made: Rotation = {
      cos: table(0, Math.cos),
      sin: table(1, Math.sin),
      cosLessOne: table(2, (angle) => -2 * Math.sin(angle / 2) ** 2),
      length: rounded,
    };
    this.#device.write(whole, data);
    this.#tables.set(rope, made);
    return made;
  }

  /** Frees the tables; nothing that is recorded but not submitted may use them. */
  free(): void {
    for (const { cos } of this.#tables.values()) this.#device.free(cos);
    this.#tables.clear();
  }
}
