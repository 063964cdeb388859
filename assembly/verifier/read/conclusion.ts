// The last sentence of a response without a mark, where it draws a conclusion: "So the total cost is $17.", "Therefore, x = 17", "Result: 17",
// "Option B is correct." It is read only where nothing is marked, so it contradicts no mark.
import { Char } from './characters';
import { formulaEnd } from './formula';
import { onlyLetter } from './letters';
import { BEFORE_LINK } from './links';
import { Mark, marks } from './marks';
import { Names } from './names';
import { countWords, isEmphasis, REACH, trimmed, wholeAnswer } from './prose';
import { Runs } from './runs';
import { CONDITIONS, holds, holdsOneOf, isContracted, isHypothetical } from './sentences';
import { endOf, exists, NOWHERE, Span, startOf } from './span';
import {
  byteAt,
  endsWith,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  skipDigits,
  skipLetters,
  skipSpace,
  skipAny,
  startsWith,
  startsWithFold,
  trimEnd,
} from './text';

/** Words that open a conclusion, and those that do behind "in the", "to", "as" and the like. */
const CONNECTIVES = 'so/therefore/thus/hence/consequently/finally/altogether/together/accordingly/overall/ultimately';
const CLOSING = 'total/conclusion/result/end/all/summary/short/such/summarize/conclude';
/** What a conclusion is about: a sentence of its own, or a label, that names it. */
const SUBJECTS = new Names(64).add(
  'result/ans/solution/solutions/roots/values/total/sum/value/output/probability/conclusion/final/number/speed/choice/option/respuesta/antwort/risposta/resposta/ponse/antwoord/cevap/jawaban/svar/resultado/resultat/ergebnis/odpowied',
);
/** Words of other letters for "answer". */
const FOREIGN = 'Ответ/答/답/उत्तर/الجواب/الإجابة/án';
/** Words between what is asked for and its value. */
const LINKS = new Names(64).add(
  'is/are/was/be/equals/equal/get/got/becomes/leaving/gives/give/us/have/has/makes/leaves/yields/yield/obtain/find/totals/need/needs/takes/costs/cost/paid/pays/earns/earned/spent/contains/remain/therefore/thus/then/simply/exactly/just/now/s/est/es/ist/them/him/approximately',
);
/** Words in a conclusion after which its number is not the answer, or not the only one. */
const OPEN = new Names(256).add(
  'not/no/nor/neither/never/cannot/more/fewer/less/greater/than/between/around/yesterday/let/what/how/start/starts/begin/begins/add/next/after/before/either/first/intermediate/partial/previous/seems/initial/initially/original/originally/given/goal/target/case/factorial/discard/subtract/wrong/incorrect/false/impossible/doubt/pas/nicht/kein/ou/oder/or/why/may/perhaps/probably/maybe/possibly/almost/nearly/near/below/above/under/over/negative/minus/half/twice/exceeds/fails/fail/question/divides/mod/want/wants/reject/bound/know/known/says/said/states/stated/told',
);
/** Words right before a number that is not the answer. */
const ASIDES = new Names(64).add(
  'least/most/of/by/with/from/to/the/for/in/on/at/per/every/each/part/and/all/number/page/theorem/lemma/equation/chapter/term/step/question/problem/exercise/see/row/line/column/table/figure/section/example',
);
/** Words behind a value that make it a part of something else. */
const PARTS = new Names(64).add(
  'is/are/was/must/and/times/plus/minus/than/percent/or/if/when/from/for/with/where/divides/dozen/hundred/thousand/million/billion/squared/cubed/halves/thirds/but/th/equation/equations/unknowns/variables/methods/approaches/contradictions/cases/too/off',
);
/** Words that name a choice. */
const CHOOSING = 'correct/right/best/choose/choice/pick/select';
/** Words that make it none. */
const REFUSING = 'wrong/incorrect/not/neither/nor/both/either/isn/false/if/almost/good/out';

/** What happens to things that are counted. */
const DONE = 'left/needed/required/sold/used/made/remaining/eaten/taken/available/possible/produced/received';

