/**
 * Reading an answer out of running text: what is an answer and nothing else, what stands first in a sentence, what stands last.
 * All functions set the span (`valueStart`, `valueEnd`) and give whether there is one.
 */
import { Char } from '../read/characters';
import { lookup } from './names';
import {
  isBracket,
  isClosing,
  isEmphasisMark,
  isOpening,
  isOperator,
  isStop,
  byteAt,
  groupEnd,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  skipDigits,
  skipLetters,
  skipSpace,
  spaceAt,
  startsWith,
  startsWithFold,
  trimEnd,
} from './text';

/** Longest look ahead for the end of a sentence, a bracket or a formula, in bytes: bounds the work on hostile text. */
const REACH: usize = 4096;
/** Longest bracket with white space in it that is read as one element. */
const BRACKET_REACH: usize = 256;

/** Bytes of one text that may be read in vain for brackets that do not close. */
const LOOK_AHEAD: i32 = 1 << 18;

let start: usize = 0;
let end: usize = 0;
let lookAhead: i32 = LOOK_AHEAD;

/** Starts a new text: its look ahead is unused. */
export function beginText(): void {
  lookAhead = LOOK_AHEAD;
}

export function valueStart(): usize {
  return start;
}

export function valueEnd(): usize {
  return end;
}

/** Takes white space, emphasis, quotes and a final full stop off both ends; false where nothing is left. */
export function trimValue(p: usize, e: usize): bool {
  while (true) {
    const before = p;
    p = skipSpace(p, e);
    while (p < e && isEmphasis(byteAt(p), p, e)) p++;
    if (startsWith(p, e, '“')) p += 3;
    if (p == before) break;
  }
  while (true) {
    const before = e;
    e = trimEnd(p, e);
    if (e > p) {
      const c = byteAt(e - 1);
      // A factorial keeps its mark; a backslash in front makes it a LaTeX space or sign.
      const escaped = e - 1 > p && byteAt(e - 2) == Char.BACKSLASH;
      if (!escaped && (c == Char.POINT || isOneOf(c, ',;:?') || isEmphasis(c, e - 1, e))) e--;
      else if (e >= p + 3 && startsWith(e - 3, e, '”')) e -= 3;
      else if (e >= p + 3 && startsWith(e - 3, e, '。')) e -= 3;
    }
    if (e == before) break;
  }
  start = p;
  end = e;
  return e > p;
}

/** `**`, `__`, a back quote or a double quote; a single `*` or `_` at `p` counts where it touches no second one inside [p, e). */
function isEmphasis(c: i32, p: usize, e: usize): bool {
  return isEmphasisMark(c) || (c == Char.UNDERSCORE && (p + 1 >= e || byteAt(p + 1) != Char.OPEN_BRACE));
}

/** Whether the command name [p, q) takes a group that is text, not mathematics: its letters are no words of a sentence. */
function isTextCommand(p: usize, q: usize): bool {
  return lookup('text|textbf|textit|textrm|mathrm|mathbf|mbox|operatorname|begin|end', p, <i32>(q - p)) >= 0;
}

/** Whether the letters [p, q) are a name of mathematics (sin, or, inf, …), which is no word of a sentence. */
function isMathWord(p: usize, q: usize): bool {
  return (
    lookup(
      'or|and|pi|ln|lg|pm|sin|cos|tan|cot|sec|csc|log|exp|inf|mod|sqrt|frac|arcsin|arccos|arctan|infinity',
      p,
      <i32>(q - p),
      true,
    ) >= 0
  );
}

/** Whether the letters [p, q) stand in capitals (points, segments: NO, ABCD). */
function isCapitals(p: usize, q: usize): bool {
  for (; p < q; p++) if (byteAt(p) >= Char.a) return false;
  return true;
}

/**
 * Words of a sentence in [p, e), outside commands and text groups; -1 where a line ends inside, unless the text is one formula or
 * environment from end to end. Letters that touch a digit (5km) and names in capitals are no words.
 */
