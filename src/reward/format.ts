import { check } from '../errors.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';

/**
 * 1 where the completion is one think block and then text, else 0: it starts with `<think>`, has no second `<think>`, and closes it.
 *
 * Formula: [completion matches ^<think>(?!.*<think>)(.*?)</think>.*$ with dot matching line ends]. Source: TRL's think_format_reward.
 * @param options.opened the prompt already opened the block (chat templates that end in `<think>`, layer 2 in mode open_think): the completion
 *   must then hold no `<think>` of its own. Default false
 */
export function thinkFormatReward(options: { readonly opened?: boolean } = {}): RewardFunction {
  const { opened = false } = options;
  return named('think_format_reward', ({ completions }) =>
    completions.map((text) => {
      if (opened) return !text.includes('<think>') && text.includes('</think>') ? 1 : 0;
      return text.startsWith('<think>') && !text.includes('<think>', 7) && text.includes('</think>') ? 1 : 0;
    }),
  );
}

/**
 * Share of the expected tags that occur exactly once, so that a half-right form gets part of the score: r = (1/n) Σ_tag [count(tag) = 1].
 *
 * Source: open-r1's tag_count_reward (there: `<think>\n`, `\n</think>\n`, `\n<answer>\n`, `\n</answer>`).
 * @param options.tags default `<think>` and `</think>`, the paper's form (it has no answer tags)
 */
export function tagCountReward(options: { readonly tags?: readonly string[] } = {}): RewardFunction {
  const { tags = ['<think>', '</think>'] } = options;
  check(
    tags.length > 0 && tags.every((tag) => tag.length > 0),
    'tagCountReward: expected at least one tag and no empty one for tags',
  );
  return named('tag_count_reward', ({ completions }) =>
    completions.map((text) => tags.filter((tag) => isOnce(text, tag)).length / tags.length),
  );
}

function isOnce(text: string, tag: string): boolean {
  const at = text.indexOf(tag);
  return at >= 0 && !text.includes(tag, at + tag.length);
}
