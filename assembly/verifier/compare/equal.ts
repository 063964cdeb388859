// Entry point: are two answers, given as text, equal?
import { alloc, failed, PAIR_FUEL, resetArena, undecided } from '../arena';
import { isNull } from '../memory';
import { Answer } from '../parse/answer';
import * as rat from '../number/rational';
import { parseAnswer } from '../parse/parser';
import { Currency } from '../parse/tables';
import { Commas, newSymbols } from '../parse/tokens';
import { Kind, number } from '../parse/tree';
import { Char } from '../read/characters';
import { dateOf } from '../read/dates';
import { Choice, letterSet, OR_LETTERS } from '../read/letters';
import { hasContent, hasHidden, isPlain, sameText } from '../read/plain';
import { isNumber } from '../read/sentences';
import { endOf, exists, Span, startOf } from '../read/span';
import { isLastValue } from '../read/statements';
import { byteAt, indexOfByte, isDigit, isLetter, isWordAt, sameBytes, skipDigits, toUpper } from '../read/text';
import { workedOut } from '../read/worked';
import { Flag, Verdict } from '../status';
import { equalAnswer, sameResidues } from './answer';
import { isWorkedOut } from './form';
import { chosen } from './items';
import { bare, withoutUnit } from './quantities';
import { isMoney, saysCents } from './units';

/** Longest answer that is parsed, in bytes; longer ones are compared as text only. */
const MAX_ANSWER: i32 = 8192;

/** What became of one reading of both sides. */
@unmanaged
class Reading {
  verdict: i32;
  goldParsed: bool;
  predParsed: bool;
  /** a comma was read as a thousands separator that might divide a list */
  sawComma: bool;
}

/** Parses and compares under one reading of commas. */
function compareUnder(g: usize, ge: usize, p: usize, pe: usize, goldCommas: i32, predCommas: i32, worked: bool): Reading {
  const reading = changetype<Reading>(alloc(offsetof<Reading>()));
  const symbols = newSymbols();
  const gold = parseAnswer(g, ge, goldCommas, symbols);
  const pred = parseAnswer(p, pe, predCommas, symbols);
  reading.goldParsed = gold.isParsed;
  reading.predParsed = pred.isParsed;
  reading.sawComma = !pred.zeroGroup && (pred.grouped || (gold.grouped && !gold.zeroGroup));
  reading.verdict = verdictOf(gold, pred, worked);
  return reading;
}

function verdictOf(gold: Answer, pred: Answer, worked: bool): i32 {
  if (failed) return Verdict.UNDECIDED;
  if (!gold.isParsed || !pred.isParsed) return Verdict.NOT_EQUAL;
  let g = gold.tree;
  if ((g.kind == Kind.TEXT || pred.tree.kind == Kind.TEXT) && sameText(gold.start, gold.end, pred.start, pred.end, true))
    return Verdict.EQUAL;
  // 0\x says nothing, though 0 times anything is 0
  if (gold.tokens.opaque != pred.tokens.opaque) return Verdict.NOT_EQUAL;
  inDollars(gold, pred);
  inDollars(pred, gold);
  if (!sameCurrency(gold, pred) || !sameRemarks(gold, pred)) return Verdict.NOT_EQUAL;
  g = gold.tree;
  const p = chosen(g, pred.tree);
  if (worked && !isWorkedOut(g, p)) return failed ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
  const same =
    equalAnswer(g, p, gold.parameter, pred.parameter) || (!gold.hasRemark && !pred.hasRemark && !failed && sameResidues(g, p));
  if (failed) return Verdict.UNDECIDED;
  if (same) return Verdict.EQUAL;
  return undecided ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
}

/** Whether what is said about the answers agrees; a remark that changes nothing may stand alone. */
function sameRemarks(gold: Answer, pred: Answer): bool {
  if (gold.sameRemark(pred)) return true;
  // 6j, and 6j for j ≥ 2
  if (gold.bounds(true) || pred.bounds(true) || gold.isConditional || pred.isConditional) return false;
  if (!pred.hasRemark) return true;
  return pred.isHarmless && (!gold.hasRemark || (gold.isHarmless && !gold.bounds(false) && !pred.bounds(false)));
}

