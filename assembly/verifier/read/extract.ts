// Final-answer extraction. Rules in order: text after the think block; "final answer is"; the last balanced box (with those joined to it by
// a comma, "and" or "or"); <answer>; ####; "answer:"; the text as a whole, where it is an answer and nothing else. Lenient mode adds, for
// responses that were not cut, the last value of a marked sentence and then of the whole text.
import { Flag, Rule } from '../status';
import { equalTo, goesOn, isPart } from './boxes';
import { Char } from './characters';
import { conclusion, saidInWords, valueBefore, withoutCourtesy } from './conclusion';
import { sentenceEnd } from './formula';
import { joined } from './joined';
import { afterFinal, afterLink } from './links';
import { GoldForm } from './gold';
import { lastLetter, leadingLetter, onlyLetter } from './letters';
import { Box, isOpenBox, joins, Mark, marks, REMEMBERED, ruleOf, tagClose } from './marks';
import { isPlain } from './plain';
import { countAllWords, countWords, REACH, tailOf, trimmed, wholeAnswer, withoutEmphasis } from './prose';
import { closedEnd, decimalComma, isOption, quotedEnd, QUOTES } from './quoted';
import { region, Region } from './region';
import { percentEnd, Runs } from './runs';
import {
  clauseStart,
  followsNot,
  holdsOneOf,
  isBounded,
  isDenied,
  isDoubted,
  isNegated,
  isNoMark,
  isNumber,
  isRevoked,
  isTakenBack,
  remarkAt,
} from './sentences';
import { isConclusion, isLastOf, touches, withoutSum } from './solution';
import { endOf, exists, NOWHERE, Span, span, startOf } from './span';
import { Before, valueOf } from './statements';
import {
  byteAt,
  endsWith,
  hasDigit,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  lastByteOf,
  sameBytes,
  skipSpace,
  startsWith,
  trimEnd,
  wordStart,
} from './text';
import { workedOut } from './worked';

/** How far the boxes of one list may stand apart. */
const FAR: usize = 600;
/** How far a percent sign may stand behind a value. */
const PERCENT_REACH: usize = 16;
/** Most words between two marks that stand side by side: "So the final". */
const MAX_BESIDE: i32 = 3;

/** Takes the answer out of one text. */
@unmanaged
export class Extractor {
  /** the rule that found the answer, or why there is none */
  rule: i32;
  /** the answer, NOWHERE where none was found */
  answer: Span;
  flags: i32;
  region: Region;
  runs: Runs;
  box: Box;
  /** the form that is looked for */
  gold: GoldForm;
  /** only firm evidence counts: no last value of a sentence */
  firm: bool;
  /** a marked value was taken back: the text has no answer, whatever else stands in it */
  withdrawn: bool;
  /** what the box that was read is set equal to */
  beside: Span;
  /** how many marks of its kind follow the one that was read */
  back: i32;

  get strict(): bool {
    return (this.flags & Flag.STRICT) != 0;
  }

  get truncated(): bool {
    return (this.flags & Flag.TRUNCATED) != 0;
  }

  /** Answers with the span; false where it is nowhere. */
  take(s: Span): bool {
    this.answer = s;
    return exists(s);
  }

  /** The answer of a text that is one: the gold, or a prediction that was extracted elsewhere. Gives the rule. */
  bare(): i32 {
    if (this.region.why != Rule.NONE) return this.region.why;
    const p = this.region.start;
    const e = this.region.end;
    marks.scan(p, e, false);
    // no other text says how many items are looked for, least of all the gold of the row before
    this.gold.items = 1;
    if (this.takeBox(p, e)) return Rule.BOXED;
    // an empty box is no answer
    if (marks.at(Mark.BOX, 0) == p && !isOpenBox(p, e)) return Rule.EMPTY;
    const hashes = marks.at(Mark.HASHES, 0);
    if (hashes > 0) {
      const from = skipSpace(hashes, e);
      if (this.take(span(from, trimEnd(from, indexOfByte(from, e, Char.NEWLINE))))) return Rule.HASHES;
    }
    this.take(withoutEmphasis(p, e));
    return Rule.WHOLE;
  }

  /** Finds the answer in a response that ends at `textEnd`. Gives the rule that found it, or why there is none. */
  find(textEnd: usize): i32 {
    if (this.region.why != Rule.NONE) return this.region.why;
    const p = this.region.start;
    const e = this.region.end;
    marks.scan(p, e, this.gold.letter);
    this.firm = true;
    let rule = this.marked(textEnd);
    if (rule == Rule.NONE && !this.strict) {
      this.firm = false;
      rule = this.marked(textEnd);
    }
    if (rule != Rule.NONE) return isRevoked(marks.newest(), e) ? Rule.BROKEN_MARK : rule;
    if (isOpenBox(marks.at(Mark.BOX, 0), e)) return this.truncated ? Rule.TRUNCATED : Rule.BROKEN_MARK;
    return this.unmarked(p, e, this.truncated && e >= trimEnd(p, textEnd));
  }

