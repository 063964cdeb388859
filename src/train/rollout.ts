// Sampling completions of prompts, and scoring them: token ids to texts, the verifier's reading, reward functions. Shared by training and evaluation.
import type { Completion, Origin, Prompt, Scored } from '../algo/rollout.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import { samplingOf, type SamplingSettings } from '../config/sampling.js';
import { MgrpoError } from '../errors.js';
import { generate, type Generated } from '../sampling/generate.js';
import { goldOf } from '../reward/countdown-task.js';
import { scoreAll, type RewardCalls } from '../reward/run.js';
import type { RewardArgs, RewardFunction, RewardTrainerState } from '../reward/types.js';
import { ownVerdict, standingText } from '../reward/verdict.js';
import { verifyBatch } from '../reward/verify.js';
import type { Verdict } from '../reward/verify.js';
import { textOf } from './language-model.js';
import type { Contexts } from './contexts.js';
import type { LanguageModel } from './language-model.js';
import type { EncodedQuestion } from './questions.js';
import { Room } from './room.js';
import { takeTurn } from './turns.js';

/** How completions are drawn, of a resolved config or of an evaluation. */
export type RolloutSettings = SamplingSettings & Pick<GRPOConfig, 'maxCompletionLength' | 'maxSlots'>;

/**
 * Samples n completions of each prompt.
 * @param firstStream number of the first sample in its run; each sample has a random stream of its own
 */
export async function rollout(
  model: LanguageModel,
  prompts: readonly { readonly ids: ArrayLike<number>; readonly origin?: Origin | null }[],
  n: number,
  settings: RolloutSettings,
  run: {
    /** Has the answers that prompts go on from, and with `keep` takes the samples in. */
    readonly contexts?: Contexts | undefined;
    readonly keep?: boolean;
    readonly seed: number;
    readonly firstStream: number;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (progress: { done: number; total: number; tokens: number }) => void;
    readonly onTokens?: ((sample: number, ids: readonly number[]) => void) | undefined;
    /** Hears which weights sample, by their `Parameters.version`, before they do. */
    readonly onWeights?: (version: number) => void;
    /** How the work fits the device; default: all of it does. */
    readonly room?: Room | undefined;
  },
): Promise<Completion[][]> {
  const { contexts, keep = false } = run;
  const requests = prompts.map(({ ids, origin }, i) => ({
    prompt: ids,
    streams: Array.from({ length: n }, (_, j) => (run.firstStream + i * n + j) >>> 0),
    prefix: contexts?.prefixOf(origin?.answer, ids),
  }));
  const { maxCompletionLength, maxSlots } = settings;
  const { room = new Room(), onTokens } = run;
  const sample = (slots: number): Promise<Generated[]> =>
    generate(model.decoder, requests, {
      ...{ ...samplingOf(settings), maxCompletionLength, maxSlots: slots },
      eosIds: model.eosIds,
      seed: run.seed,
      signal: run.signal,
      onTokens,
      ...(run.onProgress && { onProgress: run.onProgress }),
      ...(contexts && { cache: contexts.cache, keep }),
    });
  const samples = await takeTurn(model.decoder.device, async () => {
    run.onWeights?.(model.decoder.trained.version);
    // Tokens that somebody has been told of cannot be sampled again.
    return onTokens ? sample(maxSlots) : room.inSlots(model.decoder, Math.min(maxSlots, prompts.length * n), sample);
  });
  for (const sample of samples) if (sample.cached) contexts?.add(sample, sample.cached);
  return prompts.map((_, i) => samples.slice(i * n, (i + 1) * n));
}

/** Completions with their scores and the verifier's strict verdicts. */
export interface Judged {
  readonly scored: Scored;
  readonly verdicts: readonly Verdict[];
  /** Of each correction: whether it left the answer before it standing (layer2.revision verdict). */
  readonly stands: readonly boolean[];
}

