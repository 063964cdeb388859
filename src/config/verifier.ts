// How answers are found and compared: the options of the answer checker, of the rewards that use it and of `mgrpo verify`.
import type { Settings } from '../options/table.js';

/** Whether the answer must be worked out. */
export const FORM_OPTIONS = {
  form: {
    section: 'comparing',
    type: 'choice',
    choices: ['value', 'any'],
    nullable: true,
    default: null,
    doc: 'value: where the gold is worked out the answer must be, so that "47 + 85" is none for 132; any: what is equal counts. null: value in strict mode, any in lenient mode.',
  },
} as const;

/** What counts as the same. */
export const COMPARISON_OPTIONS = {
  percent: {
    section: 'comparing',
    type: 'choice',
    choices: ['asked', 'hundredths'],
    default: 'asked',
    doc: 'asked: for a plain gold above 1, "35%" counts as 35, since it was asked for in percent; hundredths: 35% is 0.35 and nothing else.',
  },
  precision: {
    section: 'comparing',
    type: 'choice',
    choices: ['rounded', 'doubles', 'exact'],
    default: 'rounded',
    doc: 'Decimals of values that have no finite one. rounded: 6 places and more count, and a gold of 3 digits or more is a rounded value; doubles: only what a computer prints, 15 to 17 digits and within one unit in the last place; exact: none.',
  },
  tolerance: {
    section: 'comparing',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Largest difference of two numbers that counts as none, to 9 digits; also of two numbers in the same place of lists, tuples, intervals and matrices.',
  },
  relativeTolerance: {
    section: 'comparing',
    type: 'number',
    min: 0,
    below: 1,
    default: 0,
    doc: 'The same as a share of the gold: 0.01 is one percent. With both, either is enough.',
  },
  ordered: {
    section: 'comparing',
    type: 'boolean',
    default: false,
    doc: 'Whether a list counts only in the order of the gold. Sets have no order, tuples always have one.',
  },
  kinds: {
    section: 'comparing',
    type: 'strings',
    choices: ['number', 'expression', 'relation', 'interval', 'tuple', 'list', 'matrix', 'words', 'letter'],
    nullable: true,
    default: null,
    doc: 'Kinds of answers that may count; null: all.',
  },
} as const;

/** Kinds of answers, by their number in assembly/verifier/status.ts less one. */
export const ANSWER_KINDS: typeof COMPARISON_OPTIONS.kinds.choices = COMPARISON_OPTIONS.kinds.choices;

/** What an answer is: an assignment is of the kind of its value. */
export type AnswerKind = (typeof ANSWER_KINDS)[number];

/** Which text is read. */
export const REASONING_OPTIONS = {
  reasoningTags: {
    section: 'reading',
    type: 'strings',
    nullable: true,
    default: null,
    doc: 'Further tags whose text is reasoning and not the answer, beside think, reasoning and their like: a name (work: <work>…</work>), an opening mark (◁think▷, closed by ◁/think▷), or both marks as OPEN...CLOSE.',
  },
} as const;

/** How an answer is found. */
export const MODE_OPTIONS = {
  mode: {
    section: 'reading',
    type: 'choice',
    choices: ['lenient', 'strict'],
    default: 'lenient',
    doc: 'strict: only marked answers (final answer, \\boxed, <answer>, ####, "answer:") and texts that are an answer and nothing else, as rewards use it; lenient: also the last value.',
  },
} as const;

/** Every option of the checker. */
export const VERIFIER_OPTIONS: typeof MODE_OPTIONS & typeof REASONING_OPTIONS & typeof FORM_OPTIONS & typeof COMPARISON_OPTIONS =
  {
    ...MODE_OPTIONS,
    ...REASONING_OPTIONS,
    ...FORM_OPTIONS,
    ...COMPARISON_OPTIONS,
  };

/** Of one pair, beside those. */
export const TRUNCATED_OPTION = {
  truncated: {
    section: 'reading',
    type: 'boolean',
    default: false,
    doc: 'Whether the response was cut at the length limit: then nothing unmarked or unfinished counts.',
  },
} as const;

/** The checker's settings, resolved. */
export type VerifierSettings = Settings<typeof VERIFIER_OPTIONS>;

type RewardMode = Omit<typeof MODE_OPTIONS.mode, 'default'> & { readonly default: 'strict' };
const REWARD_MODE: RewardMode = { ...MODE_OPTIONS.mode, default: 'strict' };

/** The same options for rewards, which are strict where nothing is said. */
export const REWARD_VERIFIER_OPTIONS: Omit<typeof VERIFIER_OPTIONS, 'mode'> & { readonly mode: RewardMode } = {
  ...VERIFIER_OPTIONS,
  mode: REWARD_MODE,
};
