// Completions as records for the log, the table and the report.
import type { Completion, Origin, Rollout } from '../algo/rollout.js';
import type { CompletionRecord, CompletionTokens } from './events.js';
import { textOf } from './language-model.js';
import type { LanguageModel } from './language-model.js';
import type { EncodedQuestion } from './questions.js';

/** The records of one layer's completions, prompt by prompt. @param withTokens whether they hold ids and log-probabilities too */
export function recordsOf(
  model: LanguageModel,
  step: number,
  layer: 1 | 2,
  rolled: Rollout<EncodedQuestion>,
  withTokens = false,
): CompletionRecord[] {
  const { rewards, names, texts } = rolled.scored;
  let at = 0;
  return rolled.prompts.flatMap(({ question, ids, origin }, p) => {
    const prompt = textOf(model, ids);
    return rolled.completions[p]!.map((completion): CompletionRecord => {
      const { truncated } = completion;
      const k = at++;
      const { text, final, extra } = texts[k]!;
      const total = rolled.rewards[k]!;
      return {
        step,
        layer,
        prompt,
        completion: text,
        gold: question.row.gold,
        extracted: final,
        reward: Number.isNaN(total) ? null : total,
        rewards: Object.fromEntries(names.map((name, f) => [name, rewards[k]![f]!])),
        advantage: rolled.advantages[k]!,
        truncated,
        correct: rolled.correct[k]!,
        ...(origin && { answer: textOf(model, origin.answer.ids), answerCorrect: origin.correct, phrase: origin.phrase.text }),
        ...(Object.keys(extra).length > 0 && { extra }),
        ...(withTokens && { tokens: tokensOf(model, ids, completion, origin) }),
      };
    });
  });
}

/** A completion with its prompt as ids, and where the parts of a query of layer 2 begin: it ends in answer and phrase. */
function tokensOf(
  model: LanguageModel,
  prompt: ArrayLike<number>,
  { ids, logps }: Completion,
  origin: Origin | null,
): CompletionTokens {
  const all = [...Array.from(prompt), ...Array.from(ids)];
  const about = { ids: all, logps: Array.from(logps) };
  if (!origin) return { ...about, answer: prompt.length, phrase: all.length, correction: all.length };
  const phrase = prompt.length - origin.phrase.ids.length;
  const shown = Array.from(origin.answer.ids).filter((id) => !model.eosIds.has(id));
  // What is shown of an answer may be its beginning only (mode open_think), or nothing.
  let length = Math.min(shown.length, phrase);
  while (!shown.slice(0, length).every((id, i) => id === all[phrase - length + i])) length--;
  return { ...about, answer: phrase - length, phrase, correction: prompt.length };
}
