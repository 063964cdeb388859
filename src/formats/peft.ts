// Adapter folders as PEFT writes and reads them: adapter_config.json and adapter_model.safetensors.
import { MgrpoError, show } from '../errors.js';
import type { Device } from '../ops/device.js';
import { PREFIX, loraModules, loraSpecs, type Lora, type LoraConfig } from '../nn/lora.js';
import type { ModelConfig } from '../nn/model-config.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';
import { loadParameters, tensorsToWrite } from './parameters.js';
import { Safetensors, writeSafetensors } from './safetensors.js';

/** Starts of an adapter that fits the base model as it is; pissa, olora, corda, loftq and lora_ga take their share out of its weights. */
const SOUND_STARTS = new Set<unknown>([true, false, 'gaussian', 'eva', 'orthogonal']);

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
  for (const field of ['use_dora', 'fan_in_fan_out', 'use_qalora', 'use_bdlora', 'lora_bias'])
    if (raw[field]) refuse(field, 'false');
  if (!SOUND_STARTS.has(raw['init_lora_weights'] ?? true))
    refuse('init_lora_weights', 'a start that leaves the weights of the base model as they are');
  if (raw['bias'] !== undefined && raw['bias'] !== 'none') refuse('bias', '"none"');
  for (const field of [
    'modules_to_save',
    'layers_to_transform',
    'trainable_token_indices',
    'target_parameters',
    'exclude_modules',
    'layer_replication',
    'alora_invocation_tokens',
    'arrow_config',
    'kasa_config',
    'monteclora_config',
  ]) {
    const value = raw[field];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) refuse(field, 'null');
  }
  const { r, lora_alpha: alpha, target_modules: targets } = raw;
  if (!Number.isFinite(alpha)) refuse('lora_alpha', 'a finite number');
  if (typeof (raw['use_rslora'] ?? false) !== 'boolean') refuse('use_rslora', 'true or false');
  const isRank = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 20;
  const table = (field: string, rule: string, fits: (value: unknown) => boolean): void => {
    const value = raw[field] ?? {};
    if (typeof value !== 'object' || Array.isArray(value) || !Object.values(value).every(fits))
      refuse(field, `null or an object of ${rule}`);
  };
  if (!isRank(r)) refuse('r', 'a whole number from 1 to 2^20');
  table('rank_pattern', 'whole numbers ≥ 1', isRank);
  table('alpha_pattern', 'finite numbers', Number.isFinite);
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
export async function loadLora(device: Device, model: ModelConfig, files: FileSource): Promise<Lora> {
  const config = parseLoraConfig(await readJson(files, 'adapter_config.json'), `${files.name}/adapter_config.json`);
  const modules = loraModules(model, config);
  const wanted = loraSpecs(modules);
  const file = await Safetensors.open(files, 'adapter_model.safetensors');
  const extra = [...file.tensors.keys()].filter((name) => !wanted.some((spec) => spec.name === name));
  if (extra.length > 0) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}: expected the tensors of ${modules.length} adapted modules, got also ${show(extra[0])}; the adapter is of another model or ` +
        `written by another tool (names here start with "${PREFIX}model.layers.")`,
    );
  }
  const parameters = await loadParameters(device, wanted, file, { trainable: true });
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
