// What a sentence says a value to be: the number that it states, where nothing in it makes that a bound, a part, a rate, a wish or another one.
import { Char } from './characters';
import { formulaEnd } from './formula';
import { Names } from './names';
import { countWords, isEmphasis, trimmed, wholeAnswer } from './prose';
import { Runs } from './runs';
import { holds, holdsOneOf, isContracted, isHypothetical } from './sentences';
import { endOf, exists, NOWHERE, Span, startOf } from './span';
import {
  abbreviationAt,
  byteAt,
  endsWith,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  skipDigits,
  skipLetters,
  skipSpace,
  trimEnd,
  wordStart,
} from './text';

/** Words between what is asked for and its value. */
export const LINKS = new Names(64).add(
  'is/are/was/be/equals/equal/get/got/becomes/leaving/gives/give/us/have/has/makes/leaves/yields/yield/obtain/find/totals/need/needs/takes/costs/cost/paid/pays/earns/earned/spent/contains/remain/therefore/thus/simply/exactly/just/now/s/est/es/ist/them/him/approximately',
);
/** Words in a conclusion after which its number is not the answer, or not the only one. */
const OPEN = new Names(256).add(
  'not/no/nor/neither/never/cannot/more/fewer/less/greater/than/around/yesterday/let/what/how/start/starts/begin/begins/beginning/add/next/after/before/either/first/intermediate/partial/previous/seems/initial/initially/original/originally/given/goal/target/case/factorial/discard/subtract/wrong/incorrect/false/impossible/doubt/pas/nicht/kein/non/ou/oder/or/why/may/perhaps/probably/maybe/possibly/almost/nearly/near/below/above/under/over/negative/minus/half/twice/exceeds/fails/fail/question/divides/mod/want/wants/reject/bound/know/known/says/said/states/stated/told/far/until/once/already/usually/normally/previously/whose/doubled/check',
);
/** Words right before a number that is not the answer. */
const ASIDES = new Names(64).add(
  'least/most/of/by/with/from/to/the/for/in/on/at/per/every/each/part/and/all/number/page/theorem/lemma/equation/chapter/term/step/question/problem/exercise/see/row/line/column/table/figure/section/example',
);
/** Words behind a value that make it a part of something else. */
const PARTS = new Names(64).add(
  'higher/lower/older/is/are/was/must/and/times/plus/minus/than/percent/or/if/when/from/for/with/where/divides/dozen/hundred/thousand/million/billion/squared/cubed/halves/thirds/but/th/equation/equations/unknowns/variables/methods/approaches/contradictions/cases/too/off/sure',
);
/** What happens to things that are counted. */
const DONE = 'left/needed/required/sold/used/made/remaining/eaten/taken/available/possible/produced/received';

/** Nouns that "between" may stand behind. */
const DISTANCES = 'distance/difference/angle/gap';
/** Most words behind the value of a conclusion. */
const MAX_REST: i32 = 5;

/** Whether words in [p, e) leave open what its number is: it was given, it bounds, it used to be so. */
export function isOpen(p: usize, e: usize): bool {
  for (let before = p; p < e;) {
    const q = skipLetters(p, e);
    if (q > p) {
      if (OPEN.hasWord(p, q) || (isWordAt(p, q, 'used') && isWordAt(skipSpace(q, e), e, 'to'))) return true;
      // the distance between A and B
      if (isWordAt(p, q, 'between') && !isWordAt(before, e, DISTANCES)) return true;
      before = p;
    }
    p = max(q, p + 1);
  }
  return false;
}

/** Where a reason, or the place where a value is attained, follows the number in [p, e): ", since 8 + 9 = 17", ", attained at"; or e. */
function reasonAt(p: usize, e: usize): usize {
  let said = false;
  for (let q = p; q < e; q = max(skipLetters(q, e), q + 1)) {
    if (isDigit(byteAt(q))) said = true;
    if (said && isWordAt(q, e, 'because/since/after/attained/achieved/reached/obtained'))
      return trimEnd(p, byteAt(q - 2) == Char.COMMA ? q - 2 : q);
  }
  return e;
}

