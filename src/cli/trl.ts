// TRL's flags and YAML files, as `trl grpo --config` takes them: what a setting is called here, what has no meaning here, what is refused and why.
import { show } from '../errors.js';
import { TRACKERS } from '../index.js';
import { isHubDataset, looksLocal } from '../platform/hub-data.js';

/** Settings whose name is another one here; all others only change from snake_case to camelCase. */
const NAMES: Readonly<Record<string, string>> = {
  modelNameOrPath: 'model',
  modelRevision: 'revision',
  datasetName: 'dataset',
  rewardFuncs: 'reward',
  loraTargetModules: 'targetModules',
  torchDtype: 'dtype',
  evaluationStrategy: 'evalStrategy',
  overwriteOutputDir: 'overwrite',
};

/** Values that are written in another way here. */
const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dtype: { bfloat16: 'bf16', float16: 'f16', float32: 'f32' },
  scaleRewards: { true: 'group', false: 'none' },
};

/** Settings that change speed, looks or where things run, never what is learnt: they are left out, and named. */
const WITHOUT_MEANING = new Set(
  (
    'bf16 fp16 tf32 bf16FullEval fp16FullEval halfPrecisionBackend attnImplementation castLmHeadToFp32 disableDropout useCache ' +
    'gradientCheckpointingKwargs activationCheckpointing activationCheckpointingKwargs torchEmptyCacheSteps autoFindBatchSize ' +
    'useLigerKernel useLigerLoss ligerKernelConfig torchCompile torchCompileBackend torchCompileMode useCpu noCuda fullDeterminism ' +
    'useVllm vllmMode vllmModelImpl vllmEnableSleepMode vllmServerBaseUrl vllmServerHost vllmServerPort vllmServerTimeout vllmGroupPort ' +
    'vllmGpuMemoryUtilization vllmMaxModelLength vllmTensorParallelSize vllmImportanceSamplingCorrection vllmImportanceSamplingMode ' +
    'vllmImportanceSamplingClipMax vllmImportanceSamplingClipMin vllmImportanceSamplingCap useTransformersPaged ' +
    'useTransformersContinuousBatching transformersContinuousBatchingConfig cacheImplementation padToMultipleOf ds3GatherForGeneration ' +
    'acceleratorConfig parallelismConfig fsdpConfig localRank ddpBackend ddpTimeout ddpFindUnusedParameters ddpBucketCapMb ' +
    'ddpBroadcastBuffers ddpStaticGraph ignoreBiasBuffers averageTokensAcrossDevices routerAuxLossCoef ' +
    'dataloaderNumWorkers dataloaderPinMemory dataloaderDropLast dataloaderPersistentWorkers dataloaderPrefetchFactor ' +
    'dataloaderMultiprocessingContext dataloaderInOrder datasetNumProc datasetStreaming removeUnusedColumns labelNames lengthColumnName ' +
    'perDeviceEvalBatchSize evalOnStart evalAccumulationSteps evalDoConcatBatches evalUseGatherObject includeForMetrics batchEvalMetrics ' +
    'predictionLossOnly doTrain doEval doPredict trustRemoteCode debug skipMemoryMetrics ' +
    'logLevel logLevelReplica logOnEachNode loggingNanInfFilter loggingStrategy loggingFirstStep loggingDir disableTqdm ' +
    'includeNumInputTokensSeen runName project trackioSpaceId trackioBucketId trackioStaticSpaceId wandbProject wandbEntity ' +
    'numCompletionsToPrint logUniquePrompts logMultimodal logCompletionsHubRepo saveOnlyModel saveOnEachNode saveSafetensors ' +
    'enableJitCheckpoint restoreCallbackStatesFromCheckpoint hubToken hubPrivateRepo hubModelId hubStrategy hubAlwaysPush hubRevision ' +
    'refModelMixupAlpha refModelSyncSteps entropyCoefMin entropyCoefMax entropyCoefDelta entropyTarget loraTaskType ' +
    'bnb4bitQuantType bnb4bitQuantStorage useBnbNestedQuant'
  ).split(' '),
);

interface Refusal {
  readonly harmless: readonly unknown[];
  readonly why: string;
}
const unless = (harmless: readonly unknown[], why: string): Refusal => ({ harmless, why });