export function countWords(p: usize, e: usize): i32 {
  const whole = byteAt(p) == Char.DOLLAR || byteAt(p) == Char.BACKSLASH;
  let words = 0;
  let lines = 0;
  for (let q = p; q < e;) {
    const c = byteAt(q);
    if (c == Char.BACKSLASH) {
      const name = q + 1;
      q = skipLetters(name, e);
      if (q == name) q++;
      else if (q < e && isTextCommand(name, q)) {
        q = skipSpace(q, e);
        if (q < e && byteAt(q) == Char.OPEN_BRACE) {
          const after = groupEnd(q, min(e, q + REACH));
          q = after > 0 ? after : q + 1;
        }
      }
    } else if (isLetter(c)) {
      const after = skipLetters(q, e);
      const touches = q > p && isDigit(byteAt(q - 1));
      if (after - q >= 2 && !touches && !isMathWord(q, after) && !isCapitals(q, after)) words++;
      q = after;
    } else if (c >= 0xe3 && isIdeograph(q, e)) {
      words++;
      while (isIdeograph(q, e)) q += 3;
    } else {
      if (c == Char.NEWLINE) lines++;
      q++;
    }
  }
  return lines > 0 && (words > 0 || !whole) ? -1 : words;
}

/** Words of a gold, those in text groups too: more than none means that it is text. A number with its unit is not. */
export function countTextWords(p: usize, e: usize): i32 {
  if (startsWithNumber(p, e)) return 0;
  let words = 0;
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.BACKSLASH) {
      const after = skipLetters(p + 1, e);
      p = isEnvironment(p + 1, after) ? indexOfByte(after, e, Char.CLOSE_BRACE) : max(after, p + 2);
    } else if (isLetter(c)) {
      const after = skipLetters(p, e);
      if (after - p >= 2 && !isMathWord(p, after) && !isCapitals(p, after)) words++;
      p = after;
    } else if (c >= 0xe3 && isIdeograph(p, e)) {
      words++;
      while (isIdeograph(p, e)) p += 3;
    } else p++;
  }
  return words;
}

/** Whether the command name [p, q) opens or closes an environment, whose name is no word. */
function isEnvironment(p: usize, q: usize): bool {
  return isWordAt(p, q, 'begin') || isWordAt(p, q, 'end');
}

/** Whether a value starts with a number, its sign, currency or formula mark aside. */
function startsWithNumber(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (isDigit(c)) return true;
    // $ - + \ . and the first bytes of £ € −
    if (isOneOf(c, '$-+\\.([')) p++;
    else if (startsWith(p, e, '£')) p += 2;
    else if (startsWith(p, e, '€') || startsWith(p, e, '−')) p += 3;
    else return false;
  }
  return false;
}

/** Whether [p, e) is an answer and nothing else: mathematics, a number with up to two words of unit, or text where the gold is text. */
export function isWhole(p: usize, e: usize, goldWords: i32): bool {
  if (!trimValue(p, e)) return false;
  if (end - start > REACH) return false;
  const words = countWords(start, end);
  if (words == 0) return !endsInside(start, end);
  if (words < 0) return false;
  if (words <= 2 && startsWithNumber(start, end)) return !endsInside(start, end) && !goesOn(start, end);
  return goldWords > 0 && words <= 2 * goldWords + 2;
}

/** Whether a clause follows the value: a comma and a word, or a conjunction. */
function goesOn(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.COMMA) {
      p = skipSpace(p + 1, e);
      if (p < e && isLetter(byteAt(p)) && !isWordAt(p, e, 'and') && !isWordAt(p, e, 'or')) return true;
    } else if (isLetter(c)) {
      const q = skipLetters(p, e);
      if (lookup('because|since|as|so|if|when|where|which|that|but|not|for|from|is|was', p, <i32>(q - p), true) >= 0) return true;
      p = q;
    } else p++;
  }
  return false;
}

/** Whether a sentence ends inside [p, e): ". " with more behind it. */
function endsInside(p: usize, e: usize): bool {
  for (; p + 1 < e; p++) {
    const c = byteAt(p);
    if ((c == Char.POINT || c == Char.QUESTION) && isSpace(byteAt(p + 1)) && byteAt(p - 1) != Char.BACKSLASH) return true;
  }
  return false;
}

let innerStart: usize = 0;
let innerEnd: usize = 0;

/**
 * End of the formula whose delimiter (`$`, `$$`, `\(`, `\[`) opens at `p`, or 0. A dollar before a digit is currency unless the text up
 * to the next dollar reads as a formula: no words, no digit right after the closing one. Never passes an empty line.
 */
