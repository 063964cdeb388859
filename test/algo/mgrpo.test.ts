import { describe, expect, it } from 'vitest';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import { resolveMGRPOConfig } from '../../src/config/mgrpo.js';
import type { GRPOConfig } from '../../src/config/grpo.js';
import type { MGRPOConfig, MGRPOConfigInput } from '../../src/config/mgrpo.js';
import { mgrpoStep } from '../../src/algo/mgrpo.js';
import type { StepHost } from '../../src/algo/mgrpo.js';
import { buildQueries } from '../../src/algo/queries.js';
import { completionMetrics } from '../../src/algo/rollout.js';
import type { Completion, Prompt, Question, Scored } from '../../src/algo/rollout.js';
import { withoutIdle, type MicroBatch, type UpdateWindow } from '../../src/algo/micro-batches.js';
import { policyObjective } from '../../src/algo/objective.js';
import { Rng } from '../../src/rng.js';

const EOS = 1;
const PHRASE = 90;
const SYMBOLS = 6; // answer tokens 10 .. 15

interface Item extends Question {
  readonly target: number;
}

/**
 * A policy small enough to be a table: one answer token, then end of sequence. Layer 1 has logits per question, layer 2 per question and
 * first answer. Real sampling, real gradients through the objective, plain gradient ascent.
 */
class TableHost implements StepHost<Item> {
  readonly phrases = [
    { text: 'wait', ids: [PHRASE] },
    { text: 'hmm', ids: [PHRASE, PHRASE + 1] },
  ];
  readonly eosIds: ReadonlySet<number> = new Set([EOS]);
  readonly thinkEnd = (ids: ArrayLike<number>): number => Array.from(ids).indexOf(50);
  readonly maxContextLength = 64;
  readonly log: string[] = [];
  readonly windows: UpdateWindow[] = [];
  rescored: NonNullable<StepHost<Item>['rescored']> = (windows) => Promise.resolve(windows);
  readonly tables = new Map<string, Float64Array>();
  readonly rng: Rng;
  readonly learningRate: number;
  fresh: Item[] = [];

  constructor(seed: number, learningRate = 0) {
    this.rng = new Rng(seed);
    this.learningRate = learningRate;
  }

  draw = (): number => this.rng.uniform();

  logits(promptIds: ArrayLike<number>): Float64Array {
    const ids = Array.from(promptIds);
    const corrected = ids.findIndex((id) => id >= PHRASE);
    const key = corrected < 0 ? `${ids[0]}` : `${ids[0]}/${ids[corrected - 1]}`;
    if (!this.tables.has(key)) this.tables.set(key, new Float64Array(SYMBOLS));
    return this.tables.get(key)!;
  }

  probabilities(promptIds: ArrayLike<number>, temperature: number): Float64Array {
    const exps = this.logits(promptIds).map((x) => Math.exp(x / temperature));
    const sum = exps.reduce((a, b) => a + b, 0);
    return exps.map((e) => e / sum);
  }

  sample(layer: 1 | 2, prompts: readonly Prompt<Item>[], n: number, settings: GRPOConfig): Promise<Completion[][]> {
    this.log.push(`sample ${layer} ${prompts.length}x${n}`);
    const out = prompts.map(({ ids }) =>
      Array.from({ length: n }, (): Completion => {
        const p = this.probabilities(ids, settings.temperature);
        let u = this.rng.uniform();
        let s = 0;
        while (s < SYMBOLS - 1 && u >= p[s]!) u -= p[s++]!;
        return { ids: [10 + s, EOS], logps: Float32Array.of(Math.log(p[s]!), 0), truncated: false };
      }),
    );
    return Promise.resolve(out);
  }

  score(layer: 1 | 2, prompts: readonly Prompt<Item>[], completions: readonly (readonly Completion[])[]): Promise<Scored> {
    this.log.push(`score ${layer}`);
    const rows = completions.flatMap((group, i) => group.map((c) => [c.ids[0] === prompts[i]!.question.target ? 1 : 0]));
    return Promise.resolve({
      rewards: rows,
      names: ['accuracy'],
      texts: completions.flat().map((c) => ({ text: '', final: String(c.ids[0]), extra: {} })),
    });
  }

