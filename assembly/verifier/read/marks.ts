// Marks of answers in a text: "final answer", boxes, tags, ####, "answer:". The last few of each kind are known.
import { elementAt, setElement } from '../memory';
import { Rule } from '../status';
import { Char } from './characters';
import { Names } from './names';
import {
  byteAt,
  endsWith,
  groupEnd,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  ONES,
  skipDigits,
  skipLetters,
  skipSpace,
  skipText,
  startsWithFold,
  TOPS,
  trimEnd,
} from './text';

export const enum Mark {
  FINAL,
  BOX,
  TAG,
  HASHES,
  ANSWER,
  COUNT,
}

/** The rule by which a kind of mark gives its answer. */
export function ruleOf(kind: i32): i32 {
  switch (kind) {
    case Mark.FINAL:
      return Rule.FINAL_ANSWER;
    case Mark.BOX:
      return Rule.BOXED;
    case Mark.TAG:
      return Rule.ANSWER_TAG;
    case Mark.HASHES:
      return Rule.HASHES;
  }
  return Rule.ANSWER_IS;
}

/** Marks of one kind that are remembered. */
export const REMEMBERED: i32 = 8;
/** The first byte of 答案. */
const CHINESE: i32 = 0xe7;
/** Longest text between two boxes that joins them. */
const JOINT: usize = 96;

/** The marks of one text, by place. */
@unmanaged
class Marks {
  rings: usize;
  counts: usize;

  add(kind: i32, p: usize): void {
    const n = this.count(kind);
    setElement<usize>(this.rings, kind * REMEMBERED + (n & (REMEMBERED - 1)), p);
    setElement<i32>(this.counts, kind, n + 1);
  }

  count(kind: i32): i32 {
    return elementAt<i32>(this.counts, kind);
  }

  /** The `back`-th newest mark (0 = newest), or 0 where there is none or it is forgotten. */
  at(kind: i32, back: i32): usize {
    const n = this.count(kind) - 1 - back;
    return n < 0 || back >= REMEMBERED ? 0 : elementAt<usize>(this.rings, kind * REMEMBERED + (n & (REMEMBERED - 1)));
  }

  /** The newest mark of any kind, or 0. */
  newest(): usize {
    let mark: usize = 0;
    for (let kind = 0; kind < Mark.COUNT; kind++) mark = max(mark, this.at(kind, 0));
    return mark;
  }

  /** Finds the marks of [s, e); `options` takes "option" and "choice" for marks too. */
  scan(s: usize, e: usize, options: bool): void {
    memory.fill(this.counts, 0, Mark.COUNT * 4);
    for (let p = s; p < e;) {
      if (!options && p + 8 <= e && !mayMark(load<u64>(p))) {
        p += 8;
        continue;
      }
      const stop = min(p + 8, e);
      while (p < stop) p = this.markAt(p, s, e, options);
    }
  }

  /** Notes the mark whose sign stands at p; gives where the search goes on. */
  markAt(p: usize, s: usize, e: usize, options: bool): usize {
    const c = byteAt(p);
    switch (c) {
      case Char.w:
      case Char.W:
        return p >= s + 3 ? this.answerWord(p - 3, s, e) : p + 1;
      case Char.COLON:
        if (p > s && byteAt(p - 1) == Char.A && (p - 1 == s || byteAt(p - 2) == Char.NEWLINE)) this.add(Mark.ANSWER, p);
        return p + 1;
      case Char.o:
      case Char.O:
      case Char.c:
      case Char.C:
        if (options && isWordAt(p, e, 'option/choice') && (p == s || !isLetter(byteAt(p - 1)))) this.add(Mark.ANSWER, p + 6);
        return p + 1;
      case Char.BACKSLASH:
        if (isWordAt(p + 1, e, 'boxed/fbox/framebox')) this.add(Mark.BOX, p);
        // `\\boxed` from a text that was escaped twice is a box
        else if (!isWordAt(p + 2, e, 'boxed')) return p + 2;
        return p + 1;
      case Char.LESS: {
        const inside = answerTag(p, e);
        if (inside > 0) this.add(Mark.TAG, inside);
        return p + 1;
      }
      case Char.HASH: {
        let q = p;
        while (q < e && byteAt(q) == Char.HASH) q++;
        if (q > p + 3) this.add(Mark.HASHES, q);
        return q;
      }
    }
    if (c != CHINESE) return p + 1;
    const chinese = skipText(p, e, '答案');
    if (chinese == 0) return p + 1;
    this.add(endsWith(s, p, '最终') ? Mark.FINAL : Mark.ANSWER, chinese);
    return chinese;
  }

  /** "answer", "answers" at p. Gives where the search goes on. */
  answerWord(p: usize, s: usize, e: usize): usize {
    let q = p + 6;
    if (!startsWithFold(p, e, 'answer')) return p + 4;
    const before = p > s ? byteAt(p - 1) : 0;
    if (q < e && (byteAt(q) | 32) == Char.s) q++;
    if (isLetter(before) || (q < e && isLetter(byteAt(q)))) return q;
    const isFinal = p >= s + 6 && startsWithFold(p - 6, p - 1, 'final');
    if (before != Char.LESS && before != Char.SLASH) this.add(isFinal ? Mark.FINAL : Mark.ANSWER, q);
    return q;
  }
}