/** Where it is said what happens to the things counted ("tickets were sold"), or when and where ("clips in April and May"), in [p, e); or e. */
function circumstanceAt(p: usize, e: usize): usize {
  let words = 0;
  for (let q = p; q < e; q = max(skipLetters(q, e), q + 1)) {
    if (isWordAt(q, e, 'are/were')) return isWordAt(skipSpace(skipLetters(q, e), e), e, DONE) ? q : e;
    // 17 is the largest of them
    if (words == 0 && isWordAt(q, e, 'is')) return isWordAt(skipSpace(q + 2, e), e, 'the/our') ? q : e;
    if (words > 0 && isWordAt(q, e, 'in/on/during/to/will/can')) return q;
    if (isLetter(byteAt(q))) words++;
  }
  return e;
}

/** Whether nothing but a unit or a few words follow the value in [p, e); `words` ends those that must be few. */
export function isLastValue(p: usize, words: usize, e: usize): bool {
  for (let q = p; q < e; q++) {
    const c = byteAt(q);
    // km/h
    const isRate = c == Char.SLASH && q > p && isLetter(byteAt(q - 1));
    const isDelimiter = c == Char.BACKSLASH && q + 2 == e;
    if (isDigit(c) || (!isRate && !isDelimiter && isOneOf(c, '=+/<>^?:;\\'))) return false;
  }
  return !isWordAt(skipSpace(p, e), e, 'of') && !holds(p, words, PARTS) && countWords(p, words) <= MAX_REST;
}

/** What stands right before a value, formula and currency marks aside; and what there must be. */
export const enum Before {
  /** nothing, or a word behind which a number only tells about another */
  NOTHING,
  WORD,
  LINK,
  /** words that say a result whatever opens the sentence: adds up to, a total of, is left with */
  RESULT,
}

function wordBeforeValue(s: usize, p: usize, rate: bool): i32 {
  while (p > s) {
    const short = byteAt(p - 1) == Char.POINT ? abbreviationAt(s, p - 1) : 0;
    if (short > 0) p = short;
    else if (isSpace(byteAt(p - 1)) || isEmphasis(p - 1, p) || isOneOf(byteAt(p - 1), '$(:')) p--;
    else break;
  }
  if (p > s && byteAt(p - 1) == Char.EQUALS) return Before.LINK;
  const start = wordStart(s, p);
  if (isWished(s, p)) return Before.NOTHING;
  if (saysResult(s, start, p)) return Before.RESULT;
  if (LINKS.hasWord(start, p)) return Before.LINK;
  return start == p || (ASIDES.hasWord(start, p) && !(rate && start > s && isWordAt(start, p, 'at')))
    ? Before.NOTHING
    : Before.WORD;
}

/** Whether a unit of speed or the like stands at p: km/h, miles per hour. */
function isRate(p: usize, e: usize): bool {
  return isWordAt(p, e, 'mph/kph') || indexOfByte(p, e, Char.SLASH) < e || holdsOneOf(p, e, 'per');
}

/** Whether [s, p) ends in "to be" and says that something is needed or meant to be so: "we need the total to be". */
export function isWished(s: usize, p: usize): bool {
  return endsWith(s, p, 'to be') && holdsOneOf(s, p, 'need/needs/supposed/expected/meant/thought');
}

/** Verbs whose "to" is followed by a result. */
const COMING =
  'works/work/comes/come/turns/amounts/amount/simplifies/simplified/evaluates/reduces/sums/sum/adds/add/boils/leads/equal/brings/bringing/found';