  /** Finds a marked answer. Gives the rule that found it, or NONE. */
  marked(textEnd: usize): i32 {
    for (let kind = 0; kind < Mark.COUNT; kind++)
      for (this.back = 0; marks.at(kind, this.back) > 0; this.back++)
        if (this.takeAt(kind, this.region.end, textEnd)) return ruleOf(kind);
    return Rule.NONE;
  }

  /** Answers with what a mark marks, the `back`-th newest of its kind; boxes, in text that ends at e, are read together. */
  takeAt(kind: i32, e: usize, textEnd: usize): bool {
    const p = this.region.start;
    const mark = marks.at(kind, this.back);
    if (mark == 0) return false;
    if (kind == Mark.BOX) return this.back == 0 && this.takeBox(p, e) && this.fitsGold();
    if (kind == Mark.TAG) return this.takeTag(mark, e);
    return kind == Mark.HASHES ? this.takeMarked(mark, e, textEnd, true) : this.takeWord(mark, p, e, textEnd, kind == Mark.FINAL);
  }

  /** Finds the answer of the newest mark of a kind; false where there is none. Each kind stands for itself: a response that marks two answers has none. */
  findNewest(kind: i32, textEnd: usize): bool {
    const e = this.region.end;
    this.answer = NOWHERE;
    this.back = 0;
    const mark = marks.at(kind, 0);
    const tag = marks.at(Mark.TAG, 0);
    // within a tag, it is the tag's answer
    return (kind == Mark.BOX || mark <= tag || mark > tagClose(tag, e)) && this.takeAt(kind, e, textEnd);
  }

  /** Finds the answer of the mark before the one that was read, of the same kind, where hardly more than it stands between them: two answers at once. */
  findBeside(kind: i32): bool {
    const next = marks.at(kind, this.back++);
    const mark = marks.at(kind, this.back);
    if (mark == 0 || kind == Mark.BOX || isRevoked(mark, next)) return false;
    let e = wordStart(mark, next);
    if (kind == Mark.FINAL) e -= 6;
    while (isOneOf(byteAt(e - 1), '#*/|( ')) e--;
    let gap = min(sentenceEnd(mark, e), e);
    if (kind == Mark.TAG) gap = indexOfByte(gap, e, Char.GREATER);
    while (gap < e && isOneOf(byteAt(gap), '>.!\n ')) gap++;
    const isNear = countWords(gap, e) <= MAX_BESIDE && !hasDigit(gap, e) && indexOfByte(gap, e, Char.NEWLINE) == e;
    return isNear && !holdsOneOf(gap, e, 'corrected/revised') && this.takeAt(kind, e, e);
  }

  /** Answers with what the word "answer" (or "final answer") before `mark` marks, behind it or before it. */
  takeWord(mark: usize, s: usize, e: usize, textEnd: usize, isFinal: bool): bool {
    if (isNoMark(s, mark)) return false;
    const from = isFinal ? afterFinal(mark, e) : afterLink(mark, e);
    if (from > 0) return this.takeMarked(from, e, textEnd, false);
    return this.takeValue(valueBefore(this.runs, s, mark, e, this.gold.list, this.gold.letter), e);
  }