  update(window: UpdateWindow): Promise<void> {
    this.log.push(
      `update ${[...new Set(window.microBatches.map((m) => m.layer))].join('+')}${window.onPolicy ? ' on policy' : ''}`,
    );
    this.windows.push(window);
    const steps: (() => void)[] = [];
    for (const { sequences, settings, context } of window.microBatches) {
      const logps = sequences.flatMap((s) => [
        Math.log(this.probabilities(s.promptIds, settings.temperature)[s.completionIds[0]! - 10]!),
        0,
      ]);
      const old = sequences.flatMap((s) => Array.from(s.oldLogps));
      if (window.onPolicy) logps.forEach((x, t) => expect(old[t]).toBeCloseTo(x, 5));
      const { gradLogps } = policyObjective(
        {
          offsets: [0, ...sequences.map((_, i) => 2 * (i + 1))],
          logps,
          oldLogps: window.onPolicy ? null : old,
          refLogps: null,
          entropies: null,
          advantages: sequences.map((s) => s.advantage),
          mask: sequences.flatMap((s) => (s.masked ? [0, 0] : [1, 1])),
        },
        settings,
        context,
      );
      sequences.forEach((s, i) => {
        const p = this.probabilities(s.promptIds, settings.temperature);
        const table = this.logits(s.promptIds);
        const g = gradLogps[2 * i]!;
        steps.push(() =>
          p.forEach((q, k) => (table[k]! -= this.learningRate * g * ((k === s.completionIds[0]! - 10 ? 1 : 0) - q))),
        );
      });
    }
    steps.forEach((step) => step());
    return Promise.resolve();
  }

  moreQuestions(count: number): Promise<Item[]> {
    this.log.push(`more ${count}`);
    return Promise.resolve(this.fresh.splice(0, count));
  }
}

const items = (n: number, from = 100): Item[] =>
  Array.from({ length: n }, (_, i) => ({ promptIds: [from + i, 5], target: 10 + (i % SYMBOLS) }));
const configOf = (input: MGRPOConfigInput = {}): MGRPOConfig =>
  resolveMGRPOConfig({
    beta: 0,
    temperature: 1,
    maxCompletionLength: 2,
    ...input,
    layer2: { numGenerations: 3, selection: 'none', ...input.layer2 },
  });

