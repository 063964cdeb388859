/**
 * Final-answer extraction. Rules in order: text after the think block; "final answer is"; the last balanced box (with those joined to it
 * by a comma, "and" or "or"); <answer>; ####; "answer:"; the text as a whole, where it is an answer and nothing else. Lenient mode adds,
 * for responses that were not cut, the last value of a marked sentence and then of the whole text.
 */
import { elementAt, setElement } from '../memory';
import { Char } from '../read/characters';
import { findRegion, regionEnd, regionStart } from './region';
import {
  BARE,
  RULE_ANSWER_IS,
  RULE_ANSWER_TAG,
  RULE_BOXED,
  RULE_BROKEN_MARK,
  RULE_EMPTY,
  RULE_FINAL_ANSWER,
  RULE_HASHES,
  RULE_LAST_LETTER,
  RULE_LAST_MATH,
  RULE_LAST_NUMBER,
  RULE_NONE,
  RULE_TRUNCATED,
  RULE_UNMARKED,
  RULE_WHOLE,
  STRICT,
  TRUNCATED,
} from '../status';
import {
  byteAt,
  groupEnd,
  indexOfByte,
  isDigit,
  isLetter,
  isSpace,
  isWordAt,
  skipDigits,
  skipLetters,
  skipSpace,
  startsWith,
  startsWithFold,
  trimEnd,
  isOneOf,
} from './text';
import {
  beginText,
  countTextWords,
  isWhole,
  lastLetter,
  lastValue,
  leadingLetter,
  leadingValue,
  percentEnd,
  sentenceEnd,
  trimValue,
  valueEnd,
  valueStart,
} from './values';

let start: usize = 0;
let length: i32 = 0;

export function answerStart(): usize {
  return start;
}

/** Bytes of the answer; 0 where none was found. */
export function answerLength(): i32 {
  return length;
}

// --- Join buffer: answers put together from several parts of the text. They live until the next batch.
const JOIN_CAPACITY: usize = 1 << 21;
const joinBuffer: usize = heap.alloc(JOIN_CAPACITY);
let joinTop: usize = joinBuffer;
let joinFrom: usize = joinBuffer;

/** Forgets the joined answers of the batch before. */
export function beginBatch(): void {
  joinTop = joinBuffer;
}

function joinBytes(p: usize, e: usize): bool {
  if (joinTop + (e - p) > joinBuffer + JOIN_CAPACITY) return false;
  memory.copy(joinTop, p, e - p);
  joinTop += e - p;
  return true;
}

function joinByte(c: i32): bool {
  if (joinTop >= joinBuffer + JOIN_CAPACITY) return false;
  store<u8>(joinTop, <u8>c);
  joinTop++;
  return true;
}

// --- Marks: the last few places of each kind, newest last.
const RING: i32 = 8;
const FINAL: i32 = 0;
const BOX: i32 = 1;
const TAG: i32 = 2;
const HASHES: i32 = 3;
const ANSWER: i32 = 4;
const KINDS: i32 = 5;
const rings: usize = memory.data(KINDS * RING * 4, 4);
const counts: usize = memory.data(KINDS * 4, 4);

function pushMark(kind: i32, p: usize): void {
  const n = elementAt<i32>(counts, kind);
  store<u32>(rings + ((<usize>(kind * RING + (n & (RING - 1)))) << 2), <u32>p);
  setElement<i32>(counts, kind, n + 1);
}

function marksOf(kind: i32): i32 {
  return elementAt<i32>(counts, kind);
}

/** The `back`-th newest mark (0 = newest), or 0 where there is none or it is forgotten. */
function markAt(kind: i32, back: i32): usize {
  const n = elementAt<i32>(counts, kind) - 1 - back;
  return n < 0 || back >= RING ? 0 : <usize>load<u32>(rings + ((<usize>(kind * RING + (n & (RING - 1)))) << 2));
}

