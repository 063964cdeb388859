// What stands around a box: whether it is only a part of an expression, or changed by what follows.
import { Char } from './characters';
import { sentenceEnd } from './formula';
import { isChanged } from './sentences';
import { NOWHERE, Span, span } from './span';
import { byteAt, indexOfByte, isDigit, isLetter, isOneOf, isWordAt, skipAny, skipSpace, wordStart } from './text';

/** Whether what stands right before a box makes it a part of an expression: 2\boxed{17}, -\boxed{17}, \sqrt{\boxed{17}}. */
export function isPart(s: usize, p: usize): bool {
  if (p == s) return false;
  const c = byteAt(p - 1);
  if (isDigit(c) || isOneOf(c, '^_')) return true;
  // a dash may open a line
  if (c == Char.MINUS) return p >= s + 2 && isOneOf(byteAt(p - 2), '$=( ');
  const name = wordStart(s, p - 1);
  return c == Char.OPEN_BRACE && isWordAt(name, p, 'sqrt/frac/dfrac/tfrac');
}

/** Commands behind a box that make it a part of an expression. */
const OPERATIONS = 'times/cdot/div/sqrt/pi/frac/dfrac/pm/binom/ne/neq';

/** Whether an expression goes on behind a box that ends at p: \boxed{17}{18}, \boxed{17} + 3; or the words there change it. */
export function goesOn(p: usize, e: usize): bool {
  while (skipAny(p, e, '{}/\\!/\\,') > 0) p += 2;
  if (p >= e) return false;
  const c = byteAt(p);
  if (c == Char.CARET) return skipAny(p, e, '^\\circ/^{\\circ}') == 0;
  const next = p + 1 < e ? byteAt(p + 1) : 0;
  if (isDigit(c) || isOneOf(c, '{[_') || (isOneOf(c, '.,') && isDigit(next))) return true;
  if (c == Char.BANG && next == Char.DOLLAR) return true;
  // a single letter is a factor, or a unit
  if (isOneOf(c, 'inkxyz') && !isLetter(next)) return true;
  let q = skipSpace(p, e);
  while (q < e && byteAt(q) == Char.DOLLAR) q++;
  const behind = skipSpace(q, e);
  if (behind < e && indexOfByte(p, behind, Char.NEWLINE) == behind) {
    const sign = byteAt(behind);
    const operand = skipSpace(behind + 1, e);
    if (isOneOf(sign, '+/*-') && operand < e && isDigit(byteAt(operand))) return true;
    if (sign == Char.OPEN_BRACE) return true;
    if (sign == Char.BACKSLASH && isWordAt(behind + 1, e, OPERATIONS)) return true;
    if (isWordAt(behind, e, 'million/thousand/hundred/billion/dozen')) return true;
  }
  return isChanged(q, sentenceEnd(q, e));
}

/** What the box that ends at p is set equal to: \boxed{17} = 18; NOWHERE where it is nothing with a digit. */
export function equalTo(p: usize, e: usize): Span {
  e = sentenceEnd(p, e);
  while (p < e && (isOneOf(byteAt(p), ' ${}') || isSpacing(p, e))) p += byteAt(p) == Char.BACKSLASH ? 2 : 1;
  if (p >= e || byteAt(p) != Char.EQUALS) return NOWHERE;
  let digits = false;
  let q = p + 1;
  for (; q < e && !(digits && byteAt(q) == Char.DOLLAR) && skipAny(q, e, '\\)/\\]') == 0; q++)
    if (isDigit(byteAt(q))) digits = true;
  return digits ? span(p + 1, q) : NOWHERE;
}

/** Whether a backslash and no letter stand at p: \, \; \) */
function isSpacing(p: usize, e: usize): bool {
  return byteAt(p) == Char.BACKSLASH && p + 1 < e && !isLetter(byteAt(p + 1));
}
