// What a marked sentence says about the value in it: that it is none, or not the only one.
import { Char } from './characters';
import { Names } from './names';
import { sentenceEnd } from './formula';
import { ASIDE_LABELS, countAllWords, countTextWords, countWords, trimmed } from './prose';
import { endOf, exists, Span, startOf } from './span';
import {
  byteAt,
  hasDigit,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  lastByteOf,
  skipAny,
  skipLetters,
  skipSpace,
  startsWithFold,
  wordStart,
} from './text';

/** Words that take back, condition or offer another for the value before them. */
const TAKING_BACK = new Names(64).add(
  'not/no/wrong/incorrect/false/impossible/invalid/isn/aren/or/alternatively/otherwise/else/if/unless/when/whenever/but/except/provided',
);
/** Words by which what goes on changes the value before them. */
const CHANGING = new Names(64).add(
  'plus/minus/times/divided/multiplied/subtracted/added/reduced/increased/decreased/doubled/tripled/halved/squared/cubed/raised/power/modulo/than',
);
/** Words that do so where a number follows: 17 of them less 3. */
const CHANGING_BY = 'less/fewer/more/short/out/away/without/together/combined/along';
/** Words behind which something else is said. */
const CLAUSES = 'because/since/as/so/which/that/where/and/obtained/found/after/by/rather';
/** Words that negate the value behind them. */
const NEGATING = 'not/none/cannot/never/neither/nor';

/** Words that only suppose what is behind them, or say it of others. */
const SUPPOSING = new Names(64).add(
  'claim/if/whether/suppose/supposing/assume/assuming/unless/could/doubt/nobody/might/imagine/pretend/perhaps/maybe/possibly/probably/false/refuse/guess/guessed/says/said/claims/thinks/thought/deny/doubts/mistake/tempting',
);

/** Whether a word of the list stands in [p, e). */
export function holds(p: usize, e: usize, words: Names): bool {
  while (p < e) {
    const q = skipLetters(p, e);
    if (q > p && words.hasWord(p, q)) return true;
    p = max(q, p + 1);
  }
  return false;
}

/** Whether [p, e) starts with a label of few words whose value is not the answer. */
export function isAsideLabel(p: usize, e: usize): bool {
  const colon = indexOfByte(p, e, Char.COLON);
  return colon < e && countAllWords(p, colon) <= 3 && holds(p, colon, ASIDE_LABELS);
}

/** Whether a word with "not" in it stands in [p, e): can't, isn’t. */
export function isContracted(p: usize, e: usize): bool {
  for (; p + 2 < e; p++) if (byteAt(p) == Char.n && skipAny(p, e, "n't/n’t") > 0) return true;
  return false;
}

/** Whether one of a few words stands in [p, e). */
export function holdsOneOf(p: usize, e: usize, words: string): bool {
  for (; p < e; p = max(skipLetters(p, e), p + 1)) if (isWordAt(p, e, words)) return true;
  return false;
}

/** Whether the words [p, e) only suppose what follows them or stands among them. */
export function isHypothetical(p: usize, e: usize): bool {
  return holds(p, e, SUPPOSING);
}

/** How far back the words before a mark are read. */
const BEFORE: usize = 80;
/** Words before "answer" that make it another one, or a part of something said about it: "half of the answer". */
const OTHER = new Names(32).add(
  'wrong/incorrect/false/previous/another/after/intermediate/partial/initial/first/earlier/original/old/of/twice/half/double/triple/plus/minus/times/students/people',
);
/** Words that may stand between those and "answer". */
const BETWEEN = 'the/our/my/your/this/that/final/correct';

/** Start of the clause that p stands in, not before s. */
export function clauseStart(s: usize, p: usize): usize {
  if (p - s > BEFORE) s = p - BEFORE;
  while (p > s && !isOneOf(byteAt(p - 1), '.,;:!?\n"{')) p--;
  return p;
}

