// The last sentence of a response without a mark, where it draws a conclusion: "So the total cost is $17.", "Therefore, x = 17", "Result: 17",
// "Option B is correct." It is read only where nothing is marked, so it contradicts no mark.
import { Char } from './characters';
import { formulaEnd } from './formula';
import { onlyLetter } from './letters';
import { afterLastIs, BEFORE_LINK } from './links';
import { Mark, marks } from './marks';
import { Names } from './names';
import { countWords, isEmphasis, REACH, trimmed, wholeAnswer } from './prose';
import { Runs } from './runs';
import {
  addsNumber,
  CONDITIONS,
  holds,
  holdsOneOf,
  isAsideLabel,
  isContracted,
  isHypothetical,
  isNegated,
  isNoMark,
  isRefused,
} from './sentences';
import { endOf, exists, NOWHERE, Span, startOf } from './span';
import { Before, gapBefore, isOpen, isWished, LINKS, valueOf } from './statements';
import {
  abbreviationAt,
  byteAt,
  endsWith,
  hasDigit,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  sameBytes,
  skipAny,
  skipDigits,
  skipLetters,
  skipSpace,
  startsWith,
  startsWithFold,
  trimEnd,
  wordStart,
} from './text';
import { workedOut } from './worked';

/** Words that open a conclusion, and those that do behind "in the", "to", "as" and the like. */
const CONNECTIVES = 'so/therefore/thus/hence/consequently/finally/altogether/together/accordingly/overall/ultimately';
const CLOSING = 'total/conclusion/result/end/all/summary/short/such/summarize/conclude';
/** What a conclusion is about: a sentence of its own, or a label, that names it. */
const SUBJECTS = new Names(64).add(
  'result/ans/solution/solutions/roots/values/total/sum/value/output/probability/conclusion/final/number/speed/choice/option/respuesta/antwort/risposta/resposta/ponse/antwoord/cevap/jawaban/svar/resultado/resultat/ergebnis/odpowied',
);
/** Words of other letters for "answer". */
const FOREIGN = 'твет/答/답/उत्तर/الجواب/الإجابة/án';
/** Words that name a choice. */
const CHOOSING = 'correct/right/best/choose/choice/pick/select';
/** Words that make it none. */
const REFUSING = 'wrong/incorrect/not/neither/nor/both/either/isn/false/if/almost/good/out/except';
/** How far behind a choice a sentence may go on, so that it is the last thing said: "(B) here", "B it is". */
const AROUND: usize = 7;

/** Longest clause in front of the main one. */
const CLAUSE: usize = 80;

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
      if (above == p || (q == from ? byteAt(above - 1) == Char.POINT : byteAt(above - 1) != Char.COLON)) return q;
      q = above;
    }
    if (q < e && endsWith(p, q, '。')) return q;
    if (q < e && isSpace(byteAt(q)) && isOneOf(c, '.!?') && abbreviationAt(p, q - 1) == 0) return q;
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
    const isCourtesy = (isOffer || !exists(trimmed(line, e)) || isWordAt(s, q, COURTESIES)) && !hasDigit(s, e);
    // Confidence: 90%
    if (line == p || !(isCourtesy || isAsideLabel(s, e))) return e;
    e = line;
  }
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
    if (byteAt(q) == Char.COMMA && q + 1 < e && isSpace(byteAt(q + 1)) && !isOpen(opener, q))
      // for now, the total is 17
      return holdsOneOf(opener, q, 'now/point/step/example') ? e : skipSpace(q + 1, e);
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
      const link = named ? skipAny(q, e, '–/—/→/è/é/は/은/는/هو/هي') : 0;
      if (link > 0) return link;
      if (startsWith(q, e, '：')) return named ? q + 3 : 0;
      if (skipAny(q, e, FOREIGN) > 0) named = true;
      q++;
    } else if (c == Char.DOLLAR || c == Char.BACKSLASH) {
      single = q == p;
      q = formulaEnd(q, e);
      if (q == 0) return 0;
    } else if (isDigit(c) && !named) return 0;
    else if (isOneOf(c, ':=|')) return named ? q + 1 : 0;
    else if ((c == Char.POINT && !isDigit(byteAt(q + 1))) || (c == Char.MINUS && q + 1 < e && isSpace(byteAt(q + 1))))
      return named ? q + 1 : 0;
    else q++;
  }
  return 0;
}