/** Whether a byte of eight has the form (x | bits) == pattern; may also say so where a byte only comes close. */
// @inline
function has(word: u64, bits: u64, pattern: u64): u64 {
  const x = (word | (ONES * bits)) ^ (ONES * pattern);
  return (x - ONES) & ~x;
}

/** Whether one of eight bytes may belong to a mark: w (the third letter of "answer"), : < # \ or a wide character. */
function mayMark(word: u64): bool {
  const found = has(word, 0x20, 0x77) | has(word, 0x06, 0x3e) | has(word, 0, Char.HASH) | has(word, 0, Char.BACKSLASH);
  return ((word | found) & TOPS) != 0;
}

/** Names of the tags that an answer stands in; "final" joins "answer". */
const TAGS = new Names(16).add('answer/finalanswer/ans/result/solution');
/** Longest tag with its attributes. */
const TAG_REACH: usize = 48;

/** Position behind the name of an answer's tag at p, or 0. */
function tagName(p: usize, e: usize): usize {
  let q = skipLetters(p, e);
  if (q < e && isWordAt(p, q, 'final') && isOneOf(byteAt(q), '_- ')) {
    p = q + 1;
    q = skipLetters(p, e);
  }
  return TAGS.hasWord(p, q) ? q : 0;
}

/** Position behind the tag at p that opens an answer, or 0. */
function answerTag(p: usize, e: usize): usize {
  let q = tagName(p + 1, e);
  if (q == 0) return 0;
  const reach = min(e, q + TAG_REACH);
  if (q < reach && isSpace(byteAt(q))) while (q < reach && !isOneOf(byteAt(q), '<>')) q++;
  return q < e && byteAt(q) == Char.GREATER ? q + 1 : 0;
}

/** Whether a tag that closes an answer stands at p. */
export function closesAnswer(p: usize, e: usize): bool {
  return p + 2 < e && byteAt(p + 1) == Char.SLASH && tagName(p + 2, e) > 0;
}

/** Where the answer tag that p stands in is closed, or 0. */
export function tagClose(p: usize, e: usize): usize {
  for (p = indexOfByte(p, e, Char.LESS); p < e; p = indexOfByte(p + 1, e, Char.LESS)) if (closesAnswer(p, e)) return p;
  return 0;
}

/** The marks of the text that is being read. */
export const marks = changetype<Marks>(memory.data(8, 4));
marks.rings = memory.data(Mark.COUNT * REMEMBERED * 4, 4);
marks.counts = memory.data(Mark.COUNT * 4, 4);

/** A box: what it holds, and where the text goes on. */
@unmanaged
export class Box {
  start: usize;
  end: usize;
  after: usize;

  /** Reads the box whose command starts at `p`: `\boxed{…}`, `\boxed 5`. False where it never closes or holds nothing. */
  read(p: usize, e: usize): bool {
    let q = skipSpace(skipLetters(p + 1, e), e);
    if (q >= e) return false;
    if (byteAt(q) == Char.OPEN_BRACE) {
      this.after = groupEnd(q, e);
      if (this.after == 0) return false;
      this.start = skipSpace(q + 1, this.after - 1);
      this.end = trimEnd(this.start, max(this.start, this.after - 1));
      return this.end > this.start;
    }
    this.start = q;
    if (byteAt(q) == Char.MINUS) q++;
    q = skipDigits(q, e);
    this.end = q;
    this.after = q;
    return q > this.start && isDigit(byteAt(q - 1));
  }
}

/** Whether the box command at `p` opens a brace that never closes: what stands there is no finished answer. */
export function isOpenBox(p: usize, e: usize): bool {
  if (p == 0) return false;
  const q = skipSpace(skipLetters(p + 1, e), e);
  return q < e && byteAt(q) == Char.OPEN_BRACE && groupEnd(q, e) == 0;
}

/**
 * Whether the text between two boxes joins them: formula marks and white space aside, a comma, semicolon, ampersand, "and" or "or", with at
 * most one other word before it ("\boxed{1} papers and \boxed{2} bins") and at most one assignment after it ("and $y = ").
 */
export function joins(p: usize, e: usize): bool {
  if (e - p > JOINT) return false;
  let joined = false;
  let words = 0;
  let variables = 0;
  while (p < e) {
    const c = byteAt(p);
    if (isLetter(c)) {
      const q = skipLetters(p, e);
      if (isWordAt(p, q, 'and/or')) joined = true;
      else if (q - p == 1 && joined) {
        if (++variables > 1) return false;
      } else if (joined || ++words > 1) return false;
      p = q;
      continue;
    }
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      // \quad \qquad \text \, \; \( \) \[ \] \\
      if (q > p + 1 && !isWordAt(p + 1, q, 'quad/qquad/text')) return false;
      p = q > p + 1 ? q : p + 2;
      continue;
    }
    if (isOneOf(c, ',;&')) joined = true;
    else if (c == Char.EQUALS || c == Char.UNDERSCORE || isDigit(c)) {
      if (variables == 0) return false;
    } else if (!isSpace(c) && !isOneOf(c, '${}~*')) return false;
    p++;
  }
  return joined;
}
