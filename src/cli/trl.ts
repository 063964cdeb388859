// TRL's flags and YAML files, as `trl grpo --config` takes them: what a setting is called here, what has no meaning here, what is refused and why.
import { show } from '../errors.js';
import { TRACKERS } from '../index.js';

/** Settings whose name is another one here; all others only change from snake_case to camelCase. */
const NAMES: Readonly<Record<string, string>> = {
  modelNameOrPath: 'model',
  datasetName: 'dataset',
  rewardFuncs: 'reward',
  loraTargetModules: 'targetModules',
  torchDtype: 'dtype',
};

/** Values that are written in another way here. */
const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dtype: { bfloat16: 'bf16', float16: 'f16', float32: 'f32' },
};

/** Settings that change speed, looks or where things run, never what is learnt: they are left out, and named. */
const WITHOUT_MEANING = new Set(
  (
    'bf16 fp16 tf32 attnImplementation trustRemoteCode logLevel disableTqdm dataloaderNumWorkers dataloaderPinMemory ddpTimeout ' +
    'perDeviceEvalBatchSize removeUnusedColumns gradientCheckpointingKwargs useVllm vllmMode vllmGpuMemoryUtilization ' +
    'vllmTensorParallelSize vllmServerHost vllmServerPort useLigerKernel torchCompile doTrain doEval loggingStrategy runName'
  ).split(' '),
);

/** Settings that would change what is learnt or what comes out, with the reason why they are refused; the values that change nothing are taken. */
const REFUSED: Readonly<Record<string, { readonly harmless: readonly unknown[]; readonly why: string }>> = {
  loadIn4bit: { harmless: [false, null], why: 'it names another format of 4 bits; give dtype q4' },
  loadIn8bit: { harmless: [false, null], why: 'it names another format of 8 bits; give dtype q8' },
  maxPromptLength: { harmless: [null], why: 'prompts are never cut; leave it out, or drop long rows' },
  optim: { harmless: ['adamw_torch', 'adamw_torch_fused'], why: 'the optimiser is AdamW; leave it out' },
  evalStrategy: { harmless: ['no', 'steps'], why: 'evaluations are counted in steps; give eval_steps' },
  saveStrategy: { harmless: ['steps'], why: 'checkpoints are counted in steps; give save_steps' },
  pushToHub: { harmless: [false, null], why: 'nothing is uploaded while training; give the run to mgrpo push' },
  deepspeed: { harmless: [null], why: 'one device trains; leave it out' },
  fsdp: { harmless: ['', null], why: 'one device trains; leave it out' },
};

/** Settings that only TRL has and that become others here; see {@link ours}. */
const JOINED = ['usePeft', 'datasetConfig', 'datasetTrainSplit', 'datasetTestSplit'];

/** TRL's names as they are known here, in camelCase. */
export const TRL_NAMES: readonly string[] = [...Object.keys(NAMES), ...WITHOUT_MEANING, ...Object.keys(REFUSED), ...JOINED];

/** `per_device_train_batch_size` as perDeviceTrainBatchSize, and by its name here where that is another. */
export function ourName(name: string): string {
  const camel = name.replace(/[_-]([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
  return NAMES[camel] ?? camel;
}

/**
 * Settings by their names here ({@link ourName}), without TRL's own.
 * @param problems what is refused is appended, with the reason
 * @param notes what is left out is appended
 */
export function ours(given: ReadonlyMap<string, unknown>, problems: string[], notes: string[]): Map<string, unknown> {
  const out = new Map<string, unknown>();
  for (const [name, value] of given) {
    const refused = REFUSED[name];
    if (refused) {
      const values = Array.isArray(value) ? (value as unknown[]) : [value];
      if (!values.every((each) => refused.harmless.includes(each))) problems.push(`${name} ${show(value)}: ${refused.why}`);
    } else if (name === 'reportTo') reportTo(value, out, problems);
    else if (WITHOUT_MEANING.has(name)) notes.push(name);
    else if (!JOINED.includes(name)) out.set(name, typeof value === 'string' ? (VALUES[name]?.[value] ?? value) : value);
  }
  // TRL's own defaults of an adapter.
  if (given.get('usePeft') === true)
    for (const [name, value] of [
      ['loraR', 16],
      ['loraAlpha', 32],
    ] as const)
      if (!out.has(name)) out.set(name, value);
  joinDataset(given, out, problems);
  return out;
}

/** Trackers, a list of names in TRL's manner; `none` is one of them. */
function reportTo(value: unknown, out: Map<string, unknown>, problems: string[]): void {
  const names = [value ?? 'none']
    .flat()
    .flatMap((entry) => String(entry).split(','))
    .map((name) => name.trim());
  for (const name of names) {
    if (name === 'none' || TRACKERS.some((known) => known === name)) continue;
    const wayOut = name === 'trackio' ? 'give csv, and metrics.csv to trackio.import_csv' : 'metrics.jsonl holds all of it';
    problems.push(`reportTo ${show(name)}: expected ${TRACKERS.join(', ')} or none; ${wayOut}`);
  }
  const chosen = TRACKERS.filter((known) => names.includes(known));
  if (chosen.length > 0) out.set('reportTo', chosen);
}

/** The config and split of a data set of the hub become parts of its name. */
function joinDataset(given: ReadonlyMap<string, unknown>, out: Map<string, unknown>, problems: string[]): void {
  const [config, train, test] = ['datasetConfig', 'datasetTrainSplit', 'datasetTestSplit'].map((name) => given.get(name) ?? null);
  if (config === null && train === null && test === null) return;
  const dataset = out.get('dataset');
  if (typeof dataset !== 'string') {
    problems.push('dataset_config and dataset_…_split belong to a data set of the hub, got none; give dataset_name');
    return;
  }
  const named = (split: unknown, fallback: string): string => `${dataset}:${String(config ?? '')}:${String(split ?? fallback)}`;
  out.set('dataset', named(train, 'train'));
  if (test !== null && !out.has('evalDataset')) out.set('evalDataset', named(test, 'test'));
}