function formulaEnd(p: usize, e: usize): usize {
  const c = byteAt(p);
  if (p + 1 >= e) return 0;
  const c1 = byteAt(p + 1);
  if (c == Char.BACKSLASH && (c1 == Char.OPEN_PAREN || c1 == Char.OPEN_BRACKET)) {
    const close = c1 == Char.OPEN_PAREN ? Char.CLOSE_PAREN : Char.CLOSE_BRACKET;
    for (let q = p + 2; q + 1 < e; q++) {
      if (byteAt(q) != Char.BACKSLASH) continue;
      const next = byteAt(q + 1);
      if (next == close) {
        innerStart = p + 2;
        innerEnd = q;
        return q + 2;
      }
      if (next == c1) return 0;
      q++;
    }
    return 0;
  }
  if (c != Char.DOLLAR) return 0;
  const double = c1 == Char.DOLLAR;
  const from = double ? p + 2 : p + 1;
  for (let q = from; q < e; q++) {
    const d = byteAt(q);
    if (d == Char.BACKSLASH) q++;
    else if (d == Char.NEWLINE && !double && q + 1 < e && byteAt(q + 1) == Char.NEWLINE) return 0;
    else if (d == Char.DOLLAR) {
      if (double && !(q + 1 < e && byteAt(q + 1) == Char.DOLLAR)) return 0;
      const after = double ? q + 2 : q + 1;
      if (q == from) return 0;
      if (!double && isDigit(byteAt(skipSpace(from, q))) && ((after < e && isDigit(byteAt(after))) || countWords(from, q) != 0))
        return 0;
      innerStart = from;
      innerEnd = q;
      return after;
    }
  }
  return 0;
}

/** Whether a span is a formula in its delimiters, end to end; the inner span is set then. */
function isFormula(p: usize, e: usize): bool {
  return formulaEnd(p, e) == e;
}

/** End of the sentence that starts at `p`, at most REACH on: an end mark before white space, an empty line, or a line end once there is content. */
export function sentenceEnd(p: usize, e: usize): usize {
  if (e - p > REACH) e = p + REACH;
  p = skipSpace(p, e);
  let environments = true;
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.DOLLAR || c == Char.BACKSLASH) {
      const after = formulaEnd(p, e);
      if (after > 0) {
        p = after;
        continue;
      }
      if (c == Char.BACKSLASH) {
        // An environment may hold line ends.
        if (environments && startsWith(p, e, '\\begin{')) {
          const q = environmentEnd(p, e);
          environments = q > 0;
          if (q > 0) {
            p = q;
            continue;
          }
        }
        p += 2;
        continue;
      }
    }
    if (c == Char.NEWLINE) return p;
    if (c == Char.POINT || c == Char.BANG || c == Char.QUESTION) {
      let q = p + 1;
      while (q < e && (byteAt(q) == Char.STAR || byteAt(q) == Char.QUOTE || byteAt(q) == Char.CLOSE_PAREN)) q++;
      if (q >= e || isSpace(byteAt(q)))
        return c == Char.BANG && p > 0 && (isDigit(byteAt(p - 1)) || byteAt(p - 1) == Char.CLOSE_PAREN) ? p + 1 : p;
    }
    if (c == 0xe3 && startsWith(p, e, '。')) return p;
    p++;
  }
  return e;
}

function environmentEnd(p: usize, e: usize): usize {
  for (let q = p + 7; q < e; q++)
    if (byteAt(q) == Char.BACKSLASH && startsWith(q, e, '\\end{')) {
      const close = indexOfByte(q, e, Char.CLOSE_BRACE);
      return close < e ? close + 1 : 0;
    }
  return 0;
}

// --- Runs: operands joined by operators in plain text ("3 + 4i", "5 * 6 * 4 = 120", "x=11", "1 000", "5 1/2", "$x$ = 3").

const WORD: i32 = 1;
const OPERAND: i32 = 2;
const VARIABLE: i32 = 3;
const OPERATOR: i32 = 4;

let elementStart: usize = 0;
let elementEnd: usize = 0;
/** Where the next element can start. */
let elementNext: usize = 0;
/** Whether a sign that ends a run (. , ; : ! ?) followed the element. */
let elementStops: i32 = 0;

