// The public interface, for browsers and Node alike: no Node module is reached from here. `mgrpo/node` adds Node's files and adapters.
export { MgrpoError } from './errors.js';
export type { ErrorCode } from './errors.js';

export type { OptionSpec, OptionTable, Settings } from './options/table.js';

export { batchPlan } from './config/batch.js';
export type { BatchPlan, BatchSettings } from './config/batch.js';
export { checkContext } from './config/context.js';
export type { LengthSettings } from './config/context.js';
export { GRPO_OPTIONS, resolveGRPOConfig } from './config/grpo.js';
export type { GRPOConfig, GRPOConfigInput } from './config/grpo.js';
export { LAYER2_OPTIONS } from './config/layer2.js';
export { COMPLETION_OPTIONS } from './config/completion.js';
export type { CompletionConfig } from './config/completion.js';
export { EVALUATION_OPTIONS } from './config/evaluation.js';
export type { EvaluationConfig } from './config/evaluation.js';
export type { Layer2Config } from './config/layer2.js';
export { resolveMGRPOConfig } from './config/mgrpo.js';
export type { MGRPOConfig, MGRPOConfigInput } from './config/mgrpo.js';
export { LORA_OPTIONS, POLICY_OPTIONS, loraOf } from './config/policy.js';
export type { LoraSettings, PolicySettings } from './config/policy.js';
export { SFT_OPTIONS, resolveSFTConfig } from './config/sft.js';
export type { SFTConfig } from './config/sft.js';
export { Rng } from './rng.js';

export { MemoryFiles, readJson } from './platform/files.js';
export type { FileContent, FileEntry, FileFolder, FileSink, FileSource } from './platform/files.js';
export { BlobFiles } from './platform/blob-files.js';
export { OpfsFiles } from './platform/opfs-files.js';
export { HttpFiles } from './platform/http-files.js';
export type { HttpFilesOptions } from './platform/http-files.js';
export type { Fetch, HttpOptions } from './platform/http.js';
export { browserGpu } from './platform/webgpu-browser.js';

export { summarize } from './gpu/adapter.js';
export type { AdapterSummary } from './gpu/adapter.js';
export type { Gpu, GpuOptions } from './gpu/device.js';
export { openAdapter } from './kernels/executor.js';
export { keepTiles, openDevice, openGpu, openWasm } from './open/browser.js';
export { DEVICE_OPTIONS } from './open/choice.js';
export type { DeviceChoice, DeviceSettings, OpenOptions } from './open/choice.js';
export type { AdapterChoice } from './platform/adapter-list.js';
export type { WasmOptions } from './wasm/device.js';
export type { Device, DeviceInfo } from './ops/device.js';

export { Decoder } from './nn/decoder.js';
export type { DecoderOptions } from './nn/decoder.js';
export { generate } from './sampling/generate.js';
export type { GenerateOptions, GenerateRequest, Generated } from './sampling/generate.js';
export { CachedPrefix, KvCache } from './sampling/kv-cache.js';
export type { SamplingSettings } from './config/sampling.js';
export { createDecoder, loadDecoder, saveDecoder } from './formats/load.js';
export type { LoadOptions, SaveOptions } from './formats/load.js';
export { isWeightsFile } from './formats/shards.js';
export { mergeAdapter } from './formats/merge.js';
export type { MergedDType } from './formats/merge.js';
export { exportGguf } from './formats/gguf-model.js';
export type { GgufOptions } from './formats/gguf-model.js';
export type { FileDType, GgufDType } from './numbers/weights.js';
export type { LoraConfig } from './nn/lora.js';
export { parseModelConfig, writeModelConfig } from './formats/hf-config.js';
export type { Architecture } from './nn/architectures.js';
export type { LayerAttention, ModelConfig } from './nn/model-config.js';
export type { RopeConfig } from './nn/rope.js';
export { parameterSpecs } from './nn/parameters.js';
export type { ParameterSpec } from './nn/parameters.js';
export type { WeightDType } from './formats/parameters.js';
export { Safetensors, writeSafetensors } from './formats/safetensors.js';
export type { TensorInfo, TensorToWrite, WrittenDType } from './formats/safetensors.js';

export { ChatTemplate } from './text/chat-template.js';
export type { ChatMessage, ChatOptions } from './text/chat-template.js';
export {
  LAYER1_SYSTEM_PROMPT,
  LAYER2_SYSTEM_PROMPT,
  NEUTRAL_PHRASES,
  PAPER_PHRASES,
  PERSPECTIVE_PHRASES,
  PHRASE_POOLS,
  guidingText,
} from './text/prompts.js';
export { Tokenizer } from './text/tokenizer.js';
export type { TextFiles, TextSink } from './text/tokenizer.js';

