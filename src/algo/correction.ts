// Eq. 5: the query of layer 2 from a question and one of its answers, as token ids,
//
//     q'_i = SystemPrompt_L2 + User:[q] + Assistant:[<think> thought_i </think> ans_i] + p_guide
//
// Nothing is decoded or re-tokenised: the ids of prompt, answer and phrase are joined. Which answers get one is decided in queries.ts.
import { check } from '../errors.js';
import type { Layer2Config } from '../config/layer2.js';

/** Token ids. */
export type Ids = ArrayLike<number>;

/** What one q' is made of. */
export interface CorrectionParts {
  /** Layer-1 prompt, as it was sampled from. */
  readonly promptIds: Ids;
  /** The same question under the layer-2 system prompt; absent: the layer-1 prompt. Only for mode eq5. */
  readonly correctionPromptIds?: Ids;
  /** The answer shown, o_i, its end-of-sequence id included if it has one; null: none is shown, the phrase follows the prompt. */
  readonly answerIds: Ids | null;
  /** Whether o_i was cut at the length limit. */
  readonly truncated: boolean;
  /** Guiding phrase with the separators around it. */
  readonly phraseIds: Ids;
}

/** What holds for all q' of a run. */
export interface CorrectionRules {
  readonly mode: Layer2Config['mode'];
  readonly truncatedAnswers: Layer2Config['truncatedAnswers'];
  /** Ids that end a sequence. */
  readonly eosIds: ReadonlySet<number>;
  /** How many leading ids of an answer lie wholly before its first `</think>`; -1 if it has none. Used in mode open_think. */
  readonly thinkEnd: (answerIds: Ids) => number;
  /** Most tokens of q' and its correction together. */
  readonly maxContextLength: number;
  /** Most tokens of the correction. */
  readonly maxCompletionLength: number;
}

/** Why an answer got no q'; `no_other` only where another sample's wrong answer is to be shown and there is none. */
export type SkipReason = 'truncated' | 'too_long' | 'empty' | 'no_other';

/** A query of layer 2. */
export interface Correction {
  readonly ids: Int32Array;
  /** In mode open_think: whether the answer had no `</think>`, so that the whole of it was still an open thought. */
  readonly unclosed: boolean;
}

/**
 * Builds q' of one answer, or says why there is none.
 *
 * - eq5: prompt (of layer 2), answer without its end-of-sequence id, phrase.
 * - open_think: layer-1 prompt, answer up to just before its first `</think>`, phrase. An answer without `</think>` is an open thought
 *   as a whole: it is kept up to its end (without the end-of-sequence id) and marked `unclosed`.
 * - Without an answer to show (a control): prompt and phrase.
 * - A truncated answer is treated like any other, or skipped (`truncatedAnswers`).
 * - Skipped are also answers with nothing before the phrase (`empty`) and queries that leave no room for a whole correction (`too_long`).
 *
 * @returns the query, or the reason for skipping, which the caller counts
 */
export function buildCorrection(parts: CorrectionParts, rules: CorrectionRules): Correction | SkipReason {
  const { promptIds, phraseIds, truncated } = parts;
  const answerIds = parts.answerIds ?? [];
  check(
    phraseIds.length > 0,
    'buildCorrection: expected at least one token for phraseIds, got 0; give a phrase that is not empty',
  );
  if (truncated && rules.truncatedAnswers === 'skip') return 'truncated';

  let end = answerIds.length;
  if (end > 0 && rules.eosIds.has(answerIds[end - 1]!)) end--;
  let unclosed = false;
  let prefix = parts.correctionPromptIds ?? promptIds;
  if (rules.mode === 'open_think') {
    const cut = rules.thinkEnd(answerIds);
    unclosed = cut < 0;
    if (cut >= 0) end = cut;
    prefix = promptIds;
  }
  if (end === 0 && parts.answerIds !== null) return 'empty';
  const length = prefix.length + end + phraseIds.length;
  if (length + rules.maxCompletionLength > rules.maxContextLength) return 'too_long';

  const ids = new Int32Array(length);
  for (let i = 0; i < prefix.length; i++) ids[i] = prefix[i]!;
  for (let i = 0; i < end; i++) ids[prefix.length + i] = answerIds[i]!;
  for (let i = 0; i < phraseIds.length; i++) ids[prefix.length + end + i] = phraseIds[i]!;
  return { ids, unclosed };
}