/** Length of an operator character at `p` that can stand between operands, or 0. */
function operatorAt(p: usize, e: usize): i32 {
  const c = byteAt(p);
  // + - * / = < > ^ | ~
  if (isOperator(c)) return 1;
  if (c == 0xc2 && p + 1 < e && (byteAt(p + 1) == 0xb1 || byteAt(p + 1) == 0xb7)) return 2;
  if (c == 0xc3 && p + 1 < e && (byteAt(p + 1) == 0x97 || byteAt(p + 1) == 0xb7)) return 2;
  // − ≈ ≠ ≤ ≥ ∪ ∩ and the rest of the operators block, but √ ∞ which are operands.
  if (c == 0xe2 && p + 2 < e) {
    const c1 = byteAt(p + 1);
    const c2 = byteAt(p + 2);
    if (c1 == 0x89 || (c1 == 0x88 && c2 != 0x9a && c2 != 0x9e)) return 3;
  }
  return 0;
}

/** Whether the LaTeX command [p, q) joins operands. */
function isOperatorCommand(p: usize, q: usize): bool {
  return lookup('times|cdot|div|pm|le|leq|lt|ge|geq|gt|ne|neq|approx|in|cup|cap', p, <i32>(q - p)) >= 0;
}

/** Whether a Chinese, Japanese or Korean character or full-width sign stands at `p`: words there have no spaces between them. */
function isIdeograph(p: usize, e: usize): bool {
  if (p + 2 >= e) return false;
  const c = byteAt(p);
  return (c >= 0xe3 && c <= 0xed) || (c == 0xef && (byteAt(p + 1) == 0xbc || byteAt(p + 1) == 0xbd));
}

/** Reads the element at `p` (no white space there): a formula, an operator, an operand, a variable or a word. */
function element(p: usize, e: usize): i32 {
  elementStops = 0;
  const formula = formulaEnd(p, e);
  if (formula > 0) {
    elementStart = p;
    elementEnd = formula;
    elementNext = formula;
    if (formula < e && isStop(byteAt(formula)) && (formula + 1 >= e || spaceAt(formula + 1, e) > 0)) {
      elementStops = byteAt(formula);
      elementNext = formula + 1;
    }
    const inner = skipSpace(innerStart, innerEnd);
    const last = trimEnd(inner, innerEnd);
    return last - inner == 1 && isLetter(byteAt(inner)) ? VARIABLE : OPERAND;
  }
  if (isIdeograph(p, e)) {
    elementNext = p;
    while (isIdeograph(elementNext, e)) elementNext += 3;
    return WORD;
  }
  // One word, with what its brackets hold, white space included.
  let q = p;
  let depth = 0;
  let spaced = false;
  while (q < e) {
    const c = byteAt(q);
    if (c == Char.BACKSLASH) {
      if (q + 1 < e && (byteAt(q + 1) == Char.OPEN_PAREN || byteAt(q + 1) == Char.OPEN_BRACKET) && depth == 0 && q > p) break;
      q += 2;
      continue;
    }
    if (c == Char.DOLLAR && q > p && depth == 0 && formulaEnd(q, e) > 0) break;
    if (isOpening(c) && lookAhead > 0) depth++;
    else if (isClosing(c) && depth > 0) depth--;
    else if (spaceAt(q, e) > 0) {
      if (depth == 0 || c == Char.NEWLINE) break;
      spaced = true;
    }
    if (c >= 0xe3 && depth == 0 && isIdeograph(q, e)) break;
    if (spaced && q - p >= BRACKET_REACH) break;
    q++;
  }
  q = min(q, e);
  if (depth > 0 || (spaced && q - p >= BRACKET_REACH)) {
    // The bracket never closes, or not soon: an ordinary word.
    lookAhead -= <i32>(q - p);
    q = p;
    while (q < e && spaceAt(q, e) == 0 && !isIdeograph(q, e)) q++;
  }
  elementNext = q;
  // Operators alone.
  let o = p;
  while (o < q) {
    const n = operatorAt(o, q);
    if (n == 0) break;
    o += n;
  }
  if (o >= q) {
    elementStart = p;
    elementEnd = q;
    return OPERATOR;
  }
  if (byteAt(p) == Char.BACKSLASH && skipLetters(p + 1, q) == q && isOperatorCommand(p + 1, q)) {
    elementStart = p;
    elementEnd = q;
    return OPERATOR;
  }
  if (!trimElement(p, q)) return WORD;
  return kindOf(elementStart, elementEnd);
}