export { ACCURACY_OPTIONS, COUNTDOWN_OPTIONS, accuracyReward, countdownReward } from './reward/accuracy.js';
export { CORRECTION_OPTIONS, correctionBonus } from './reward/correction.js';
export { TAG_COUNT_OPTIONS, THINK_FORMAT_OPTIONS, tagCountReward, thinkFormatReward } from './reward/format.js';
export { COSINE_OPTIONS, SOFT_OVERLONG_OPTIONS, cosineLengthReward, softOverlongPunishment } from './reward/length.js';
export { REFLECTION_OPTIONS, reflectionReward } from './reward/reflection.js';
export { VERDICT_OPTIONS, ownVerdict, verdictReward } from './reward/verdict.js';
export { REPETITION_OPTIONS, repetitionPenalty } from './reward/repetition.js';
export { goldOf, isCountdownTask } from './reward/countdown-task.js';
export { REWARDS, rewardRow, verifierFor } from './reward/registry.js';
export type { RewardRow, RewardSettings } from './reward/registry.js';
export { named, rewardName, scoreAll } from './reward/run.js';
export type { BatchScores, RewardCalls } from './reward/run.js';
export type { RewardArgs, RewardFunction, RewardTrainerState, Scores } from './reward/types.js';
export { equal, extract, groupAnswers, parse } from './reward/answers.js';
export type { ComparisonOptions, ExtractionOptions, Parsed } from './reward/answers.js';
export { verify, verifyBatch } from './reward/verify.js';
export type { CountdownTask } from './reward/countdown-task.js';
export type { AnswerForm, ExtractionMode, Verdict, VerifyOptions, VerifyPair } from './reward/verify.js';
export type { Response, ResponseMessage } from './reward/response.js';
export { ANSWER_KINDS, REWARD_VERIFIER_OPTIONS, VERIFIER_OPTIONS } from './config/verifier.js';
export type { AnswerKind, VerifierSettings } from './config/verifier.js';

export { ARITHMETIC_SFT_OPTIONS, ARITHMETIC_SIZES, arithmetic, arithmeticSft } from './tasks/arithmetic.js';
export type { ArithmeticSftOptions, ArithmeticSize } from './tasks/arithmetic.js';
export { charTokenizer } from './tasks/char-tokenizer.js';
export type { CharTokenizer } from './tasks/char-tokenizer.js';
export { MAZE_SFT_OPTIONS, MAZE_SIZES, maze, mazeSft } from './tasks/maze.js';
export type { MazeSize } from './tasks/maze.js';
export { SIGNS_SFT_OPTIONS, SIGNS_SIZES, signs, signsSft } from './tasks/signs.js';
export type { SignsSftOptions, SignsSize } from './tasks/signs.js';
export { COUNTDOWN_SFT_OPTIONS, COUNTDOWN_SIZES, countdown, countdownSft } from './tasks/countdown.js';
export type { CountdownSftOptions, CountdownSize } from './tasks/countdown.js';
export { TASKS, TASK_NAMES, taskKind } from './tasks/registry.js';
export type { TaskKind, TaskSize } from './tasks/registry.js';
export { jsonlRows, jsonlTask } from './tasks/jsonl.js';
export { ROW_OPTIONS, taskRows } from './tasks/rows.js';
export type { ColumnNames, DataRecord, RowOptions } from './tasks/rows.js';
export { sftExamples } from './tasks/sft-rows.js';
export { readDataset } from './data/dataset.js';
export type { DatasetOptions } from './data/dataset.js';
export type { HubDataOptions } from './platform/hub-data.js';
export { readRecords } from './data/records.js';
export { keepRow, refuseRow } from './tasks/rows.js';
export type { BadRow } from './tasks/rows.js';
export type { DataFile } from './data/records.js';
export { SFT_TURN_OPTIONS } from './tasks/task.js';
export { SPLITS } from './tasks/task.js';
export type {
  Conversation,
  GuidingTexts,
  SftExample,
  SftPair,
  SftOptions,
  Split,
  Task,
  TaskRow,
  WrittenExample,
} from './tasks/task.js';

export { answerMetrics, correctionMetrics, meanOver, passAtK, majAtK, proportion, withBaseline } from './algo/evaluation.js';
export type { CorrectedAnswers, Metric } from './algo/evaluation.js';