/** Turns cents into dollars where the other answer is in dollars. */
function inDollars(x: Answer, other: Answer): void {
  if (other.currency != Currency.DOLLAR) return;
  const cents = bare(x.tree);
  const isNote = x.currency == 0 && x.tree.kind == Kind.NOTED && saysCents(x.tree.from, x.tree.to);
  if (cents.kind != Kind.NUM || (x.currency != Currency.CENT && !isNote)) return;
  x.tree = number(rat.div(cents.value, rat.ofI32(100)));
  x.currency = Currency.DOLLAR;
}

/** Whether the currency signs agree, one with another or with the words behind the other number. */
function sameCurrency(a: Answer, b: Answer): bool {
  if (a.currency == b.currency) return true;
  if (a.currency != 0 && b.currency != 0) return false;
  const sign = a.currency != 0 ? a.currency : b.currency;
  const own = a.currency != 0 ? a.tree : b.tree;
  const other = a.currency != 0 ? b.tree : a.tree;
  if (other.kind == Kind.DEGREE || other.kind == Kind.PERCENT) return false;
  // $1.50 and 1.5 h
  if (!isNull(withoutUnit(other)) && isNull(withoutUnit(own))) return false;
  return other.kind != Kind.NOTED || isMoney(other.from, other.to, sign);
}

/**
 * Whether the one comma of the text may be a decimal point: a digit on either side, and not three digits behind it (1,000 is a thousand,
 * 0,125 is not). Brackets make it a pair.
 */
function hasDecimalComma(p: usize, e: usize): bool {
  let comma: usize = 0;
  for (let q = p; q < e; q++) {
    const c = byteAt(q);
    // 21,16 or 11 is a list
    if (c == Char.SEMICOLON || isWordAt(q, e, 'or/and')) return false;
    if (c == Char.COMMA) {
      if (comma > 0) return false;
      comma = q;
    } else if (
      c == Char.OPEN_PAREN ||
      c == Char.OPEN_BRACKET ||
      (c == Char.OPEN_BRACE && q > p && byteAt(q - 1) == Char.BACKSLASH)
    )
      return false;
  }
  if (comma <= p || !isDigit(byteAt(comma - 1))) return false;
  const decimals = skipDigits(comma + 1, e) - comma - 1;
  const isZero = byteAt(comma - 1) == Char.ZERO && (comma - 1 == p || !isDigit(byteAt(comma - 2)));
  return decimals > 0 && (decimals != 3 || isZero || hasGroups(p, comma));
}

/** Whether points divide the digits before `comma` in thousands: 1.250,5. */
function hasGroups(p: usize, comma: usize): bool {
  return comma >= p + 5 && byteAt(comma - 4) == Char.POINT && isDigit(byteAt(comma - 5));
}

/**
 * Compares two answers (UTF-8): Verdict.EQUAL, Verdict.NOT_EQUAL, Verdict.UNDECIDED, Verdict.GOLD_UNPARSABLE or Verdict.PRED_UNPARSABLE. Only Verdict.EQUAL says that the prediction is
 * right. Never traps, whatever the bytes.
 */
export function equalAnswers(gold: Span, pred: Span, flags: i32): i32 {
  resetArena(PAIR_FUEL);
  const worked = (flags & Flag.VALUE) != 0;
  const g = startOf(gold);
  const ge = endOf(gold);
  let p = startOf(pred);
  let pe = endOf(pred);
  const goldLength = <i32>(ge - g);
  const predLength = <i32>(pe - p);
  const isSame = goldLength == predLength && sameBytes(g, p, <usize>goldLength);
  if (!isSame && (goldLength > MAX_ANSWER || predLength > MAX_ANSWER)) return Verdict.UNDECIDED;
  if (!hasContent(g, ge)) return Verdict.GOLD_UNPARSABLE;
  if (!hasContent(p, pe)) return Verdict.PRED_UNPARSABLE;
  if (hasHidden(g, ge)) return Verdict.GOLD_UNPARSABLE;
  if (hasHidden(p, pe)) return Verdict.PRED_UNPARSABLE;
  if (isSame) return Verdict.EQUAL;
  if (isWhole(g, ge) && isWhole(p, pe) && (flags & Flag.TOLERANT) == 0) return Verdict.NOT_EQUAL;
  if (sameText(g, ge, p, pe, false)) return Verdict.EQUAL;
  const letter = choiceVerdict(g, ge, p, pe);
  if (letter >= 0) return letter;
  if (isNumber(gold)) {
    // (D) 36
    const option = changetype<Choice>(alloc(offsetof<Choice>()));
    option.read(p, pe);
    if (option.text > 0) p = option.text;
    // 10 x $27 = $270
    const value = workedOut(p, pe, true);
    if (exists(value) && isLastValue(endOf(value), pe, pe)) {
      p = startOf(value);
      pe = endOf(value);
    }
  }
  const date = dateOf(g, ge);
  if (date > 0 && date == dateOf(p, pe)) return Verdict.EQUAL;
  const first = compareUnder(g, ge, p, pe, Commas.GROUP, Commas.GROUP, worked);
  const verdict = first.verdict;
  if (verdict == Verdict.EQUAL) return Verdict.EQUAL;
  if (verdict == Verdict.NOT_EQUAL && first.goldParsed && first.predParsed) {
    if (first.sawComma && equalUnder(g, ge, p, pe, Commas.DIVIDE, Commas.DIVIDE, worked)) return Verdict.EQUAL;
    return equalWithDecimalComma(g, ge, p, pe, worked) ? Verdict.EQUAL : Verdict.NOT_EQUAL;
  }
  if ((!first.goldParsed || !first.predParsed) && equalWithDecimalComma(g, ge, p, pe, worked)) return Verdict.EQUAL;
  if (isPlain(g, ge) && isPlain(p, pe) && sameText(g, ge, p, pe, true)) return Verdict.EQUAL;
  if (verdict == Verdict.UNDECIDED) return Verdict.UNDECIDED;
  return first.goldParsed ? Verdict.PRED_UNPARSABLE : Verdict.GOLD_UNPARSABLE;
}