/** Longest clause in front of the main one. */
const CLAUSE: usize = 80;
/** Most words behind the value of a conclusion. */
const MAX_REST: i32 = 5;

/** Start of the last sentence or line of [p, e). */
function lastSentence(p: usize, e: usize): usize {
  if (e - p > REACH) p = e - REACH;
  // a formula on lines of its own goes on the sentence before it
  let from = e;
  if (endsWith(p, e, '\\]')) while (from > p && !startsWith(from, e, '\\[')) from--;
  else if (endsWith(p, e, '$$')) {
    from -= 2;
    do from--;
    while (from > p && !startsWith(from, e, '$$'));
  }
  for (let q = from; q > p; q--) {
    const c = byteAt(q - 1);
    if (c == Char.NEWLINE) {
      const above = trimEnd(p, q);
      // "Result:" and its value on the next line
      if (above == p || (q != from && byteAt(above - 1) != Char.COLON)) return q;
      q = above;
    }
    if (q < e && endsWith(p, q, '。')) return q;
    if (q < e && isSpace(byteAt(q)) && isOneOf(c, '.!?') && !isWordAt(wordBefore(p, q - 1), q - 1, 'ans/rs')) return q;
  }
  return p;
}

/** Words by which a closing sentence says nothing of the answer: "I hope this helps!", "Let me know if …", "Would you like …?" */
const COURTESIES = 'hope/feel/would/happy/great/good/do';

/** End of [p, e) without closing courtesies and what ends a proof. */
export function withoutCourtesy(p: usize, e: usize): usize {
  while (true) {
    e = trimEnd(p, e);
    if (endsWith(p, e, '$\\blacksquare$')) e -= 14;
    const line = lastSentence(p, e);
    const s = skipMarks(line, e);
    const q = skipLetters(s, e);
    const isOffer = isWordAt(s, q, 'i/let/if') && isWordAt(skipSpace(q, e), e, 'hope/me/you');
    if (line == p || !(isOffer || !exists(trimmed(line, e)) || isWordAt(s, q, COURTESIES)) || hasDigit(s, e)) return e;
    e = line;
  }
}

function hasDigit(p: usize, e: usize): bool {
  for (; p < e; p++) if (isDigit(byteAt(p))) return true;
  return false;
}

/** Position behind marks of emphasis, headings, lists and quotes at p. */
function skipMarks(p: usize, e: usize): usize {
  while (p < e && (isSpace(byteAt(p)) || isEmphasis(p, e) || isOneOf(byteAt(p), '#>,:'))) p++;
  return p;
}

/** Position behind a sign that says "so", or 0: ∴, \therefore, =>, →, =. */
function soSign(p: usize, e: usize): usize {
  return skipAny(p, e, '=>/->/=/\\therefore/∴/→/所以/因此/故');
}

/** Position behind the words that open a conclusion ("So", "And so", "In total,", "As a result,", "All in all,"), or 0. */
function behindConnective(p: usize, e: usize): usize {
  const pointer = skipLetters(p, e);
  const verb = skipSpace(pointer, e);
  if (isWordAt(p, pointer, 'this/that/which') && isWordAt(verb, e, 'means')) return verb + 5;
  for (let words = 0; words < 3; words++) {
    const q = skipLetters(p, e);
    if (isWordAt(p, q, CONNECTIVES) || (words > 0 && isWordAt(p, q, CLOSING))) return q;
    if (!isWordAt(p, q, 'in/as/a/the/to/all/and')) return 0;
    p = skipSpace(q, e);
  }
  return 0;
}