  /** A text without a usable mark; `cut`: it ends where the response was cut. */
  unmarked(p: usize, e: usize, cut: bool): i32 {
    if (this.withdrawn) return Rule.BROKEN_MARK;
    const letter = this.gold.letter ? leadingLetter(p, e) : NOWHERE;
    if (exists(letter) && exists(onlyLetter(p, e)) && (endOf(letter) + 3 >= e || isOption(endOf(letter), e))) {
      if (cut) return Rule.TRUNCATED;
      this.take(letter);
      return Rule.WHOLE;
    }
    // a block of code concludes nothing
    const isCode = endsWith(p, e, '```');
    e = withoutCourtesy(p, e);
    let heading = p;
    while (byteAt(heading) == Char.HASH) heading++;
    const isHeading = isSpace(byteAt(heading));
    // \boxed{} 17 holds a box that says nothing
    const whole = marks.count(Mark.BOX) > 0 ? NOWHERE : wholeAnswer(isHeading ? heading : p, e, this.gold.words);
    // an equation is asked for with its name
    const isEquation = this.gold.equation && exists(whole);
    const concluded =
      this.truncated || isCode || isEquation
        ? NOWHERE
        : conclusion(this.runs, p, e, this.gold.list, this.gold.letter, this.strict);
    if (
      exists(concluded) &&
      !isRevoked(endOf(concluded), e) &&
      this.takeValue(this.gold.equation ? concluded : withoutSum(concluded), e)
    )
      return Rule.CONCLUSION;
    const said = this.gold.words > 0 && !this.truncated ? saidInWords(p, e) : NOWHERE;
    if (exists(said) && countAllWords(startOf(said), endOf(said)) <= this.gold.words) {
      this.take(said);
      return Rule.CONCLUSION;
    }
    if (exists(whole)) {
      if (cut) return Rule.TRUNCATED;
      if (this.takeValue(whole, e)) return Rule.WHOLE;
    }
    if (this.strict) return marks.count(Mark.BOX) > 0 || marks.count(Mark.TAG) > 0 ? Rule.BROKEN_MARK : Rule.UNMARKED;
    if (this.truncated) return Rule.TRUNCATED;
    if (this.gold.letter) {
      const last = lastLetter(p, e);
      const clause = clauseStart(p, max(p, startOf(last)));
      const isNot = isNegated(clause, startOf(last)) && !holdsOneOf(clause, startOf(last), 'but/so');
      return !isNot && this.take(last) ? Rule.LAST_LETTER : Rule.UNMARKED;
    }
    const last = this.runs.lastValue(tailOf(p, e), e, this.gold.list);
    if (!exists(last) || isDenied(p, last, e) || isRevoked(endOf(last), e) || !this.takeValue(last, e)) return Rule.UNMARKED;
    return isNumber(this.answer) ? Rule.LAST_NUMBER : Rule.LAST_MATH;
  }

  /** Whether the answer can be of the gold's form: a letter's is a choice. */
  fitsGold(): bool {
    if (!this.gold.letter) return true;
    const p = startOf(this.answer);
    const e = endOf(this.answer);
    return isPlain(p, e) && exists(onlyLetter(p, e));
  }

  /** Whether the text has as many boxes, not far from one another, as the gold has items. */
  holdsItems(from: usize, e: usize): bool {
    const n = this.gold.items;
    if (n < 2 || n > REMEMBERED || marks.count(Mark.BOX) != n) return false;
    const first = marks.at(Mark.BOX, n - 1);
    return first >= from && marks.at(Mark.BOX, 0) < min(e, first + FAR);
  }

  /** The answer that a solution in prose gives, as a gold: by its marks, or the last value behind an equals sign that ends it; or NOWHERE. */
  ofSolution(): Span {
    this.answer = NOWHERE;
    const p = this.region.start;
    const e = this.region.end;
    if (this.region.why != Rule.NONE || e - p > REACH || countAllWords(p, e) == 0) return NOWHERE;
    this.flags = Flag.STRICT;
    this.runs.begin();
    this.withdrawn = false;
    this.gold.read(NOWHERE);
    this.gold.list = true;
    this.firm = true;
    marks.scan(p, e, false);
    const rule = this.marked(e);
    if (rule != Rule.NONE || this.withdrawn) return this.answer;
    const last = this.runs.lastValue(p, e, true);
    if (!exists(last) || !isLastOf(last, e) || !isConclusion(p, startOf(last))) return NOWHERE;
    const start = startOf(last);
    const equals = lastByteOf(start, endOf(last), Char.EQUALS);
    if (equals == 0) return NOWHERE;
    // the name of y = 3 counts
    return isLetter(byteAt(start)) && skipSpace(start + 1, equals) == equals ? last : trimmed(equals + 1, endOf(last));
  }