/** Settings that would change what is learnt or what comes out, with the reason why they are refused; the values that change nothing are taken. */
const REFUSED: Readonly<Record<string, Refusal>> = {
  loadIn4bit: unless([false], 'it names another format of 4 bits; give dtype q4'),
  loadIn8bit: unless([false], 'it names another format of 8 bits; give dtype q8'),
  modelInitKwargs: unless([{}], 'a model is loaded as its files say; leave it out'),
  loraDropout: unless([0], 'adapters are trained without dropout; set it to 0'),
  loraModulesToSave: unless([[]], 'an adapter holds no whole modules; leave it out, or train all weights'),
  loraTargetParameters: unless([[]], 'adapters lie on linear layers; give lora_target_modules'),
  useDora: unless([false], 'adapters are LoRA or rank-stabilised LoRA; give use_rslora, or leave it out'),
  datasets: unless([[]], 'one data set is read; put the rows into one file, or name one with dataset_name'),
  rewardModelNameOrPath: unless([], 'rewards are functions; give reward_funcs, or a module with --reward-module'),
  chatTemplate: unless([], "the model's own is used; change it in tokenizer_config.json"),
  chatTemplateKwargs: unless([{}], 'a template gets messages alone; leave it out'),
  generationKwargs: unless([{}], 'what sampling knows has options of its own; see mgrpo train --help-all'),
  vllmStructuredOutputsRegex: unless([], 'completions are not held to a pattern; leave it out'),
  vllmGuidedDecodingRegex: unless([], 'completions are not held to a pattern; leave it out'),
  maxToolCallingIterations: unless([], 'models call no tools here; leave it out'),
  maxPromptLength: unless([], 'prompts are never cut; leave it out, or drop long rows'),
  optim: unless(['adamw_torch', 'adamw_torch_fused'], 'the optimiser is AdamW; leave it out'),
  optimArgs: unless([''], 'the optimiser is AdamW; leave it out'),
  optimTargetModules: unless([], 'the optimiser is AdamW; leave it out'),
  neftuneNoiseAlpha: unless([0], 'no noise is added to embeddings; leave it out'),
  labelSmoothingFactor: unless([0], 'labels are not smoothed; leave it out'),
  warmupSteps: unless([0], 'a warm-up is a share of the training; give warmup_ratio'),
  lrSchedulerKwargs: unless([{}], 'schedules have no settings of their own; leave it out'),
  syncRefModel: unless([false], 'the reference stays as it is; leave it out'),
  useAdaptiveEntropy: unless([false], 'the weight of the entropy stays as it is; give entropy_coef'),
  dataSeed: unless([], 'one seed is for everything; give seed'),
  groupByLength: unless([false], 'rows are shuffled or taken in order; give shuffle_dataset'),
  trainSamplingStrategy: unless(['random'], 'rows are shuffled or taken in order; give shuffle_dataset'),
  ignoreDataSkip: unless([false], 'a resumed run goes on with its rows; leave it out'),
  resumeFromCheckpoint: unless([false], 'a run is gone on with by its folder; give --resume and output_dir'),
  evalDelay: unless([0], 'evaluations begin with the training; leave it out'),
  evalStrategy: unless(['no', false, 'steps'], 'evaluations are counted in steps; give eval_steps'),
  saveStrategy: unless(['no', false, 'steps'], 'checkpoints are counted in steps; give save_steps'),
  pushToHub: unless([false], 'nothing is uploaded while training; give the run to mgrpo push'),
  deepspeed: unless([], 'one device trains; leave it out'),
  fsdp: unless(['', []], 'one device trains; leave it out'),
  packing: unless([false], 'every example is a sequence; leave it out'),
  assistantOnlyLoss: unless([true], "of messages the assistant's turns are learnt; leave it out"),
  completionOnlyLoss: unless([true], 'of prompt and completion the completion is learnt; leave it out'),
};

/** What is otherwise for one command: what has no meaning for it, and what it refuses. */
interface CommandTerms {
  readonly withoutMeaning: ReadonlySet<string>;
  readonly refused: Readonly<Record<string, Refusal>>;
}

const NO_EVALUATION = 'nothing is evaluated while fine-tuning; leave it out, and give the run to mgrpo eval';
const TERMS: Readonly<Record<string, CommandTerms>> = {
  sft: {
    withoutMeaning: new Set(
      (
        'shuffleDataset paddingFree packingStrategy evalPacking activationOffloading padToken streaming ' +
        'evalSteps datasetTestSplit metricForBestModel greaterIsBetter'
      ).split(' '),
    ),
    refused: {
      evalStrategy: unless(['no', false], NO_EVALUATION),
      loadBestModelAtEnd: unless([false], NO_EVALUATION),
      testSplitSize: unless([], 'all rows of the data set are learnt; leave it out'),
      chatTemplatePath: unless([], "the model's own is used; change it in tokenizer_config.json"),
      eosToken: unless([], "the model's own ends a text; change it in config.json"),
      datasetTextField: unless(['text'], 'examples have a prompt and a completion, or messages; give their names with --column'),
      datasetKwargs: unless([{}], 'examples are read by their columns; leave it out'),
      truncationMode: unless(['keep_start'], 'of an example the start is kept; leave it out'),
      lossType: unless(['nll', 'chunked_nll'], 'the loss is the negative log-likelihood; leave it out'),
    },
  },
};

const termsOf = (command: string): CommandTerms => TERMS[command] ?? { withoutMeaning: new Set(), refused: {} };

/** Settings that only TRL has and that become others here; see {@link ours}. */
const JOINED = ['usePeft', 'datasetConfig', 'datasetTrainSplit', 'datasetTestSplit'];

