// How long completions may be where nobody says.
import { GRPO_OPTIONS } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import type { TaskRow } from '../tasks/task.js';
import type { Policy } from './policy.js';
import { encodePhrases, encodeQuestions } from './questions.js';

/**
 * Most tokens of a completion where nobody says: the default of training, or what the model's context leaves beside the longest prompt.
 * With corrections, answer and correction each have half of what prompt and guiding phrase leave, or the answer what the correction's own limit
 * leaves.
 * @param layer2 how answers are corrected; null or not enabled: they are not
 * @returns at least 1, though the context may leave nothing
 */
export function fittingCompletionLength(
  policy: Pick<Policy, 'tokenizer' | 'context'>,
  rows: readonly TaskRow[],
  layer2: Layer2Config | null,
): number {
  const second = layer2?.enabled ? layer2 : null;
  let room = policy.context;
  const questions = encodeQuestions(policy.tokenizer, rows, second);
  room -= longest(questions.flatMap(({ promptIds, correctionPromptIds = [] }) => [promptIds, correctionPromptIds]));
  if (second) {
    room -= longest(encodePhrases(policy.tokenizer, second.phrases).map(({ ids }) => ids));
    room = second.maxCompletionLength === null ? Math.floor(room / 2) : room - second.maxCompletionLength;
  }
  return Math.max(1, Math.min(GRPO_OPTIONS.maxCompletionLength.default, room));
}

const longest = (lists: readonly ArrayLike<number>[]): number => lists.reduce((n, { length }) => Math.max(n, length), 0);