/** Takes emphasis, punctuation and brackets without a partner off a word; notes the punctuation. */
function trimElement(p: usize, e: usize): bool {
  if (e - p > REACH) return false;
  for (let round = 0; round < 4; round++) {
    const p0 = p;
    const e0 = e;
    while (p < e && (isEmphasis(byteAt(p), p, e) || (byteAt(p) == Char.APOSTROPHE && p + 1 < e))) p++;
    if (startsWith(p, e, '“')) p += 3;
    while (e > p && isEmphasis(byteAt(e - 1), e - 1, e)) e--;
    if (e >= p + 3 && startsWith(e - 3, e, '”')) e -= 3;
    if (e > p) {
      const c = byteAt(e - 1);
      const escaped = e - 1 > p && byteAt(e - 2) == Char.BACKSLASH;
      const factorial = c == Char.BANG && e - 1 > p && (isDigit(byteAt(e - 2)) || byteAt(e - 2) == Char.CLOSE_PAREN);
      if (isStop(c) && !escaped && !factorial) {
        e--;
        elementStops = c;
      } else if (e >= p + 3 && startsWith(e - 3, e, '。')) {
        e -= 3;
        elementStops = 0x2e;
      }
    }
    if (e > p && isBracket(byteAt(p)) && !balanced(p, e)) {
      if (balanced(p + 1, e)) p++;
    }
    if (e > p && isBracket(byteAt(e - 1)) && !balanced(p, e)) {
      if (balanced(p, e - 1)) {
        e--;
        if (elementStops == 0) elementStops = 0x29;
      }
    }
    if (p == p0 && e == e0) break;
  }
  elementStart = p;
  elementEnd = e;
  return e > p;
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
  const letters = skipLetters(p, e);
  if (letters == e) return e - p == 1 ? VARIABLE : WORD;
  let value = false;
  for (let q = p; q < e; q++) {
    const c = byteAt(q);
    if (isDigit(c)) value = true;
    else if (c == Char.BACKSLASH) {
      const name = q + 1;
      const after = skipLetters(name, e);
      if (after > name && !isTextCommand(name, after)) value = true;
    } else if (c == 0xcf && startsWith(q, e, 'π')) value = true;
    else if (c == 0xe2 && (startsWith(q, e, '√') || startsWith(q, e, '∞'))) value = true;
    else if (c == Char.LESS && startsWith(q, e, '<<')) return WORD;
  }
  if (!value) return letters - p == 1 && letters < e && operatorAt(letters, e) > 0 ? OPERAND : WORD;
  // H2O, chapter2: a word; AB=4, sin(30), f(2)=3: an operand.
  if (isLetter(first) && letters - p >= 2 && !isMathWord(p, letters)) {
    const c = byteAt(letters);
    if (isDigit(c) || isOneOf(c, "-,'")) return WORD;
    if (c != Char.EQUALS && c != Char.OPEN_PAREN && !isCapitals(p, letters)) return WORD;
  }
  if (letters - p == 1 && first <= Char.Z && isDigit(byteAt(letters))) return WORD;
  return OPERAND;
}

/** Whether [p, e) is digits with separators, so that "1 000" and "5 1/2" can be read on. */
function isPlainInteger(p: usize, e: usize): bool {
  if (p < e && byteAt(p) == Char.MINUS) p++;
  return p < e && skipDigits(p, e) == e;
}

let runEnd: usize = 0;

/** Where reading goes on after the last run. */
export function runNext(): usize {
  return runEnd;
}

/**
 * Reads one run from `p`; sets the span. With `lists`, commas and "and" join operands; with `alternatives`, "and" and "or" alone do. Gives 0 where the text at `p` starts none, 1 for a run with a value in it, 2 for variables only,
 * 3 for a run that is part of something it cannot read (an operator with a word for an operand).
 */
