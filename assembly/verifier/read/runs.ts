// Runs: operands joined by operators in plain text ("3 + 4i", "5 * 6 * 4 = 120", "x=11", "1 000", "5 1/2", "$x$ = 3").
import { hasTextGroup } from '../parse/tables';
import { Char } from './characters';
import { delimiterLength, formulaEnd } from './formula';
import { Names } from './names';
import { isCapitals, isEmphasis, isIdeograph, isMathWord, REACH, trimmed } from './prose';
import { NOWHERE, Span } from './span';
import {
  byteAt,
  codePoint,
  endsWith,
  indexOfByte,
  isBracket,
  isClosing,
  isDigit,
  isLetter,
  isOneOf,
  isOpening,
  isOperator,
  isSpace,
  isStop,
  isUpper,
  isWide,
  isWordAt,
  sequenceLength,
  skipAny,
  skipDigits,
  skipLetters,
  skipSpace,
  spaceAt,
  startsWith,
  startsWithFold,
  trimEnd,
  wordAt,
} from './text';

/** Longest bracket with white space in it that is read as one element. */
const BRACKET_REACH: usize = 256;
/** Bytes of one text that may be read in vain for brackets that do not close. */
const LOOK_AHEAD: i32 = 1 << 18;

/** Commands that join operands. */
const OPERATOR_COMMANDS = new Names(32).add('times/cdot/div/pm/le/leq/lt/ge/geq/gt/ne/neq/approx/in/cup/cap');

const enum Element {
  WORD,
  OPERAND,
  VARIABLE,
  OPERATOR,
}

/** What a run is. */
const enum Run {
  NONE,
  /** it has a value in it */
  VALUE,
  VARIABLES,
  /** part of something that cannot be read: an operator with a word for an operand */
  BROKEN,
}

/** Reads elements and runs of one text. */
@unmanaged
export class Runs {
  /** bytes that may still be read in vain */
  lookAhead: i32;
  // the last element: its span, where the next one can start, and the sign that ends a run (. , ; : ! ?), if one followed
  elementStart: usize;
  elementEnd: usize;
  elementNext: usize;
  stop: i32;
  // the last run: its span, and where reading goes on
  start: usize;
  end: usize;
  next: usize;
  // the last two words before a run, or 0
  first: usize;
  second: usize;

  /** Whether one of the two words before the last run says that its number only tells about another one. */
  isAside(e: usize): bool {
    const second = this.second;
    if (second == 0) return false;
    const first = this.first;
    const isTotal = TOTALS.hasWord(second, skipLetters(second, e));
    if (isTotal || (first > 0 && TOTALS.hasWord(first, skipLetters(first, e)))) return false;
    return ASIDES.hasWord(second, skipLetters(second, e)) || (first > 0 && ASIDES.hasWord(first, skipLetters(first, e)));
  }

  /** Starts a new text: its look ahead is unused. */
  begin(): void {
    this.lookAhead = LOOK_AHEAD;
  }

  /** Reads the element at `p` (no white space there): a formula, an operator, an operand, a variable or a word. */
  element(p: usize, e: usize): i32 {
    this.stop = 0;
    this.elementStart = p;
    const formula = formulaEnd(p, e);
    if (formula > 0) return this.formula(p, formula, e);
    if (isIdeograph(p, e)) {
      this.elementNext = p;
      while (isIdeograph(this.elementNext, e)) this.elementNext += 3;
      return Element.WORD;
    }
    const q = this.wordEnd(p, e);
    this.elementNext = q;
    this.elementEnd = q;
    // 8 x 2
    if (this.isTimes(p, q, e)) return Element.OPERATOR;
    // Operators alone.
    let o = p;
    while (o < q) {
      const n = operatorAt(o, q);
      if (n == 0) break;
      o += <usize>n;
    }
    if (o >= q) return Element.OPERATOR;
    if (byteAt(p) == Char.BACKSLASH && skipLetters(p + 1, q) == q && OPERATOR_COMMANDS.has(p + 1, <i32>(q - p - 1)))
      return Element.OPERATOR;
    return this.trim(p, q) ? kindOf(this.elementStart, this.elementEnd) : Element.WORD;
  }

