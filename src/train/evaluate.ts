import { majAtK, meanOver, passAtK, twoTurnMetrics, firstTurnMetrics, type Metric } from '../algo/evaluation.js';
import { buildQueries } from '../algo/queries.js';
import type { Completion, Prompt } from '../algo/rollout.js';
import type { Layer2Config } from '../config/layer2.js';
import { check } from '../errors.js';
import { scoreAll } from '../reward/run.js';
import type { RewardFunction } from '../reward/types.js';
import { goldOf } from '../reward/countdown-task.js';
import { verifyBatch, type ExtractionMode } from '../reward/verify.js';
import { Rng } from '../rng.js';
import type { TaskRow } from '../tasks/task.js';
import type { CompletionRecord } from './events.js';
import { STREAM, type Policy } from './policy.js';
import { encodePhrases, encodeQuestions, thinkEnd, type EncodedQuestion } from './questions.js';
import { rewardArgs, rollout, rolloutTexts, type RolloutTexts } from './rollout.js';

/** Settings of {@link evaluate}. */
export interface EvaluateOptions {
  /** How the second turn is asked for; null or not enabled: first turns only. */
  readonly layer2: Layer2Config | null;
  /** 0 (default): greedy. */
  readonly temperature?: number;
  readonly maxCompletionLength: number;
  /** Most tokens of prompt and completion together (default: the model's). */
  readonly maxContextLength?: number | null;
  /** k of pass@k and maj@k: answers per problem, each with one correction (default 1). */
  readonly numGenerations?: number;
  /** For the metrics `reward` and `layer2/reward`; none: they are left out. */
  readonly rewards?: readonly RewardFunction[];
  readonly rewardWeights?: readonly number[] | null;
  readonly seed?: number;
  readonly maxSlots?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number, tokens: number) => void;
}

/** What an evaluation found. */
export interface Evaluation {
  /** By the paper's names and the field's, each with its 95 % interval over the problems. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Every answer and correction. */
  readonly records: readonly CompletionRecord[];
}

/** Random streams of evaluations lie beyond those of training. */
const EVALUATION_SEED = 2 ** 40;

/**
 * Measures one and the same policy on held-out problems: first turn, second turn (Eq. 5), what the second changes, pass@k and maj@k.
 * Metrics without a suffix use strict extraction, as the reward does; those with `_lenient` also take unmarked final numbers.
 * @throws MgrpoError where a row has no gold answer, or the prompts do not fit the model
 */
export async function evaluate(policy: Policy, rows: readonly TaskRow[], options: EvaluateOptions): Promise<Evaluation> {
  check(rows.length > 0, 'evaluate: expected at least one row, got 0; give it a data set');
  const k = options.numGenerations ?? 1;
  const layer2 = options.layer2?.enabled ? options.layer2 : null;
  const questions = encodeQuestions(policy.tokenizer, rows, layer2);
  const settings = {
    temperature: options.temperature ?? 0,
    maxCompletionLength: options.maxCompletionLength,
    topP: 1,
    topK: 0,
    minP: null,
    repetitionPenalty: 1,
  };
  const seed = EVALUATION_SEED + (options.seed ?? 42);
  const common = { seed, maxSlots: options.maxSlots, signal: options.signal };
  const total = rows.length * k * (layer2 ? 2 : 1);
  const report = (offset: number) => ({
    onProgress: ({ done, tokens }: { done: number; tokens: number }) => options.onProgress?.(offset + done, total, tokens),
  });

  const prompts = questions.map((question): Prompt<EncodedQuestion> => ({ question, ids: question.promptIds, origin: null }));
  const answers = await rollout(policy, prompts, k, settings, { ...common, firstStream: 0, ...report(0) });
  const first = await grade(policy, prompts, answers, false, options);
  const metrics: Record<string, Metric> = {};
  const records = [...recordsOf(1, first)];
  if (!layer2) Object.assign(metrics, firstTurnMetrics(table(first.strict, k)));
  else {
    const rng = new Rng(options.seed ?? 42, STREAM.evaluate);
    const lengths = { maxCompletionLength: layer2.maxCompletionLength ?? options.maxCompletionLength };
    // Every answer is corrected; one without a query keeps its first turn.
    const { queries } = buildQueries(
      { prompts, completions: answers, correct: first.strict },
      { ...layer2, ...lengths, answersPerQuery: null },
      {
        phrases: encodePhrases(policy.tokenizer, layer2.phrases),
        eosIds: policy.eosIds,
        thinkEnd: thinkEnd(policy.tokenizer),
        maxContextLength: Math.min(options.maxContextLength ?? policy.context, policy.context),
        draw: () => rng.uniform(),
      },
    );
    const turns = { ...settings, ...lengths };
    const corrections = await rollout(policy, queries, 1, turns, {
      ...common,
      firstStream: rows.length * k,
      ...report(rows.length * k),
    });
    const second = await grade(policy, queries, corrections, layer2.mode === 'open_think', options);
    const filled = (after: readonly boolean[], before: readonly boolean[]): boolean[] => {
      const out = [...before];
      queries.forEach(({ origin }, i) => (out[origin.row] = after[i]!));
      return out;
    };
    const secondFinals = [...first.texts.finals];
    queries.forEach(({ origin }, i) => (secondFinals[origin.row] = second.texts.finals[i]!));
    Object.assign(
      metrics,
      twoTurnMetrics({
        first: table(first.strict, k),
        second: table(filled(second.strict, first.strict), k),
        firstFinals: table(first.texts.finals, k),
        secondFinals: table(secondFinals, k),
      }),
    );
    metrics['acc_t2_lenient'] = share(filled(second.lenient, first.lenient), k);
    if (second.rewards) metrics['layer2/reward'] = rewardMetric(second.rewards);
    records.push(
      ...recordsOf(
        2,
        second,
        queries.map(({ origin: { row, correct, phrase } }) => ({
          answer: first.texts.completions[row]!,
          answerCorrect: correct,
          phrase: phrase.text,
        })),
      ),
    );
  }
  metrics['acc_t1_lenient'] = share(first.lenient, k);
  if (first.rewards) metrics['reward'] = rewardMetric(first.rewards);
  for (const n of new Set([1, k])) {
    metrics[`pass@${n}`] = passAtK(table(first.strict, k), n);
    metrics[`maj@${n}`] = majAtK(table(first.texts.finals, k), table(first.strict, k), n);
  }
  return { metrics, records };
}

