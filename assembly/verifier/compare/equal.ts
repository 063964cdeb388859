// Entry point: are two answers, given as text, equal?
import { alloc, failed, PAIR_FUEL, resetArena, undecided } from '../arena';
import { Answer, parseAnswer } from '../parse/parser';
import { Commas, newSymbols } from '../parse/tokens';
import { Kind } from '../parse/tree';
import { Char } from '../read/characters';
import { Choice } from '../read/letters';
import { hasContent, hasHidden, isPlain, sameText } from '../read/plain';
import { endOf, Span, startOf } from '../read/span';
import { byteAt, isDigit, isSpace } from '../read/text';
import { Flag, Verdict } from '../status';
import { equalAnswer } from './answer';
import { isWorkedOut } from './form';
import { isMoney } from './units';

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
  const g = gold.tree;
  if (g.kind == Kind.TEXT && sameText(gold.start, gold.end, pred.start, pred.end, true)) return Verdict.EQUAL;
  if (!sameCurrency(gold, pred) || !sameRemarks(gold, pred)) return Verdict.NOT_EQUAL;
  if (worked && !isWorkedOut(g, pred.tree)) return failed ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
  const same = equalAnswer(g, pred.tree);
  if (failed) return Verdict.UNDECIDED;
  if (same) return Verdict.EQUAL;
  return undecided ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
}

/** Whether what is said about the answers agrees; a remark that changes nothing may stand alone. */
function sameRemarks(gold: Answer, pred: Answer): bool {
  if (!pred.hasRemark || gold.sameRemark(pred)) return true;
  if (!pred.isHarmless) return false;
  return !gold.hasRemark || (gold.isHarmless && !gold.bounds && !pred.bounds);
}

/** Whether the currency signs agree, one with another or with the words behind the other number. */
function sameCurrency(a: Answer, b: Answer): bool {
  if (a.currency == b.currency) return true;
  if (a.currency != 0 && b.currency != 0) return false;
  const sign = a.currency != 0 ? a.currency : b.currency;
  const other = a.currency != 0 ? b.tree : a.tree;
  if (other.kind == Kind.DEGREE || other.kind == Kind.PERCENT) return false;
  return other.kind != Kind.NOTED || isMoney(other.from, other.to, sign);
}

/** Whether the text is digits, a comma and digits, and nothing else: a decimal comma where the gold has a decimal point. */
function isCommaDecimal(p: usize, e: usize): bool {
  let digits = 0;
  let commas = 0;
  let decimals = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isDigit(c)) {
      digits++;
      if (commas > 0) decimals++;
    } else if (c == Char.COMMA && digits > 0 && p + 1 < e && isDigit(byteAt(p + 1))) commas++;
    else if (c == Char.MINUS && digits == 0) continue;
    else if (c != Char.DOLLAR && !isSpace(c)) return false;
    else if (isSpace(c) && digits > 0 && commas == 0) return false;
  }
  // 1,000 is a thousand
  return digits > 1 && commas == 1 && decimals != 3;
}

/** Whether the text is one decimal with a point. */
function isPointDecimal(p: usize, e: usize): bool {
  let digits = 0;
  let points = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isDigit(c)) digits++;
    else if (c == Char.POINT) points++;
    else if (c != Char.MINUS && c != Char.DOLLAR && !isSpace(c)) return false;
  }
  return digits > 1 && points == 1;
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
  const p = startOf(pred);
  const pe = endOf(pred);
  const goldLength = <i32>(ge - g);
  const predLength = <i32>(pe - p);
  if (!hasContent(g, ge)) return Verdict.GOLD_UNPARSABLE;
  if (!hasContent(p, pe)) return Verdict.PRED_UNPARSABLE;
  if (hasHidden(g, ge)) return Verdict.GOLD_UNPARSABLE;
  if (hasHidden(p, pe)) return Verdict.PRED_UNPARSABLE;
  if (goldLength == predLength && memory.compare(g, p, <usize>goldLength) == 0) return Verdict.EQUAL;
  if (sameText(g, ge, p, pe, false)) return Verdict.EQUAL;
  if (goldLength > MAX_ANSWER || predLength > MAX_ANSWER) return Verdict.UNDECIDED;
  const letter = choiceVerdict(g, ge, p, pe);
  if (letter >= 0) return letter;
  const first = compareUnder(g, ge, p, pe, Commas.GROUP, Commas.GROUP, worked);
  const verdict = first.verdict;
  if (verdict == Verdict.EQUAL) return Verdict.EQUAL;
  if (verdict == Verdict.NOT_EQUAL && first.goldParsed && first.predParsed) {
    const isDecimalComma = isPointDecimal(g, ge) && isCommaDecimal(p, pe);
    if (first.sawComma && equalUnder(g, ge, p, pe, Commas.DIVIDE, Commas.DIVIDE, worked)) return Verdict.EQUAL;
    if (isDecimalComma && equalUnder(g, ge, p, pe, Commas.GROUP, Commas.POINT, worked)) return Verdict.EQUAL;
    return Verdict.NOT_EQUAL;
  }
  if (isPlain(g, ge) && isPlain(p, pe) && sameText(g, ge, p, pe, true)) return Verdict.EQUAL;
  if (verdict == Verdict.UNDECIDED) return Verdict.UNDECIDED;
  return first.goldParsed ? Verdict.PRED_UNPARSABLE : Verdict.GOLD_UNPARSABLE;
}

/** Whether the two are equal under another reading of commas, for half the work. */
function equalUnder(g: usize, ge: usize, p: usize, pe: usize, goldCommas: i32, predCommas: i32, worked: bool): bool {
  resetArena(PAIR_FUEL / 2);
  return compareUnder(g, ge, p, pe, goldCommas, predCommas, worked).verdict == Verdict.EQUAL;
}

/** Choice letters: "(D) Alina" and "D". -1 when the gold is no choice. */
function choiceVerdict(g: usize, ge: usize, p: usize, pe: usize): i32 {
  const gold = changetype<Choice>(alloc(offsetof<Choice>()));
  const pred = changetype<Choice>(alloc(offsetof<Choice>()));
  gold.read(g, ge);
  if (gold.letter == 0) return -1;
  pred.read(p, pe);
  if (pred.letter == 0) return -1;
  if (gold.letter != pred.letter) return Verdict.NOT_EQUAL;
  if (gold.text > 0 && pred.text > 0) return sameText(gold.text, ge, pred.text, pe, true) ? Verdict.EQUAL : -1;
  return Verdict.EQUAL;
}
