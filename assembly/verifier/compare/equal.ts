/** Equality of two answers given as text: the door to the equivalence engine. */
import { isNull } from '../memory';
import { Char } from '../read/characters';
import { failed, PAIR_FUEL, resetArena } from '../arena';
import { equalAnswer, resetCompare } from './answer';
import { Kind } from '../parse/tree';
import { resetFloats } from '../number/float';
import { resetNames, sawThousandsComma, sawZeroGroup, setCommaMode } from '../parse/lexer';
import { resetGenerators } from '../algebra/normal-form';
import { currency, parseAnswer } from '../parse/parser';
import { resetScalar, undecided } from '../algebra/scalar';
import { EQUAL, GOLD_UNPARSABLE, NOT_EQUAL, PRED_UNPARSABLE, UNDECIDED } from '../status';
import { byteAt, isDigit, isSpace } from '../read/text';
import { choiceHasText, choiceLetter, choiceText, hasContent, isMoney, isPlain, sameText } from '../read/words';

/** Longest answer that is parsed, in bytes; longer ones are compared as text only. */
const MAX_ANSWER: i32 = 8192;

let goldParsed: bool = false;
let predParsed: bool = false;
let sawComma: bool = false;

/** Parses and compares under one reading of commas. */
function compareUnder(g: usize, ge: usize, p: usize, pe: usize, goldMode: i32, predMode: i32): i32 {
  resetNames();
  resetGenerators();
  resetFloats();
  resetScalar();
  resetCompare();
  setCommaMode(goldMode);
  const gold = parseAnswer(g, ge);
  const goldCurrency = currency;
  goldParsed = !isNull(gold);
  sawComma = sawThousandsComma && !sawZeroGroup;
  if (failed) return UNDECIDED;
  setCommaMode(predMode);
  const pred = parseAnswer(p, pe);
  predParsed = !isNull(pred);
  if (sawZeroGroup) sawComma = false;
  else if (sawThousandsComma) sawComma = true;
  if (failed) return UNDECIDED;
  if (!goldParsed || !predParsed) return NOT_EQUAL;
  if (gold.kind == Kind.TEXT && sameText(g, ge, p, pe, true)) return EQUAL;
  if (goldCurrency != 0 && currency != 0 && goldCurrency != currency) return NOT_EQUAL;
  if (goldCurrency != 0 && currency == 0 && pred.kind == Kind.NOTED && !isMoney(pred.from, pred.to, goldCurrency))
    return NOT_EQUAL;
  if (goldCurrency == 0 && currency != 0 && gold.kind == Kind.NOTED && !isMoney(gold.from, gold.to, currency)) return NOT_EQUAL;
  const same = equalAnswer(gold, pred);
  if (failed) return UNDECIDED;
  if (same) return EQUAL;
  return undecided ? UNDECIDED : NOT_EQUAL;
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
  let verdict = compareUnder(goldPtr, ge, predPtr, pe, 0, 0);
  if (verdict == EQUAL) return EQUAL;
  if (verdict == NOT_EQUAL && goldParsed && predParsed) {
    if (sawComma) {
      resetArena(PAIR_FUEL / 2);
      if (compareUnder(goldPtr, ge, predPtr, pe, 1, 1) == EQUAL) return EQUAL;
    }
    if (isPointDecimal(goldPtr, ge) && isCommaDecimal(predPtr, pe)) {
      resetArena(PAIR_FUEL / 2);
      if (compareUnder(goldPtr, ge, predPtr, pe, 0, 2) == EQUAL) return EQUAL;
    }
    return NOT_EQUAL;
  }
  if (isPlain(goldPtr, ge) && isPlain(predPtr, pe) && sameText(goldPtr, ge, predPtr, pe, true)) return EQUAL;
  if (verdict == UNDECIDED) return UNDECIDED;
  if (!goldParsed) return GOLD_UNPARSABLE;
  if (!predParsed) return PRED_UNPARSABLE;
  return verdict;
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
