// One step of GRPO or MGRPO in the paper's order. Everything that samples, scores or updates comes through StepHost, so that this file reads
// beside section 3 of the paper:
//
//   layer 1   o_1..o_G ~ pi_old(q) -> rewards -> A_i = R_i - mean -> update (Eq. 4)
//   layer 2   q'_i from each o_i (Eq. 5) -> H corrections of each -> rewards -> dynamic verification, A -> update (Eq. 6)
//
// Departure: with layer2.schedule joint both layers are sampled from pi_old and share one optimiser step, with alone there is no update on
// layer 1; the paper's successive updates are the default.
import { check } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import { consecutiveGroups, flatGroups, groupAdvantages, rewardMetrics, totalRewards } from './advantage.js';
import { buildQueries } from './queries.js';
import type { QuerySource } from './queries.js';
import { completionMetrics, isCorrect, mean } from './rollout.js';
import type { Completion, Prompt, Query, Question, Rollout, Scored } from './rollout.js';
import { selectCorrections } from './selection.js';
import type { Layer2Selection } from './selection.js';
import { answerWindows, correctionWindows, joinWindows, layerSettings } from './micro-batches.js';
import type { MicroBatch, UpdateWindow } from './micro-batches.js';

/** What a step needs from outside: the only seam between the algorithm and what samples, scores and updates. */
export interface StepHost<Q extends Question> extends QuerySource {
  /** Samples n completions of each prompt with the layer's settings; one array per prompt. */
  sample(
    layer: 1 | 2,
    prompts: readonly Prompt<Q>[],
    n: number,
    settings: GRPOConfig,
  ): Promise<readonly (readonly Completion[])[]>;
  /** Scores all completions, in the order of {@link sample}. */
  score(layer: 1 | 2, prompts: readonly Prompt<Q>[], completions: readonly (readonly Completion[])[]): Promise<Scored>;
  /** Puts what a critic writes on each answer before the phrase of its query; without it queries stay as they are. */
  critique?(queries: readonly Query<Q>[], settings: GRPOConfig): Promise<readonly Query<Q>[]>;
  /** Gives windows the log-probabilities of the weights as they are, where those of sampling are not those of training (kvCacheDtype f16). */
  rescored?(windows: readonly (readonly MicroBatch[])[]): Promise<readonly (readonly MicroBatch[])[]>;
  /** One optimiser step: forward, objective and backward of each micro-batch, then the weights. */
  update(window: UpdateWindow): Promise<void>;
  /** Up to `count` further questions, for dynamicSampling; none where the data are used up. */
  moreQuestions(count: number): Promise<readonly Q[]>;
}

/** The corrections of a step, query by query. */
export interface Corrections<Q extends Question> extends Rollout<Q> {
  readonly prompts: readonly Query<Q>[];
  readonly selection: Layer2Selection;
}

/** What a step did. */
export interface StepReport<Q extends Question> {
  readonly answers: Rollout<Q>;
  /** Null without layer 2, or if no query could be built. */
  readonly corrections: Corrections<Q> | null;
  /** TRL's names for layer 1, the same under `layer2/`, the paper's names (acc_t1, ...), and the counts of what was skipped. */
  readonly metrics: Readonly<Record<string, number>>;
}

type Metrics = Readonly<Record<string, number>>;

/**
 * Runs one step on a round of questions: samples, scores, updates. Without layer 2 it draws the same random numbers and makes the same
 * updates as GRPO.
 * @param questions the Q questions of the round ({@link batchPlan})
 */