  /** Whether [p, q) is an x between numbers. */
  isTimes(p: usize, q: usize, e: usize): bool {
    if (q != p + 1 || (byteAt(p) | 32) != Char.x || byteAt(p - 1) != Char.SPACE) return false;
    const next = skipSpace(q, e);
    return next < e && (isDigit(byteAt(next)) || isOneOf(byteAt(next), '$(')) && isOneOf(byteAt(p - 2), '0123456789)%');
  }

  formula(p: usize, end: usize, e: usize): i32 {
    this.elementEnd = end;
    this.elementNext = end;
    if (end < e && isStop(byteAt(end)) && (end + 1 >= e || spaceAt(end + 1, e) > 0)) {
      this.stop = byteAt(end);
      this.elementNext = end + 1;
    }
    const delimiter = delimiterLength(p);
    const inner = skipSpace(p + delimiter, end - delimiter);
    const last = trimEnd(inner, end - delimiter);
    if (last > inner && byteAt(last - 1) == Char.POINT) this.stop = Char.POINT;
    return last - inner == 1 && isLetter(byteAt(inner)) ? Element.VARIABLE : Element.OPERAND;
  }

  /** End of one word, with what its brackets hold, white space included. */
  wordEnd(p: usize, e: usize): usize {
    let q = p;
    let depth = 0;
    let spaced = false;
    while (q < e) {
      const c = byteAt(q);
      if (c == Char.BACKSLASH) {
        const next = q + 1 < e ? byteAt(q + 1) : 0;
        if ((next == Char.OPEN_PAREN || next == Char.OPEN_BRACKET) && depth == 0 && q > p) break;
        q += 2;
        continue;
      }
      if (c == Char.DOLLAR && q > p && depth == 0 && formulaEnd(q, e) > 0) break;
      if (isOpening(c) && this.lookAhead > 0) depth++;
      else if (isClosing(c) && depth > 0) depth--;
      else if (spaceAt(q, e) > 0) {
        if (depth == 0 || c == Char.NEWLINE) break;
        spaced = true;
      }
      if (depth == 0 && isIdeograph(q, e)) break;
      if (spaced && q - p >= BRACKET_REACH) break;
      q++;
    }
    q = min(q, e);
    if (depth == 0 && !(spaced && q - p >= BRACKET_REACH)) return q;
    // The bracket never closes, or not soon: an ordinary word.
    this.lookAhead -= <i32>(q - p);
    q = p;
    while (q < e && spaceAt(q, e) == 0 && !isIdeograph(q, e)) q++;
    return q;
  }

  /** Takes emphasis, punctuation and brackets without a partner off a word; notes the punctuation. */
  trim(p: usize, e: usize): bool {
    if (e - p > REACH) return false;
    for (let round = 0; round < 4; round++) {
      const p0 = p;
      const e0 = e;
      while (p < e && (isEmphasis(p, e) || (byteAt(p) == Char.APOSTROPHE && p + 1 < e))) p++;
      if (startsWith(p, e, '“')) p += 3;
      while (e > p && isEmphasis(e - 1, e)) e--;
      if (endsWith(p, e, '”')) e -= 3;
      if (e > p) e = this.trimStop(p, e);
      if (e > p && isBracket(byteAt(p)) && !balanced(p, e) && balanced(p + 1, e)) p++;
      if (e > p && isBracket(byteAt(e - 1)) && !balanced(p, e) && balanced(p, e - 1)) {
        e--;
        if (this.stop == 0) this.stop = Char.CLOSE_PAREN;
      }
      if (p == p0 && e == e0) break;
    }
    this.elementStart = p;
    this.elementEnd = e;
    return e > p;
  }

  trimStop(p: usize, e: usize): usize {
    const c = byteAt(e - 1);
    const before = e - 1 > p ? byteAt(e - 2) : 0;
    const factorial = c == Char.BANG && (isDigit(before) || before == Char.CLOSE_PAREN);
    if (isStop(c) && before != Char.BACKSLASH && !factorial) {
      this.stop = c;
      return e - 1;
    }
    if (!endsWith(p, e, '。')) return e;
    this.stop = Char.POINT;
    return e - 3;
  }