function run(p: usize, e: usize, lists: bool, alternatives: bool): i32 {
  let kind = element(p, e);
  let first: usize = 0;
  let last: usize = 0;
  let hasValue = false;
  let broken = false;
  let pendingOperator: usize = 0;
  let operatorEnd: usize = 0;
  let previousStart: usize = 0;
  while (true) {
    if (kind == WORD) {
      if (pendingOperator > 0 && isBinding(pendingOperator, operatorEnd)) broken = true;
      runEnd = last > 0 ? last : elementNext;
      break;
    }
    if (kind == OPERATOR) {
      pendingOperator = elementStart;
      operatorEnd = elementEnd;
    } else {
      const s = elementStart;
      if (last > 0 && pendingOperator == 0 && !continues(previousStart, last, s, elementEnd, kind)) {
        runEnd = last;
        break;
      }
      if (first == 0) {
        if (pendingOperator == 0) first = s;
        else {
          // A sign belongs to the operand; an equals sign does not; anything else lost its left operand.
          const sign = byteAt(operatorEnd - 1);
          first = s;
          if (sign == Char.MINUS && operatorEnd - 1 > pendingOperator) first = operatorEnd - 1;
          else if (isSignOnly(pendingOperator, operatorEnd)) first = pendingOperator;
          else if (isBinding(pendingOperator, operatorEnd)) broken = true;
        }
      }
      previousStart = s;
      last = elementEnd;
      pendingOperator = 0;
      if (kind == OPERAND) hasValue = true;
      if (elementStops != 0) {
        const list = lists && elementStops == 0x2c;
        if (!list) {
          runEnd = elementNext;
          break;
        }
        pendingOperator = elementEnd;
        operatorEnd = elementEnd + 1;
      }
    }
    const next = skipSpace(elementNext, e);
    // A line end ends a run.
    if (next >= e || hasNewline(elementNext, next)) {
      runEnd = next;
      break;
    }
    const textStops = elementNext;
    kind = element(next, e);
    if (kind == WORD && last > 0 && (lists || alternatives) && isJoiningWord(elementStart, elementEnd)) {
      // "19, 46, and 82", "5 or 6"
      const item = skipSpace(elementNext, e);
      if (item < e && !hasNewline(elementNext, item)) {
        const peek = element(item, e);
        if (peek == OPERAND) {
          pendingOperator = item;
          operatorEnd = item;
          kind = peek;
          continue;
        }
      }
      runEnd = textStops;
      break;
    }
  }
  if (last == 0) return 0;
  start = first;
  end = last;
  if (runEnd < last) runEnd = last;
  if (broken) return 3;
  return hasValue ? 1 : 2;
}

function isJoiningWord(p: usize, e: usize): bool {
  return isWordAt(p, e, 'and') || isWordAt(p, e, 'or');
}

function isSignOnly(p: usize, e: usize): bool {
  return (
    (e - p == 1 && (byteAt(p) == Char.MINUS || byteAt(p) == Char.PLUS)) ||
    (e - p == 3 && startsWith(p, e, '−')) ||
    (e - p == 2 && byteAt(p) == 0xc2 && byteAt(p + 1) == 0xb1) ||
    (e - p == 3 && startsWith(p, e, '\\pm'))
  );
}

/** Whether an operator without one of its operands changes what the other one says: + * / ^ × ÷ ·, but not = - < >. */
function isBinding(p: usize, e: usize): bool {
  if (e <= p) return false;
  const c = byteAt(p);
  return isOneOf(c, '+/^') || c == 0xc3 || c == 0xc2 || (c == Char.STAR && e - p == 1) || c == Char.BACKSLASH;
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
    if (t - s > 3 && isDigit(c) && skipDigits(s, s + 3) == s + 3 && (byteAt(s + 3) == Char.POINT || byteAt(s + 3) == Char.COMMA))
      return q - p <= 3;
    // 5 1/2
    const slash = skipDigits(s, t);
    if (slash > s && slash < t && byteAt(slash) == Char.SLASH && isDigit(byteAt(slash + 1))) return skipDigits(slash + 1, t) == t;
  }
  if (kind == VARIABLE) return false;
  // 2 \sqrt{3}, 3 π, x +1
  return (c == Char.BACKSLASH && s + 1 < t && isLetter(byteAt(s + 1))) || c == 0xcf || c == 0xe2 || isOneOf(c, '+=/^');
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
  if (isWordAt(p, e, 'percent')) return p + 7;
  if (isWordAt(p, e, 'pct')) return p + 3;
  if (startsWithFold(p, e, 'per cent')) return p + 8;
  return 0;
}