export async function mgrpoStep<Q extends Question>(
  questions: readonly Q[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<StepReport<Q>> {
  const layer2 = config.layer2?.enabled ? config.layer2 : null;

  // Layer 1: G answers to each question, compared within their group.
  const sampled = await sampleAnswers(questions, config, host);
  const answers = compareAnswers(sampled.groups, config);
  const first = answerWindows(answers, config);
  if (!layer2 || layer2.schedule === 'successive') await runUpdates(first, config, host);
  if (!layer2) return { answers, corrections: null, metrics: sampled.metrics };

  // Layer 2: every answer, right or wrong, becomes a query (Eq. 5), and H corrections of it are compared.
  const lengths = { maxCompletionLength: layer2.maxCompletionLength ?? config.maxCompletionLength };
  const built = buildQueries(answers, { ...layer2, ...lengths }, host);
  const { metrics } = built;
  const queries = (await host.critique?.(built.queries, layerSettings(config, 2))) ?? built.queries;
  const corrections = queries.length > 0 ? await sampleCorrections(queries, answers, config, layer2, host) : null;
  const second = corrections ? correctionWindows(corrections, config) : [];
  await runUpdates(layer2.schedule === 'joint' ? joinWindows(first, second) : second, config, host);
  return {
    answers,
    corrections,
    metrics: { ...sampled.metrics, ...metrics, ...(corrections && correctionMetrics(corrections, answers, config, layer2)) },
  };
}

/** The settings of the step after `step` others: in the first ones (`layer2.aloneSteps`) only corrections are learnt from. */
export function settingsAt(config: GRPOConfig, step: number): GRPOConfig {
  const { layer2 } = config;
  return layer2 && step < layer2.aloneSteps ? { ...config, layer2: { ...layer2, schedule: 'alone' } } : config;
}

/** numIterations passes over the windows; only the very first optimiser step is on policy, and needs no old log-probabilities. */
async function runUpdates<Q extends Question>(
  windows: readonly (readonly MicroBatch[])[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<void> {
  // With a single pass the first window is never seen again.
  const first = config.numIterations > 1 ? [] : windows.slice(0, 1);
  const rest = windows.slice(first.length);
  const later = [...first, ...(rest.length > 0 && host.rescored ? await host.rescored(rest) : rest)];
  let onPolicy = true;
  for (let iteration = 0; iteration < config.numIterations; iteration++) {
    for (const [i, window] of windows.entries()) {
      await host.update({ microBatches: onPolicy ? window : later[i]!, onPolicy });
      onPolicy = false;
    }
  }
}

/** The answers to one question. */
interface AnswerGroup<Q extends Question> {
  readonly prompt: Prompt<Q>;
  readonly completions: readonly Completion[];
  readonly scored: Scored;
  /** Whether the rewards differ. */
  readonly teaches: boolean;
}

/** Samples and scores layer 1; under dynamicSampling, until Q groups can teach or the rounds are used up. */
async function sampleAnswers<Q extends Question>(
  questions: readonly Q[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<{ readonly groups: readonly AnswerGroup<Q>[]; readonly metrics: Metrics }> {
  check(questions.length > 0, 'mgrpoStep: expected at least one question, got 0; give the step a round of questions');
  const all = await sampleGroups(questions, config, host);
  if (!config.dynamicSampling) return { groups: all, metrics: answerMetrics(all, config) };
  let rounds = 0;
  const missing = (): number => Math.max(questions.length - all.filter((group) => group.teaches).length, 0);
  while (missing() > 0 && rounds < config.maxResampleRounds) {
    const more = await host.moreQuestions(missing());
    if (more.length === 0) break;
    all.push(...(await sampleGroups(more, config, host)));
    rounds++;
  }
  const metrics = {
    ...answerMetrics(all, config),
    'dynamic_sampling/rounds': rounds,
    'dynamic_sampling/missing_groups': missing(),
  };
  return { groups: all.filter((group) => group.teaches).slice(0, questions.length), metrics };
}

/** G answers to each question with their scores. */
async function sampleGroups<Q extends Question>(
  questions: readonly Q[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<AnswerGroup<Q>[]> {
  const G = config.numGenerations;
  const prompts = questions.map((question): Prompt<Q> => ({ question, ids: question.promptIds, origin: null }));
  const completions = await host.sample(1, prompts, G, config);
  const { rewards, names, texts } = await host.score(1, prompts, completions);
  const groups = consecutiveGroups(rewards.length, G);
  const flat = flatGroups(totalRewards(rewards, config.rewardWeights), rewards, groups, config);
  return prompts.map((prompt, q) => {
    const part = [q * G, (q + 1) * G] as const;
    const scored = { rewards: rewards.slice(...part), names, texts: texts.slice(...part) };
    return { prompt, completions: completions[q]!, scored, teaches: !flat[q] };
  });
}

/** Section 3.1: the advantages of the answers within their groups. */
function compareAnswers<Q extends Question>(groups: readonly AnswerGroup<Q>[], config: GRPOConfig): Rollout<Q> {
  const scored = joinScores(groups);
  const totals = totalRewards(scored.rewards, config.rewardWeights);
  return {
    prompts: groups.map((group) => group.prompt),
    completions: groups.map((group) => group.completions),
    scored,
    rewards: totals,
    correct: scored.rewards.map((row) => isCorrect(row, correctThreshold(config))),
    advantages: groupAdvantages(totals, scored.rewards, consecutiveGroups(totals.length, config.numGenerations), config),
  };
}

function joinScores<Q extends Question>(groups: readonly AnswerGroup<Q>[]): Scored {
  return {
    rewards: groups.flatMap(({ scored }) => scored.rewards),
    names: groups[0]?.scored.names ?? [],
    texts: groups.flatMap(({ scored }) => scored.texts),
  };
}

/** Above which reward of the verifier an answer counts as right. */
function correctThreshold(config: GRPOConfig): number {
  return config.layer2?.correctThreshold ?? 0.5;
}

/** Metrics of layer 1. They cover every sampled group, also those that dynamic sampling replaces. */
function answerMetrics<Q extends Question>(groups: readonly AnswerGroup<Q>[], config: GRPOConfig): Metrics {
  const { rewards, names } = joinScores(groups);
  return {
    ...rewardMetrics(rewards, names, {
      totals: totalRewards(rewards, config.rewardWeights),
      zeroVariance: groups.map(({ teaches }) => !teaches),
    }),
    ...completionMetrics(groups.flatMap((group) => group.completions)),
    acc_t1: mean(rewards.map((row) => Number(isCorrect(row, correctThreshold(config))))),
  };
}

/** Samples and scores layer 2, verifies dynamically, and takes the advantages. */
async function sampleCorrections<Q extends Question>(
  queries: readonly Query<Q>[],
  answers: Rollout<Q>,
  config: GRPOConfig,
  layer2: Layer2Config,
  host: StepHost<Q>,
): Promise<Corrections<Q>> {
  const completions = await host.sample(2, queries, layer2.numGenerations, layerSettings(config, 2));
  const scored = await host.score(2, queries, completions);
  const correct = scored.rewards.map((row) => isCorrect(row, layer2.correctThreshold));
  const selection = selectCorrections(
    {
      questions: answers.prompts.length,
      questionOf: queries.map(({ origin }) => Math.floor(origin.row / config.numGenerations)),
      answerCorrect: queries.map(({ origin }) => origin.correct),
      answerRewards: queries.map(({ origin }) => answers.rewards[origin.row]!),
      correct,
      rewards: scored.rewards,
    },
    { ...config, ...layer2 },
  );
  return {
    prompts: queries,
    completions,
    scored,
    rewards: selection.totals,
    correct,
    advantages: selection.advantages,
    selection,
  };
}

/** Metrics of layer 2, and the paper's names on the pairs of answer and correction that were sampled in this step. */
function correctionMetrics<Q extends Question>(
  { prompts, completions, scored, correct, selection }: Corrections<Q>,
  answers: Rollout<Q>,
  config: GRPOConfig,
  { numGenerations: H }: Layer2Config,
): Metrics {
  const groups = consecutiveGroups(correct.length, H);
  const layer = {
    ...rewardMetrics(scored.rewards, scored.names, {
      totals: selection.totals,
      zeroVariance: flatGroups(selection.totals, scored.rewards, groups, config),
    }),
    ...completionMetrics(completions.flat()),
    discarded: selection.discarded,
    zero_variance: selection.zeroVariance,
    kept: selection.keep.filter(Boolean).length,
  };
  const origin = (k: number) => prompts[Math.floor(k / H)]!.origin;
  const meanOf = (value: (after: boolean, before: boolean) => unknown): number =>
    mean(correct.map((after, k) => Number(value(after, origin(k).correct))));
  const firstFinal = (k: number): string | null => answers.scored.texts[origin(k).row]!.final;
  return {
    ...Object.fromEntries(Object.entries(layer).map(([name, value]) => [`layer2/${name}`, value])),
    acc_t2: meanOf((after) => after),
    delta_t1_t2: meanOf((after, before) => Number(after) - Number(before)),
    delta_i_to_c: meanOf((after, before) => after && !before),
    delta_c_to_i: meanOf((after, before) => !after && before),
    answer_change_rate: mean(scored.texts.map(({ final }, k) => Number(final !== firstFinal(k)))),
  };
}