/** Whether the text is digits alone, and the first no zero: two of them are the same number only where they are the same text. */
function isWhole(p: usize, e: usize): bool {
  return byteAt(p) != Char.ZERO && skipDigits(p, e) == e;
}

/** Whether the two are equal under another reading of commas, for half the work. */
function equalUnder(g: usize, ge: usize, p: usize, pe: usize, goldCommas: i32, predCommas: i32, worked: bool): bool {
  resetArena(PAIR_FUEL / 2);
  return compareUnder(g, ge, p, pe, goldCommas, predCommas, worked).verdict == Verdict.EQUAL;
}

/** Whether the two are equal where the comma of the one side that has it is a decimal point. */
function equalWithDecimalComma(g: usize, ge: usize, p: usize, pe: usize, worked: bool): bool {
  const goldHas = indexOfByte(g, ge, Char.COMMA) < ge;
  const predHas = indexOfByte(p, pe, Char.COMMA) < pe;
  if (goldHas && !predHas && hasDecimalComma(g, ge)) return equalUnder(g, ge, p, pe, Commas.POINT, Commas.GROUP, worked);
  if (hasDecimalComma(p, pe) && (!goldHas || !hasDecimalComma(g, ge)))
    return !goldHas && equalUnder(g, ge, p, pe, Commas.GROUP, Commas.POINT, worked);
  // 1.250,5 and 1,250.5
  return goldHas && predHas && hasDecimalComma(g, ge) && equalUnder(g, ge, p, pe, Commas.POINT, Commas.GROUP, worked);
}

/** Choice letters: "(D) Alina" and "D". -1 when the gold is no choice. */
function choiceVerdict(g: usize, ge: usize, p: usize, pe: usize): i32 {
  const gold = changetype<Choice>(alloc(offsetof<Choice>()));
  const pred = changetype<Choice>(alloc(offsetof<Choice>()));
  // BCD and "B, C, D"
  const letters = letterSet(g, ge);
  if (letters != 0) {
    const others = letterSet(p, pe);
    if (letters == others) return Verdict.EQUAL;
    // A or C is not A, C; but BA may be a segment
    return ((letters | others) & OR_LETTERS) != 0 ? Verdict.NOT_EQUAL : -1;
  }
  gold.read(g, ge);
  if (gold.letter == 0 && !gold.several) return -1;
  pred.read(p, pe);
  if (gold.several) return pred.letter > 0 ? Verdict.NOT_EQUAL : -1;
  // c for C, but "a" may be an article
  if (pe == p + 1 && isLetter(byteAt(p)) && (byteAt(p) != Char.a || byteAt(p - 1) == Char.OPEN_PAREN))
    pred.letter = toUpper(byteAt(p));
  if (pred.letter == 0) return pred.several ? Verdict.NOT_EQUAL : -1;
  if (gold.letter != pred.letter) return Verdict.NOT_EQUAL;
  if (gold.text > 0 && pred.text > 0) return sameText(gold.text, ge, pred.text, pe, true) ? Verdict.EQUAL : -1;
  return Verdict.EQUAL;
}