function scanMarks(s: usize, e: usize): void {
  memory.fill(counts, 0, KINDS * 4);
  for (let p = s; p < e; p++) {
    const c = byteAt(p);
    if ((c | 32) == Char.a) {
      if (startsWithFold(p, e, 'answer')) {
        if (p > s && isLetter(byteAt(p - 1))) continue;
        let q = p + 6;
        if (q < e && (byteAt(q) | 32) == Char.s) q++;
        if (q < e && isLetter(byteAt(q))) continue;
        const isFinal = p >= s + 6 && startsWithFold(p - 6, p - 1, 'final');
        if (!(p > s && (byteAt(p - 1) == Char.LESS || byteAt(p - 1) == Char.SLASH))) pushMark(isFinal ? FINAL : ANSWER, q);
        p = q - 1;
      } else if (c == Char.A && p + 1 < e && byteAt(p + 1) == Char.COLON && (p == s || byteAt(p - 1) == Char.NEWLINE))
        pushMark(ANSWER, p + 1);
    } else if (
      goldLetter &&
      ((c | 32) == Char.o || (c | 32) == Char.c) &&
      (isWordAt(p, e, 'option') || isWordAt(p, e, 'choice'))
    ) {
      if (p == s || !isLetter(byteAt(p - 1))) pushMark(ANSWER, p + 6);
    } else if (c == 0xe7) {
      // 答案, and 最终答案 before it
      if (startsWith(p, e, '答案')) pushMark(p >= s + 6 && startsWith(p - 6, p, '最终') ? FINAL : ANSWER, p + 6);
    } else if (c == Char.BACKSLASH) {
      if (isWordAt(p + 1, e, 'boxed') || isWordAt(p + 1, e, 'fbox')) pushMark(BOX, p);
      else if (!isWordAt(p + 2, e, 'boxed')) p++; // `\\boxed` from a text that was escaped twice is a box
    } else if (c == Char.LESS) {
      if (startsWithFold(p, e, '<answer>')) pushMark(TAG, p + 8);
    } else if (c == Char.HASH && startsWith(p, e, '####')) {
      let q = p + 4;
      while (q < e && byteAt(q) == Char.HASH) q++;
      if (q == p + 4) pushMark(HASHES, q);
      p = q - 1;
    }
  }
}

// --- Boxes.
let boxStart: usize = 0;
let boxEnd: usize = 0;
let boxAfter: usize = 0;

/** Reads the box whose command starts at `p`: `\boxed{…}`, `\boxed 5`. False where it never closes or holds nothing. */
function readBox(p: usize, e: usize): bool {
  let q = skipSpace(skipLetters(p + 1, e), e);
  if (q >= e) return false;
  if (byteAt(q) == Char.OPEN_BRACE) {
    const after = groupEnd(q, e);
    if (after == 0) return false;
    boxAfter = after;
    boxStart = skipSpace(q + 1, after - 1);
    boxEnd = trimEnd(boxStart, max(boxStart, after - 1));
    return boxEnd > boxStart;
  }
  boxStart = q;
  if (byteAt(q) == Char.MINUS) q++;
  q = skipDigits(q, e);
  boxEnd = q;
  boxAfter = q;
  return q > boxStart && isDigit(byteAt(q - 1));
}

/** Whether the box command at `p` opens a brace that never closes: what stands there is no finished answer. */
function isOpenBox(p: usize, e: usize): bool {
  if (p == 0) return false;
  const q = skipSpace(skipLetters(p + 1, e), e);
  return q < e && byteAt(q) == Char.OPEN_BRACE && groupEnd(q, e) == 0;
}

/**
 * Whether the text between two boxes joins them: formula marks and white space aside, a comma, semicolon, ampersand, "and" or "or", with at
 * most one other word before it ("\boxed{1} papers and \boxed{2} bins") and at most one assignment after it ("and $y = ").
 */