/** Takes the value that [p, e) starts with, where one does: a run at its very start. Links ("is", "therefore", …) are skipped. */
export function leadingValue(p: usize, e: usize, lists: bool): bool {
  p = skipSpace(p, e);
  if (p >= e) return false;
  return run(p, e, lists, true) == 1 && unwrapFormula();
}

/** Takes the delimiters off a span that is one formula. */
function unwrapFormula(): bool {
  if (isFormula(start, end)) {
    start = innerStart;
    end = innerEnd;
  }
  return trimValue(start, end);
}

/**
 * Takes the last value in [p, e): a formula or a run of plain text; a lone variable only where there is nothing else. Numbers that open
 * a line as a list mark ("3. Add …") are not values.
 */
export function lastValue(p: usize, e: usize, lists: bool): bool {
  let bestStart: usize = 0;
  let bestEnd: usize = 0;
  let variable = false;
  let lineStart = true;
  while (true) {
    const from = p;
    p = skipSpace(p, e);
    if (p >= e) break;
    if (from < p && hasNewline(from, p)) lineStart = true;
    if (lineStart) {
      lineStart = false;
      const digits = skipDigits(p, e);
      if (
        digits > p &&
        digits + 1 < e &&
        (byteAt(digits) == Char.POINT || byteAt(digits) == Char.CLOSE_PAREN) &&
        isSpace(byteAt(digits + 1)) &&
        digits - p <= 2
      ) {
        p = digits + 1;
        continue;
      }
    }
    const kind = run(p, e, lists, false);
    p = max(runEnd, p + 1);
    if (kind == 1 || (kind == 2 && (bestEnd == 0 || variable))) {
      bestStart = start;
      bestEnd = end;
      variable = kind == 2;
    } else if (kind == 3) {
      bestEnd = 0;
      variable = false;
    }
  }
  if (bestEnd == 0) return false;
  start = bestStart;
  end = bestEnd;
  return unwrapFormula();
}

/** Takes the choice letter (A to J) that [p, e) starts with, in or without parentheses, emphasis or \text{}: "(B)", "**C**", "D. …". */
export function leadingLetter(p: usize, e: usize): bool {
  while (true) {
    p = skipSpace(p, e);
    if (p >= e) return false;
    const c = byteAt(p);
    if (isOneOf(c, '([{$*"`\'')) p++;
    else if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      if (q == p + 1) p += 2;
      else if (isTextCommand(p + 1, q) || isWordAt(p + 1, q, 'boxed')) p = q;
      else return false;
    } else if (isWordAt(p, e, 'option') || isWordAt(p, e, 'choice')) p += 6;
    else break;
  }
  return letterAt(p, e);
}

/** Whether a capital A to J stands alone at `p`, or a small one in parentheses; sets the span. */
function letterAt(p: usize, e: usize): bool {
  const c = byteAt(p);
  if (c >= Char.a && c <= Char.j && p + 1 < e && byteAt(p - 1) == Char.OPEN_PAREN && byteAt(p + 1) == Char.CLOSE_PAREN) {
    start = p;
    end = p + 1;
    return true;
  }
  if (c < Char.A || c > Char.J) return false;
  if (p + 1 < e) {
    const d = byteAt(p + 1);
    const ends = isSpace(d) || isOneOf(d, ')]}.,:;!?');
    if (!ends && !isOneOf(d, '*$"`\\\'<') && d < 0xe3) return false;
    // "A" and "I" before a small letter are words.
    if (d == Char.SPACE && (c == Char.A || c == Char.I) && p + 2 < e && byteAt(p + 2) >= Char.a && byteAt(p + 2) <= Char.z)
      return false;
  }
  start = p;
  end = p + 1;
  return true;
}

/** Takes the last choice letter that stands alone in [p, e). */
export function lastLetter(p: usize, e: usize): bool {
  for (let q = e; q > p;) {
    q--;
    const c = byteAt(q);
    if ((c | 32) < Char.a || (c | 32) > Char.j) continue;
    if (q > p) {
      const b = byteAt(q - 1);
      const begins = isSpace(b) || isOneOf(b, '([{*$"`\'');
      if (!begins && b != Char.COLON && b != Char.GREATER && b < 0x80) continue;
    }
    if (letterAt(q, e)) return true;
  }
  return false;
}
