import type { Completion, Prompt } from '../algo/rollout.js';
import type { GRPOConfig } from '../config/grpo.js';
import { generate } from '../sampling/generate.js';
import type { RewardArgs } from '../reward/types.js';
import { verifyBatch } from '../reward/verify.js';
import type { EncodedQuestion } from './questions.js';
import type { Policy } from './policy.js';

/** How completions are drawn, of a resolved config or of an evaluation. */
export type RolloutSettings = Pick<GRPOConfig, 'maxCompletionLength' | 'topP' | 'topK' | 'minP' | 'repetitionPenalty'> & {
  /** 0: greedy. */
  readonly temperature: number;
};

/**
 * Samples n completions of each prompt.
 * @param firstStream number of the first sample in its run; each sample has a random stream of its own
 */
export async function rollout(
  policy: Policy,
  prompts: readonly { readonly ids: ArrayLike<number> }[],
  n: number,
  settings: RolloutSettings,
  run: {
    readonly seed: number;
    readonly firstStream: number;
    readonly maxSlots?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (progress: { done: number; total: number; tokens: number }) => void;
  },
): Promise<Completion[][]> {
  const requests = prompts.map(({ ids }, i) => ({
    prompt: ids,
    streams: Array.from({ length: n }, (_, j) => (run.firstStream + i * n + j) >>> 0),
  }));
  const { temperature, topK, topP, minP, repetitionPenalty, maxCompletionLength } = settings;
  const samples = await generate(policy.decoder, requests, {
    temperature,
    topK,
    topP,
    minP,
    repetitionPenalty,
    maxCompletionLength,
    eosIds: policy.eosIds,
    seed: run.seed,
    signal: run.signal,
    ...(run.maxSlots && { maxSlots: run.maxSlots }),
    ...(run.onProgress && { onProgress: run.onProgress }),
  });
  return prompts.map((_, i) => samples.slice(i * n, (i + 1) * n));
}

/** The completions of a rollout as text, with the columns of their rows: what reward functions and reports see. */
export interface RolloutTexts {
  readonly prompts: string[];
  readonly completions: string[];
  readonly completionIds: ArrayLike<number>[];
  readonly truncated: boolean[];
  readonly golds: string[];
  /** Final answer that the verifier reads, null where there is none. */
  readonly finals: (string | null)[];
  /** Columns of the data rows, one entry per completion; in layer 2 also `firstCompletions`, `firstCompletionIds` and `firstTruncated`. */
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * Decodes a rollout. The end-of-sequence id is left out of the text. A correction that continues an open thought is given with the
 * assistant's turn before it, because only the whole is an answer.
 */
export function rolloutTexts(
  policy: Policy,
  prompts: readonly Prompt<EncodedQuestion>[],
  completions: readonly (readonly Completion[])[],
  openThink: boolean,
): RolloutTexts {
  const { tokenizer, eosIds } = policy;
  const text = (ids: ArrayLike<number>): string => {
    const list = Array.from(ids);
    if (list.length > 0 && eosIds.has(list.at(-1)!)) list.pop();
    return tokenizer.decode(list);
  };
  const flat = completions.flatMap((row, i) => row.map((completion) => ({ completion, prompt: prompts[i]! })));
  const rendered = new Map(prompts.map((prompt) => [prompt, text(prompt.ids)]));
  const rows = flat.map(({ prompt }) => prompt.question.row);
  const texts = flat.map(({ completion, prompt }) => {
    const turn = prompt.origin && openThink ? text(Array.from(prompt.ids).slice(prompt.question.promptIds.length)) : '';
    return turn + text(completion.ids);
  });
  const truncated = flat.map(({ completion }) => completion.truncated);
  const golds = rows.map(({ gold }) => gold);
  const verdicts = verifyBatch(
    texts.map((response, i) => ({ gold: golds[i]!, response, mode: 'strict' as const, truncated: truncated[i]! })),
  );
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  names.delete('prompt');
  const columns: Record<string, readonly unknown[]> = Object.fromEntries(
    [...names].map((name) => [name, rows.map((row) => row[name] ?? null)]),
  );
  const firsts = flat.flatMap(({ prompt }) => (prompt.origin ? [prompt.origin.answer] : []));
  if (firsts.length === flat.length && flat.length > 0) {
    columns['firstCompletions'] = firsts.map(({ ids }) => text(ids));
    columns['firstCompletionIds'] = firsts.map(({ ids }) => ids);
    columns['firstTruncated'] = firsts.map((first) => first.truncated);
  }
  return {
    prompts: flat.map(({ prompt }) => rendered.get(prompt)!),
    completions: texts,
    completionIds: flat.map(({ completion }) => completion.ids),
    truncated,
    golds,
    finals: verdicts.map(({ extracted }) => extracted),
    columns,
  };
}

/** The arguments of a reward function for a decoded rollout. */
export function rewardArgs(texts: RolloutTexts, extra: Pick<RewardArgs, 'trainerState' | 'logExtra' | 'logMetric'>): RewardArgs {
  const { prompts, completions, completionIds, truncated, columns } = texts;
  return { ...columns, prompts, completions, completionIds, truncated, ...extra };
}