export { evaluate } from './train/evaluate.js';
export type { EvaluateOptions, Evaluation } from './train/evaluate.js';
export { GRPOTrainer } from './train/grpo-trainer.js';
export type { TrainResult } from './train/loop.js';
export { checkRounds } from './train/setup.js';
export type { TrainerOptions } from './train/setup.js';
export type { PolicyTrainer } from './train/trainer.js';
export { checkLengths, fittingCompletionLength, longRows } from './train/fitting-length.js';
export { MGRPOTrainer } from './train/mgrpo-trainer.js';
export { createPolicy, loadPolicy } from './train/policy.js';
export type { Policy, PolicyOptions, PolicyOrigin, TrainOptions } from './train/policy.js';
export type { CompleteOptions, Prompt, TextCompletion } from './train/complete.js';
export { inspect } from './train/inspect.js';
export type { Inspection } from './train/inspect.js';
export { selfCorrect } from './train/self-correct.js';
export type { SelfCorrectOptions, SelfCorrection } from './train/self-correct.js';
export type { LanguageModel } from './train/language-model.js';
export { SFTTrainer } from './train/sft-trainer.js';
export { latestCheckpoint } from './run/checkpoints.js';
export type { Checkpoint } from './run/checkpoints.js';
export { RunFolder, checkFree, readRunConfig, runName } from './run/folder.js';
export { READ_FILES, RunReader, readReportData } from './run/reader.js';
export type { Checkpointed, KeepSettings } from './run/folder.js';
export { TRACKERS } from './run/trackers.js';
export type { TrackerName } from './run/trackers.js';
export type { Evaluations, Metrics, ReportData, RunConfig, StepRecord } from './report/data.js';
export { alignColumns, metricTable } from './report/format.js';
export { modelCard } from './report/card.js';
export type { CardOptions } from './report/card.js';
export { renderReport, renderRuns } from './report/page.js';
export type { NamedRun } from './report/sections.js';
export type { Axis } from './report/curves.js';
export type { SFTTrainerOptions } from './train/sft-trainer.js';
export type { LiveSettings } from './config/live.js';
export type { CompletionRecord, CompletionTokens, Forecast, Listener, Phase, TrainEvent } from './train/events.js';

export { MODEL_SHAPES } from './bench/cases.js';
export type { Case as BenchCase, ModelShape, Opened as OpenedCase } from './bench/cases.js';
export type { CeilingName } from './bench/ceilings.js';
export { benchTable, compareTable, renderBench } from './bench/page.js';
export { BENCH_SCHEMA, benchCases, compareBench, runBench } from './bench/run.js';
export { peersTable, runPeers } from './bench/peers.js';
export type { Contender, LeftOut, Peer, PeerCase, PeerResult, PeersOptions, PeersReport } from './bench/peers.js';
export type { BenchOptions, BenchReport, BenchResult, Compared, MeasuredCeiling } from './bench/run.js';
export type { Spread } from './bench/timed.js';
export { runTune, tuneTable } from './bench/tune.js';
export type { TunedProduct, TuneOptions, TuneReport } from './bench/tune.js';

export { ARMS, ARM_NAMES } from './study/arms.js';
export type { Arm, Score } from './study/arms.js';
export type { OpenCell, Point } from './study/cell.js';
export { renderStudy } from './study/page.js';
export { readStudy } from './study/plan.js';
export type { Cell as StudyCell, StudyPlan, StudyRow, StudyTask, Training } from './study/plan.js';
export { finishedCells, runStudy } from './study/run.js';
export type { StudyPoints, StudyProgress, StudyRun } from './study/run.js';
export {
  bootstrapMean,
  hierarchicalBootstrap,
  holm,
  mcnemarTest,
  pairedTTest,
  signFlipTest,
  studentInterval,
} from './study/statistics.js';
export { studyCsv, summarizeStudy } from './study/summary.js';
export type { ArmResult, Comparison, StudySummary } from './study/summary.js';

// Types that the signatures above name.
export type { KvCacheFormat } from './numbers/kv-cache.js';
export type { StoredValues, WeightFormat } from './numbers/weights.js';
export type { ConfigFile } from './formats/load.js';
export type { TensorChunk } from './formats/safetensors.js';
export type { MatrixUnit } from './gpu/matrix-unit.js';
export type { Profile } from './gpu/profile.js';
export type { GpuRecorder } from './gpu/recorder.js';
export type { Timing } from './gpu/timings.js';
export type { DeviceBatch, PackedBatch } from './nn/batch.js';
export type { Scores as TokenScores, Targets } from './nn/blocks/head.js';
export type { CachedTokens, ForwardOptions, KvTarget, KvTensors } from './nn/decoder.js';
export type { ForwardState } from './nn/forward-state.js';
export type { Leases } from './nn/leases.js';
export type { Lora, LoraModule } from './nn/lora.js';
export type { Network } from './nn/network.js';
export type { Parameter, Parameters, Slab } from './nn/parameters.js';
export type { DeviceLimits, MemoryUse, Recorder } from './ops/device.js';
export type { Pool } from './ops/pool.js';
export type { DType, Storage, Tensor } from './ops/tensor.js';
export type { Bootstrap, Interval, Test } from './study/statistics.js';
export type { ArmSeed, Mean } from './study/summary.js';
export type { MeasuredTurn } from './train/evaluate.js';