/** What {@link judge} takes beside the completions. */
export interface JudgeOptions {
  readonly rewardFuncs: readonly RewardFunction[];
  /** Whether corrections continue an open thought: then they are judged with the assistant's turn before them, only the whole is an answer. */
  readonly openThink: boolean;
  /** What a correction that writes that the answer is right amounts to. */
  readonly revision: Layer2Config['revision'];
  readonly trainerState: RewardTrainerState;
  /** Receives what reward functions add to the metrics. */
  readonly logMetric?: (name: string, value: number) => void;
  readonly calls: RewardCalls;
}

/** Decodes completions, reads each one's final answer once, and calls the reward functions. No reward functions: no rewards. */
export async function judge(
  model: LanguageModel,
  prompts: readonly Prompt<EncodedQuestion>[],
  completions: readonly (readonly Completion[])[],
  { rewardFuncs, openThink, revision, trainerState, logMetric, calls }: JudgeOptions,
): Promise<Judged> {
  const samples = completions.flatMap((row, i) => row.map((completion) => ({ completion, prompt: prompts[i]! })));
  const texts = samples.map(({ completion, prompt: { ids, origin, question } }) => {
    const turn = origin && openThink ? textOf(model, Array.from(ids).slice(question.promptIds.length)) : '';
    return turn + textOf(model, completion.ids);
  });
  const stands = samples.map(({ prompt }, i) => revision === 'verdict' && !!prompt.origin && ownVerdict(texts[i]!) === true);
  const judged = texts.map((text, i) =>
    stands[i] ? standingText(text, textOf(model, samples[i]!.prompt.origin!.answer.ids)) : text,
  );
  const truncated = samples.map(({ completion, prompt }, i) => (stands[i] ? prompt.origin!.answer : completion).truncated);
  const verdicts = verifyBatch(
    judged.map((response, i) => ({
      gold: goldOf(samples[i]!.prompt.question.row),
      response,
      ...rewardFuncs[0]?.verifier,
      mode: 'strict' as const,
      truncated: truncated[i]!,
    })),
  );
  const rendered = new Map(prompts.map((prompt) => [prompt, textOf(model, prompt.ids)]));
  const extras = texts.map((): Record<string, unknown> => ({}));
  const args: RewardArgs = {
    ...columnsOf(model, samples),
    prompts: samples.map(({ prompt }) => rendered.get(prompt)!),
    completions: judged,
    completionIds: samples.map(({ completion }) => completion.ids),
    truncated,
    trainerState,
    logMetric: logMetric ?? (() => undefined),
    logExtra(column, values) {
      if (values.length !== texts.length) {
        throw new MgrpoError(
          'reward_function',
          `logExtra: expected ${texts.length} values for column ${column}, one per completion, got ${values.length}`,
        );
      }
      values.forEach((value, i) => (extras[i]![column] = value));
    },
  };
  const { rewards, names } =
    rewardFuncs.length > 0 && texts.length > 0
      ? await scoreAll(rewardFuncs, args, calls)
      : { rewards: texts.map(() => []), names: [] };
  const details = texts.map((text, i) => ({ text, final: verdicts[i]!.extracted, extra: extras[i]! }));
  return { scored: { rewards, names, texts: details }, verdicts, stands };
}

/** Columns of the data rows, one entry per completion; in layer 2 also `firstCompletions`, `firstCompletionIds` and `firstTruncated`. */
function columnsOf(
  model: LanguageModel,
  samples: readonly { readonly prompt: Prompt<EncodedQuestion> }[],
): Record<string, readonly unknown[]> {
  const rows = samples.map(({ prompt }) => prompt.question.row);
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  names.delete('prompt');
  const columns = Object.fromEntries([...names].map((name) => [name, rows.map((row) => row[name] ?? null)]));
  const answers = samples.flatMap(({ prompt }) => (prompt.origin ? [prompt.origin.answer] : []));
  if (answers.length === 0) return columns;
  return {
    ...columns,
    firstCompletions: answers.map(({ ids }) => textOf(model, ids)),
    firstCompletionIds: answers.map(({ ids }) => ids),
    firstTruncated: answers.map((answer) => answer.truncated),
  };
}