  /** Answers with the newest readable box that starts in [from, e), joined to those before it where the text joins them. */
  takeBox(from: usize, e: usize): bool {
    const box = this.box;
    const total = min(marks.count(Mark.BOX), REMEMBERED);
    let back = 0;
    let mark: usize = 0;
    for (; back < total; back++) {
      mark = marks.at(Mark.BOX, back);
      if (mark >= from && mark < e && box.read(mark, e)) break;
    }
    if (back == total) return false;
    const start = box.start;
    const end = box.end;
    if (followsNot(from, mark) || isPart(from, mark) || goesOn(box.after, e)) {
      this.withdrawn = true;
      return false;
    }
    const percent = percentEnd(box.after, min(e, box.after + PERCENT_REACH)) > 0;
    this.beside = equalTo(box.after, e);
    let groups = 1;
    let equalParts = true;
    for (; back + groups < total; groups++) {
      const before = marks.at(Mark.BOX, back + groups);
      if (!box.read(before, mark) || before < from) break;
      if (!joins(box.after, mark) && !touches(box.after, mark) && !this.holdsItems(from, e)) break;
      if (box.end - box.start != end - start || !sameBytes(box.start, start, end - start)) equalParts = false;
      mark = before;
    }
    if (equalParts) groups = 1;
    if (groups == 1 && !percent) return this.take(span(start, end));
    joined.start();
    for (let g = groups - 1; g >= 0; g--) {
      box.read(marks.at(Mark.BOX, back + g), e);
      if (g < groups - 1) {
        joined.byte(Char.COMMA);
        joined.byte(Char.SPACE);
      }
      joined.bytes(box.start, box.end);
    }
    if (percent && joined.last != Char.PERCENT) joined.byte(Char.PERCENT);
    return this.take(joined.whole);
  }

  /** Answers with a value; a percent sign behind it joins it, a decimal comma reads as a point where the gold has one. */
  takeValue(value: Span, e: usize): bool {
    if (!exists(value)) return false;
    const p = startOf(value);
    const q = endOf(value);
    const last = byteAt(q - 1);
    const mayBePercent = isDigit(last) || last == Char.DOLLAR || last == Char.CLOSE_BRACE;
    const percent = mayBePercent && percentEnd(q, min(e, q + PERCENT_REACH)) > 0;
    const comma = this.gold.decimal ? decimalComma(p, q) : 0;
    if (!percent && comma == 0) return this.take(value);
    joined.start();
    if (comma > 0) {
      joined.bytes(p, comma);
      joined.byte(Char.POINT);
      joined.bytes(comma + 1, q);
    } else joined.bytes(p, q);
    if (percent) joined.byte(Char.PERCENT);
    return this.take(joined.whole);
  }

  /** Whether the value touches the end of a response that was cut: more of it may have been to come. */
  mayContinue(value: Span, textEnd: usize): bool {
    const q = endOf(value);
    return this.truncated && trimEnd(q, max(q, textEnd)) <= q + 2;
  }

  /** Answers with a value of a marked sentence that ends at `end`, unless it may go on. */
  takeFinished(value: Span, end: usize, textEnd: usize): bool {
    // "The answer is 17!" An answer that is worked out has no factorial.
    const isWorked = (this.flags & Flag.VALUE) != 0 && !this.gold.factorial && byteAt(skipSpace(end, textEnd)) != Char.EQUALS;
    const exclaims = isWorked && endOf(value) == end && byteAt(end - 1) == Char.BANG;
    return !this.mayContinue(value, textEnd) && this.takeValue(exclaims ? span(startOf(value), end - 1) : value, end);
  }

  /**
   * Answers with the value of a marked sentence: its box; the whole of it, where that is an answer; the value it starts with; lenient: the
   * last value in it.
   */
  takeMarked(p: usize, e: usize, textEnd: usize, oneLine: bool): bool {
    // "Final Answer" as a heading: the value is on a line below.
    p = skipSpace(p, e);
    // underlined
    if (startsWith(p, e, '---')) p = skipSpace(indexOfByte(p, e, Char.NEWLINE), e);
    const quoted = quotedEnd(p, e);
    // "17" or "18"
    if (quoted > 0 && isOneOf(byteAt(p), QUOTES) && isWordAt(skipSpace(quoted + 1, e), e, 'or/plus/minus/times/less'))
      return this.withdraw();
    if (quoted > 0) {
      const isList = byteAt(p) == Char.OPEN_BRACKET && this.gold.list;
      if (isList || isOneOf(byteAt(p), QUOTES)) p++;
      e = isList ? quoted - 1 : quoted;
    }
    const end = closedEnd(p, oneLine ? indexOfByte(p, e, Char.NEWLINE) : sentenceEnd(p, e));
    // nobody answers with a question
    if (end <= p) return false;
    if (end < e && byteAt(end) == Char.QUESTION) {
      this.withdrawn = true;
      return false;
    }
    if (marks.count(Mark.BOX) > 0 && this.takeBox(p, this.boxSentenceEnd(p, end, e))) return true;
    const offersLetter = this.gold.letter && (exists(leadingLetter(p, end)) || isWordAt(p, end, 'not'));
    if (offersLetter) {
      const only = onlyLetter(p, end);
      if (exists(only) && isDoubted(endOf(only), end)) this.withdrawn = true;
      else return this.takeValue(only, end) && !this.mayContinue(only, textEnd);
      return false;
    }
    const whole = wholeAnswer(p, remarkAt(p, end), this.gold.words);
    if (exists(whole)) return this.stands(whole, end, e) && this.takeFinished(whole, end, textEnd);
    if (oneLine) return false;
    // 15 gallons x 8 pints/gallon = 120 pints
    const sum = workedOut(p, end, true);
    const leading = exists(sum) ? sum : this.runs.leadingValue(p, end, this.gold.list);
    if (exists(leading)) return this.stands(leading, end, e) && this.takeFinished(leading, end, textEnd);
    if (isNegated(p, end)) this.withdrawn = true;
    if (this.firm) {
      const said = this.gold.letter ? NOWHERE : valueOf(this.runs, p, end, this.gold.list, Before.LINK);
      // a number, and its double is 17
      if (holdsOneOf(p, max(p, startOf(said)), 'its')) return false;
      return exists(said) && this.stands(said, end, e) && this.takeFinished(said, end, textEnd);
    }
    if (this.gold.letter) return this.takeValue(onlyLetter(p, end), end);
    const last = this.runs.lastValue(p, end, this.gold.list);
    if (!exists(last)) return false;
    if (isBounded(p, startOf(last))) return this.withdraw();
    return !isNegated(p, startOf(last)) && this.stands(last, end, e) && this.takeFinished(last, end, textEnd);
  }

