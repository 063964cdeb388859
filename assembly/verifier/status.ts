// Every number that crosses the ABI, and nothing else. src/reward/status.ts holds the names for the host; a test compares the two.

/** Verdict on one pair. Only EQUAL earns a reward. */
export const enum Verdict {
  /** Both sides were understood and differ, or no proof of equality was found. */
  NOT_EQUAL = 0,
  /** Both sides were understood and are equal. */
  EQUAL = 1,
  /** Fuel, depth, digits or memory ran out before a verdict: counts as not equal. */
  UNDECIDED = 2,
  /** The gold is empty or not a form that can be compared. */
  GOLD_UNPARSABLE = 3,
  /** The prediction does not parse as an answer: counts as not equal. */
  PRED_UNPARSABLE = 4,
  /** Extraction found no answer in the response: counts as not equal. */
  NO_ANSWER = 5,
}

/** Bits of a row's flags. */
export const enum Flag {
  /** Extraction: accept only marked answers and responses that are an answer and nothing else. */
  STRICT = 1,
  /** Extraction: the response was cut at the length limit, so its last number is an intermediate value. */
  TRUNCATED = 2,
  /** Extraction: the text is the answer itself; only its wrapping (think tags, a box) is taken off. */
  BARE = 4,
  /** Countdown: an expression may leave some of the given numbers out. */
  SUBSET = 8,
  /** Comparison: the answer must be worked out, where the gold is. */
  VALUE = 32,
  /** Countdown: the numbers stay in their order, with + or − between them and nothing else. */
  IN_ORDER = 16,
  /** Comparison: lists count only in the gold's order. */
  ORDERED = 64,
  /** Comparison: a percentage is x/100 and nothing else. */
  HUNDREDTHS = 128,
  /** Comparison: no rounded decimal counts but a printed double. */
  DOUBLES = 256,
  /** Comparison: no rounded decimal counts. */
  EXACT = 512,
  /** Comparison: numbers may differ by the row's tolerances. */
  TOLERANT = 1024,
  /** The kind of the answer found is asked for. */
  KIND = 2048,
}

/** What an answer is; in a row of the flag KIND. */
export const enum AnswerKind {
  /** No answer, or one that does not parse. */
  UNREAD = 0,
  /** A constant, with or without a unit; infinity, a ratio. */
  NUMBER = 1,
  /** An expression with names in it. */
  EXPRESSION = 2,
  /** An equation, inequality or congruence that assigns nothing. */
  RELATION = 3,
  /** An interval, a union, a set by a condition. */
  INTERVAL = 4,
  TUPLE = 5,
  /** Several answers: a list, a finite set, a ±. */
  LIST = 6,
  MATRIX = 7,
  WORDS = 8,
  /** A choice. */
  LETTER = 9,
}

/** The rule that found the answer; why there is none (from 16); what became of a countdown expression (from 32). */
export const enum Rule {
  /** No rule applied. */
  NONE = 0,
  /** The text (after its think block and markup) is an answer and nothing else. */
  WHOLE = 1,
  /** "final answer is …", "Final Answer: …". */
  FINAL_ANSWER = 2,
  /** The last balanced \boxed{…} or \fbox{…}. */
  BOXED = 3,
  /** <answer>…</answer>. */
  ANSWER_TAG = 4,
  /** The last line that starts with ####. */
  HASHES = 5,
  /** "answer: …", "the answer is …", "A: …" at the start of a line. */
  ANSWER_IS = 6,
  /** Lenient: the last formula. */
  LAST_MATH = 7,
  /** Lenient: the last number. */
  LAST_NUMBER = 8,
  /** Lenient, where the gold is a choice letter: the last choice letter. */
  LAST_LETTER = 9,
  /** Nothing is marked, but the last sentence draws a conclusion: "So the total is …", "Result: …". */
  CONCLUSION = 10,
  /** The text is empty once markup is taken off. */
  EMPTY = 16,
  /** The think block is never closed: what stands there is not an answer yet. */
  OPEN_THINK = 17,
  /** Strict: nothing is marked as the answer. */
  UNMARKED = 18,
  /** Only a last number or formula was left, and the response was cut. */
  TRUNCATED = 19,
  /** A marker is there and what follows it is no answer (an unclosed \boxed{, an empty tag). */
  BROKEN_MARK = 20,
  /** Two marks of different kinds hold answers of which one is right and one is wrong. */
  CONFLICT = 21,
  /** It equals the target and uses the numbers as asked. */
  COUNTDOWN_OK = 32,
  /** It has a character or an order that is not integer arithmetic with + − × ÷ and parentheses. */
  COUNTDOWN_SYNTAX = 33,
  /** It uses a number that is not given, or one too often. */
  COUNTDOWN_NUMBERS = 34,
  /** It leaves a given number out. */
  COUNTDOWN_UNUSED = 35,
  /** It divides by zero. */
  COUNTDOWN_ZERO = 36,
  /** Its value is not the target. */
  COUNTDOWN_VALUE = 37,
  /** A numerator or denominator passes 63 bits. */
  COUNTDOWN_OVERFLOW = 38,
  /** The task itself ("numbers=target") cannot be read. */
  COUNTDOWN_TASK = 39,
}