/** Whether what a mark at p (behind the word "answer") marks is not said to be the answer: "if the answer is 17", "a wrong answer is 17". */
export function isNoMark(s: usize, p: usize): bool {
  p = wordStart(s, p);
  let end = p;
  let word = p;
  do {
    end = word;
    while (end > s && isOneOf(byteAt(end - 1), ' _*')) end--;
    word = wordStart(s, end);
  } while (word < end && isWordAt(word, end, BETWEEN));
  const clause = skipSpace(clauseStart(s, p), p);
  return (
    (holdsOneOf(clause, p, 'not') && holdsOneOf(clause, p, 'sure/certain/confident/convinced')) ||
    OTHER.hasWord(word, end) ||
    holdsOneOf(clause, p, 'nearest/closest/bound') ||
    startsWithFold(clause, p, 'let the ') ||
    isWordAt(clause, p, 'or') ||
    isHypothetical(clause, p) ||
    isConditional(s, p)
  );
}

/** Words in a clause whose last number is not the answer: it was so, is wished, or only counts a step. */
const UNSAID = 'far/previously/originally/target/wanted/step/least/subtract/finally/chapter';

/** Whether the clause around a value says that it is none: a denial, a question, or an answer that is only supposed. */
export function isDenied(s: usize, value: Span, e: usize): bool {
  let from = clauseStart(s, startOf(value));
  // Wrong result: 17
  if (from > s && byteAt(from - 1) == Char.COLON) from = clauseStart(s, from - 1);
  const end = sentenceEnd(endOf(value), e);
  if (end < e && byteAt(end) == Char.QUESTION) return true;
  const close = indexOfByte(endOf(value), end, Char.COMMA);
  const opener = from > s && byteAt(from - 1) == Char.COMMA ? clauseStart(s, from - 1) : from;
  return (
    (lastByteOf(startOf(value), endOf(value), Char.EQUALS) == 0 &&
      (holdsOneOf(opener, end, UNSAID) || isWordAt(skipSpace(opener, end), end, 'next/let/last/yesterday'))) ||
    holdsOneOf(
      from,
      close,
      'not/never/cannot/neither/nor/wrong/incorrect/false/impossible/extraneous/supposed/meant/too/nicht/pas/non',
    ) ||
    (holdsOneOf(from, close, 'answer') && (isHypothetical(from, close) || isWordAt(skipSpace(from, close), close, 'let'))) ||
    isContracted(from, close) ||
    isAsideLabel(from, startOf(value)) ||
    isRefused(from, end) ||
    isWordAt(skipSpace(endOf(value), end), end, 'dozen/hundred/thousand/million/billion')
  );
}

/** Whether what says that a value is none, in more than a word or in another language, stands in [p, e). */
export function isRefused(p: usize, e: usize): bool {
  for (; p < e; p++) if (skipAny(p, e, '不/used to /% sure/no es /ão é/ない/ません/아니/아닙/ليس') > 0) return true;
  return false;
}

/** How far back a condition is looked for. */
const CONDITION: usize = 240;
/** Words that make what their sentence says depend on something, and those that do so at its start. */
export const CONDITIONS = 'if/unless/suppose/supposing/assuming/whether';
const FIRST_CONDITIONS = 'when/provided/were/had/without/before';

/** Whether the sentence that goes on at p began with a condition: "If x = 2, the answer is 17." */
function isConditional(s: usize, p: usize): bool {
  if (p - s > CONDITION) s = p - CONDITION;
  let q = p;
  while (q > s && !(isSpace(byteAt(q)) && isOneOf(byteAt(q - 1), '.!?:')) && byteAt(q - 1) != Char.NEWLINE) q--;
  q = skipSpace(q, p);
  return isWordAt(q, p, FIRST_CONDITIONS) || holdsOneOf(q, p, CONDITIONS);
}

/** Words that say that what was said before is not so. */
export const DENYING = 'wrong/incorrect/false/not/impossible';
/** What opens a sentence which takes the one before it back: words, those with more said behind them, and what follows "I", "my" and "on". */
const RETRACTING = 'wait/oops/whoops/correction/scratch/edit/actually';
const RETRACTING_MORE = 'no/sorry/hmm';
const MISTAKING = 'mean/meant/made/mistake/bad/error/second';
/** What "not" denies of an answer: "that is not right". */
const DENIED = 'right/correct/true/it/so/quite';

