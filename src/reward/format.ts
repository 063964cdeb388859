// Rewards for the form of a completion.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';

/** Options of {@link thinkFormatReward}. */
export const THINK_FORMAT_OPTIONS = {
  opened: {
    type: 'boolean',
    default: false,
    doc: 'The prompt already opened the block (chat templates that end in <think>, layer 2 in mode open_think): the completion must then hold no <think> of its own.',
  },
} as const;

/** Options of {@link tagCountReward}. */
export const TAG_COUNT_OPTIONS = {
  tags: {
    type: 'strings',
    default: ['<think>', '</think>'],
    doc: 'The tags; the default is the paper’s form, which has no answer tags.',
  },
} as const;

/**
 * 1 where the completion is one think block and then text, else 0: it starts with `<think>`, has no second `<think>`, and closes it.
 *
 * Formula: [completion matches ^<think>(?!.*<think>)(.*?)</think>.*$ with dot matching line ends]. Source: TRL's think_format_reward.
 * @param options see {@link THINK_FORMAT_OPTIONS}
 */
export function thinkFormatReward(options: Partial<Settings<typeof THINK_FORMAT_OPTIONS>> = {}): RewardFunction {
  const { opened } = takeOptions('thinkFormatReward', THINK_FORMAT_OPTIONS, options);
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
 * @param options see {@link TAG_COUNT_OPTIONS}
 */
export function tagCountReward(options: Partial<Settings<typeof TAG_COUNT_OPTIONS>> = {}): RewardFunction {
  const { tags } = takeOptions('tagCountReward', TAG_COUNT_OPTIONS, options);
  return named('tag_count_reward', ({ completions }) =>
    completions.map((text) => tags.filter((tag) => isOnce(text, tag)).length / tags.length),
  );
}

function isOnce(text: string, tag: string): boolean {
  const at = text.indexOf(tag);
  return at >= 0 && !text.includes(tag, at + tag.length);
}
