// Measures one and the same policy on held-out problems: answers, corrections of them (Eq. 5), what the corrections change, pass@k and maj@k.
// Queries are built as in training; the metrics themselves are algo/evaluation.ts.
import { totalRewards } from '../algo/advantage.js';
import { majAtK, meanOver, passAtK, turnMetrics } from '../algo/evaluation.js';
import type { Metric, TurnTable } from '../algo/evaluation.js';
import { buildQueries } from '../algo/queries.js';
import type { Answers } from '../algo/queries.js';
import type { Completion, Prompt, Query, Rollout } from '../algo/rollout.js';
import { EVALUATION_OPTIONS } from '../config/evaluation.js';
import type { EvaluationConfig } from '../config/evaluation.js';
import { LAYER2_OPTIONS } from '../config/layer2.js';
import type { Layer2Config } from '../config/layer2.js';
import { check } from '../errors.js';
import { isObject, LISTENER, takeOptions } from '../options/border.js';
import { fillOptions, reportProblems } from '../options/fill.js';
import { goldOf } from '../reward/countdown-task.js';
import type { RewardFunction } from '../reward/types.js';
import { verifyBatch } from '../reward/verify.js';
import type { Verdict } from '../reward/verify.js';
import { Rng } from '../rng.js';
import type { TaskRow } from '../tasks/task.js';
import { Contexts } from './contexts.js';
import { checkCritic, withCritiques } from './critic.js';
import type { CompletionRecord } from './events.js';
import type { LanguageModel } from './language-model.js';
import { fittingCompletionLength } from './fitting-length.js';
import { encodePhrases, encodeQuestions, longest, thinkEnd, type EncodedQuestion } from './questions.js';
import { recordsOf } from './records.js';
import { judge, rollout } from './rollout.js';
import { EVALUATION_SEED, STREAM } from './streams.js';
import { POLICY, REWARD_FUNCS, SIGNAL } from './arguments.js';

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends Partial<EvaluationConfig> {
  /** How answers are corrected: any part of the options of layer 2. Null (default) or not enabled: answers only. */
  readonly layer2?: Partial<Layer2Config> | null;
  /** For the metrics `reward` and `layer2/reward`; none: they are left out. */
  readonly rewardFuncs?: RewardFunction | readonly RewardFunction[];
  /** Writes on each answer before it is corrected, as in training. */
  readonly critic?: LanguageModel;
  readonly signal?: AbortSignal | undefined;
  /** Completions finished and in all, and tokens sampled. */
  readonly onProgress?: (done: number, total: number, tokens: number) => void;
}

/** What stands after a turn. */
export interface MeasuredTurn extends TurnTable {
  /** Tokens sampled in this turn. */
  readonly tokens: number;
}

/** What an evaluation found. */
export interface Evaluation {
  /** By the paper's names and the field's, each with its 95 % interval over the problems. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Every answer and correction. */
  readonly records: readonly CompletionRecord[];
  /** Right or wrong, problem by problem: answers, then each turn of corrections. */
  readonly turns: readonly MeasuredTurn[];
}

/**
 * Evaluates a policy. Metrics without a suffix use strict extraction, as the reward does; those with `_lenient` also take unmarked final
 * numbers. Every answer gets one correction, or with `turns` above 2 one after the other; an answer
 * without a query counts with its own verdict among the corrections.
 * @throws MgrpoError where a row has no gold answer, or the prompts do not fit the model
 */