function joins(p: usize, e: usize): bool {
  if (e - p > 96) return false;
  let joined = false;
  let words = 0;
  let variables = 0;
  while (p < e) {
    const c = byteAt(p);
    if (isLetter(c)) {
      const q = skipLetters(p, e);
      if (isWordAt(p, q, 'and') || isWordAt(p, q, 'or')) joined = true;
      else if (q - p == 1 && joined) {
        if (++variables > 1) return false;
      } else if (joined || ++words > 1) return false;
      p = q;
      continue;
    }
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      const n = q - p - 1;
      // \quad \qquad \text \, \; \( \) \[ \] \\
      if (n > 0 && !isWordAt(p + 1, q, 'quad') && !isWordAt(p + 1, q, 'qquad') && !isWordAt(p + 1, q, 'text')) return false;
      p = n > 0 ? q : p + 2;
      continue;
    }
    if (c == Char.COMMA || c == Char.SEMICOLON || c == Char.AMPERSAND) joined = true;
    else if (c == Char.EQUALS || c == Char.UNDERSCORE || isDigit(c)) {
      if (variables == 0) return false;
    } else if (!isSpace(c) && !isOneOf(c, '${}~*')) return false;
    p++;
  }
  return joined;
}

/** Answers with the newest readable box that starts in [from, e), joined to those before it where the text joins them. */
function takeBox(from: usize, e: usize): bool {
  const total = min(marksOf(BOX), RING);
  let back = 0;
  while (back < total && !(markAt(BOX, back) >= from && markAt(BOX, back) < e && readBox(markAt(BOX, back), e))) back++;
  if (back == total) return false;
  const lastStart = boxStart;
  const lastEnd = boxEnd;
  const percent = percentEnd(boxAfter, min(e, boxAfter + 16));
  let groups = 1;
  let nextMark = markAt(BOX, back);
  while (
    back + groups < total &&
    readBox(markAt(BOX, back + groups), nextMark) &&
    markAt(BOX, back + groups) >= from &&
    joins(boxAfter, nextMark)
  ) {
    nextMark = markAt(BOX, back + groups);
    groups++;
  }
  if (groups == 1 && percent == 0) return answer(lastStart, lastEnd);
  const from0 = joinTop;
  let ok = true;
  let equalParts = true;
  for (let g = groups - 1; g >= 0; g--) {
    readBox(markAt(BOX, back + g), e);
    if (boxEnd - boxStart != lastEnd - lastStart || memory.compare(boxStart, lastStart, lastEnd - lastStart) != 0)
      equalParts = false;
    if (g < groups - 1) ok = ok && joinByte(Char.COMMA) && joinByte(Char.SPACE);
    ok = ok && joinBytes(boxStart, boxEnd);
  }
  if (equalParts) {
    joinTop = from0;
    if (percent == 0) return answer(lastStart, lastEnd);
    ok = joinBytes(lastStart, lastEnd);
  }
  if (percent > 0 && byteAt(joinTop - 1) != Char.PERCENT) ok = ok && joinByte(Char.PERCENT);
  return ok && answer(from0, joinTop);
}

function answer(p: usize, e: usize): bool {
  start = p;
  length = <i32>(e - p);
  return length > 0;
}

/** What the gold says about the form that is looked for. */
let goldWords: i32 = 0;
let goldLetter: bool = false;
let goldList: bool = false;
let goldDecimal: bool = false;

function readGold(p: usize, n: i32): void {
  const e = p + <usize>n;
  goldWords = 0;
  goldLetter = false;
  goldList = false;
  goldDecimal = false;
  if (n == 0) return;
  goldWords = countTextWords(p, e);
  goldList = indexOfByte(p, e, Char.COMMA) < e;
  goldDecimal = !goldList && indexOfByte(p, e, Char.POINT) < e;
  // One letter, or a letter with its text: "B", "(D) Alina", "C. 5 cm".
  if (leadingLetter(p, e)) {
    const q = valueEnd();
    if (q >= e) goldLetter = true;
    else {
      const c = byteAt(q);
      goldLetter =
        c == Char.CLOSE_PAREN ||
        c == Char.CLOSE_BRACKET ||
        (c == Char.POINT && n > 2) ||
        c == Char.COLON ||
        c == Char.CLOSE_BRACE ||
        ((c == Char.POINT || c == Char.DOLLAR || c == Char.STAR) && q + 1 == e);
    }
  }
}