  /** Reads one run from `p`. With `lists`, commas and "and" join operands; with `alternatives`, "and" and "or" alone do. Gives Run.*. */
  run(p: usize, e: usize, lists: bool, alternatives: bool): i32 {
    let kind = this.element(p, e);
    let first: usize = 0;
    let last: usize = 0;
    let hasValue = false;
    let broken = false;
    // the operator that waits for its right operand
    let operator: usize = 0;
    let operatorEnd: usize = 0;
    let previous: usize = 0;
    while (true) {
      if (kind == Element.WORD) {
        if (operator > 0 && isBinding(operator, operatorEnd)) broken = true;
        this.next = last > 0 ? last : this.elementNext;
        break;
      }
      if (kind == Element.OPERATOR) {
        operator = this.elementStart;
        operatorEnd = this.elementEnd;
      } else {
        const s = this.elementStart;
        if (last > 0 && operator == 0 && !continues(previous, last, s, this.elementEnd, kind)) {
          this.next = last;
          break;
        }
        if (first == 0) {
          // A sign belongs to the operand; an equals sign does not; anything else lost its left operand.
          first = s;
          if (operator > 0) {
            if (byteAt(operatorEnd - 1) == Char.MINUS && operatorEnd - 1 > operator) first = operatorEnd - 1;
            else if (isSignOnly(operator, operatorEnd)) first = operator;
            else if (isBinding(operator, operatorEnd)) broken = true;
          }
        }
        previous = s;
        last = this.elementEnd;
        operator = 0;
        if (kind == Element.OPERAND) hasValue = true;
        if (this.stop != 0) {
          if (!lists || this.stop != Char.COMMA) {
            this.next = this.elementNext;
            break;
          }
          operator = this.elementEnd;
          operatorEnd = this.elementEnd + 1;
        }
      }
      const next = skipSpace(this.elementNext, e);
      // A line end ends a run.
      if (next >= e || hasNewline(this.elementNext, next)) {
        this.next = next;
        break;
      }
      const stops = this.elementNext;
      kind = this.element(next, e);
      if (kind == Element.WORD && last > 0 && (lists || alternatives) && isJoiningWord(this.elementStart, this.elementEnd)) {
        // "19, 46, and 82", "5 or 6"
        const item = skipSpace(this.elementNext, e);
        if (item >= e || hasNewline(this.elementNext, item) || this.element(item, e) != Element.OPERAND) {
          this.next = stops;
          break;
        }
        operator = item;
        operatorEnd = item;
        kind = Element.OPERAND;
      }
    }
    if (last == 0) return Run.NONE;
    this.start = first;
    this.end = last;
    if (this.next < last) this.next = last;
    return broken ? Run.BROKEN : hasValue ? Run.VALUE : Run.VARIABLES;
  }

  /** The value that [p, e) starts with: a run at its very start. */
  leadingValue(p: usize, e: usize, lists: bool): Span {
    p = skipSpace(p, e);
    if (p >= e || this.run(p, e, lists, true) != Run.VALUE) return NOWHERE;
    return withoutDelimiters(this.start, this.end);
  }