export async function evaluate(
  policy: LanguageModel,
  dataset: readonly TaskRow[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const settings = takeOptions('evaluate', EVALUATION_OPTIONS, options, {
    layer2: {
      noun: 'settings of layer 2',
      is: (value) => value === null || isObject(value),
      wayOut: 'pass {} for its defaults',
      optional: true,
    },
    rewardFuncs: { ...REWARD_FUNCS, is: (value) => Array.isArray(value) || REWARD_FUNCS.is(value), optional: true },
    critic: { ...POLICY, optional: true },
    signal: SIGNAL,
    onProgress: LISTENER,
  });
  const layer2 = layer2Of(options.layer2);
  check(isObject(policy) && POLICY.is(policy), `evaluate: expected a policy, got none; ${POLICY.wayOut}`);
  if (options.critic && layer2) checkCritic('evaluate', policy, options.critic, layer2.mode);
  check(Array.isArray(dataset) && dataset.length > 0, 'evaluate: expected at least one row, got none; give it a data set');
  const questions = encodeQuestions(policy.tokenizer, dataset, layer2);
  const bare = dataset.findIndex((row) => goldOf(row) === '');
  check(bare < 0, `evaluate: expected a right answer in every row, got '' for gold in row ${bare}; drop the row`);

  const run = new EvaluationRun(policy, questions, layer2, settings, options);
  return run.evaluate();
}

/** Completes the settings of layer 2; null where there is none. */
function layer2Of(input: EvaluateOptions['layer2']): Layer2Config | null {
  if (input === null || input === undefined) return null;
  const problems: string[] = [];
  const layer2 = fillOptions(LAYER2_OPTIONS, input, problems, { prefix: 'layer2' });
  reportProblems('evaluate', problems);
  return layer2.enabled ? layer2 : null;
}

/** Answers, or corrections, with verdicts. */
interface Graded {
  readonly rolled: Rollout<EncodedQuestion>;
  readonly verdicts: readonly Verdict[];
  /** Whether a correction left the answer before it standing. */
  readonly stands: readonly boolean[];
  /** Right by lenient extraction. */
  readonly lenient: readonly boolean[];
}

class EvaluationRun {
  readonly #policy: LanguageModel;
  readonly #questions: readonly EncodedQuestion[];
  readonly #layer2: Layer2Config | null;
  readonly #settings: EvaluationConfig;
  readonly #options: EvaluateOptions;
  readonly #lengths: { readonly answer: number; readonly correction: number };
  /** Completions finished and to be finished. */
  readonly #total: number;
  /** For phrases. */
  readonly #rng: Rng;
  /** Which weights sampled the answers; see `Parameters.version`. */
  #version: number | undefined;
  /** Keys and values of the answers until their corrections are sampled. */
  #contexts: Contexts | undefined;

  constructor(
    policy: LanguageModel,
    questions: readonly EncodedQuestion[],
    layer2: Layer2Config | null,
    settings: EvaluationConfig,
    options: EvaluateOptions,
  ) {
    [this.#policy, this.#questions, this.#layer2] = [policy, questions, layer2];
    [this.#settings, this.#options] = [settings, options];
    const rows = questions.map(({ row }) => row);
    const answer = settings.maxCompletionLength ?? fittingCompletionLength(policy, rows, layer2);
    this.#lengths = { answer, correction: layer2?.maxCompletionLength ?? answer };
    this.#total = questions.length * settings.numGenerations * (layer2 ? settings.turns : 1);
    this.#rng = new Rng(settings.seed, STREAM.evaluate);
  }

  async evaluate(): Promise<Evaluation> {
    try {
      return await this.#evaluate();
    } finally {
      this.#contexts?.free();
    }
  }

  async #evaluate(): Promise<Evaluation> {
    const k = this.#settings.numGenerations;
    const prompts = this.#questions.map((question): Prompt<EncodedQuestion> => ({
      question,
      ids: question.promptIds,
      origin: null,
    }));
    this.#contexts = this.#layer2 ? this.#openContexts(this.#layer2) : undefined;
    const first = await this.#grade(prompts, k, this.#lengths.answer, 0);
    const records = recordsOf(this.#policy, 0, 1, first.rolled);
    const turns = [standingOf(first)];
    const corrected: Graded[] = [];
    for (let turn = 2; this.#layer2 && turn <= this.#settings.turns; turn++) {
      const before = turns.at(-1)!;
      const answers = { prompts, completions: table(before.answers, k), correct: before.correct };
      const queries = await this.#critique(this.#queries(answers, this.#layer2));
      const graded = await this.#grade(queries, 1, this.#lengths.correction, (turn - 1) * prompts.length * k);
      this.#contexts?.free();
      this.#contexts = undefined;
      records.push(...recordsOf(this.#policy, 0, 2, graded.rolled));
      turns.push(this.#standAfter(before, queries, graded));
      corrected.push(graded);
    }
    const tables = turns.map((turn): MeasuredTurn => ({
      correct: table(turn.correct, k),
      finals: table(turn.finals, k),
      tokens: turn.tokens,
    }));
    const metrics = turnMetrics(tables);
    if (turns.length > 1) metrics['acc_t2_lenient'] = share(turns[1]!.lenient, k);
    const second = corrected[0]?.rolled;
    if (second && second.prompts.length > 0 && this.#rewardFuncs.length > 0)
      metrics['layer2/reward'] = rewardMetric(second.rewards);
    metrics['acc_t1_lenient'] = share(first.lenient, k);
    if (this.#rewardFuncs.length > 0) metrics['reward'] = rewardMetric(first.rolled.rewards);
    const { correct, finals } = tables[0]!;
    for (const n of new Set([1, k])) {
      metrics[`pass@${n}`] = passAtK(correct, n);
      metrics[`maj@${n}`] = majAtK(finals, correct, n);
    }
    return { metrics, records, turns: tables };
  }

  #openContexts({ phrases }: Layer2Config): Contexts | undefined {
    const prompts = this.#questions.flatMap(({ promptIds, correctionPromptIds = [] }) => [promptIds, correctionPromptIds]);
    const { numGenerations, maxSlots } = this.#settings;
    return Contexts.open(this.#policy.decoder, {
      prompts: this.#questions.length,
      longestPrompt: longest(prompts),
      answers: this.#questions.length * numGenerations,
      answerLength: this.#lengths.answer,
      correctionLength: this.#lengths.correction,
      phrase: longest(encodePhrases(this.#policy.tokenizer, phrases).map(({ ids }) => ids)),
      slots: maxSlots,
    });
  }

  /** What stands after a turn: an answer that got no query stays as it was. */
  #standAfter(before: Standing, queries: readonly Query<EncodedQuestion>[], graded: Graded): Standing {
    const { rolled, lenient, stands } = graded;
    const after = standingOf(graded);
    const filled = <T>(now: readonly T[], then: readonly T[]): T[] => {
      const out = [...then];
      queries.forEach(({ origin }, i) => (out[origin.row] = now[i]!));
      return out;
    };
    // In mode open_think a correction goes on with the thought: the whole turn is the answer that the next turn gets.
    const answers = after.answers.map((completion, i) => {
      if (stands[i]) return queries[i]!.origin.answer;
      if (this.#layer2?.mode !== 'open_think') return completion;
      const { ids, question } = queries[i]!;
      return { ...completion, ids: [...Array.from(ids).slice(question.promptIds.length), ...Array.from(completion.ids)] };
    });
    return {
      answers: filled(answers, before.answers),
      correct: filled(rolled.correct, before.correct),
      finals: filled(after.finals, before.finals),
      lenient: filled(lenient, before.lenient),
      tokens: after.tokens,
    };
  }

  get #rewardFuncs(): readonly RewardFunction[] {
    const { rewardFuncs = [] } = this.#options;
    return typeof rewardFuncs === 'function' ? [rewardFuncs] : rewardFuncs;
  }

  /** A query for every answer that can have one. */
  #queries(answers: Answers<EncodedQuestion>, layer2: Layer2Config): readonly Query<EncodedQuestion>[] {
    const { tokenizer, eosIds, context } = this.#policy;
    const { maxContextLength } = this.#settings;
    return buildQueries(
      answers,
      { ...layer2, maxCompletionLength: this.#lengths.correction, answersPerQuery: null },
      {
        phrases: encodePhrases(tokenizer, layer2.phrases),
        eosIds,
        thinkEnd: thinkEnd(tokenizer),
        maxContextLength: Math.min(maxContextLength ?? context, context),
        draw: () => this.#rng.uniform(),
      },
    ).queries;
  }

  /** The queries with what the critic writes, where there is one. */
  async #critique(queries: readonly Query<EncodedQuestion>[]): Promise<readonly Query<EncodedQuestion>[]> {
    const { critic, signal } = this.#options;
    if (!critic || queries.length === 0) return queries;
    const context = Math.min(this.#settings.maxContextLength ?? this.#policy.context, this.#policy.context, critic.context);
    const lengths = {
      maxCompletionLength: this.#lengths.correction,
      maxSlots: this.#settings.maxSlots,
      maxContextLength: context,
    };
    return (await withCritiques(critic, queries, lengths, signal)).queries;
  }

  /** Corrections by other weights than those of the answers are no measure of either. */
  #checkWeights(version: number): void {
    this.#version ??= version;
    check(
      version === this.#version,
      `evaluate: expected the weights of ${this.#policy.name} that sampled the answers for their corrections too, got others: a training or load ` +
        'changed them during the evaluation; await the one before the other, or load the policy twice',
    );
  }

  /** Samples n completions of each prompt and grades them. @param firstStream also how many completions were finished before */
  async #grade(
    prompts: readonly Prompt<EncodedQuestion>[],
    n: number,
    maxCompletionLength: number,
    firstStream: number,
  ): Promise<Graded> {
    const { temperature, maxSlots, seed, rewardWeights } = this.#settings;
    const { signal, onProgress } = this.#options;
    const sampling = { temperature, maxSlots, maxCompletionLength };
    const completions = await rollout(this.#policy, prompts, n, sampling, {
      seed: EVALUATION_SEED + seed,
      firstStream,
      signal,
      contexts: this.#contexts,
      keep: firstStream === 0,
      onWeights: (version) => this.#checkWeights(version),
      onProgress: ({ done, tokens }) => onProgress?.(firstStream + done, this.#total, tokens),
    });
    const { scored, verdicts, stands } = await judge(this.#policy, prompts, completions, {
      rewardFuncs: this.#rewardFuncs,
      openThink: this.#layer2?.mode === 'open_think',
      revision: this.#layer2?.revision ?? 'always',
      trainerState: { globalStep: 0, maxSteps: 0, epoch: 0 },
      calls: { timeout: this.#settings.rewardTimeout, failuresAreNull: this.#settings.rewardErrors !== 'stop', signal },
    });
    const rolled: Rollout<EncodedQuestion> = {
      prompts,
      completions,
      scored,
      rewards: totalRewards(scored.rewards, this.#rewardFuncs.length > 0 ? rewardWeights : null),
      correct: verdicts.map(({ verdict }) => verdict),
      advantages: new Float64Array(verdicts.length),
    };
    return { rolled, verdicts, stands, lenient: lenientVerdicts(rolled, verdicts, this.#rewardFuncs[0]?.verifier) };
  }
}

/** What lenient extraction adds: it looks for an unmarked answer where strict extraction found none. */
function lenientVerdicts(
  { prompts, completions, scored }: Rollout<EncodedQuestion>,
  verdicts: readonly Verdict[],
  verifier: RewardFunction['verifier'],
): boolean[] {
  const samples = completions.flatMap((row, i) => row.map((completion: Completion) => ({ completion, prompt: prompts[i]! })));
  const open = verdicts.flatMap(({ extracted }, i) => (extracted === null ? [i] : []));
  const again = verifyBatch(
    open.map((i) => ({
      gold: goldOf(samples[i]!.prompt.question.row),
      response: scored.texts[i]!.text,
      ...verifier,
      mode: 'lenient' as const,
      truncated: samples[i]!.completion.truncated,
    })),
  );
  const lenient = verdicts.map(({ verdict }) => verdict);
  open.forEach((i, j) => (lenient[i] = again[j]!.verdict));
  return lenient;
}

/** The answers as they stand after a turn, in the order of the first turn's. */
interface Standing {
  readonly answers: readonly Completion[];
  readonly correct: readonly boolean[];
  readonly finals: readonly (string | null)[];
  readonly lenient: readonly boolean[];
  /** Tokens sampled in this turn. */
  readonly tokens: number;
}

function standingOf({ rolled, verdicts, lenient }: Graded): Standing {
  const answers = rolled.completions.flat();
  return {
    answers,
    correct: rolled.correct,
    finals: verdicts.map(({ extracted }) => extracted),
    lenient,
    tokens: answers.reduce((sum, { ids }) => sum + ids.length, 0),
  };
}

/** Rows of k. */
function table<T>(flat: readonly T[], k: number): T[][] {
  return Array.from({ length: flat.length / k }, (_, i) => flat.slice(i * k, (i + 1) * k));
}

function share(flat: readonly boolean[], k: number): Metric {
  return meanOver(table(flat, k).map((row) => row.filter(Boolean).length / k));
}

/** Mean reward over completions that were scored, with the interval of its observed range. */
function rewardMetric(rewards: Float64Array): Metric {
  const scored = [...rewards].filter((r) => !Number.isNaN(r));
  if (scored.length === 0) return { value: 0, ci95: [0, 0], n: 0 };
  const [lo, hi] = [Math.min(0, ...scored), Math.max(1, ...scored)];
  return meanOver(scored, lo, hi);
}
