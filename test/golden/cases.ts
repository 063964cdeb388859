import path from 'node:path';
import { computeAdvantages } from '../../src/algo/advantage.js';
import { policyObjective } from '../../src/algo/objective.js';
import { selectCorrections } from '../../src/algo/selection.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import type { GRPOConfig } from '../../src/config/grpo.js';
import { samplingOf, type SamplingSettings } from '../../src/config/sampling.js';
import type { Device } from '../../src/ops/device.js';
import { sample } from '../../src/ops/sampling.js';
import { pack } from '../../src/nn/batch.js';
import type { Decoder, DecoderOptions } from '../../src/nn/decoder.js';
import { generate } from '../../src/sampling/generate.js';
import { loadDecoder } from '../../src/formats/load.js';
import type { Parameters } from '../../src/nn/parameters.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { AdamW } from '../../src/optim/adamw.js';
import { scheduleFactor } from '../../src/optim/schedule.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { loraOffReference } from '../../src/train/reference.js';
import { accumulatePolicy, concatenate } from '../../src/train/update.js';
import { accumulateNll } from '../../src/train/sft-trainer.js';
import { difference } from '../support/compare.js';

/** One compared quantity of a case: its error and the bound it must hold. */
export interface Measured {
  readonly quantity: string;
  readonly error: number;
  readonly bound: number;
}

/** ‖a − b‖ / ‖b‖ of f32 quantities. */
const RELATIVE = 1e-4;

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** Collects the largest error per quantity. */
class Report {
  readonly #worst = new Map<string, Measured>();

  add(quantity: string, error: number, bound: number): void {
    const kept = this.#worst.get(quantity);
    if (!kept || !(error / bound <= kept.error / kept.bound)) this.#worst.set(quantity, { quantity, error, bound });
  }

  /** ‖a − b‖ / ‖b‖; an expected zero must come out below the bound in absolute terms. */
  relative(quantity: string, actual: ArrayLike<number>, expected: ArrayLike<number>, bound = RELATIVE): void {
    const d = difference(actual, expected);
    const zero = Array.from(expected).every((x) => x === 0);
    this.add(quantity, zero ? d.maxAbs : d.relativeNorm, bound);
  }

