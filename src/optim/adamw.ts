// AdamW over flat slabs of parameters, with the gradient norm clipped on the device.
import { check } from '../errors.js';
import type { Device, Recorder } from '../ops/device.js';
import { size, view, type Tensor } from '../ops/tensor.js';
import { adamW, gradNorm } from '../ops/adamw.js';
import type { Parameters, Slab } from '../nn/parameters.js';

/** Settings of {@link AdamW}. */
export interface AdamWSettings {
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** Largest global gradient norm; 0: no clipping. */
  readonly maxGradNorm: number;
}

/** AdamW (Loshchilov and Hutter, arXiv 1711.05101) over the slabs of the trained parameters; weight decay on matrices only. */
export class AdamW {
  readonly #parameters: Parameters;
  readonly #settings: AdamWSettings;
  readonly #moments: readonly { readonly first: Tensor; readonly second: Tensor }[];
  /** f32[2]: gradient norm before clipping, and the factor that clips. */
  readonly #clip: Tensor;
  /** Optimiser steps done. */
  steps = 0;
  #isFree = false;

  get device(): Device {
    return this.#parameters.device;
  }

  constructor(parameters: Parameters, settings: AdamWSettings) {
    const { device } = parameters;
    this.#parameters = parameters;
    this.#settings = settings;
    this.#moments = parameters.slabs.map(({ value }) => ({
      first: device.tensor(value.shape, 'f32', 'first moments'),
      second: device.tensor(value.shape, 'f32', 'second moments'),
    }));
    this.#clip = device.tensor([2], 'f32', 'clip');
  }

  /** Measures the accumulated gradients for {@link step}, before anything is changed. @returns f32[2] with the gradient norm first */
  measure(rec: Recorder): Tensor {
    this.#assertHeld();
    const grads = this.#parameters.slabs.map(({ gradient }) => gradient);
    gradNorm(rec, { grads, out: this.#clip, maxNorm: this.#settings.maxGradNorm });
    return this.#clip;
  }

  /** Applies one step with the gradients that {@link measure} has measured, and sets them to zero. */
  step(rec: Recorder, learningRate: number): void {
    const { weightDecay, adamBeta1, adamBeta2, adamEpsilon } = this.#settings;
    this.steps++;
    this.#parameters.slabs.forEach((slab, i) => {
      for (const [start, end, decay] of ranges(slab)) {
        if (end === start) continue;
        const part = (t: Tensor): Tensor => view(t, start, [end - start]);
        adamW(rec, {
          param: part(slab.value),
          grad: part(slab.gradient),
          m: part(this.#moments[i]!.first),
          v: part(this.#moments[i]!.second),
          clip: this.#clip,
          size: end - start,
          learningRate,
          beta1: adamBeta1,
          beta2: adamBeta2,
          epsilon: adamEpsilon,
          weightDecay: decay ? weightDecay : 0,
          step: this.steps,
        });
      }
    });
    this.#parameters.changed();
    this.discard(rec);
  }

  /** Sets the accumulated gradients to zero. */
  discard(rec: Recorder): void {
    this.#parameters.zeroGradients(rec);
  }

  /** The moments of every parameter by name: `{name}.first`, `{name}.second`. For saving and restoring. */
  *state(): Generator<{ readonly name: string; readonly tensor: Tensor }> {
    this.#assertHeld();
    for (const { name, shape, value } of this.#parameters) {
      const i = this.#parameters.slabs.findIndex((slab) => slab.value.storage === value.storage);
      const start = value.offset / 4;
      const { first, second } = this.#moments[i]!;
      yield { name: `${name}.first`, tensor: view(first, start, shape) };
      yield { name: `${name}.second`, tensor: view(second, start, shape) };
    }
  }

  /** Frees the moments, once. */
  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#parameters.device.free(...this.#moments.flatMap(({ first, second }) => [first, second]), this.#clip);
  }

  #assertHeld(): void {
    check(!this.#isFree, 'trainer: expected one whose memory is held, got one that was freed; make another');
  }
}

function ranges({ value, decayed }: Slab): readonly [start: number, end: number, decay: boolean][] {
  return [
    [0, decayed, true],
    [decayed, size(value), false],
  ];
}