/** Whether the sentence at p takes back the one before it: "Wait", "No, it is 20", "That is wrong", "I made a mistake", "But actually". */
function retracts(p: usize, e: usize): bool {
  let q = skipLetters(p, e);
  if (isWordAt(p, q, 'but/however')) {
    while (q < e && isOneOf(byteAt(q), ', ')) q++;
    p = q;
    q = skipLetters(p, e);
  }
  const next = skipSpace(q, e);
  if (isWordAt(p, q, RETRACTING)) return true;
  if (isWordAt(p, q, RETRACTING_MORE))
    return (q < e && isOneOf(byteAt(q), ',:.!')) || isWordAt(next, e, 'wait/it/that/this/should/sorry');
  // I was wrong, that's not right, this isn't correct
  if (isWordAt(p, q, 'that/this/it/i')) {
    const short = skipAny(q, e, "'/’");
    let verb = short > 0 ? short : next;
    const denied = isWordAt(verb, e, 'isn/wasn');
    if (denied || isWordAt(verb, e, 's/is/was')) {
      const end = skipLetters(verb, e);
      verb = skipSpace(denied ? skipLetters(max(skipAny(end, e, "'/’"), end), e) : end, e);
      if (isWordAt(verb, e, 'not')) return isWordAt(skipSpace(verb + 3, e), e, DENIED);
      return denied ? isWordAt(verb, e, DENIED) : isWordAt(verb, e, DENYING);
    }
  }
  return (
    isWordAt(p, q, 'i/my/on') && isWordAt(next, e, MISTAKING) && !holdsOneOf(next, sentenceEnd(next, e), 'sure/right/correct')
  );
}

/** Whether one of the sentences that start behind p, the one it stands in aside, takes back what was said before it. */
export function isRevoked(p: usize, e: usize): bool {
  let starts = false;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isOneOf(c, '.!?\n>')) starts = true;
    else if (isLetter(c)) {
      if (starts && retracts(p, e)) return true;
      starts = false;
    } else if (isDigit(c)) starts = false;
  }
  return false;
}

/** Whether the text between a mark and its value negates it: "the answer cannot be 5". */
export function isNegated(p: usize, e: usize): bool {
  return holdsOneOf(p, e, NEGATING) || isContracted(p, e) || isRefused(p, e);
}

/** Whether the words [p, e) before a value say that it is another one: almost, at least, more than. */
export function isBounded(p: usize, e: usize): bool {
  return holdsOneOf(
    p,
    e,
    'almost/nearly/around/close/least/most/more/less/fewer/over/under/up/between/above/below/twice/half/or',
  );
}

/** Whether the word before p, formula marks and colons aside, is "not". */
export function followsNot(s: usize, p: usize): bool {
  while (p > s && (isSpace(byteAt(p - 1)) || isOneOf(byteAt(p - 1), '$:*('))) p--;
  return p >= s + 4 && startsWithFold(p - 3, p, 'not') && !isLetter(byteAt(p - 4));
}

/**
 * Whether what follows the value in its sentence, which ends at `end`, takes it back: a negation, a condition, an alternative, or a second bare
 * value on the next line. ", not 6" and "or equivalently" confirm it.
 */
export function isTakenBack(value: Span, end: usize, e: usize): bool {
  return isChanged(endOf(value), end) || isFollowedByValue(end, e);
}

/** Whether "and" and a number stand at p. */
export function addsNumber(p: usize, e: usize): bool {
  return isWordAt(p, e, 'and') && isDigit(byteAt(skipSpace(p + 3, e)));
}

/** Whether the rest [p, end) of a sentence takes the value before it back or changes it. */
export function isChanged(p: usize, end: usize): bool {
  let goesOn = true;
  let by = false;
  let rate = false;
  while (p < end) {
    const c = byteAt(p);
    if (!isLetter(c)) {
      if (by && isDigit(c)) return true;
      if (isOneOf(c, '(:=')) goesOn = by = false;
      p++;
      continue;
    }
    const q = skipLetters(p, end);
    if (TAKING_BACK.hasWord(p, q) && !confirms(p, q, end)) return true;
    // I mean 20
    if (byteAt(p) == Char.I && q == p + 1 && isWordAt(q + 1, end, 'mean/meant')) return true;
    // 17 for Tom and 4 for Mary
    if (goesOn && addsNumber(p, end)) return true;
    // 17 for part (a)
    const isCase = goesOn && isWordAt(p, q, 'for');
    if (
      isCase &&
      (indexOfByte(q, end, Char.EQUALS) < end ||
        isWordAt(skipSpace(q, end), end, 'part') ||
        byteAt(skipSpace(q, end)) == Char.OPEN_PAREN)
    )
      return true;
    if (isWordAt(p, q, CLAUSES)) goesOn = by = false;
    if (goesOn && CHANGING.hasWord(p, q)) return true;
    if (isWordAt(p, q, 'per/each/every')) rate = true;
    // 17 per day for 5 days
    if ((goesOn && isWordAt(p, q, CHANGING_BY)) || (rate && isWordAt(p, q, 'for'))) by = true;
    p = q;
  }
  return false;
}