/** TRL's names as a command knows them, in camelCase. */
export function trlNames(command: string): readonly string[] {
  const { withoutMeaning, refused } = termsOf(command);
  const own = [...withoutMeaning, ...Object.keys(refused)];
  return [...new Set([...Object.keys(NAMES), ...WITHOUT_MEANING, ...Object.keys(REFUSED), ...JOINED, ...own])];
}

/** `per_device_train_batch_size` as perDeviceTrainBatchSize, and by its name here where that is another. */
export function ourName(name: string): string {
  const camel = name.replace(/[_-]([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
  return NAMES[camel] ?? camel;
}

/**
 * Settings by their names here ({@link ourName}), without TRL's own.
 * @param command whose settings they are: `train`, `sft`
 * @param problems what is refused is appended, with the reason
 * @param notes what is left out is appended
 */
export function ours(
  command: string,
  given: ReadonlyMap<string, unknown>,
  problems: string[],
  notes: string[],
): Map<string, unknown> {
  const terms = termsOf(command);
  const out = new Map<string, unknown>();
  const hasAdapter = given.get('usePeft') !== false;
  for (const [name, value] of given) {
    const refused = terms.refused[name] ?? REFUSED[name];
    if (terms.withoutMeaning.has(name) || (!hasAdapter && OF_ADAPTERS.test(name))) notes.push(name);
    else if (refused) {
      if (!isHarmless(refused, value) && !isShare(name, value)) problems.push(`${name} ${show(value)}: ${refused.why}`);
    } else if (name === 'reportTo') reportTo(value, out, problems);
    else if (name === 'reward') out.set(name, rewardNames(value));
    else if (WITHOUT_MEANING.has(name)) notes.push(name);
    else if (!JOINED.includes(name)) out.set(name, VALUES[name]?.[String(value)] ?? value);
  }
  const fallback = (name: string, value: unknown): unknown => out.has(name) || out.set(name, value);
  if (given.get('usePeft') === true) for (const [name, value] of Object.entries(PEFT_DEFAULTS)) fallback(name, value);
  const warmup = given.get('warmupSteps');
  if (isShare('warmupSteps', warmup)) fallback('warmupRatio', warmup);
  if (isNo(given.get('saveStrategy'))) out.set('saveSteps', null);
  const evaluates = given.get('evalStrategy') === 'steps' && !('evalStrategy' in terms.refused);
  if (isNo(given.get('evalStrategy'))) out.delete('evalSteps');
  if (evaluates) fallback('evalSteps', out.get('loggingSteps') ?? 10);
  joinDataset(given, out, problems);
  if (terms.withoutMeaning.has('datasetTestSplit')) out.delete('evalDataset');
  return out;
}

/** What describes an adapter, which TRL leaves aside without `use_peft`. */
const OF_ADAPTERS = /^(lora[A-Z]|useRslora$|useDora$|targetModules$)/;
/** What TRL, and PEFT for the models that are known here, take where a config says no more than `use_peft`. */
const PEFT_DEFAULTS = { loraR: 16, loraAlpha: 32, targetModules: ['q_proj', 'v_proj'] } as const;

const isNo = (strategy: unknown): boolean => strategy === 'no' || strategy === false;

/** Newer versions take a share of the training by the name `warmup_steps` too. */
const isShare = (name: string, value: unknown): boolean =>
  name === 'warmupSteps' && typeof value === 'number' && value > 0 && value < 1;

function isHarmless({ harmless }: Refusal, value: unknown): boolean {
  return value === null || harmless.some((each) => JSON.stringify(each) === JSON.stringify(value));
}

/** Names of rewards; TRL's own may be given with their path there. */
function rewardNames(value: unknown): unknown {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  return value === null ? null : names.map((name) => (typeof name === 'string' ? name.replace(/^trl\.rewards\./, '') : name));
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

/** The config and split of a data set of the hub become parts of its name; what is evaluated on the way is its other split. */
function joinDataset(given: ReadonlyMap<string, unknown>, out: Map<string, unknown>, problems: string[]): void {
  const [config, train, test] = ['datasetConfig', 'datasetTrainSplit', 'datasetTestSplit'].map((name) => given.get(name) ?? null);
  const dataset = out.get('dataset');
  const isHub = typeof dataset === 'string' && isHubDataset(dataset) && !looksLocal(dataset);
  if (!isHub) {
    if (config !== null || (train !== null && train !== 'train') || (test !== null && test !== 'test'))
      problems.push('dataset_config and dataset_…_split belong to a data set of the hub, got none; give dataset_name');
    return;
  }
  const named = (split: unknown): string => `${dataset}:${String(config ?? '')}:${String(split)}`;
  if (config !== null || train !== null) out.set('dataset', named(train ?? 'train'));
  const isEvaluated = test !== null || given.get('evalStrategy') === 'steps';
  if (isEvaluated && !isNo(given.get('evalStrategy')) && !out.has('evalDataset')) out.set('evalDataset', named(test ?? 'test'));
}