/** Whether a preposition [word, end) is a part of what says a result: comes to, works out to, brings the total to, a total of, left with. */
function saysResult(s: usize, word: usize, end: usize): bool {
  let q = gapBefore(s, word);
  let before = wordStart(s, q);
  if (isWordAt(word, end, 'equals')) return true;
  // turns out to be, is found to be
  if (isWordAt(word, end, 'be')) return isWordAt(before, q, 'to') && saysResult(s, before, q);
  if (isWordAt(word, end, 'in/at')) return isWordAt(before, q, 'results/arrive');
  if (isWordAt(word, end, 'of')) return isWordAt(before, q, 'total/answer/profit/distance/average');
  if (isWordAt(word, end, 'with'))
    return isWordAt(before, q, 'up/left') || (isWordAt(before, q, 'her/him/us/them') && holdsOneOf(s, before, 'leaves/leaving'));
  if (!isWordAt(word, end, 'to')) return false;
  if (isWordAt(before, q, 'out/up/down')) {
    q = gapBefore(s, before);
    before = wordStart(s, q);
  }
  return (
    isWordAt(before, q, COMING) ||
    ((isWordAt(before, q, 'total') || holdsOneOf(s, before, 'total')) && holdsOneOf(s, before, 'brings/bringing'))
  );
}

/**
 * What a sentence [p, e) says: all of it, or its last value, where what stands before that is `least` (Before.*) or says more; for Before.WORD
 * a verb must stand there, and no other value.
 */
export function valueOf(runs: Runs, p: usize, e: usize, lists: bool, least: i32): Span {
  const formula = trimmed(p, e);
  const isPart = least == Before.NOTHING || least == Before.RESULT;
  const whole = isPart ? NOWHERE : wholeAnswer(p, e, 0);
  if (!isPart && exists(formula) && formulaEnd(startOf(formula), endOf(formula)) == endOf(formula)) return formula;
  if (exists(whole) && countWords(p, e) == 0) return whole;
  e = reasonAt(p, e);
  const last = runs.lastValue(p, e, lists);
  if (!exists(last)) return NOWHERE;
  const start = startOf(last);
  const circumstance = circumstanceAt(endOf(last), e);
  if (!isLastValue(endOf(last), circumstance, e)) return NOWHERE;
  // it takes 17 days to finish
  if (holdsOneOf(endOf(last), e, 'to') && !holdsOneOf(p, start, 'take/takes/need/needs/there/requires')) return NOWHERE;
  // 17 more apples
  const rest = skipSpace(endOf(last), e);
  const more = isWordAt(rest, e, 'more') ? skipSpace(rest + 4, e) : e;
  const behind = more < e && isLetter(byteAt(more)) ? more : rest;
  if (isOpen(p, start) || isOpen(behind, e) || isHypothetical(p, e) || isContracted(p, e)) return NOWHERE;
  // they should have paid $17
  if (holdsOneOf(p, start, 'should') && holdsOneOf(p, start, 'have')) return NOWHERE;
  // 17 apples; 17 apples are left
  if ((exists(whole) && start == startOf(whole)) || (start == p && least == Before.WORD && circumstance < e)) return last;
  const word = wordBeforeValue(p, start, isRate(rest, e));
  // we find that x = 17
  const before = word == Before.WORD && indexOfByte(start, endOf(last), Char.EQUALS) < endOf(last) ? Before.LINK : word;
  if (before < least || before == Before.NOTHING) return NOWHERE;
  if (before >= Before.LINK) return last;
  for (let q = p; q < start; q++) {
    // after 3 days there are 17
    if (isWordAt(q, start, 'after/in/within')) q = skipDigits(skipSpace(skipLetters(q, start), start), start);
    if (q < start && (isDigit(byteAt(q)) || isOneOf(byteAt(q), '<>=\\'))) return NOWHERE;
  }
  return last;
}

/** End of [s, p) without the spaces and emphasis at its end. */
export function gapBefore(s: usize, p: usize): usize {
  while (p > s && isOneOf(byteAt(p - 1), ' *')) p--;
  return p;
}