/** Where a remark in brackets behind a number ends [p, e): "17 (see above)", "17 (8 + 9 = 17)"; or e. */
export function remarkAt(p: usize, e: usize): usize {
  const open = indexOfByte(p, e, Char.OPEN_PAREN);
  if (open + 1 >= e || !isSpace(byteAt(open - 1)) || byteAt(e - 1) != Char.CLOSE_PAREN || !hasDigit(p, open)) return e;
  const isRemark = isDigit(byteAt(open + 1))
    ? indexOfByte(open, e, Char.EQUALS) < e
    : countWords(open, e) > 0 && !isWordAt(open + 1, e, 'base/for/from') && !isChanged(open + 1, e);
  return isRemark ? open : e;
}

/** Whether what follows a choice, which ends at p, takes it back; its sentence ends at `end`. */
export function isDoubted(p: usize, end: usize): bool {
  let comma = false;
  for (; p < end && isOneOf(byteAt(p), ')*" ,'); p++) if (byteAt(p) == Char.COMMA) comma = true;
  const q = skipLetters(p, end);
  const c = p < end ? byteAt(p) : 0;
  return c == Char.PLUS || (comma && isDigit(c)) || isWordAt(p, q, 'if/unless/or/said');
}

/** Whether the word [p, q) only sets the value against another: "not 6", "or equivalently 0.5". */
function confirms(p: usize, q: usize, end: usize): bool {
  const next = skipSpace(q, end);
  if (next >= end) return false;
  if (isWordAt(p, q, 'but')) return isWordAt(skipSpace(skipLetters(next, end), end), end, 'forgot');
  if (isWordAt(p, q, 'not') && isWordAt(next, end, 'sure/certain/box/simplify')) return true;
  if (isWordAt(p, q, 'not')) return isDigit(byteAt(next)) || byteAt(next) == Char.DOLLAR || byteAt(next) == Char.MINUS;
  return isWordAt(p, q, 'or') && isWordAt(next, end, 'equivalently/simply/about');
}

/** Whether the next line is nothing but a number. */
function isFollowedByValue(end: usize, e: usize): bool {
  const line = indexOfByte(end, e, Char.NEWLINE);
  if (skipSpace(min(end + 1, e), line) < line || line >= e) return false;
  const next = skipSpace(line, e);
  const close = indexOfByte(next, e, Char.NEWLINE);
  const rest = trimmed(next, close);
  if (!exists(rest) || !isNumber(rest)) return false;
  return isDigit(byteAt(endOf(rest) - 1));
}

/** Whether a marked answer can be none where the gold has digits: words or dots without a digit and without "not". */
export function isUnusable(gold: Span, answer: Span): bool {
  const p = startOf(answer);
  const e = endOf(answer);
  if (!hasDigit(startOf(gold), endOf(gold)) || hasDigit(p, e)) return false;
  return (countTextWords(p, e) > 0 && !isNegated(p, e)) || isDots(p, e);
}

function isDots(p: usize, e: usize): bool {
  if (skipAny(p, e, '\\ldots/\\dots') > 0) return indexOfByte(p, e, Char.SPACE) == e;
  for (; p < e; p++) if (!isOneOf(byteAt(p), '.?_ ')) return false;
  return true;
}

/** Whether the span is one number with its separators, sign and currency, and no other letter or sign. */
export function isNumber(s: Span): bool {
  for (let p = startOf(s); p < endOf(s); p++) if (!isDigit(byteAt(p)) && !isOneOf(byteAt(p), ',.-$% \\')) return false;
  return true;
}
