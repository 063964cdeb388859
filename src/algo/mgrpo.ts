/**
 * One step of GRPO or MGRPO in the paper's order. Everything that samples, scores or updates comes through {@link StepHost}, so that this
 * file reads beside section 3 of the paper:
 *
 *   layer 1   o_1..o_G ~ pi_old(q) -> rewards -> A_i = R_i - mean -> update (Eq. 4)
 *   layer 2   q'_i from each o_i (Eq. 5) -> H corrections of each -> rewards -> dynamic verification, A -> update (Eq. 6)
 *
 * Departure: with layer2.schedule joint both layers are sampled from pi_old and share one optimiser step; the paper's successive updates are
 * the default.
 */
import { check } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import { computeAdvantages, rewardMetrics } from './advantage.js';
import type { Rewards } from './advantage.js';
import { buildCorrection } from './correction.js';
import type { Correction, CorrectionRules, Ids, SkipReason } from './correction.js';
import { completionMetrics, mean } from './rollout.js';
import type { Completion, Prompt, Question, Rollout, Scored } from './rollout.js';
import { chooseAnswers, selectCorrections } from './selection.js';
import type { Layer2Selection } from './selection.js';
import { joinWindows, layerSettings, planAnswers, planCorrections } from './windows.js';
import type { MicroBatch, UpdateWindow } from './windows.js';

/** What a step needs from outside. */
export interface StepHost<Q extends Question> {
  /** Samples n completions of each prompt with the layer's settings; one array per prompt. */
  sample(
    layer: 1 | 2,
    prompts: readonly Prompt<Q>[],
    n: number,
    settings: GRPOConfig,
  ): Promise<readonly (readonly Completion[])[]>;
  /** Scores all completions, in the order of {@link sample}. */
  score(layer: 1 | 2, prompts: readonly Prompt<Q>[], completions: readonly (readonly Completion[])[]): Promise<Scored>;
  /** One optimiser step: forward, objective and backward of each micro-batch, then the weights. */
  update(window: UpdateWindow): Promise<void>;
  /** Up to `count` further questions, for dynamicSampling; none where the data are used up. */
  moreQuestions(count: number): Promise<readonly Q[]>;
  /** Next number in [0, 1) of the step's random stream. */
  draw(): number;
  /** The pool of guiding phrases with their separators. */
  readonly phrases: readonly Ids[];
  /** See {@link CorrectionRules}. */
  readonly eosIds: ReadonlySet<number>;
  readonly thinkEnd: CorrectionRules['thinkEnd'];
  readonly maxContextLength: number;
}

