// LoRA: which linear modules have low-rank factors, with which rank and scale. PEFT's files are read and written in formats/peft.ts.
import { MgrpoError, show } from '../errors.js';
import type { Device } from '../ops/device.js';
import { sizeOf } from '../ops/tensor.js';
import type { Rng } from '../rng.js';
import type { ModelConfig } from './model-config.js';
import { linearSpecs, Parameters, type ParameterSpec } from './parameters.js';

/** A low-rank adapter (Hu et al., arXiv 2106.09685): y += scale · (x Aᵀ) Bᵀ on chosen linear modules. */
export interface LoraConfig {
  /** Rank r. */
  readonly r: number;
  /** Scale is alpha / r, or alpha / √r with `useRslora` (Kalajdzievski, arXiv 2312.03732). */
  readonly alpha: number;
  readonly useRslora: boolean;
  /** `all-linear`, or suffixes of module names such as `q_proj` or `model.layers.0.mlp.up_proj`; one string else is a regular expression. */
  readonly targetModules: string | readonly string[];
  /** Ranks and alphas of single modules, by suffix or regular expression. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  readonly alphaPattern?: Readonly<Record<string, number>>;
}

/** One adapted module. */
export interface LoraModule {
  /** `model.layers.i.…` */
  readonly module: string;
  readonly r: number;
  readonly scale: number;
  /** Name of A [r, in] and of B [out, r] in {@link Lora.parameters}. */
  readonly a: string;
  readonly b: string;
}

/** An adapter on the device. */
export interface Lora {
  readonly config: LoraConfig;
  readonly parameters: Parameters;
  readonly modules: ReadonlyMap<string, LoraModule>;
}

/** What PEFT puts before the names of a model's modules. */
export const PREFIX = 'base_model.model.';

/** Modules an adapter covers, with their ranks and scales. @throws invalid_argument where a target matches nothing */
export function loraModules(model: ModelConfig, config: LoraConfig): (LoraModule & { out: number; inner: number })[] {
  const { targetModules } = config;
  const suffix = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`);
  const pattern = (source: string): RegExp => {
    try {
      return new RegExp(`^(?:${source})$`);
    } catch (cause) {
      throw new MgrpoError('invalid_argument', `lora: expected a regular expression for a module's name, got ${show(source)}`, {
        cause,
      });
    }
  };
  const regex = typeof targetModules === 'string' && targetModules !== 'all-linear' ? pattern(targetModules) : undefined;
  const matched = new Set<string>();
  const covers = (name: string): boolean => {
    if (targetModules === 'all-linear') return true;
    if (regex) return regex.test(name);
    const hits = (targetModules as readonly string[]).filter((target) => suffix(name, target));
    hits.forEach((hit) => matched.add(hit));
    return hits.length > 0;
  };
  const lookup = (table: Readonly<Record<string, number>> | undefined, name: string, other: number): number => {
    for (const [key, value] of Object.entries(table ?? {}))
      if (suffix(name, key) || pattern(`(?:.*\\.)?(?:${key})`).test(name)) return value;
    return other;
  };
  const modules: (LoraModule & { out: number; inner: number })[] = [];
  for (let i = 0; i < model.numLayers; i++) {
    for (const { module: local, shape } of linearSpecs(model)) {
      const module = `model.layers.${i}.${local}`;
      if (!covers(module)) continue;
      const r = lookup(config.rankPattern, module, config.r);
      const alpha = lookup(config.alphaPattern, module, config.alpha);
      modules.push({
        module,
        r,
        scale: config.useRslora ? alpha / Math.sqrt(r) : alpha / r,
        a: `${PREFIX}${module}.lora_A.weight`,
        b: `${PREFIX}${module}.lora_B.weight`,
        out: shape[0],
        inner: shape[1],
      });
    }
  }
  const unmatched = Array.isArray(targetModules) ? (targetModules as string[]).filter((target) => !matched.has(target)) : [];
  if (modules.length === 0 || unmatched.length > 0) {
    throw new MgrpoError(
      'invalid_argument',
      `lora: expected linear modules for targetModules, got ${show(unmatched.length ? unmatched : targetModules)}, which match none; ` +
        `use "all-linear" or some of ${linearSpecs(model)
          .map(({ module }) => module.split('.').at(-1))
          .join(', ')}`,
    );
  }
  return modules;
}

/** The factors of adapted modules, as PEFT names them. */
export function loraSpecs(modules: readonly (LoraModule & { out: number; inner: number })[]): ParameterSpec[] {
  return modules.flatMap(({ a, b, r, out, inner }) => [
    { name: a, shape: [r, inner] },
    { name: b, shape: [out, r] },
  ]);
}

/** A new adapter: A uniform in ±1/√in (PEFT's Kaiming rule with a = √5), B zero, so that it changes nothing yet. */
export function createLora(device: Device, model: ModelConfig, config: LoraConfig, rng: Rng): Lora {
  const modules = loraModules(model, config);
  const parameters = Parameters.trainable(device, loraSpecs(modules));
  for (const { a, inner } of modules) {
    const { value, shape } = parameters.get(a);
    const bound = 1 / Math.sqrt(inner);
    device.write(
      value,
      Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * rng.uniform() - 1)),
    );
  }
  return { config, parameters, modules: new Map(modules.map((m) => [m.module, m])) };
}