/** The answer that the last sentence of [p, e), which starts at `line`, draws a conclusion to, or NOWHERE. */
function concluded(runs: Runs, p: usize, line: usize, e: usize, lists: bool, letter: bool): Span {
  let s = skipMarks(line, e);
  if (
    endsWith(s, e, '?') ||
    s >= e ||
    // the problem number, the nearest integer to the answer
    (holdsOneOf(s, e, 'number') && holdsOneOf(s, e, 'problem/exercise/answer')) ||
    isRefused(s, e) ||
    startsWithFold(s, e, 'answer') ||
    (!letter && marks.at(Mark.ANSWER, 0) > s && isNoMark(s, marks.at(Mark.ANSWER, 0))) ||
    (isWordAt(s, e, CONDITIONS) && marks.count(Mark.FINAL) > 0) ||
    isOld(s, e)
  )
    return NOWHERE;
  // a line of its own in bold, or a value alone on it, under prose
  const bold = byteAt(line) == Char.GREATER ? skipSpace(line + 1, e) : line;
  const above = trimEnd(p, line);
  const isAlone = above > p && endsLine(above, line) && (letter ? e - s < 5 : countWords(s, e) == 0);
  const isBold = !letter && line > p && startsWith(bold, e, '**') && endsWith(s, e, '**');
  const alone = isAlone || isBold ? wholeAnswer(s, e, 0) : NOWHERE;
  if (exists(alone)) return letter ? onlyLetter(s, e) : alone;
  // 6 × 7 = 42, so she earned 42 dollars
  for (let q = s; q < e; q++)
    if (byteAt(q) == Char.COMMA && isWordAt(skipSpace(q + 1, e), e, 'so/hence/thus/therefore') && !isHypothetical(s, q))
      s = skipSpace(q + 1, e);
  const sign = soSign(s, e);
  const signed = sign > 0 ? wholeAnswer(skipMarks(sign, e), e, 0) : NOWHERE;
  if (exists(signed)) return signed;
  // 17 is the only solution
  const named = trimmed(s, e);
  if (isWordAt(wordStart(s, endOf(named)), e, 'solution/solutions/result/total')) {
    const before = valueBefore(runs, s, endOf(named), e, lists, letter);
    if (exists(before)) return before;
  }
  const behind = sign > 0 ? sign : behindConnective(s, e);
  // a row of a table
  if (byteAt(s) == Char.BAR && byteAt(e - 1) == Char.BAR) {
    s = skipMarks(s + 1, e);
    e = trimEnd(s, e - 1);
  }
  const from = mainClause(behind > 0 ? skipMarks(behind, e) : s, e);
  if (letter) {
    if (holdsOneOf(s, e, REFUSING) || isNegated(s, e) || isHypothetical(s, e)) return NOWHERE;
    const label = behindSubject(from, e);
    const isLabel = label > 0 && !isLetter(byteAt(label)) && byteAt(label - 1) != Char.POINT;
    const start = isLabel ? skipMarks(label, e) : from;
    const found = onlyLetter(start, e);
    const alone = (behind > 0 || isLabel) && e - start <= 4;
    const isLast = exists(found) && endOf(found) + AROUND >= e && holdsOneOf(s, e, 'it/go/going/believe/must');
    return alone || isLast || holdsOneOf(s, e, CHOOSING) ? found : NOWHERE;
  }
  const opener = skipLetters(from, e);
  const points = behind == 0 && from > s;
  const isLater = from > s && holdsOneOf(from, e, 'will');
  if (behind == 0 && !isLater && isWordAt(s, opener, 'on/in/before/during/from/without')) return NOWHERE;
  // so every week she pays $17
  const isEach = isWordAt(from, opener, 'each') && isWordAt(skipSpace(opener, e), e, 'day/week/month/year/hour/minute/night');
  if (isEach || isWordAt(from, opener, 'every/per')) return NOWHERE;
  const said: usize = points ? 0 : behindSubject(from, e);
  // behind "is" a formula may stand, or a list
  const linked = skipLetters(said, e);
  if (said > 0 && !isOpen(from, said) && !isContracted(from, said) && !isHypothetical(from, said) && !isWished(from, linked)) {
    const value = linked > said && countWords(skipMarks(linked, e), e) == 0 ? trimmed(skipMarks(linked, e), e) : trimmed(said, e);
    if (exists(value)) return valueOf(runs, startOf(value), endOf(value), lists, behind > 0 ? Before.WORD : Before.LINK);
  }
  return valueOf(runs, from, e, lists, behind > 0 ? Before.WORD : points ? Before.LINK : Before.RESULT);
}

