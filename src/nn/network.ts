// A model as its blocks look it up: what its config and its family say, and the tensors of its modules by name.
import type { Tensor } from '../ops/tensor.js';
import { ARCHITECTURES, type ArchitectureRow } from './architectures.js';
import type { Lora } from './lora.js';
import type { ModelConfig } from './model-config.js';
import type { Parameter, Parameters } from './parameters.js';

/** The low-rank factors of a linear module: y += scale · (x Aᵀ) Bᵀ. */
export interface Factors {
  /** [rank, in] */
  readonly a: Parameter;
  /** [out, rank] */
  readonly b: Parameter;
  readonly rank: number;
  readonly scale: number;
}

/** Weights with or without their LoRA. */
export class Network {
  readonly config: ModelConfig;
  readonly row: ArchitectureRow;
  readonly #parameters: Parameters;
  readonly #lora: Lora | undefined;
  readonly #frozen: boolean;

  /** @param frozen the parameters are not trained, though they may have gradients */
  constructor(config: ModelConfig, parameters: Parameters, lora: Lora | undefined, frozen: boolean) {
    this.config = config;
    this.row = ARCHITECTURES[config.architecture];
    this.#parameters = parameters;
    this.#lora = lora;
    this.#frozen = frozen;
  }

  /** The weight of a module. */
  weight(module: string): Parameter {
    return this.#parameters.get(`${module}.weight`);
  }

  /** The bias of a linear module, if it has one. */
  bias(module: string): Parameter | undefined {
    const name = `${module}.bias`;
    return this.#parameters.has(name) ? this.#parameters.get(name) : undefined;
  }

  /** Where the gradient of a parameter is added up; undefined where it is not trained. */
  gradient(parameter: Parameter | undefined): Tensor | undefined {
    return this.#frozen ? undefined : parameter?.gradient;
  }

  /** The LoRA factors of a linear module, if it has some. */
  factors(module: string): Factors | undefined {
    const found = this.#lora?.modules.get(module);
    if (!found) return undefined;
    const { parameters } = this.#lora!;
    return { a: parameters.get(found.a), b: parameters.get(found.b), rank: found.r, scale: found.scale };
  }

  /** Whether anything below the first layer is trained, so that the derivative by its input is needed. */
  get trainsEmbedding(): boolean {
    return !this.#frozen;
  }
}