  /**
   * The last value in [p, e): a formula or a run of plain text; a lone variable only where there is nothing else. Numbers that open a
   * line as a list mark ("3. Add …") are not values.
   */
  lastValue(p: usize, e: usize, lists: bool): Span {
    let best: usize = 0;
    let bestEnd: usize = 0;
    let variable = false;
    let lineStart = true;
    // whether the best value stands for itself, and the two words before the next one
    let aside = false;
    this.first = 0;
    this.second = 0;
    while (true) {
      const from = p;
      p = skipSpace(p, e);
      if (p >= e) break;
      if (from < p && hasNewline(from, p)) {
        lineStart = true;
        aside = true;
        this.second = 0;
      }
      if (lineStart) {
        lineStart = false;
        const mark = listMark(p, e);
        if (mark > 0) {
          p = mark;
          continue;
        }
      }
      const kind = this.run(p, e, lists, false);
      p = max(this.next, p + 1);
      if (kind == Run.NONE) {
        this.first = this.second;
        this.second = this.stop == Char.COMMA ? 0 : this.elementStart;
      }
      const isAside = kind == Run.VALUE && this.isAside(e);
      // option 17, 17 equations
      const isOther = this.second > 0 && isWordAt(this.second, e, NUMBERED);
      if (kind == Run.VALUE && (isOther || isWordAt(skipSpace(this.end, e), e, WORKING))) {
        this.first = this.second = 0;
        continue;
      }
      if ((kind == Run.VALUE && (!isAside || aside || bestEnd == 0)) || (kind == Run.VARIABLES && (bestEnd == 0 || variable))) {
        aside = isAside;
        best = this.start;
        bestEnd = this.end;
        variable = kind == Run.VARIABLES;
      } else if (kind == Run.BROKEN) {
        bestEnd = 0;
        variable = false;
      }
      if (isOneOf(this.stop, '.!?')) {
        // a value of the next sentence counts more
        aside = true;
        this.second = 0;
      }
      if (kind != Run.NONE) this.first = this.second = 0;
    }
    return bestEnd == 0 ? NOWHERE : withoutDelimiters(best, bestEnd);
  }
}

/** Words behind which a number only tells about another one: "12 of the 20", "on 2 boards". */
const ASIDES = new Names(32).add(
  'of/on/in/before/after/for/from/per/at/by/within/over/since/until/every/each/than/to/day/page/number',
);
/** Words whose number only names one of them, and words of the working whose number is no answer. */
const NUMBERED = 'option/options/choice/choices/problem/equation/theorem/lemma/exercise/key/format/sheet/solution';
const WORKING = 'equation/equations/unknowns/variables/methods/approaches';
/** Words before "of" and "in" that do not, and before a number: "a total of 18", "in total 9", "x to be 9". */
const TOTALS = new Names(32).add(
  'total/answer/sum/average/mean/profit/cost/amount/price/number/all/value/result/product/difference/be',
);

/** End of the number that marks an item of a list ("3. ", "12) "), or 0. */
function listMark(p: usize, e: usize): usize {
  const digits = skipDigits(p, e);
  if (digits == p || digits - p > 2 || digits + 1 >= e) return 0;
  return isOneOf(byteAt(digits), '.)') && isSpace(byteAt(digits + 1)) ? digits + 1 : 0;
}

/** The span without the delimiters of one formula around it, trimmed. */
function withoutDelimiters(p: usize, e: usize): Span {
  if (formulaEnd(p, e) != e) return trimmed(p, e);
  const delimiter = delimiterLength(p);
  return trimmed(p + delimiter, e - delimiter);
}

/** Length of an operator character at `p` that can stand between operands, or 0. */
function operatorAt(p: usize, e: usize): i32 {
  const c = byteAt(p);
  if (!isWide(c)) return isOperator(c) ? 1 : 0;
  const wide = codePoint(p, e);
  // – ± · × ÷, and the operators from ∀ to ≿, but not √ and ∞, which are operands
  const isSign = wide == 0x2013 || wide == 0xb1 || wide == 0xb7 || wide == 0xd7 || wide == 0xf7;
  const isMathOperator = wide >= 0x2200 && wide <= 0x227f && wide != 0x221a && wide != 0x221e;
  return isSign || isMathOperator ? sequenceLength(c) : 0;
}

/** Whether as many round and square brackets open as close (an interval may mix them). */
function balanced(p: usize, e: usize): bool {
  let depth = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isOpening(c)) depth++;
    else if (isClosing(c)) depth--;
    if (depth < 0) return false;
  }
  return depth == 0;
}

