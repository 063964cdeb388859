// How long completions may be: what fits a model's context, and what is taken where nobody says.
import type { Phrase } from '../algo/rollout.js';
import { checkContext } from '../config/context.js';
import type { LengthSettings } from '../config/context.js';
import { GRPO_OPTIONS } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import type { TaskRow } from '../tasks/task.js';
import type { LanguageModel } from './language-model.js';
import { encodePhrases, encodeQuestions, longest } from './questions.js';
import type { EncodedQuestion } from './questions.js';

/**
 * Most tokens of a completion where nobody says: the default of training, or what the model's context leaves beside the longest prompt.
 * With corrections, answer and correction each have half of what prompt and guiding phrase leave, or the answer what the correction's own limit
 * leaves.
 * @param layer2 how answers are corrected; null or not enabled: they are not
 * @returns at least 1, though the context may leave nothing
 */
export function fittingCompletionLength(
  policy: Pick<LanguageModel, 'tokenizer' | 'context'>,
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

/**
 * Rows and guiding phrases in token ids.
 * @throws MgrpoError `invalid_argument` where the longest sequences that can come of them do not fit the context
 */
export function encodeData(
  { tokenizer, context }: Pick<LanguageModel, 'tokenizer' | 'context'>,
  config: LengthSettings,
  rows: readonly TaskRow[],
): { readonly questions: EncodedQuestion[]; readonly phrases: Phrase[]; readonly phrase: number } {
  const layer2 = config.layer2?.enabled ? config.layer2 : null;
  const questions = encodeQuestions(tokenizer, rows, layer2);
  const phrases = layer2 ? encodePhrases(tokenizer, layer2.phrases) : [];
  const prompts = questions.flatMap(({ promptIds, correctionPromptIds = [] }) => [promptIds, correctionPromptIds]);
  const phrase = longest(phrases.map(({ ids }) => ids));
  checkContext(config, context, longest(prompts), phrase);
  return { questions, phrases, phrase };
}

/** Rows that {@link checkLengths} looks at. */
const LONG_ROWS = 64;

/** The rows with the most text, among which the longest prompt is looked for. */
export function longRows(rows: readonly TaskRow[]): TaskRow[] {
  const sized = rows.map((row) => ({ row, size: JSON.stringify(row.prompt).length })).sort((a, b) => b.size - a.size);
  return sized.slice(0, LONG_ROWS).map(({ row }) => row);
}

/**
 * Checks before anything is loaded what a trainer checks of all rows: that the longest sequences that can come of them fit the context.
 * Looks at the rows with the most text.
 * @throws MgrpoError `invalid_argument` that says which lengths would fit
 */
export function checkLengths(
  model: Pick<LanguageModel, 'tokenizer' | 'context'>,
  settings: LengthSettings,
  rows: readonly TaskRow[],
): void {
  encodeData(model, settings, longRows(rows));
}
