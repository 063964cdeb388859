/**
 * Every number that crosses the ABI, and nothing else. `src/reward/status.ts` holds the names for the host; a test compares the two.
 */

// --- Verdict of a comparison (`equalAnswers`) and of a countdown expression. Only EQUAL earns a reward.
/** Both sides were understood and differ, or no proof of equality was found. */
export const NOT_EQUAL: i32 = 0;
/** Both sides were understood and are equal. */
export const EQUAL: i32 = 1;
/** Fuel, depth, digits or memory ran out before a verdict: counts as not equal. */
export const UNDECIDED: i32 = 2;
/** The gold is empty or not a form that can be compared. */
export const GOLD_UNPARSABLE: i32 = 3;
/** The prediction does not parse as an answer: counts as not equal. */
export const PRED_UNPARSABLE: i32 = 4;
/** Extraction found no answer in the response: counts as not equal. */
export const NO_ANSWER: i32 = 5;

// --- Bits of a row's flags.
/** Extraction: accept only marked answers and responses that are an answer and nothing else. */
export const STRICT: i32 = 1;
/** Extraction: the response was cut at the length limit, so its last number is an intermediate value. */
export const TRUNCATED: i32 = 2;
/** Extraction: the text is the answer itself; only its wrapping (think tags, a box) is taken off. */
export const BARE: i32 = 4;
/** Countdown: an expression may leave some of the given numbers out. */
export const SUBSET: i32 = 8;

// --- Rule that found the answer (extraction).
/** No rule applied. */
export const RULE_NONE: i32 = 0;
/** The text (after its think block and markup) is an answer and nothing else. */
export const RULE_WHOLE: i32 = 1;
/** "final answer is …", "Final Answer: …". */
export const RULE_FINAL_ANSWER: i32 = 2;
/** The last balanced \boxed{…} or \fbox{…}. */
export const RULE_BOXED: i32 = 3;
/** <answer>…</answer>. */
export const RULE_ANSWER_TAG: i32 = 4;
/** The last line that starts with ####. */
export const RULE_HASHES: i32 = 5;
/** "answer: …", "the answer is …", "A: …" at the start of a line. */
export const RULE_ANSWER_IS: i32 = 6;
/** Lenient: the last formula. */
export const RULE_LAST_MATH: i32 = 7;
/** Lenient: the last number. */
export const RULE_LAST_NUMBER: i32 = 8;
/** Lenient, where the gold is a choice letter: the last choice letter. */
export const RULE_LAST_LETTER: i32 = 9;

// --- Why no answer was found.
/** The text is empty once markup is taken off. */
export const RULE_EMPTY: i32 = 16;
/** The think block is never closed: what stands there is not an answer yet. */
export const RULE_OPEN_THINK: i32 = 17;
/** Strict: nothing is marked as the answer. */
export const RULE_UNMARKED: i32 = 18;
/** Only a last number or formula was left, and the response was cut. */
export const RULE_TRUNCATED: i32 = 19;
/** A marker is there and what follows it is no answer (an unclosed \boxed{, an empty tag). */
export const RULE_BROKEN_MARK: i32 = 20;

// --- Why a countdown expression was refused.
/** It equals the target and uses the numbers as asked. */
export const COUNTDOWN_OK: i32 = 32;
/** It has a character or an order that is not integer arithmetic with + − × ÷ and parentheses. */
export const COUNTDOWN_SYNTAX: i32 = 33;
/** It uses a number that is not given, or one too often. */
export const COUNTDOWN_NUMBERS: i32 = 34;
/** It leaves a given number out. */
export const COUNTDOWN_UNUSED: i32 = 35;
/** It divides by zero. */
export const COUNTDOWN_ZERO: i32 = 36;
/** Its value is not the target. */
export const COUNTDOWN_VALUE: i32 = 37;
/** A numerator or denominator passes 63 bits. */
export const COUNTDOWN_OVERFLOW: i32 = 38;
/** The task itself ("numbers=target") cannot be read. */
export const COUNTDOWN_TASK: i32 = 39;