  /** Notes that a marked value was taken back; false. */
  withdraw(): bool {
    this.withdrawn = true;
    return false;
  }

  /** Whether the value of a marked sentence that ends at `end` is not taken back. */
  stands(value: Span, end: usize, e: usize): bool {
    return !isTakenBack(value, end, e) || this.withdraw();
  }

  /** A box that starts in the sentence may run past its end. */
  boxSentenceEnd(p: usize, end: usize, e: usize): usize {
    for (let back = 0; back < REMEMBERED; back++) {
      const mark = marks.at(Mark.BOX, back);
      if (mark >= p && mark < end) return this.box.read(mark, e) ? max(end, this.box.after) : end;
    }
    return end;
  }

  /** Answers with what the answer tag that opens before `mark` holds. */
  takeTag(mark: usize, e: usize): bool {
    const close = tagClose(mark, e);
    const inside = close > 0 ? trimmed(mark, close) : NOWHERE;
    return exists(inside) && this.takeInside(startOf(inside), endOf(inside));
  }

  /** The content of an answer tag: its box, all of it where it is an answer, else the value it starts with or (lenient) ends with. */
  takeInside(p: usize, e: usize): bool {
    if (this.takeBox(p, e)) return true;
    // nobody answers with a question
    if (byteAt(e - 1) == Char.QUESTION) {
      this.withdrawn = true;
      return false;
    }
    while (p < e && isOneOf(byteAt(p), '# ')) p++;
    const mark = marks.at(Mark.ANSWER, 0);
    if (mark > p && mark < e) {
      return this.takeWord(mark, p, e, e, false);
    }
    return this.takeMarked(p, e, this.region.end, false);
  }
}

const extractor = changetype<Extractor>(heap.alloc(offsetof<Extractor>()));
extractor.runs = changetype<Runs>(heap.alloc(offsetof<Runs>()));
extractor.box = changetype<Box>(heap.alloc(offsetof<Box>()));
extractor.region = region;
extractor.gold = changetype<GoldForm>(heap.alloc(offsetof<GoldForm>()));

/** Takes the answer out of the gold. */
export function extractGold(text: Span): Span {
  extractor.region.find(startOf(text), endOf(text));
  extractor.answer = NOWHERE;
  extractor.bare();
  return extractor.answer;
}

/** The answer that a gold in prose gives, or NOWHERE: for a gold that `extractGold` has just read as a whole. */
export function extractSolution(): Span {
  return extractor.ofSolution();
}

/** Takes the answer out of a text, with the gold's form in mind. The extractor holds it and the rule until the next text. */
export function extractAnswer(text: Span, flags: i32, gold: Span): Extractor {
  const p = startOf(text);
  const e = endOf(text);
  extractor.flags = flags;
  extractor.answer = NOWHERE;
  extractor.beside = NOWHERE;
  extractor.back = 0;
  extractor.region.find(p, e);
  if ((flags & Flag.BARE) != 0) extractor.rule = extractor.bare();
  else {
    extractor.runs.begin();
    extractor.withdrawn = false;
    extractor.gold.read(gold);
    extractor.rule = extractor.find(e);
    if (extractor.rule > Rule.CONCLUSION) extractor.answer = NOWHERE;
  }
  return extractor;
}