  get all(): Measured[] {
    return [...this.#worst.values()];
  }
}

/** Runs one case folder. Throws on a kind that it does not know. */
export async function runCase(gpu: Device, folder: string, json: Json): Promise<Measured[]> {
  const report = new Report();
  const run = KINDS[json.kind as string];
  if (!run) throw new Error(`${folder}: unknown kind ${String(json.kind)}; the runner knows ${Object.keys(KINDS).join(', ')}`);
  await run(gpu, folder, json, report);
  return report.all;
}

const KINDS: Record<string, (gpu: Device, folder: string, json: Json, report: Report) => Promise<void>> = {
  forward: runForward,
  policy: runPolicy,
  optimizer: runOptimizer,
  generate: runGenerate,
  sampling: runSampling,
  advantages: runAdvantages,
  layer2: runLayer2,
};

async function load(gpu: Device, folder: string, train: 'full' | 'adapter', adapter?: string): Promise<Decoder> {
  return loadDecoder(gpu, new NodeFiles(folder), { train, ...(adapter && { adapter: new NodeFiles(adapter) }) });
}

async function compareGradients(parameters: Parameters, expected: Safetensors, report: Report): Promise<void> {
  const names = [...expected.tensors.keys()].filter((name) => name.startsWith('grad.'));
  if (names.length === 0) throw new Error('no gradients in expected.safetensors');
  for (const name of names) {
    const { gradient } = parameters.get(name.slice('grad.'.length));
    const [actual] = await parameters.device.read(gradient!);
    report.relative('gradients', actual, await expected.readF32(name));
  }
}

async function runForward(gpu: Device, folder: string, json: Json, report: Report): Promise<void> {
  const expected = await Safetensors.open(new NodeFiles(folder), 'expected.safetensors');
  const decoder = await loadDecoder(gpu, new NodeFiles(folder), { train: 'full', ...(json.decoder as DecoderOptions) });
  const sequences = json.sequences as number[][];
  const batch = pack(sequences, decoder.config.vocabSize);
  const recorder = gpu.recorder();
  const state = decoder.forward(recorder, batch);
  const logits = decoder.logits(recorder, state);
  recorder.submit();
  report.relative('logits', (await gpu.read(logits))[0], await expected.readF32('logits'));
  state.release();
  if (expected.tensors.has('logps')) report.relative('logps', await logpsOf(decoder, sequences), await expected.readF32('logps'));
  const { loss } = await accumulateNll(decoder, asExamples(sequences), count(sequences));
  report.relative('loss', [loss], await expected.readF32('loss'));
  await compareGradients(decoder.parameters, expected, report);
  decoder.free();
}

/** Log-probabilities of all tokens but the first of each sequence. */
async function logpsOf(decoder: Decoder, sequences: readonly number[][]): Promise<Float32Array> {
  const batch = pack(sequences, decoder.config.vocabSize);
  const rows = Uint32Array.from(batch.ids.keys()).filter((row) => row + 1 < batch.seqEnd[row]!);
  const recorder = decoder.device.recorder();
  const state = decoder.forward(recorder, batch);
  const { logps } = decoder.score(recorder, state, { rows, targets: rows.map((row) => batch.ids[row + 1]!), temperature: 1 });
  recorder.submit();
  const [values] = await decoder.device.read(logps);
  state.release();
  return values;
}

/** Every token but the first is predicted. */
function asExamples(sequences: readonly number[][]): { promptIds: number[]; completionIds: number[] }[] {
  return sequences.map((ids) => ({ promptIds: ids.slice(0, 1), completionIds: ids.slice(1) }));
}

function count(sequences: readonly number[][]): number {
  return sequences.reduce((n, s) => n + s.length - 1, 0);
}

function settingsOf(json: Json): GRPOConfig {
  const { maxCompletionLength, ...rest } = json;
  return { ...resolveGRPOConfig(), ...rest, ...(maxCompletionLength && { maxCompletionLength }) } as GRPOConfig;
}

async function runPolicy(gpu: Device, folder: string, json: Json, report: Report): Promise<void> {
  const files = new NodeFiles(folder);
  const expected = await Safetensors.open(files, 'expected.safetensors');
  const adapter = (await new NodeFiles(path.join(folder, 'adapter')).exists('adapter_config.json'))
    ? path.join(folder, 'adapter')
    : undefined;
  const decoder = await load(gpu, folder, adapter ? 'adapter' : 'full', adapter);
  const settings = settingsOf(json.settings as Json);
  const microBatches = json.microBatches as Json[];
  const logps: Float32Array[] = [];
  const entropies: Float32Array[] = [];
  const references: Float32Array[] = [];
  for (const [index, mb] of microBatches.entries()) {
    const sequences = (mb.prompts as number[][]).map((promptIds, i) => ({
      promptIds,
      completionIds: mb.completions[i] as number[],
      oldLogps: Float32Array.from((mb.oldLogps?.[i] as number[] | undefined) ?? []),
      advantage: mb.advantages[i] as number,
      masked: false,
    }));
    const given = mb.refLogps as number[][] | null;
    const reference = given ? () => Promise.resolve(Float32Array.from(given.flat())) : adapter ? loraOffReference(decoder) : null;
    if (reference && expected.tensors.has('refLogps')) references.push(await reference(sequences, settings.temperature));
    const result = await accumulatePolicy(
      decoder,
      {
        layer: 1,
        sequences,
        settings,
        context: { accumulationSteps: microBatches.length, windowTokens: json.windowTokens as number },
      },
      mb.oldLogps === null,
      reference,
    );
    logps.push(result.logps);
    entropies.push(result.entropies);
    report.add(
      'loss',
      Math.abs(result.loss - json.expected.loss[index]) / Math.max(Math.abs(json.expected.loss[index]), 1e-2),
      RELATIVE,
    );
    for (const [name, values] of Object.entries(json.expected.metrics as Record<string, number[]>)) {
      const [want, got] = [values[index]!, result.metrics[name]];
      if (got === undefined) throw new Error(`${folder}: the objective gives no metric ${name}`);
      report.add(`metrics`, Math.abs(got - want) / Math.max(Math.abs(want), 1e-2), RELATIVE);
    }
  }
  report.relative('logps', concatenate(logps), await expected.readF32('logps'));
  report.relative('entropies', concatenate(entropies), await expected.readF32('entropies'));
  if (expected.tensors.has('refLogps')) report.relative('refLogps', concatenate(references), await expected.readF32('refLogps'));
  await compareGradients(decoder.trained, expected, report);
  decoder.free();
}

async function runOptimizer(gpu: Device, folder: string, json: Json, report: Report): Promise<void> {
  const expected = await Safetensors.open(new NodeFiles(folder), 'expected.safetensors');
  const start = await Safetensors.open(new NodeFiles(folder));
  const decoder = await load(gpu, folder, 'full');
  const s = json.settings as Json;
  const optimizer = new AdamW(decoder.parameters, s as never);
  for (const [step, sequences] of (json.steps as number[][][]).entries()) {
    const { loss } = await accumulateNll(decoder, asExamples(sequences), count(sequences));
    const learningRate = s.learningRate * scheduleFactor(s.lrSchedulerType, step, s.maxSteps, s.warmupRatio);
    const recorder = gpu.recorder();
    const clip = optimizer.measure(recorder);
    optimizer.step(recorder, learningRate);
    recorder.submit();
    const [[norm]] = await gpu.read(clip);
    report.relative('loss', [loss], [json.expected.loss[step]]);
    report.relative('gradNorm', [norm!], [json.expected.gradNorm[step]]);
    report.relative('learningRate', [learningRate], [json.expected.learningRate[step]], 1e-6);
  }
  for (const { name, value } of decoder.parameters) {
    const [before, after] = [await start.readF32(name), await expected.readF32(`param.${name}`)];
    const [actual] = await gpu.read(value);
    const minus = (a: Float32Array): Float64Array => Float64Array.from(a, (x, i) => x - before[i]!);
    report.relative('change of parameters', minus(actual), minus(after), 1e-3);
  }
  optimizer.free();
  decoder.free();
}

async function runGenerate(gpu: Device, folder: string, json: Json, report: Report): Promise<void> {
  const decoder = await load(gpu, folder, 'full');
  const out = await generate(
    decoder,
    (json.prompts as number[][]).map((prompt) => ({ prompt, streams: [0] })),
    { temperature: 0, maxCompletionLength: json.maxCompletionLength, eosIds: new Set(json.eosTokenIds as number[]), seed: 0 },
  );
  const wrong = out.filter(({ ids }, i) => Array.from(ids).join() !== (json.expected.completions[i] as number[]).join());
  report.add('completions that differ', wrong.length, 0.5);
  decoder.free();
}

async function runSampling(gpu: Device, _folder: string, json: Json, report: Report): Promise<void> {
  for (const row of json.rows as Json[]) {
    const vocab = (row.logits as number[]).length;
    const seen = new Uint32Array(Math.ceil(vocab / 32));
    for (const id of row.history as number[]) seen[id >>> 5]! |= 1 << (id & 31);
    const one = (x: number) => gpu.from(Uint32Array.of(x));
    const probs = gpu.tensor([1, vocab]);
    const recorder = gpu.recorder();
    sample(recorder, {
      logits: gpu.from(Float32Array.from(row.logits as number[]), [1, vocab]),
      rows: 1,
      vocab,
      tokens: one(0),
      logps: gpu.tensor([1]),
      stream: one(0),
      step: one(0),
      active: one(1),
      seed: [1, 2],
      seen: gpu.from(seen, [1, seen.length]),
      probs,
      ...samplingOf(row.settings as SamplingSettings),
    });
    recorder.submit();
    report.relative('probs', (await gpu.read(probs))[0], row.expected.probs as number[]);
  }
}

async function runAdvantages(_gpu: Device, _folder: string, json: Json, report: Report): Promise<void> {
  for (const set of json.sets as Json[]) {
    const { advantages } = computeAdvantages(set.rewards, { ...resolveGRPOConfig(), ...set.settings });
    report.relative('advantages', advantages, set.expected.advantages as number[]);
  }
  return Promise.resolve();
}

async function runLayer2(_gpu: Device, _folder: string, json: Json, report: Report): Promise<void> {
  for (const set of json.sets as Json[]) {
    const { G, H, ...settings } = set.settings as Json;
    const [first, second] = [set.rewardsLayer1 as number[][], set.rewardsLayer2 as number[][][]];
    const answers = first.flat();
    const rewards = second.flat(2);
    const selection = selectCorrections(
      {
        questions: first.length,
        questionOf: answers.map((_, row) => Math.floor(row / G)),
        answerCorrect: answers.map((r) => r > 0.5),
        answerRewards: answers,
        correct: rewards.map((r) => r > 0.5),
        rewards: rewards.map((r) => [r]),
      },
      {
        numGenerations: H,
        selection: settings.selection,
        baseline: settings.baseline,
        normalizer: settings.normalizer,
        correctionBonus: 0,
        degradationPenalty: 0,
        scaleRewards: 'none',
        multiObjectiveAggregation: 'sum_then_normalize',
        rewardWeights: null,
        filterZeroVariance: false,
      },
    );
    const keep = (set.expected.keep as boolean[][]).flat();
    report.add('keep that differ', selection.keep.filter((kept, i) => kept !== keep[i]).length, 0.5);
    report.relative('advantages', selection.advantages, (set.expected.advantages as number[][][]).flat(2));
    const ragged = set.logps as number[][];
    const offsets = [0];
    for (const row of ragged) offsets.push(offsets.at(-1)! + row.length);
    const { loss, gradLogps } = policyObjective(
      {
        offsets,
        logps: ragged.flat(),
        oldLogps: (set.oldLogps as number[][]).flat(),
        refLogps: (set.refLogps as number[][]).flat(),
        entropies: null,
        advantages: selection.advantages,
        mask: null,
      },
      { ...resolveGRPOConfig(), epsilon: settings.epsilon, beta: settings.beta },
      { accumulationSteps: 1, windowTokens: offsets.at(-1)!, windowSequences: ragged.length, sequenceWeights: selection.weights },
    );
    report.relative('loss', [loss], [set.expected.loss]);
    report.relative('gradLogps', gradLogps, (set.expected.gradLogps as number[][]).flat());
  }
  return Promise.resolve();
}
