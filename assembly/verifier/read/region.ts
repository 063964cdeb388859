// Which part of a response can hold its answer: what follows the think block, up to the first chat markup.
import { Rule } from '../status';
import { Char } from './characters';
import { Names } from './names';
import {
  byteAt,
  indexOfByte,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  skipAny,
  skipLetters,
  skipSpace,
  skipText,
  startsWith,
  startsWithFold,
  trimEnd,
} from './text';

/**
 * Length of the chat markup at `p` (which holds `<`), or 0: `<|name|>` of any model (three letters and more, so that `1<|x|>0` stays),
 * DeepSeek's `<｜name｜>`, `</s>`, `<s>`, `<eos>`, `<bos>`, `<start_of_turn>`, `<end_of_turn>`.
 */
function markupAt(p: usize, e: usize): i32 {
  // most `<` are signs of mathematics
  const next = p + 1 < e ? byteAt(p + 1) : 0;
  if (!isOneOf(next, '|/seb') && !isWide(next)) return 0;
  if (startsWith(p, e, '<|') || startsWith(p, e, '<｜')) {
    const open: usize = byteAt(p + 1) == Char.BAR ? 2 : 4;
    let q = p + open;
    // Names are short: ▁ in DeepSeek's is three bytes.
    const limit = min(e, q + 48);
    while (q < limit) {
      const c = byteAt(q);
      if (!(
        isLetter(c) ||
        c == Char.UNDERSCORE ||
        c == Char.MINUS ||
        (c >= Char.ZERO && c <= Char.NINE) ||
        (open == 4 && isWide(c) && !startsWith(q, e, '｜'))
      ))
        break;
      q++;
    }
    // <|answer|> marks one
    if (q < p + open + 3 || startsWithFold(q - 6, q, 'answer')) return 0;
    if (open == 2) return startsWith(q, e, '|>') ? <i32>(q + 2 - p) : 0;
    return startsWith(q, e, '｜>') ? <i32>(q + 4 - p) : 0;
  }
  const end = skipAny(p + 1, e, 's>/eos>/bos>/start_of_turn>/end_of_turn>');
  return end > 0 ? <i32>(end - p) : startsWith(p, e, '</s>') ? 4 : 0;
}

/** Names of the tags that reasoning stands in. */
const REASONING = new Names(32)
  .add('think/thinking/thought/thoughts/reasoning/reason/reflection/scratchpad/analysis')
  .add('begin_of_thought', Edge.OPENS)
  .add('end_of_thought/begin_of_solution', Edge.CLOSES);

/** What a tag does to a block of reasoning. */
const enum Edge {
  /** by its slash */
  BY_SLASH,
  OPENS,
  CLOSES,
}

/** A tag of reasoning. */
@unmanaged
class ReasoningTag {
  closes: bool;

  /** Position behind the tag at `p`, letter case and white space in it aside; 0 where there is none. */
  read(p: usize, e: usize): usize {
    let q = skipSpace(p + 1, e);
    const barred = q < e && byteAt(q) == Char.BAR;
    if (barred) q++;
    const slash = q < e && byteAt(q) == Char.SLASH;
    if (slash) q = skipSpace(q + 1, e);
    const name = q;
    while (q < e && (isLetter(byteAt(q)) || byteAt(q) == Char.UNDERSCORE)) q++;
    const edge = REASONING.find(name, <i32>(q - name), true);
    if (edge < 0 || (edge != Edge.BY_SLASH) != barred) return 0;
    q = barred ? skipText(q, e, '|>') : skipText(skipSpace(q, e), e, '>');
    this.closes = edge == Edge.CLOSES || slash;
    return q;
  }
}

const tag = changetype<ReasoningTag>(memory.data(4, 4));

/** Skips markup and role names ("<|im_start|>assistant\n") before any content; another role's turn is skipped with its text. */
function skipHeaders(p: usize, e: usize): usize {
  while (true) {
    p = skipSpace(p, e);
    if (p >= e || byteAt(p) != Char.LESS) return p;
    const length = markupAt(p, e);
    if (length == 0 || tag.read(p, e) > 0) return p;
    const header = skipAny(p, e, '<|im_start|>/<|start_header_id|>/<start_of_turn>') > 0;
    p += length;
    if (!header) continue;
    const own = skipAny(p, e, 'assistant/model');
    if (own > 0) p = own;
    else while (p < e && !(byteAt(p) == Char.LESS && markupAt(p, e) > 0 && !startsWith(p, e, '<|end_header_id|>'))) p++;
  }
}

/** Whether a tag's name, its slash or its bar stands at p: most `<` are signs of mathematics. */
function opensName(p: usize, e: usize): bool {
  if (p >= e) return false;
  const c = byteAt(p);
  return (
    isLetter(c) ||
    c == Char.SLASH ||
    c == Char.BAR ||
    isWide(c) ||
    (isSpace(c) && p + 1 < e && (isLetter(byteAt(p + 1)) || byteAt(p + 1) == Char.SLASH))
  );
}

/** Words that start another turn, where a colon follows them at the start of a line. */
const TURNS = 'question/q/human/user/problem/exercise';

/** Where the text goes on with a new question after its answer; `e` where it does not. */
function runOn(p: usize, e: usize): usize {
  for (let q = indexOfByte(p, e, Char.NEWLINE); q < e; q = indexOfByte(q + 1, e, Char.NEWLINE)) {
    const word = skipSpace(q, e);
    const end = skipLetters(word, e);
    if (end < e && byteAt(end) == Char.COLON && isWordAt(word, end, TURNS)) return q;
    q = max(q, word - 1);
  }
  return e;
}

/** Which part of a text can hold its answer. */
@unmanaged
export class Region {
  start: usize;
  end: usize;
  /** Rule.NONE, or why there is no such part: OPEN_THINK for a think block that is never closed (also one opened after an empty answer),
   * EMPTY for nothing but markup */
  why: i32;

  find(p: usize, e: usize): void {
    p = skipHeaders(p, e);
    let afterThink: usize = 0;
    let opened: usize = 0;
    for (let q = indexOfByte(p, e, Char.LESS); q < e; q = indexOfByte(q + 1, e, Char.LESS)) {
      if (!opensName(q + 1, e)) continue;
      const end = tag.read(q, e);
      if (end == 0) {
        if (markupAt(q, e) > 0) e = q;
      } else if (tag.closes) {
        afterThink = end;
        opened = 0;
      } else if (opened == 0) opened = q;
    }
    if (afterThink > 0) p = afterThink;
    if (opened > 0) e = opened;
    this.start = skipSpace(p, e);
    e = runOn(this.start, e);
    this.end = trimEnd(this.start, max(this.start, e));
    this.why = this.end > this.start ? Rule.NONE : opened > 0 ? Rule.OPEN_THINK : Rule.EMPTY;
  }
}

/** The region of the text that is being read. */
export const region = changetype<Region>(memory.data(16, 4));
