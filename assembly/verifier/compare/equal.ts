// Entry point: are two answers, given as text, equal?
import { Char } from '../read/characters';
import { alloc, failed, PAIR_FUEL, resetArena, undecided } from '../arena';
import { Answer, parseAnswer } from '../parse/parser';
import { Commas, newSymbols } from '../parse/tokens';
import { equalAnswer } from './answer';
import { Kind } from '../parse/tree';
import { EQUAL, GOLD_UNPARSABLE, NOT_EQUAL, PRED_UNPARSABLE, UNDECIDED } from '../status';
import { byteAt, isDigit, isSpace } from '../read/text';
import { choiceHasText, choiceLetter, choiceText, hasContent, isMoney, isPlain, sameText } from '../read/words';

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
function compareUnder(g: usize, ge: usize, p: usize, pe: usize, goldCommas: i32, predCommas: i32): Reading {
  const reading = changetype<Reading>(alloc(offsetof<Reading>()));
  const symbols = newSymbols();
  const gold = parseAnswer(g, ge, goldCommas, symbols);
  const pred = parseAnswer(p, pe, predCommas, symbols);
  reading.goldParsed = gold.isParsed;
  reading.predParsed = pred.isParsed;
  reading.sawComma = !pred.zeroGroup && (pred.grouped || (gold.grouped && !gold.zeroGroup));
  reading.verdict = verdictOf(gold, pred);
  return reading;
}

function verdictOf(gold: Answer, pred: Answer): i32 {
  if (failed) return UNDECIDED;
  if (!gold.isParsed || !pred.isParsed) return NOT_EQUAL;
  const g = gold.tree;
  if (g.kind == Kind.TEXT && sameText(gold.start, gold.end, pred.start, pred.end, true)) return EQUAL;
  if (!sameCurrency(gold, pred)) return NOT_EQUAL;
  const same = equalAnswer(g, pred.tree);
  if (failed) return UNDECIDED;
  if (same) return EQUAL;
  return undecided ? UNDECIDED : NOT_EQUAL;
}

/** Whether the currency signs agree, one with another or with the words behind the other number. */
function sameCurrency(a: Answer, b: Answer): bool {
  if (a.currency == b.currency) return true;
  if (a.currency != 0 && b.currency != 0) return false;
  const sign = a.currency != 0 ? a.currency : b.currency;
  const other = a.currency != 0 ? b.tree : a.tree;
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
 * Compares two answers (UTF-8): EQUAL, NOT_EQUAL, UNDECIDED, GOLD_UNPARSABLE or PRED_UNPARSABLE. Only EQUAL says that the prediction is
 * right. Never traps, whatever the bytes.
 */
export function equalAnswers(goldPtr: usize, goldLen: i32, predPtr: usize, predLen: i32, flags: i32): i32 {
  resetArena(PAIR_FUEL);
  const ge = goldPtr + <usize>goldLen;
  const pe = predPtr + <usize>predLen;
  if (goldLen <= 0 || !hasContent(goldPtr, ge)) return GOLD_UNPARSABLE;
  if (predLen <= 0 || !hasContent(predPtr, pe)) return PRED_UNPARSABLE;
  if (goldLen == predLen && memory.compare(goldPtr, predPtr, <usize>goldLen) == 0) return EQUAL;
  if (sameText(goldPtr, ge, predPtr, pe, false)) return EQUAL;
  if (goldLen > MAX_ANSWER || predLen > MAX_ANSWER) return UNDECIDED;
  const letter = choiceVerdict(goldPtr, ge, predPtr, pe);
  if (letter >= 0) return letter;
  const first = compareUnder(goldPtr, ge, predPtr, pe, Commas.GROUP, Commas.GROUP);
  const verdict = first.verdict;
  if (verdict == EQUAL) return EQUAL;
  if (verdict == NOT_EQUAL && first.goldParsed && first.predParsed) {
    const isDecimalComma = isPointDecimal(goldPtr, ge) && isCommaDecimal(predPtr, pe);
    if (first.sawComma && equalUnder(goldPtr, ge, predPtr, pe, Commas.DIVIDE, Commas.DIVIDE)) return EQUAL;
    if (isDecimalComma && equalUnder(goldPtr, ge, predPtr, pe, Commas.GROUP, Commas.POINT)) return EQUAL;
    return NOT_EQUAL;
  }
  if (isPlain(goldPtr, ge) && isPlain(predPtr, pe) && sameText(goldPtr, ge, predPtr, pe, true)) return EQUAL;
  if (verdict == UNDECIDED) return UNDECIDED;
  return first.goldParsed ? PRED_UNPARSABLE : GOLD_UNPARSABLE;
}

/** Whether the two are equal under another reading of commas, for half the work. */
function equalUnder(g: usize, ge: usize, p: usize, pe: usize, goldCommas: i32, predCommas: i32): bool {
  resetArena(PAIR_FUEL / 2);
  return compareUnder(g, ge, p, pe, goldCommas, predCommas).verdict == EQUAL;
}

/** Choice letters: "(D) Alina" and "D". -1 when the gold is no choice. */
function choiceVerdict(g: usize, ge: usize, p: usize, pe: usize): i32 {
  const a = choiceLetter(g, ge);
  if (a == 0) return -1;
  const goldText = choiceHasText;
  const goldAt = choiceText();
  const b = choiceLetter(p, pe);
  if (b == 0) return -1;
  if (a != b) return NOT_EQUAL;
  if (goldText && choiceHasText) return sameText(goldAt, ge, choiceText(), pe, true) ? EQUAL : -1;
  return EQUAL;
}
