// Whether the longest sequences of a run fit the model's context.
import { reportProblems } from '../options/fill.js';
import type { GRPOConfig } from './grpo.js';

/** The settings that say how long sequences get. */
export type LengthSettings = Pick<GRPOConfig, 'maxContextLength' | 'maxCompletionLength' | 'layer2'>;

/**
 * Checks that the longest sequences fit the context: prompt + maxCompletionLength, and for layer 2 prompt + answer + phrase + correction.
 * @param maxPositions the model's `max_position_embeddings`
 * @param longestPrompt tokens of the longest prompt; @param longestPhrase tokens of the longest guiding phrase with its separators
 * @throws MgrpoError `invalid_argument` that says which lengths would fit.
 */
export function checkContext(config: LengthSettings, maxPositions: number, longestPrompt: number, longestPhrase = 0): void {
  const problems: string[] = [];
  if (config.maxContextLength !== null && config.maxContextLength > maxPositions) {
    problems.push(
      `maxContextLength ${config.maxContextLength} exceeds the model's ${maxPositions} positions; set it to at most ${maxPositions}, or null`,
    );
  }
  const context = Math.min(config.maxContextLength ?? maxPositions, maxPositions);
  const first = config.maxCompletionLength;
  const room = context - longestPrompt;
  if (first > room) {
    const out =
      room > 0
        ? `lower maxCompletionLength to at most ${room}, or drop longer prompts`
        : `drop the prompts of ${context} tokens and more`;
    problems.push(
      `the longest prompt (${longestPrompt}) and maxCompletionLength (${first}) need ${longestPrompt + first} tokens of a context of ${context}; ${out}`,
    );
  } else if (config.layer2?.enabled) {
    const second = config.layer2.maxCompletionLength ?? first;
    const need = longestPrompt + first + longestPhrase + second;
    if (need > context) {
      const both = Math.floor((room - longestPhrase) / 2);
      const rest = room - first - longestPhrase;
      const ways = [
        ...(both > 0 ? [`lower maxCompletionLength to at most ${both}`] : []),
        ...(rest > 0 ? [`lower layer2.maxCompletionLength to at most ${rest}`] : []),
      ];
      problems.push(
        `layer 2 needs ${need} tokens of a context of ${context}: prompt ${longestPrompt}, answer ${first}, phrase ${longestPhrase}, correction ${second}; ` +
          (ways.length > 0 ? ways.join(', or ') : 'shorten the prompts'),
      );
    }
  }
  reportProblems('checkContext', problems);
}