/** Whether [p, q) ends a sentence and its line. */
function endsLine(p: usize, q: usize): bool {
  return isOneOf(byteAt(p - 1), '.:!') && indexOfByte(p, q, Char.NEWLINE) < q;
}

/** The old price, not 17 years old. */
function isOld(s: usize, e: usize): bool {
  return holdsOneOf(s, e, 'old') && !holdsOneOf(s, e, 'years');
}

/** Words at the start of a sentence that states no result: a circumstance, a step, a supposition, one of several. */
const NO_STATEMENT = new Names(128).add(
  'on/in/before/during/from/without/for/up/last/first/next/then/now/step/note/recall/let/since/as/when/while/because/at/suppose/with/using/by/to/say/take/use/consider/try/add/put/find/each/one/a/an/some/many/most/either/were/per/every/answered',
);
/** Words by which a sentence says what was given or wished, or only nearly says a result. */
const GIVEN = new Names(64).add(
  'require/requires/wanted/problem/took/steps/like/looks/estimate/limit/started/goal/asked/choices/options/second/exercise',
);

/**
 * The value of a response [p, e) without any mark whose last sentence, from `line` on, states it: a subject, a verb, one number, and no word that makes it a step,
 * a supposition, something given or a comparison.
 */
function stated(runs: Runs, p: usize, line: usize, e: usize, lists: bool): Span {
  if (marks.newest() > 0) return NOWHERE;
  const s = skipMarks(line, e);
  // Then $f(7) = 58$
  let then = s;
  while (isWordAt(then, e, 'then/now/we/have/get')) then = skipMarks(skipLetters(then, e), e);
  if (then > p && countWords(then, e) == 0 && indexOfByte(then, e, Char.EQUALS) < e) return wholeAnswer(then, e, 0);
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

/** Words at the start of a sentence by which its arithmetic is a check, a step, a memory or an example; and how far the start reaches. */
const CHECKING =
  'check/checking/verify/verifying/confirm/step/let/try/note/recall/remember/know/given/example/instead/initially/originally';
const OPENING: usize = 24;
/** Words by which it is none at all. */
const NEGATED = 'not/no/never/wrong/incorrect/false/mistake/suppose/assume/if/else';
/** Words behind a value with which something else is said. */
const FURTHER =
  'so/which/but/plus/minus/times/divided/or/if/unless/wrong/incorrect/false/then/when/too/less/greater/smaller/larger';

/** What arithmetic in the sentence [s, e) comes to, where nothing else is said behind it; `plainly`: and it is no check. */
function worked(s: usize, e: usize, plainly: bool): Span {
  const value = workedOut(s, e, false);
  if (!exists(value)) return value;
  const before = startOf(value);
  const rest = endOf(value);
  for (let q = s; q < e; q++) if (isOneOf(byteAt(q), q < rest ? '<' : '<>+:;,?)')) return NOWHERE;
  if (plainly) {
    const isStep = isWordAt(skipMarks(s, e), e, 'first/firstly') || holdsOneOf(s, min(before, s + OPENING), CHECKING);
    if (isStep || isContracted(s, before) || !isReason(s, value)) return NOWHERE;
  }
  // If each pays $2, they pay 5 x 2 = $10
  let main = s;
  if (isWordAt(s, e, 'if'))
    while (main < before && !(byteAt(main) == Char.COMMA && isSpace(byteAt(main + 1))) && !startsWith(main, e, ' then ')) main++;
  // had he paid
  if (main == before || holdsOneOf(s, main, 'had')) main = s;
  if (holdsOneOf(main, before, NEGATED) || holdsOneOf(rest, e, FURTHER)) return NOWHERE;
  // 17 apples and 4 pears
  if (saysMore(rest, e) && !holdsOneOf(rest, e, 'for/of/to/with/than')) return NOWHERE;
  // 17 a day for 3 days
  return holdsOneOf(rest, e, 'a/per/each/every') && holdsOneOf(rest, e, 'for') ? NOWHERE : value;
}

/** Whether "and" and a number stand in [p, e). */
function saysMore(p: usize, e: usize): bool {
  for (; p < e; p = max(skipLetters(p, e), p + 1)) if (addsNumber(p, e)) return true;
  return false;
}

/** Whether a value that arithmetic behind "because" comes to was said before that: "It takes 78 minutes because 39 x 2 = 78". */
function isReason(p: usize, value: Span): bool {
  const from = startOf(value) + (byteAt(startOf(value)) == Char.DOLLAR ? 1 : 0);
  const n = endOf(value) - from;
  let said = false;
  for (; p < from; p++) {
    if (sameBytes(p, from, n) && !isDigit(byteAt(p + n))) said = true;
    if (isWordAt(p, from, 'because')) return said;
  }
  return true;
}

/** The answer that the last sentence of [p, e) concludes with, or (`plainly`) states, or NOWHERE. */
export function conclusion(runs: Runs, p: usize, e: usize, lists: bool, letter: bool, plainly: bool): Span {
  e = trimEnd(p, e);
  const line = skipSpace(lastSentence(p, e), e);
  const sum = letter ? NOWHERE : worked(line, e, plainly);
  if (exists(sum)) return sum;
  let found = concluded(runs, p, line, e, lists, letter);
  if (exists(found) || letter) return found;
  found = stated(runs, p, line, e, lists);
  if (exists(found) || plainly) return found;
  // So there are 17 eggs. Each box holds 6.
  const end = trimEnd(p, line);
  const before = lastSentence(p, end);
  const goesOn = indexOfByte(line, e, Char.EQUALS) < e || holdsOneOf(line, e, 'equals/then/now/next/but/after/another');
  return !goesOn && end > p && behindConnective(skipMarks(before, end), end) > 0
    ? concluded(runs, p, before, end, lists, false)
    : NOWHERE;
}

/** What the last sentence of [p, e) concludes in words: "Therefore, the argument is valid."; or NOWHERE. */
export function saidInWords(p: usize, e: usize): Span {
  const from = behindConnective(skipMarks(lastSentence(p, e), e), e);
  const at = from > 0 ? afterLastIs(from, e) : 0;
  return at == 0 || isOpen(from, at) || isNegated(from, at) || isHypothetical(from, at) ? NOWHERE : trimmed(at, e);
}

/** Words between "the" and "answer". */
const PRAISE = 'final/correct/right/best/only';

/** The value before the word "answer", which ends at `mark`: "17 is the correct answer."; NOWHERE where none stands there. */
export function valueBefore(runs: Runs, s: usize, mark: usize, e: usize, lists: bool, letter: bool): Span {
  const next = gapAfter(mark, e);
  if (next < e && !isOneOf(byteAt(next), '.!),;\n')) return NOWHERE;
  let end = wordStart(s, mark);
  let start = end;
  for (let words = 0; words < 4; words++) {
    end = gapBefore(s, start);
    start = wordStart(s, end);
    const isArticle = isWordAt(start, end, 'the/my/our');
    if (isArticle) break;
    if (!isWordAt(start, end, PRAISE)) return NOWHERE;
  }
  end = gapBefore(s, start);
  start = wordStart(s, end);
  if (isWordAt(start, end, 'therefore/thus/then/hence/indeed')) {
    end = gapBefore(s, start);
    start = wordStart(s, end);
  }
  if (!isWordAt(start, end, 'is/are/as')) return NOWHERE;
  end = gapBefore(s, start);
  start = wordStart(s, end);
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