/** What a step did. */
export interface StepReport<Q extends Question> {
  readonly layer1: Rollout<Q>;
  /** Absent without layer 2, or where no query came about. */
  readonly layer2: (Rollout<Q> & { readonly selection: Layer2Selection }) | null;
  /** TRL's names for layer 1, the same under `layer2/`, the paper's names (acc_t1, ...), and the counts of what was skipped. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Runs one step on a round of questions: samples, scores, updates. With layer 2 absent or disabled this is GRPO, draw for draw.
 * @param questions the Q questions of the round ({@link batchPlan})
 */
export async function mgrpoStep<Q extends Question>(
  questions: readonly Q[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<StepReport<Q>> {
  const layer2 = config.layer2?.enabled ? config.layer2 : null;
  const metrics: Record<string, number> = {};

  // Layer 1: G answers to each question, compared within their group.
  const answers = await sampleAnswers(questions, config, host, metrics);
  const first = planAnswers(answers, config);
  if (layer2?.schedule !== 'joint') await runUpdates(first, config, host);
  if (!layer2) return { layer1: answers, layer2: null, metrics };

  // Layer 2: every answer, right or wrong, becomes a query (Eq. 5), and H corrections of it are compared.
  const queries = buildQueries(answers, config, layer2, host, metrics);
  const corrections = queries.length > 0 ? await sampleCorrections(queries, answers, config, layer2, host, metrics) : null;
  const second = corrections ? planCorrections(corrections, config) : [];
  await runUpdates(layer2.schedule === 'joint' ? joinWindows(first, second) : second, config, host);
  return { layer1: answers, layer2: corrections, metrics };
}

/** numIterations passes over the windows; only the very first optimiser step is on policy. */
async function runUpdates<Q extends Question>(
  windows: readonly (readonly MicroBatch[])[],
  config: GRPOConfig,
  host: StepHost<Q>,
): Promise<void> {
  let onPolicy = true;
  for (let iteration = 0; iteration < config.numIterations; iteration++) {
    for (const microBatches of windows) {
      await host.update({ microBatches, onPolicy });
      onPolicy = false;
    }
  }
}

/** Samples and scores layer 1; under dynamicSampling, until Q groups can teach or the rounds are used up. */
async function sampleAnswers<Q extends Question>(
  questions: readonly Q[],
  config: GRPOConfig,
  host: StepHost<Q>,
  metrics: Record<string, number>,
): Promise<Rollout<Q>> {
  const G = config.numGenerations;
  check(questions.length > 0, 'mgrpoStep: expected at least one question, got 0; give the step a round of questions');
  const threshold = config.layer2?.correctThreshold ?? 0.5;
  const all: {
    prompt: Prompt<Q>;
    completions: readonly Completion[];
    rewards: Rewards;
    finals: readonly (string | null)[] | null;
    teaches: boolean;
  }[] = [];
  let names: readonly string[] = [];
  let pending = questions;
  let rounds = 0;
  const teaching = (): number => all.filter((group) => group.teaches).length;
  while (pending.length > 0) {
    const prompts = pending.map((question): Prompt<Q> => ({ question, ids: question.promptIds, origin: null }));
    const completions = await host.sample(1, prompts, G, config);
    const scored = await host.score(1, prompts, completions);
    const { zeroVariance } = computeAdvantages(scored.rewards, config);
    names = scored.names;
    prompts.forEach((prompt, q) => {
      const rewards = scored.rewards.slice(q * G, (q + 1) * G);
      const finals = scored.finals?.slice(q * G, (q + 1) * G) ?? null;
      all.push({ prompt, completions: completions[q]!, rewards, finals, teaches: !zeroVariance[q] });
    });
    const missing = config.dynamicSampling ? questions.length - teaching() : 0;
    pending = missing > 0 && rounds < config.maxResampleRounds ? await host.moreQuestions(missing) : [];
    if (pending.length > 0) rounds++;
  }

  // The metrics tell of everything that was sampled, also of what dynamic sampling replaces.
  const sampled = all.flatMap((group) => group.rewards);
  Object.assign(
    metrics,
    rewardMetrics(sampled, names, computeAdvantages(sampled, config)),
    completionMetrics(all.flatMap((group) => group.completions)),
  );
  metrics['acc_t1'] = mean(sampled.map((row) => (isCorrect(row, threshold) ? 1 : 0)));
  if (config.dynamicSampling) {
    metrics['dynamic_sampling/rounds'] = rounds;
    metrics['dynamic_sampling/missing_groups'] = Math.max(questions.length - teaching(), 0);
  }

  const groups = config.dynamicSampling ? all.filter((group) => group.teaches).slice(0, questions.length) : all;
  const rewards = groups.flatMap((group) => group.rewards);
  const result =
    rewards.length > 0 ? computeAdvantages(rewards, config) : { rewards: new Float64Array(0), advantages: new Float64Array(0) };
  return {
    prompts: groups.map((group) => group.prompt),
    completions: groups.map((group) => group.completions),
    scored: { rewards, names, finals: groups.every((group) => group.finals) ? groups.flatMap((group) => group.finals!) : null },
    rewards: result.rewards,
    correct: rewards.map((row) => isCorrect(row, threshold)),
    advantages: result.advantages,
  };
}

/** Whether the verifier, the first reward function, gives more than the threshold. */
function isCorrect(row: readonly (number | null)[], threshold: number): boolean {
  const value = row[0];
  return value !== null && value !== undefined && value > threshold;
}

/** Eq. 5 for the answers that go to layer 2; what gets no query is counted by reason. */
function buildQueries<Q extends Question>(
  answers: Rollout<Q>,
  config: GRPOConfig,
  layer2: Layer2Config,
  host: StepHost<Q>,
  metrics: Record<string, number>,
): (Prompt<Q> & { readonly row: number })[] {
  const rules: CorrectionRules = {
    mode: layer2.mode,
    truncatedAnswers: layer2.truncatedAnswers,
    eosIds: host.eosIds,
    thinkEnd: host.thinkEnd,
    maxContextLength: host.maxContextLength,
    maxCompletionLength: layer2.maxCompletionLength ?? config.maxCompletionLength,
  };
  check(host.phrases.length > 0, 'mgrpoStep: expected at least one guiding phrase, got 0; set layer2.phrases');
  const skipped: Record<SkipReason, number> = { truncated: 0, too_long: 0, empty: 0 };
  let unclosed = 0;
  const queries: (Prompt<Q> & { row: number })[] = [];
  answers.prompts.forEach(({ question }, q) => {
    const built = answers.completions[q]!.map((answer) => {
      const phraseIds = host.phrases[Math.floor(host.draw() * host.phrases.length)]!;
      return buildCorrection({ ...question, answerIds: answer.ids, truncated: answer.truncated, phraseIds }, rules);
    });
    for (const result of built) if (typeof result === 'string') skipped[result]++;
    const G = built.length;
    const eligible = built.flatMap((result, i) => (typeof result === 'string' ? [] : [i]));
    for (const i of chooseAnswers(
      answers.correct.slice(q * G, (q + 1) * G),
      eligible,
      layer2.answersPerQuery,
      layer2.answerChoice,
      host.draw,
    )) {
      const correction = built[i] as Correction;
      if (correction.unclosed) unclosed++;
      queries.push({
        question,
        ids: correction.ids,
        origin: { answer: answers.completions[q]![i]!, correction },
        row: q * G + i,
      });
    }
  });
  metrics['layer2/queries'] = queries.length;
  for (const [reason, count] of Object.entries(skipped)) metrics[`layer2/skipped_${reason}`] = count;
  if (layer2.mode === 'open_think') metrics['layer2/unclosed_thoughts'] = unclosed;
  return queries;
}

/** Samples and scores layer 2, verifies dynamically, and takes the advantages. */
async function sampleCorrections<Q extends Question>(
  queries: readonly (Prompt<Q> & { readonly row: number })[],
  answers: Rollout<Q>,
  config: GRPOConfig,
  layer2: Layer2Config,
  host: StepHost<Q>,
  metrics: Record<string, number>,
): Promise<Rollout<Q> & { selection: Layer2Selection }> {
  const H = layer2.numGenerations;
  const completions = await host.sample(2, queries, H, layerSettings(config, 2));
  const scored = await host.score(2, queries, completions);
  // Only the totals of the rewards are taken from here; the advantages of layer 2 have their own baseline.
  const totals = computeAdvantages(scored.rewards, { ...config, numGenerations: H });
  const correct = scored.rewards.map((row) => isCorrect(row, layer2.correctThreshold));
  const G = config.numGenerations;
  const selection = selectCorrections(
    {
      questions: answers.prompts.length,
      questionOf: queries.map(({ row }) => Math.floor(row / G)),
      answerCorrect: queries.map(({ row }) => answers.correct[row]!),
      answerRewards: queries.map(({ row }) => answers.rewards[row]!),
      correct,
      rewards: totals.rewards,
    },
    { ...layer2, scaleRewards: config.scaleRewards, filterZeroVariance: config.filterZeroVariance },
  );

  for (const [name, value] of Object.entries({
    ...rewardMetrics(scored.rewards, scored.names, totals),
    ...completionMetrics(completions.flat()),
  })) {
    metrics[`layer2/${name}`] = value;
  }
  metrics['layer2/discarded'] = selection.discarded;
  metrics['layer2/zero_variance'] = selection.zeroVariance;
  metrics['layer2/kept'] = selection.keep.filter(Boolean).length;
  // The paper's names, on the pairs of answer and correction that were sampled in this step.
  const before = correct.map((_, k) => answers.correct[queries[Math.floor(k / H)]!.row]!);
  metrics['acc_t2'] = mean(correct.map(Number));
  metrics['delta_t1_t2'] = mean(correct.map((after, k) => Number(after) - Number(before[k])));
  metrics['delta_i_to_c'] = mean(correct.map((after, k) => Number(after && !before[k])));
  metrics['delta_c_to_i'] = mean(correct.map((after, k) => Number(!after && before[k])));
  const firstFinals = answers.scored.finals;
  if (firstFinals && scored.finals) {
    metrics['answer_change_rate'] = mean(
      scored.finals.map((final, k) => Number(final !== firstFinals[queries[Math.floor(k / H)]!.row])),
    );
  }
  return { prompts: queries, completions, scored, rewards: totals.rewards, correct, advantages: selection.advantages, selection };
}