/** Where the main clause of a sentence at p starts, behind one in front of a comma ("Solving for x, we get"), or p. */
function mainClause(p: usize, e: usize): usize {
  const opener = skipLetters(p, e);
  // after 3 days there are 17
  const digits = skipDigits(skipSpace(opener, e), e);
  if (isWordAt(p, opener, 'after/in/within') && digits > skipSpace(opener, e)) {
    const q = skipLetters(skipSpace(digits, e), e);
    return skipSpace(q < e && byteAt(q) == Char.COMMA ? q + 1 : q, e);
  }
  if (!isWordAt(p, opener, 'for/after/at/by/with') && !endsWith(p, opener, 'ing')) return p;
  for (let q = opener; q < min(e, p + CLAUSE); q++)
    if (byteAt(q) == Char.COMMA && q + 1 < e && isSpace(byteAt(q + 1)) && !holds(opener, q, OPEN)) return skipSpace(q + 1, e);
  return p;
}

/** Where what the last word of [p, e) before a colon, a dash or an equals sign names is said, where it is an answer; or 0. */
function behindSubject(p: usize, e: usize): usize {
  let named = false;
  let single = false;
  for (let q = p; q < e;) {
    const c = byteAt(q);
    if (isLetter(c)) {
      const end = skipLetters(q, e);
      if ((named || single) && LINKS.hasWord(q, end) && !isWordAt(q, end, 'cost')) return q;
      // x is 17
      single = q == p && end == q + 1 && !isWordAt(q, end, 'a/i');
      if (SUBJECTS.hasWord(q, end)) named = true;
      q = end;
    } else if (isWide(c)) {
      const link = named ? skipAny(q, e, '–/—/→/è/é') : 0;
      if (link > 0) return link;
      if (startsWith(q, e, '：')) return named ? q + 3 : 0;
      if (skipAny(q, e, FOREIGN) > 0) named = true;
      q++;
    } else if (c == Char.DOLLAR || c == Char.BACKSLASH) {
      single = q == p;
      q = formulaEnd(q, e);
      if (q == 0) return 0;
    } else if (isDigit(c) && !named) return 0;
    else if (isOneOf(c, ':=')) return named ? q + 1 : 0;
    else if (c == Char.POINT || (c == Char.MINUS && q + 1 < e && isSpace(byteAt(q + 1)))) return named ? q + 1 : 0;
    else q++;
  }
  return 0;
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
function isLastValue(p: usize, words: usize, e: usize): bool {
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
  while (p > s && (isSpace(byteAt(p - 1)) || isEmphasis(p - 1, p) || isOneOf(byteAt(p - 1), '$(:'))) p--;
  if (p > s && byteAt(p - 1) == Char.EQUALS) return Before.LINK;
  const start = wordBefore(s, p);
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
function isWished(s: usize, p: usize): bool {
  return endsWith(s, p, 'to be') && holdsOneOf(s, p, 'need/needs/supposed/expected/meant/thought');
}

/** Verbs whose "to" is followed by a result. */
const COMING =
  'works/work/comes/come/turns/amounts/amount/simplifies/simplified/evaluates/reduces/sums/sum/adds/add/boils/leads/equal/brings/bringing/found';

/** Whether a preposition [word, end) is a part of what says a result: comes to, works out to, brings the total to, a total of, left with. */
function saysResult(s: usize, word: usize, end: usize): bool {
  let q = gapBefore(s, word);
  let before = wordBefore(s, q);
  if (isWordAt(word, end, 'equals')) return true;
  // turns out to be, is found to be
  if (isWordAt(word, end, 'be')) return isWordAt(before, q, 'to') && saysResult(s, before, q);
  if (isWordAt(word, end, 'in/at')) return isWordAt(before, q, 'results/arrive');
  if (isWordAt(word, end, 'of')) return isWordAt(before, q, 'total/answer');
  if (isWordAt(word, end, 'with'))
    return isWordAt(before, q, 'up/left') || (isWordAt(before, q, 'her/him/us/them') && holdsOneOf(s, before, 'leaves/leaving'));
  if (!isWordAt(word, end, 'to')) return false;
  if (isWordAt(before, q, 'out/up/down')) {
    q = gapBefore(s, before);
    before = wordBefore(s, q);
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
  if (holds(p, start, OPEN) || holds(behind, e, OPEN) || isHypothetical(p, e) || isContracted(p, e)) return NOWHERE;
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

/** The answer that the last sentence of [p, e) draws a conclusion to, or NOWHERE. */
function concluded(runs: Runs, p: usize, e: usize, lists: bool, letter: bool): Span {
  const line = skipSpace(lastSentence(p, e), e);
  let s = skipMarks(line, e);
  if (
    endsWith(s, e, '?') ||
    s >= e ||
    // the problem number, the number of the answer
    (holdsOneOf(s, e, 'number') && holdsOneOf(s, e, 'problem/exercise/answer')) ||
    startsWithFold(s, e, 'answer') ||
    (isWordAt(s, e, CONDITIONS) && marks.count(Mark.FINAL) > 0) ||
    isOld(s, e)
  )
    return NOWHERE;
  // a line of its own in bold
  const bold = byteAt(line) == Char.GREATER ? skipSpace(line + 1, e) : line;
  if (!letter && line > p && startsWith(bold, e, '**') && endsWith(s, e, '**') && exists(wholeAnswer(s, e, 0)))
    return wholeAnswer(s, e, 0);
  // 6 × 7 = 42, so she earned 42 dollars
  for (let q = s; q < e; q++)
    if (byteAt(q) == Char.COMMA && isWordAt(skipSpace(q + 1, e), e, 'so/hence/thus/therefore') && !isHypothetical(s, q))
      s = skipSpace(q + 1, e);
  const sign = soSign(s, e);
  const signed = sign > 0 ? wholeAnswer(skipMarks(sign, e), e, 0) : NOWHERE;
  if (exists(signed)) return signed;
  // 17 is the only solution
  const named = trimmed(s, e);
  if (isWordAt(wordBefore(s, endOf(named)), e, 'solution/solutions/result/total')) {
    const before = valueBefore(runs, s, endOf(named), e, lists, letter);
    if (exists(before)) return before;
  }
  const behind = sign > 0 ? sign : behindConnective(s, e);
  const from = mainClause(behind > 0 ? skipMarks(behind, e) : s, e);
  if (letter) {
    if (holdsOneOf(s, e, REFUSING)) return NOWHERE;
    const only = behind > 0 && e - from <= 4;
    return only || holdsOneOf(s, e, CHOOSING) ? onlyLetter(from, e) : NOWHERE;
  }
  const opener = skipLetters(from, e);
  const points = behind == 0 && from > s;
  if (behind == 0 && isWordAt(s, opener, 'on/in/before/during/from/without')) return NOWHERE;
  // so every week she pays $17
  const isEach = isWordAt(from, opener, 'each') && isWordAt(skipSpace(opener, e), e, 'day/week/month/year/hour/minute/night');
  if (isEach || isWordAt(from, opener, 'every/per')) return NOWHERE;
  const said: usize = points ? 0 : behindSubject(from, e);
  // behind "is" a formula may stand, or a list
  const linked = skipLetters(said, e);
  if (
    said > 0 &&
    !holds(from, said, OPEN) &&
    !isContracted(from, said) &&
    !isHypothetical(from, said) &&
    !isWished(from, linked)
  ) {
    const value = linked > said && countWords(skipMarks(linked, e), e) == 0 ? trimmed(skipMarks(linked, e), e) : trimmed(said, e);
    if (exists(value)) return valueOf(runs, startOf(value), endOf(value), lists, behind > 0 ? Before.WORD : Before.LINK);
  }
  return valueOf(runs, from, e, lists, behind > 0 ? Before.WORD : points ? Before.LINK : Before.RESULT);
}

/** The old price, not 17 years old. */
function isOld(s: usize, e: usize): bool {
  return holdsOneOf(s, e, 'old') && !holdsOneOf(s, e, 'years');
}

/** Words at the start of a sentence that states no result: a circumstance, a step, a supposition, one of several. */
const NO_STATEMENT = new Names(128).add(
  'on/in/before/during/from/without/first/next/then/now/step/note/recall/let/since/as/when/while/because/at/suppose/with/using/by/to/say/take/use/consider/try/add/put/find/each/one/a/an/some/many/most/either/were/per/every/answered',
);
/** Words by which a sentence says what was given or wished, or only nearly says a result. */
const GIVEN = new Names(64).add(
  'require/requires/wanted/problem/took/steps/like/looks/estimate/limit/started/goal/asked/choices/options/second/exercise',
);

/**
 * The value of a response without any mark whose last sentence states it: a subject, a verb, one number, and no word that makes it a step,
 * a supposition, something given or a comparison.
 */
function stated(runs: Runs, p: usize, e: usize, lists: bool): Span {
  for (let kind = 0; kind < Mark.COUNT; kind++) if (marks.count(kind) > 0) return NOWHERE;
  const s = skipMarks(skipSpace(lastSentence(p, e), e), e);
  // what a connective opens was read before
  if (
    endsWith(s, e, '?') ||
    behindConnective(s, e) > 0 ||
    isOld(s, e) ||
    NO_STATEMENT.hasWord(s, skipLetters(s, e)) ||
    holds(s, e, GIVEN)
  )
    return NOWHERE;
  return valueOf(runs, s, e, lists, Before.NOTHING);
}

/** The answer that the last sentence of [p, e) concludes with, or (`plainly`) states, or NOWHERE. */
export function conclusion(runs: Runs, p: usize, e: usize, lists: bool, letter: bool, plainly: bool): Span {
  e = trimEnd(p, e);
  const found = concluded(runs, p, e, lists, letter);
  return exists(found) || letter || !plainly ? found : stated(runs, p, e, lists);
}

/** Words between "the" and "answer". */
const PRAISE = 'final/correct/right/best/only';

/** Start of the last word of [s, p), or p where there is none. */
function wordBefore(s: usize, p: usize): usize {
  while (p > s && isLetter(byteAt(p - 1))) p--;
  return p;
}

/** End of [s, p) without the spaces and emphasis at its end. */
function gapBefore(s: usize, p: usize): usize {
  while (p > s && isOneOf(byteAt(p - 1), ' *')) p--;
  return p;
}

/** The value before the word "answer", which ends at `mark`: "17 is the correct answer."; NOWHERE where none stands there. */
export function valueBefore(runs: Runs, s: usize, mark: usize, e: usize, lists: bool, letter: bool): Span {
  const next = gapAfter(mark, e);
  if (next < e && !isOneOf(byteAt(next), '.!),;\n')) return NOWHERE;
  let end = wordBefore(s, mark);
  let start = end;
  for (let words = 0; words < 4; words++) {
    end = gapBefore(s, start);
    start = wordBefore(s, end);
    const isArticle = isWordAt(start, end, 'the/my/our');
    if (isArticle) break;
    if (!isWordAt(start, end, PRAISE)) return NOWHERE;
  }
  end = gapBefore(s, start);
  start = wordBefore(s, end);
  if (isWordAt(start, end, 'therefore/thus/then/hence/indeed')) {
    end = gapBefore(s, start);
    start = wordBefore(s, end);
  }
  if (!isWordAt(start, end, 'is/are/as')) return NOWHERE;
  end = gapBefore(s, start);
  start = wordBefore(s, end);
  if (isWordAt(start, end, 'which/this')) end = start;
  end = trimEnd(s, end);
  if (end > s && byteAt(end - 1) == Char.COMMA) end--;
  const sentence = skipMarks(lastSentence(s, end), end);
  const behind = behindConnective(sentence, end);
  const from = behind > 0 ? skipMarks(behind, end) : sentence;
  if (from >= end) return NOWHERE;
  return letter
    ? holdsOneOf(from, end, REFUSING)
      ? NOWHERE
      : onlyLetter(from, end)
    : valueOf(runs, from, end, lists, Before.WORD);
}

/** Where the sentence goes on behind "answer" and "to the problem". */
function gapAfter(p: usize, e: usize): usize {
  while (p < e) {
    const q = skipLetters(p, e);
    if (q > p && !isWordAt(p, q, BEFORE_LINK)) return p;
    if (q == p && !isOneOf(byteAt(p), ' *')) return p;
    p = max(q, p + 1);
  }
  return p;
}