describe('mgrpoStep', () => {
  it('samples, scores and updates layer 1, then layer 2 (successive)', async () => {
    const host = new TableHost(1);
    const { metrics, answers, corrections } = await mgrpoStep(items(4), configOf(), host);
    expect(host.log).toEqual(['sample 1 4x8', 'score 1', 'update 1 on policy', 'sample 2 32x3', 'score 2', 'update 2 on policy']);
    expect(host.windows[0]!.microBatches.map((m) => m.sequences.length)).toEqual([8, 8, 8, 8]);
    expect(host.windows[1]!.microBatches).toHaveLength(12);
    expect(metrics['layer2/queries']).toBe(32);
    expect(metrics['delta_t1_t2']).toBeCloseTo(metrics['acc_t2']! - metrics['acc_t1']!, 12);
    expect(metrics['delta_t1_t2']).toBeCloseTo(metrics['delta_i_to_c']! - metrics['delta_c_to_i']!, 12);
    expect(metrics['answer_change_rate']).toBeGreaterThan(0.5);
    // q' = prompt, answer without end of sequence, phrase.
    const { ids, origin } = corrections!.prompts[9]!;
    expect(Array.from(ids)).toEqual([101, 5, origin.answer.ids[0], ...Array.from(origin.phrase.ids)]);
    expect(origin.row).toBe(9);
    expect(origin.answer).toBe(answers.completions[1]![1]);
    expect(origin.correct).toBe(answers.correct[9]);
  });

  it('samples both layers before one update of both (joint)', async () => {
    const host = new TableHost(1);
    await mgrpoStep(items(4), configOf({ layer2: { schedule: 'joint' } }), host);
    expect(host.log).toEqual(['sample 1 4x8', 'score 1', 'sample 2 32x3', 'score 2', 'update 1+2 on policy']);
  });

  it('learns from corrections only (alone)', async () => {
    const host = new TableHost(1);
    await mgrpoStep(items(4), configOf({ layer2: { schedule: 'alone' } }), host);
    expect(host.log).toEqual(['sample 1 4x8', 'score 1', 'sample 2 32x3', 'score 2', 'update 2 on policy']);
  });

  it('shows nothing of the answer to a blind second turn, and pairs it with that answer all the same (shown hidden)', async () => {
    const { corrections, answers } = await mgrpoStep(items(4), configOf({ layer2: { shown: 'hidden' } }), new TableHost(1));
    for (const { ids, origin, question } of corrections!.prompts) {
      expect(Array.from(ids)).toEqual([...Array.from(question.promptIds), ...Array.from(origin.phrase.ids)]);
      expect(origin.answer).toBe(answers.completions.flat()[origin.row]);
    }
  });

  it('shows a wrong answer that is not its own, to the same question where there is one (shown other)', async () => {
    const { corrections, answers, metrics } = await mgrpoStep(
      items(4),
      configOf({ layer2: { shown: 'other' } }),
      new TableHost(3),
    );
    const wrongOf = (q: number): number[] =>
      answers.completions[q]!.flatMap(({ ids }, i) => (answers.correct[8 * q + i] ? [] : [ids[0]!]));
    const shown = corrections!.prompts.map(({ ids, origin, question }) => {
      const q = Math.floor(origin.row / 8);
      expect(ids[2]).not.toBe(question.target);
      expect(wrongOf(q)).toContain(ids[2]);
      return ids[2] === origin.answer.ids[0];
    });
    expect(shown.filter((same) => !same).length).toBeGreaterThan(16);
    expect(metrics).toMatchObject({ 'layer2/queries': 32, 'layer2/skipped_no_other': 0 });
    expect(corrections!.prompts.map(({ origin }) => origin.correct)).toEqual(answers.correct);
  });

  it('makes no query where nobody else is wrong (shown other)', async () => {
    const answer: Completion = { ids: [10, EOS], logps: new Float32Array(2), truncated: false };
    const prompts = items(2).map((question) => ({ question, ids: question.promptIds, origin: null }));
    const build = (correct: boolean[]) =>
      buildQueries(
        { prompts, completions: [[answer], [answer]], correct },
        { ...configOf().layer2, shown: 'other', maxCompletionLength: 2 },
        new TableHost(1),
      );
    // The one wrong answer belongs to question 1: it is shown to question 0, and question 1 has nobody else's.
    const { queries, metrics } = build([true, false]);
    expect(queries.map(({ origin }) => origin.row)).toEqual([0]);
    expect(metrics['layer2/skipped_no_other']).toBe(1);
    expect(build([true, true]).metrics['layer2/skipped_no_other']).toBe(2);
  });

  it('draws and updates as GRPO with layer 2 disabled', async () => {
    const runs = [
      configOf({ layer2: { enabled: false } }),
      resolveGRPOConfig({ beta: 0, temperature: 1, maxCompletionLength: 2 }),
    ].map(async (config) => {
      const host = new TableHost(3, 1);
      for (let step = 0; step < 3; step++) await mgrpoStep(items(4), config, host);
      return { log: host.log, tables: [...host.tables], position: host.rng.position };
    });
    const [a, b] = await Promise.all(runs);
    expect(a).toEqual(b);
    expect(a!.log).not.toContain('score 2');
  });

  it('gives the same weights to every split into micro-batches', async () => {
    const tables = await Promise.all(
      [
        [8, 4],
        [16, 2],
        [32, 1],
        [4, 8],
      ].map(async ([perDeviceTrainBatchSize, gradientAccumulationSteps]) => {
        const host = new TableHost(5, 2);
        await mgrpoStep(
          items(4),
          configOf({ perDeviceTrainBatchSize: perDeviceTrainBatchSize!, gradientAccumulationSteps: gradientAccumulationSteps! }),
          host,
        );
        return [...host.tables.entries()].sort().flatMap(([, t]) => [...t]);
      }),
    );
    for (const other of tables.slice(1)) other.forEach((x, i) => expect(x).toBeCloseTo(tables[0]![i]!, 12));
  });

  it('runs numIterations passes, on policy only at the very first optimiser step', async () => {
    const host = new TableHost(7);
    await mgrpoStep(
      items(4),
      configOf({ numIterations: 2, gradientAccumulationSteps: 2, stepsPerGeneration: 4, layer2: { enabled: false } }),
      host,
    );
    expect(host.log.slice(2)).toEqual(['update 1 on policy', 'update 1', 'update 1', 'update 1']);
    expect(host.windows.map((w) => w.microBatches.flatMap((m) => m.sequences).length)).toEqual([16, 16, 16, 16]);
  });

  it.each([
    [1, 4, []],
    [1, 2, [1]],
    [2, 4, [1]],
    [2, 2, [2]],
  ])(
    'computes old log-probabilities again only of windows that are seen after an update: %i passes, windows of %i',
    async (numIterations, gradientAccumulationSteps, expected) => {
      const host = new TableHost(7);
      const asked: number[] = [];
      host.rescored = (windows) => (asked.push(windows.length), Promise.resolve(windows));
      await mgrpoStep(
        items(4),
        configOf({ numIterations, gradientAccumulationSteps, stepsPerGeneration: 4, layer2: { enabled: false } }),
        host,
      );
      expect(asked).toEqual(expected);
    },
  );

  it('normalises by Eq. 6 over the kept corrections only', async () => {
    const host = new TableHost(9);
    const { corrections, metrics } = await mgrpoStep(items(4), configOf({ layer2: { selection: 'paper' } }), host);
    const sequences = host.windows[1]!.microBatches.flatMap((m) => m.sequences);
    const weights = host.windows[1]!.microBatches.flatMap((m) => Array.from(m.context.sequenceWeights!));
    expect(metrics['layer2/discarded']).toBeGreaterThan(0);
    expect(sequences).toHaveLength(3 * metrics['layer2/kept']!);
    expect(metrics['layer2/kept']! + metrics['layer2/discarded']!).toBe(32);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(
      new Set(corrections!.selection.keep.flatMap((k, j) => (k ? [Math.floor(j / 8)] : []))).size / 4,
      12,
    );
  });

  it('corrects K answers per question and counts what gets no query', async () => {
    const host = new TableHost(11);
    const { metrics } = await mgrpoStep(items(4), configOf({ layer2: { answersPerQuery: 2, answerChoice: 'balanced' } }), host);
    expect(host.log[3]).toBe('sample 2 8x3');
    expect(metrics['layer2/skipped_too_long']).toBe(0);
    const tight = Object.assign(new TableHost(11), { maxContextLength: 5 });
    const report = await mgrpoStep(items(4), configOf(), tight);
    expect(report.metrics).toMatchObject({ 'layer2/queries': 0, 'layer2/skipped_too_long': 32 });
    expect(report.corrections).toBeNull();
    expect(tight.log).toEqual(['sample 1 4x8', 'score 1', 'update 1 on policy']);
  });

  it('leaves groups that cannot teach out of the update and its mean (filterZeroVariance)', async () => {
    const host = new TableHost(13);
    host.logits([100])[0] = 40; // question 0 is always right, question 1 never
    host.logits([101])[0] = 40;
    const { metrics } = await mgrpoStep(items(4), configOf({ filterZeroVariance: true, layer2: { enabled: false } }), host);
    const micro = host.windows[0]!.microBatches;
    expect(micro.flatMap((m) => m.sequences)).toHaveLength(16);
    expect(micro.flatMap((m) => Array.from(m.context.sequenceWeights!))).toEqual(new Array(16).fill(1 / 16));
    expect(metrics['frac_reward_zero_std']).toBe(0.5);
  });

  it('gives the same losses and gradients without the sequences that add nothing', async () => {
    const host = new TableHost(13);
    host.logits([100])[0] = 40;
    host.logits([101])[0] = 40;
    const sample = host.sample.bind(host);
    host.sample = async (...args) => (await sample(...args)).map((group) => group.map((c, i) => ({ ...c, truncated: i === 5 })));
    const settings = { schedule: 'joint', numGenerations: 4 } as const;
    await mgrpoStep(items(4), configOf({ maskTruncatedCompletions: true, lossType: 'dapo', layer2: settings }), host);
    const whole = host.windows[0]!.microBatches;
    const short = withoutIdle(whole);
    const all = whole.flatMap((m) => m.sequences);
    const kept = all.filter(({ advantage, masked }) => advantage !== 0 && !masked);
    expect(kept.length).toBeLessThan(all.length / 2);
    expect(short.flatMap((m) => m.sequences)).toEqual(kept);
    expect(short.map((m) => m.sequences.length).filter((n) => n < 8).length).toBeLessThanOrEqual(2);
    const outcome = (batches: readonly MicroBatch[]): { loss: number; gradients: number[] } => {
      const results = batches.map(({ sequences, settings, context }) =>
        policyObjective(
          {
            offsets: [0, ...sequences.map((_, i) => 2 * (i + 1))],
            logps: sequences.flatMap((s) => Array.from(s.oldLogps, (x, t) => x - 0.1 * t - 0.3 * s.advantage)),
            oldLogps: sequences.flatMap((s) => Array.from(s.oldLogps)),
            refLogps: null,
            entropies: null,
            advantages: sequences.map((s) => s.advantage),
            mask: sequences.flatMap((s) => (s.masked ? [0, 0] : [1, 1])),
          },
          settings,
          context,
        ),
      );
      return {
        loss: results.reduce((sum, { loss }) => sum + loss, 0),
        gradients: results.flatMap(({ gradLogps }) => Array.from(gradLogps)).filter((g) => g !== 0),
      };
    };
    expect(outcome(short).gradients).toEqual(outcome(whole).gradients);
    expect(outcome(short).loss).toBeCloseTo(outcome(whole).loss, 14);
    const change = (settings: Partial<GRPOConfig>): number =>
      withoutIdle(whole.map((m) => ({ ...m, settings: { ...m.settings, ...settings } }))).flatMap((m) => m.sequences).length;
    const unmasked = all.filter(({ masked }) => !masked).length;
    expect([{ beta: 0.1 }, { entropyCoef: 0.1 }, { topEntropyQuantile: 0.5 }].map(change)).toEqual([
      unmasked,
      unmasked,
      unmasked,
    ]);
    expect(change({ lossType: 'bnpo' })).toBe(all.length);
  });

  it('replaces groups that cannot teach, up to the cap (dynamicSampling)', async () => {
    const config = configOf({ dynamicSampling: true, maxResampleRounds: 2, layer2: { enabled: false } });
    const host = new TableHost(13);
    host.logits([100])[0] = 40;
    host.logits([101])[0] = 40;
    host.fresh = items(6, 200);
    const { metrics, answers } = await mgrpoStep(items(4), config, host);
    expect(host.log.slice(0, 5)).toEqual(['sample 1 4x8', 'score 1', 'more 2', 'sample 1 2x8', 'score 1']);
    expect(answers.prompts).toHaveLength(4);
    expect(metrics).toMatchObject({ 'dynamic_sampling/missing_groups': 0 });
    expect(host.windows[0]!.microBatches.flatMap((m) => m.sequences)).toHaveLength(32);

    const stuck = new TableHost(13);
    for (let i = 0; i < 4; i++) stuck.logits([100 + i])[i] = 40;
    for (let i = 0; i < 40; i++) stuck.logits([300 + i])[i % SYMBOLS] = 40;
    stuck.fresh = items(40, 300);
    const report = await mgrpoStep(items(4), config, stuck);
    expect(stuck.log.filter((line) => line.startsWith('more'))).toEqual(['more 4', 'more 4']);
    expect(stuck.log.filter((line) => line.startsWith('update'))).toEqual([]);
    expect(report.metrics).toMatchObject({ 'dynamic_sampling/rounds': 2, 'dynamic_sampling/missing_groups': 4, reward: 1 });
  });

  it('masks truncated completions out of the loss and its token count', async () => {
    const host = new TableHost(15);
    const sample = host.sample.bind(host);
    host.sample = async (...args) => (await sample(...args)).map((group) => group.map((c, i) => ({ ...c, truncated: i === 0 })));
    await mgrpoStep(items(4), configOf({ maskTruncatedCompletions: true, lossType: 'dapo', layer2: { enabled: false } }), host);
    const micro = host.windows[0]!.microBatches;
    expect(micro.flatMap((m) => m.sequences.filter((s) => s.masked))).toHaveLength(4);
    expect(micro[0]!.context).toMatchObject({ windowTokens: 28 * 2, windowSequences: 32, accumulationSteps: 4 });
  });

  it.each(['successive', 'joint'] as const)('teaches a table policy both turns from reward alone (%s)', async (schedule) => {
    const host = new TableHost(17, 6);
    const config = configOf({ layer2: { schedule, selection: 'paper' } });
    let last: Readonly<Record<string, number>> = {};
    const first = (await mgrpoStep(items(4), config, host)).metrics;
    for (let step = 0; step < 60; step++) last = (await mgrpoStep(items(4), config, host)).metrics;
    expect(first['acc_t1']).toBeLessThan(0.4);
    expect(last['acc_t1']).toBeGreaterThan(0.9);
    expect(last['acc_t2']).toBeGreaterThan(0.9);
  });
});

describe('completionMetrics', () => {
  it('has TRL’s names, with 0 where nothing terminated', () => {
    const completion = (n: number, truncated: boolean): Completion => ({
      ids: new Int32Array(n),
      logps: new Float32Array(n),
      truncated,
    });
    expect(completionMetrics([completion(4, true), completion(2, false)])).toEqual({
      'completions/mean_length': 3,
      'completions/min_length': 2,
      'completions/max_length': 4,
      'completions/mean_terminated_length': 2,
      'completions/min_terminated_length': 2,
      'completions/max_terminated_length': 2,
      'completions/clipped_ratio': 0.5,
    });
    expect(completionMetrics([completion(4, true)])['completions/mean_terminated_length']).toBe(0);
  });
});