function kindOf(p: usize, e: usize): i32 {
  const first = byteAt(p);
  if (first == Char.HASH) return Element.WORD;
  const letters = skipLetters(p, e);
  if (letters == e) return e - p == 1 ? Element.VARIABLE : Element.WORD;
  let value = false;
  for (let q = p; q < e; q++) {
    const c = byteAt(q);
    if (isDigit(c)) value = true;
    else if (c == Char.BACKSLASH) {
      const name = q + 1;
      const end = skipLetters(name, e);
      if (end > name && !hasTextGroup(name, <i32>(end - name))) value = true;
    } else if (isWide(c)) {
      if (skipAny(q, e, 'π/√/∞') > 0) value = true;
    } else if (c == Char.LESS && startsWith(q, e, '<<')) return Element.WORD;
  }
  if (!value) return letters - p == 1 && letters < e && operatorAt(letters, e) > 0 ? Element.OPERAND : Element.WORD;
  // H2O, chapter2: a word; AB=4, sin(30), f(2)=3: an operand.
  if (isLetter(first) && letters - p >= 2 && !isMathWord(p, letters)) {
    const c = byteAt(letters);
    if (isDigit(c) || isOneOf(c, "-,'")) return Element.WORD;
    if (c != Char.EQUALS && c != Char.OPEN_PAREN && !isCapitals(p, letters)) return Element.WORD;
  }
  if (letters - p == 1 && isUpper(first) && isDigit(byteAt(letters))) return Element.WORD;
  return Element.OPERAND;
}

/** Whether [p, e) is digits with separators, so that "1 000" and "5 1/2" can be read on. */
function isPlainInteger(p: usize, e: usize): bool {
  if (p < e && byteAt(p) == Char.MINUS) p++;
  return p < e && skipDigits(p, e) == e;
}

function isJoiningWord(p: usize, e: usize): bool {
  return isWordAt(p, e, 'and/or');
}

function isSignOnly(p: usize, e: usize): bool {
  if (e - p == 1) return byteAt(p) == Char.MINUS || byteAt(p) == Char.PLUS;
  return skipAny(p, e, '−/±/\\pm') == e;
}

/** Whether an operator without one of its operands changes what the other one says: + * / ^ × ÷ ·, but not = - < >. */
function isBinding(p: usize, e: usize): bool {
  if (e <= p) return false;
  const c = byteAt(p);
  if (isOneOf(c, '+/^\\') || (c == Char.STAR && e - p == 1)) return true;
  // characters up to U+00FF: × ÷ · ±
  return c == 0xc2 || c == 0xc3;
}

function hasNewline(p: usize, e: usize): bool {
  return indexOfByte(p, e, Char.NEWLINE) < e;
}

/** Whether the operand [s, t) goes on the one before it, [p, q), without an operator. */
function continues(p: usize, q: usize, s: usize, t: usize, kind: i32): bool {
  const c = byteAt(s);
  if (isPlainInteger(p, q)) {
    // 1 000 000
    if (t - s == 3 && skipDigits(s, t) == t) return q - p <= 3 + (byteAt(p) == Char.MINUS ? 1 : 0);
    if (t - s > 3 && isDigit(c) && skipDigits(s, s + 3) == s + 3 && isOneOf(byteAt(s + 3), '.,')) return q - p <= 3;
    // 5 1/2
    const slash = skipDigits(s, t);
    if (slash > s && slash < t && byteAt(slash) == Char.SLASH && isDigit(byteAt(slash + 1))) return skipDigits(slash + 1, t) == t;
  }
  if (kind == Element.VARIABLE) return false;
  // 2 \sqrt{3}, 3 π, x +1
  if (c == Char.BACKSLASH) return s + 1 < t && isLetter(byteAt(s + 1));
  // by the first byte: π and the letters near it, √ ∞ and the signs near them
  return isOneOf(c, '+=/^') || c == 0xcf || c == 0xe2;
}

/** Position after "%", "\%", "percent", "pct" or "per cent" at `p` (white space and a closing `$` first), or 0. */
export function percentEnd(p: usize, e: usize): usize {
  p = skipSpace(p, e);
  if (p < e && byteAt(p) == Char.DOLLAR) p = skipSpace(p + 1, e);
  if (p >= e) return 0;
  const c = byteAt(p);
  if (c == Char.PERCENT) return p + 1;
  if (c == Char.BACKSLASH) return p + 1 < e && byteAt(p + 1) == Char.PERCENT ? p + 2 : 0;
  if ((c | 32) != Char.p) return 0;
  const word = wordAt(p, e, 'percent/pct');
  if (word > 0) return p + <usize>word;
  return startsWithFold(p, e, 'per cent') ? p + 8 : 0;
}
