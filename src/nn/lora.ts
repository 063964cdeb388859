import { MgrpoError, show } from '../errors.js';
import type { Gpu } from '../gpu/device.js';
import { sizeOf } from '../gpu/tensor.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';
import type { Rng } from '../rng.js';
import type { ModelConfig } from './model-config.js';
import { linearSpecs, Parameters, tensorsToWrite, type ParameterSpec } from './parameters.js';
import { Safetensors, writeSafetensors } from './safetensors.js';

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

const PREFIX = 'base_model.model.';

/** Modules an adapter covers, with their ranks and scales. @throws invalid_argument where a target matches nothing */
export function loraModules(model: ModelConfig, config: LoraConfig): (LoraModule & { out: number; inner: number })[] {
  const { targetModules } = config;
  const suffix = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`);
  const pattern = (source: string): RegExp => {
    try {
      return new RegExp(`^(?:${source})$`);
    } catch (cause) {
      throw new MgrpoError('invalid_argument', `lora: expected a regular expression for targetModules, got ${show(source)}`, {
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
      if (suffix(name, key) || new RegExp(`^(?:.*\\.)?(?:${key})$`).test(name)) return value;
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

function specs(modules: readonly (LoraModule & { out: number; inner: number })[]): ParameterSpec[] {
  return modules.flatMap(({ a, b, r, out, inner }) => [
    { name: a, shape: [r, inner] },
    { name: b, shape: [out, r] },
  ]);
}

/** A new adapter: A uniform in ±1/√in (PEFT's Kaiming rule with a = √5), B zero, so that it changes nothing yet. */
export function createLora(gpu: Gpu, model: ModelConfig, config: LoraConfig, rng: Rng): Lora {
  const modules = loraModules(model, config);
  const parameters = Parameters.trainable(gpu, specs(modules));
  for (const { a, inner } of modules) {
    const { value, shape } = parameters.get(a);
    const bound = 1 / Math.sqrt(inner);
    gpu.write(
      value,
      Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * rng.uniform() - 1)),
    );
  }
  return { config, parameters, modules: new Map(modules.map((m) => [m.module, m])) };
}

/** Reads an `adapter_config.json` of PEFT. @throws unsupported naming what is not computed here */
export function parseLoraConfig(json: unknown, where: string): LoraConfig {
  const raw = (json ?? {}) as Record<string, unknown>;
  const refuse = (field: string, rule: string): never => {
    throw new MgrpoError(
      'unsupported',
      `${where}: expected ${rule} for ${field}, got ${show(raw[field])}; merge the adapter with PEFT instead`,
    );
  };
  if (raw['peft_type'] !== 'LORA') refuse('peft_type', '"LORA"');
  if (raw['use_dora']) refuse('use_dora', 'false');
  if (raw['fan_in_fan_out']) refuse('fan_in_fan_out', 'false');
  if (raw['bias'] !== undefined && raw['bias'] !== 'none') refuse('bias', '"none"');
  for (const field of [
    'modules_to_save',
    'layers_to_transform',
    'trainable_token_indices',
    'target_parameters',
    'exclude_modules',
    'layer_replication',
  ]) {
    const value = raw[field];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) refuse(field, 'null');
  }
  const { r, lora_alpha: alpha, target_modules: targets } = raw;
  if (!Number.isInteger(r) || (r as number) < 1) refuse('r', 'a whole number ≥ 1');
  if (typeof alpha !== 'number') refuse('lora_alpha', 'a number');
  if (typeof targets !== 'string' && !(Array.isArray(targets) && targets.every((t) => typeof t === 'string'))) {
    refuse('target_modules', 'a string or a list of strings');
  }
  return {
    r: r as number,
    alpha: alpha as number,
    useRslora: raw['use_rslora'] === true,
    targetModules: targets as string | string[],
    rankPattern: (raw['rank_pattern'] as Record<string, number> | null | undefined) ?? {},
    alphaPattern: (raw['alpha_pattern'] as Record<string, number> | null | undefined) ?? {},
  };
}

/** Loads an adapter folder as PEFT writes it. @throws bad_file where names do not match the model, both ways */
export async function loadLora(gpu: Gpu, model: ModelConfig, files: FileSource): Promise<Lora> {
  const config = parseLoraConfig(await readJson(files, 'adapter_config.json'), `${files.name}/adapter_config.json`);
  const modules = loraModules(model, config);
  const wanted = specs(modules);
  const file = await Safetensors.open(files, 'adapter_model.safetensors');
  const extra = [...file.tensors.keys()].filter((name) => !wanted.some((spec) => spec.name === name));
  if (extra.length > 0) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}: expected the tensors of ${modules.length} adapted modules, got also ${show(extra[0])}; the adapter is of another model or ` +
        `written by another tool (names here start with "${PREFIX}model.layers.")`,
    );
  }
  const parameters = await Parameters.load(gpu, wanted, file, { trainable: true });
  return { config, parameters, modules: new Map(modules.map((m) => [m.module, m])) };
}

/** Writes an adapter folder that PEFT loads. */
export async function saveLora(lora: Lora, sink: FileSink, baseModel: string): Promise<void> {
  const { config, parameters } = lora;
  const targets = Array.isArray(config.targetModules) ? [...(config.targetModules as string[])].sort() : config.targetModules;
  await writeSafetensors(sink, 'adapter_model.safetensors', tensorsToWrite(parameters));
  const json = {
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: config.alpha,
    lora_dropout: 0,
    alpha_pattern: config.alphaPattern ?? {},
    rank_pattern: config.rankPattern ?? {},
    peft_type: 'LORA',
    r: config.r,
    target_modules:
      targets === 'all-linear' ? [...new Set([...lora.modules.keys()].map((m) => m.split('.').at(-1)!))].sort() : targets,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: config.useRslora,
  };
  await sink.write('adapter_config.json', `${JSON.stringify(json, null, 2)}\n`);
}