/** Completions with verdicts. */
interface Graded {
  readonly texts: RolloutTexts;
  readonly strict: readonly boolean[];
  readonly lenient: readonly boolean[];
  /** Weighted totals; undefined without reward functions. */
  readonly rewards: readonly (number | null)[] | undefined;
}

async function grade(
  policy: Policy,
  prompts: readonly Prompt<EncodedQuestion>[],
  completions: readonly (readonly Completion[])[],
  openThink: boolean,
  options: EvaluateOptions,
): Promise<Graded> {
  const texts = rolloutTexts(policy, prompts, completions, openThink);
  const rows = prompts.flatMap(({ question }, i) => completions[i]!.map(() => question.row));
  const verdicts = (mode: ExtractionMode): boolean[] =>
    verifyBatch(
      texts.completions.map((response, i) => ({ gold: goldOf(rows[i]!), response, mode, truncated: texts.truncated[i]! })),
    ).map(({ verdict }) => verdict);
  const scored =
    options.rewards && options.rewards.length > 0 && prompts.length > 0
      ? await scoreAll(
          options.rewards,
          options.rewardWeights ?? null,
          rewardArgs(texts, { trainerState: { globalStep: 0, maxSteps: 0, epoch: 0 } }),
        )
      : undefined;
  return { texts, strict: verdicts('strict'), lenient: verdicts('lenient'), rewards: scored?.totals };
}

/** Rows of k. */
function table<T>(flat: readonly T[], k: number): T[][] {
  return Array.from({ length: flat.length / k }, (_, i) => flat.slice(i * k, (i + 1) * k));
}

function share(flat: readonly boolean[], k: number): Metric {
  return meanOver(table(flat, k).map((row) => row.filter(Boolean).length / k));
}

/** Mean reward over completions that were scored, with the interval of its observed range. */
function rewardMetric(rewards: readonly (number | null)[]): Metric {
  const scored = rewards.filter((r) => r !== null);
  if (scored.length === 0) return { value: 0, ci95: [0, 0], n: 0 };
  const [lo, hi] = [Math.min(0, ...scored), Math.max(1, ...scored)];
  return meanOver(scored, lo, hi);
}

function* recordsOf(
  layer: 1 | 2,
  { texts, strict, rewards }: Graded,
  origins?: readonly Pick<CompletionRecord, 'answer' | 'answerCorrect' | 'phrase'>[],
): Generator<CompletionRecord> {
  for (let i = 0; i < texts.completions.length; i++) {
    yield {
      step: 0,
      layer,
      prompt: texts.prompts[i]!,
      completion: texts.completions[i]!,
      gold: texts.golds[i]!,
      extracted: texts.finals[i]!,
      reward: rewards?.[i] ?? null,
      rewards: {},
      advantage: 0,
      truncated: texts.truncated[i]!,
      correct: strict[i]!,
      ...origins?.[i],
    };
  }
}