/** Answers with the span that value.ts found; a percent sign behind it joins it, a decimal comma reads as a point where the gold has one. */
function takeValue(e: usize): bool {
  const p = valueStart();
  const q = valueEnd();
  if (q <= p) return false;
  const last = byteAt(q - 1);
  const percent = isDigit(last) || last == Char.DOLLAR || last == Char.CLOSE_BRACE ? percentEnd(q, min(e, q + 16)) : 0;
  const comma = goldDecimal ? decimalComma(p, q) : 0;
  if (percent == 0 && comma == 0) return answer(p, q);
  const from = joinTop;
  let ok: bool;
  if (comma > 0) ok = joinBytes(p, comma) && joinByte(Char.POINT) && joinBytes(comma + 1, q);
  else ok = joinBytes(p, q);
  if (percent > 0) ok = ok && joinByte(Char.PERCENT);
  return ok && answer(from, joinTop);
}

/** Position of the comma in a number written with a decimal comma ("2,74", "1000,99", not "1,234"), or 0. */
function decimalComma(p: usize, e: usize): usize {
  if (p < e && byteAt(p) == Char.MINUS) p++;
  const comma = skipDigits(p, e);
  if (comma == p || comma >= e || byteAt(comma) != Char.COMMA) return 0;
  const last = skipDigits(comma + 1, e);
  if (last != e || last == comma + 1) return 0;
  return last - comma == 4 && comma - p <= 3 ? 0 : comma;
}

/** Whether the answer touches the end of a response that was cut: more of it may have been to come. */
function mayContinue(q: usize, textEnd: usize, flags: i32): bool {
  return (flags & TRUNCATED) != 0 && trimEnd(q, max(q, textEnd)) <= q + 2;
}

/** Position after "is", ":", "=" and what may stand beside them after the word "answer"; 0 where nothing links it to a value. */
function afterLink(p: usize, e: usize): usize {
  let linked = false;
  while (true) {
    p = skipSpace(p, e);
    if (p >= e) return 0;
    const c = byteAt(p);
    if (c == Char.COLON || c == Char.EQUALS) {
      linked = true;
      p++;
    } else if (startsWith(p, e, '是') || startsWith(p, e, '为') || startsWith(p, e, '：')) {
      // 是 为 ：
      linked = true;
      p += 3;
    } else if (
      isOneOf(c, '*`#"') ||
      (c == Char.UNDERSCORE && !linked) ||
      ((c == Char.CLOSE_PAREN || c == Char.CLOSE_BRACKET || c == Char.CLOSE_BRACE) && !linked)
    )
      p++;
    else if (isLetter(c)) {
      const q = skipLetters(p, e);
      const n = q - p;
      if (n == 2 && isWordAt(p, q, 'is')) linked = true;
      else if (n == 3 && isWordAt(p, q, 'are')) linked = true;
      else if (n == 2 && isWordAt(p, q, 'be')) linked = true;
      else if (n == 3 && isWordAt(p, q, 'was')) linked = true;
      else if (
        (linked &&
          (isWordAt(p, q, 'simply') || isWordAt(p, q, 'just') || isWordAt(p, q, 'indeed') || isWordAt(p, q, 'exactly'))) ||
        (linked &&
          (isWordAt(p, q, 'approximately') || isWordAt(p, q, 'about') || isWordAt(p, q, 'option') || isWordAt(p, q, 'choice'))) ||
        isWordAt(p, q, 'therefore') ||
        isWordAt(p, q, 'thus') ||
        isWordAt(p, q, 'then') ||
        isWordAt(p, q, 'hence') ||
        isWordAt(p, q, 'should') ||
        isWordAt(p, q, 'would') ||
        isWordAt(p, q, 'will') ||
        isWordAt(p, q, 'must') ||
        isWordAt(p, q, 'here')
      ) {
        // an adverb or auxiliary
      } else return linked ? p : 0;
      p = q;
    } else if (c == Char.COMMA && !linked) p++;
    else return linked ? p : 0;
  }
}

