// Names for the numbers of assembly/verifier/status.ts, in the words that a person reads. A test holds the two against each other.

/** Outcome of one pair; only `equal` is a reward. */
export type Outcome = 'not_equal' | 'equal' | 'undecided' | 'gold_unparsable' | 'pred_unparsable' | 'no_answer';

/** By the verdict's number. */
export const OUTCOMES: readonly Outcome[] = [
  'not_equal',
  'equal',
  'undecided',
  'gold_unparsable',
  'pred_unparsable',
  'no_answer',
];

/** Bits of a row's flags. */
export const FLAG_STRICT: number = 1;
export const FLAG_TRUNCATED: number = 2;
export const FLAG_BARE: number = 4;
export const FLAG_SUBSET: number = 8;
export const FLAG_VALUE: number = 32;
export const FLAG_IN_ORDER: number = 16;
export const FLAG_ORDERED: number = 64;
export const FLAG_HUNDREDTHS: number = 128;
export const FLAG_DOUBLES: number = 256;
export const FLAG_EXACT: number = 512;
export const FLAG_TOLERANT: number = 1024;
export const FLAG_KIND: number = 2048;

/** By the rule's number: where the answer was found, or why none was, or what became of a countdown expression. */
export const RULES: Readonly<Record<number, readonly [name: string, sentence: string]>> = {
  0: ['none', 'no rule applied'],
  1: ['whole', 'the text as a whole'],
  2: ['final_answer', 'what follows "final answer"'],
  3: ['boxed', 'the last box'],
  4: ['answer_tag', 'the last <answer> tag'],
  5: ['hashes', 'what follows the last ####'],
  6: ['answer_is', 'what follows "answer"'],
  7: ['last_math', 'the last formula'],
  8: ['last_number', 'the last number'],
  9: ['last_letter', 'the last choice letter'],
  10: ['conclusion', 'the last sentence draws a conclusion'],
  16: ['empty', 'the text is empty'],
  17: ['open_think', 'the think block is never closed'],
  18: ['unmarked', 'nothing is marked as the answer'],
  19: ['truncated', 'the response was cut before its answer was complete'],
  20: ['broken_mark', 'an answer is marked but cannot be read'],
  21: ['conflict', 'the response marks two answers that are not equal'],
  32: ['countdown_ok', 'it reaches the target with the given numbers'],
  33: ['countdown_syntax', 'it is not integer arithmetic with + - * / and parentheses'],
  34: ['countdown_numbers', 'it uses a number that is not given, or one too often'],
  35: ['countdown_unused', 'it leaves a given number out'],
  36: ['countdown_zero', 'it divides by zero'],
  37: ['countdown_value', 'its value is not the target'],
  38: ['countdown_overflow', 'its fractions are too large'],
  39: ['countdown_task', 'the task is not "numbers = target"'],
};
