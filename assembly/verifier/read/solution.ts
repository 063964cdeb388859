// Golds that are solutions or lists: what a solution in prose comes to, and how many items a list has.
import { Char } from './characters';
import { trimmed } from './prose';
import { endOf, Span, startOf } from './span';
import { byteAt, isClosing, isLetter, isOneOf, isOpening, isSpace, isWordAt, wordStart } from './text';

/** How far words may stand behind the last value of a solution. */
const UNIT_REACH: usize = 40;

/** Whether nothing but words, at most, follows the value in its sentence, which ends the text. */
export function isLastOf(value: Span, e: usize): bool {
  for (let p = endOf(value); p < e; p++) {
    const c = byteAt(p);
    if (!isLetter(c) && !isSpace(c) && !isOneOf(c, '.$)!')) return false;
    if (c == Char.NEWLINE) return false;
  }
  return e - endOf(value) < UNIT_REACH;
}

/** Words in front of the value that a sentence comes to. */
const CONCLUDING = 'so/hence/thus/therefore/is/are/get/gives/then/that/be';

/** Whether the value that starts at p is what the text before it comes to: no other equation in its sentence, or a word that says so. */
export function isConclusion(s: usize, p: usize): bool {
  let q = p;
  while (q > s && !isLetter(byteAt(q - 1)) && byteAt(q - 1) != Char.EQUALS && byteAt(q - 1) != Char.COLON) q--;
  const word = wordStart(s, q);
  if (word == q) return false;
  if (isWordAt(word, q, CONCLUDING)) return true;
  for (; q > s; q--) {
    const c = byteAt(q - 1);
    if (c == Char.NEWLINE || (c == Char.POINT && isSpace(byteAt(q)))) return true;
    if (c == Char.EQUALS || c == Char.COLON) return false;
  }
  return true;
}

/** Items of a list: those that commas, "and" or "or" divide outside brackets. */
export function countItems(p: usize, e: usize): i32 {
  let n = 1;
  let depth = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isOpening(c)) depth++;
    else if (isClosing(c)) depth--;
    else if (depth == 0 && (c == Char.COMMA || c == Char.SEMICOLON)) n++;
    else if (depth == 0 && c == Char.SPACE && isWordAt(p + 1, e, 'and/or')) n++;
  }
  return n;
}

/** Whether only white space and formula marks stand in [p, e). */
export function touches(p: usize, e: usize): bool {
  for (; p < e; p++) if (!isSpace(byteAt(p)) && byteAt(p) != Char.DOLLAR) return false;
  return true;
}

const ONE: u64 = 1;

/** What a sum of names is said to be, as competitions ask for it ("m + n = 17"); other values as they are. */
export function withoutSum(s: Span): Span {
  let names: u64 = 0;
  let signs = 0;
  const e = endOf(s);
  for (let p = startOf(s); p < e; p++) {
    const c = byteAt(p);
    if (c == Char.EQUALS) return signs > 0 ? trimmed(p + 1, byteAt(e - 1) == Char.DOLLAR ? e - 1 : e) : s;
    if (c == Char.PLUS) signs++;
    else if (isLetter(c)) {
      const name = ONE << ((<u64>c) & 63);
      if ((names & name) != 0 || isLetter(byteAt(p + 1))) return s;
      names |= name;
    } else if (c != Char.SPACE && c != Char.DOLLAR) return s;
  }
  return s;
}