/** Position after the last " is " or ": " in the sentence [p, e), or `p`. */
function afterLastIs(p: usize, e: usize): usize {
  let at = p;
  for (let q = p; q + 4 <= e; q++)
    if (byteAt(q) == Char.SPACE && (startsWithFold(q, e, ' is ') || startsWithFold(q, e, ' are '))) at = q + 4;
  return at;
}

/**
 * Answers with the value of a marked sentence: its box; the whole of it, where that is an answer; the value it starts with; lenient: the
 * last value in it.
 */
function takeMarked(p: usize, e: usize, region: usize, textEnd: usize, flags: i32, oneLine: bool): bool {
  // "Final Answer" as a heading: the value is on a line below.
  p = skipSpace(p, e);
  const end = oneLine ? indexOfByte(p, e, Char.NEWLINE) : sentenceEnd(p, e);
  if (end <= p) return false;
  if (marksOf(BOX) > 0 && takeBox(p, boxSentenceEnd(p, end, e))) return true;
  if (goldLetter && leadingLetter(p, end)) return takeValue(end) && !mayContinue(valueEnd(), textEnd, flags);
  if (isWhole(p, end, goldWords)) return !mayContinue(valueEnd(), textEnd, flags) && takeValue(end);
  if (oneLine) return false;
  if (leadingValue(p, end, goldList)) return !mayContinue(valueEnd(), textEnd, flags) && takeValue(end);
  if ((flags & STRICT) != 0) return false;
  if (goldLetter) return lastLetter(p, end) && takeValue(end);
  return lastValue(p, end, goldList) && !mayContinue(valueEnd(), textEnd, flags) && takeValue(end);
}

/** A box that starts in the sentence may run past its end. */
function boxSentenceEnd(p: usize, end: usize, e: usize): usize {
  for (let back = 0; back < RING; back++) {
    const mark = markAt(BOX, back);
    if (mark >= p && mark < end) return readBox(mark, e) ? max(end, boxAfter) : end;
  }
  return end;
}

/** Takes the answer out of a text that is an answer: the gold, or a prediction that was extracted elsewhere. */
export function extractGold(p: usize, n: i32): i32 {
  length = 0;
  let e = p + <usize>n;
  const why = findRegion(p, e);
  if (why != RULE_NONE) return why;
  p = regionStart();
  e = regionEnd();
  scanMarks(p, e);
  if (takeBox(p, e)) return RULE_BOXED;
  const hashes = markAt(HASHES, 0);
  if (hashes > 0) {
    const from = skipSpace(hashes, e);
    const line = trimEnd(from, indexOfByte(from, e, Char.NEWLINE));
    if (answer(from, line)) return RULE_HASHES;
  }
  answer(p, e);
  return RULE_WHOLE;
}

/**
 * Finds the answer in the text of `n` bytes at `p`, with the gold's form in mind. Gives the rule that found it, or why there is none (then
 * `answerLength()` is 0).
 */
export function extractAnswer(p: usize, n: i32, flags: i32, gold: usize, goldLength: i32): i32 {
  if ((flags & BARE) != 0) return extractGold(p, n);
  length = 0;
  beginText();
  readGold(gold, goldLength);
  const rule = findAnswer(p, p + <usize>n, flags);
  if (rule > RULE_LAST_LETTER) length = 0;
  return rule;
}

function findAnswer(p: usize, textEnd: usize, flags: i32): i32 {
  const why = findRegion(p, textEnd);
  if (why != RULE_NONE) return why;
  p = regionStart();
  const e = regionEnd();
  scanMarks(p, e);
  for (let back = 0; ; back++) {
    const mark = markAt(FINAL, back);
    if (mark == 0) break;
    let from = afterLink(mark, e);
    if (from == 0) {
      // "Final Answer" on its own line, "the final answer to the question is 5".
      const next = skipMarkdown(mark, e);
      if (indexOfByte(mark, next, Char.NEWLINE) < next) from = next;
      else {
        const end = sentenceEnd(mark, e);
        const is = afterLastIs(mark, end);
        if (is > mark) from = is;
      }
    }
    if (from > 0 && takeMarked(from, e, p, textEnd, flags, false)) return RULE_FINAL_ANSWER;
  }
  if (takeBox(p, e)) return RULE_BOXED;
  for (let back = 0; ; back++) {
    const mark = markAt(TAG, back);
    if (mark == 0) break;
    const close = findTagClose(mark, e);
    if (close > 0 && trimValue(mark, close)) {
      takeTag(valueStart(), valueEnd(), flags);
      if (length > 0) return RULE_ANSWER_TAG;
    }
  }
  for (let back = 0; ; back++) {
    const mark = markAt(HASHES, back);
    if (mark == 0) break;
    if (takeMarked(mark, e, p, textEnd, flags, true)) return RULE_HASHES;
  }
  for (let back = 0; ; back++) {
    const mark = markAt(ANSWER, back);
    if (mark == 0) break;
    const from = afterLink(mark, e);
    if (from > 0 && takeMarked(from, e, p, textEnd, flags, false)) return RULE_ANSWER_IS;
  }
  length = 0;
  if (isOpenBox(markAt(BOX, 0), e)) return (flags & TRUNCATED) != 0 ? RULE_TRUNCATED : RULE_BROKEN_MARK;
  const cut = (flags & TRUNCATED) != 0 && e >= trimEnd(p, textEnd);
  if (goldLetter && leadingLetter(p, e) && (valueEnd() + 3 >= e || isOption(valueEnd(), e))) {
    if (cut) return RULE_TRUNCATED;
    answer(valueStart(), valueEnd());
    return RULE_WHOLE;
  }
  if (isWhole(p, e, goldWords)) {
    if (cut) return RULE_TRUNCATED;
    if (takeValue(e)) return RULE_WHOLE;
  }
  if ((flags & STRICT) != 0) return marksOf(BOX) > 0 || marksOf(TAG) > 0 ? RULE_BROKEN_MARK : RULE_UNMARKED;
  if ((flags & TRUNCATED) != 0) return RULE_TRUNCATED;
  if (goldLetter) {
    if (!lastLetter(p, e)) return RULE_UNMARKED;
    answer(valueStart(), valueEnd());
    return RULE_LAST_LETTER;
  }
  if (!lastValue(p, e, goldList) || !takeValue(e)) return RULE_UNMARKED;
  return isNumber(start, start + <usize>length) ? RULE_LAST_NUMBER : RULE_LAST_MATH;
}

/** Whether the one line behind a letter is the option's text: "B. 42 metres", "(B) 42". */
function isOption(p: usize, e: usize): bool {
  const c = byteAt(p);
  return (c == Char.POINT || c == Char.CLOSE_PAREN || c == Char.COLON) && indexOfByte(p, e, Char.NEWLINE) == e;
}

/** The content of an answer tag: its box, all of it where it is an answer, else the value it starts with or (lenient) ends with. */
function takeTag(p: usize, e: usize, flags: i32): void {
  if (takeBox(p, e)) return;
  if (goldLetter && leadingLetter(p, e)) {
    takeValue(e);
    return;
  }
  if (isWhole(p, e, goldWords) && takeValue(e)) return;
  if (leadingValue(p, e, goldList) && takeValue(e)) return;
  if ((flags & STRICT) == 0 && lastValue(p, e, goldList)) takeValue(e);
}

function findTagClose(p: usize, e: usize): usize {
  for (; p < e; p++) if (byteAt(p) == Char.LESS && startsWithFold(p, e, '</answer>')) return p;
  return 0;
}

function skipMarkdown(p: usize, e: usize): usize {
  while (p < e && (isSpace(byteAt(p)) || isOneOf(byteAt(p), '*#_'))) p++;
  return p;
}

/** Whether the span is one number with its separators, sign and currency, and no other letter or sign. */
function isNumber(p: usize, e: usize): bool {
  for (; p < e; p++) {
    const c = byteAt(p);
    if (!isDigit(c) && !isOneOf(c, ',.-$% \\')) return false;
  }
  return true;
}
