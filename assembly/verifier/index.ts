// The ABI, and nothing else. The host writes UTF-8 text at `textBuffer()` and one record of `ROW_WORDS` i32 per pair at `rowBuffer()`,
// calls `grade` or `countdown` once for the whole batch, and reads the verdicts from the same records. Nothing is allocated after start;
// an answer that had to be put together from parts (several boxes, a percent sign after the box) lies in the join buffer.
//
// Record (i32 each; addresses are byte addresses in memory):
// in  0 gold start · 1 gold length · 2 text start · 3 text length · 4 flags (status.ts) · 5-8 tolerances (policy.ts), with flag TOLERANT
// out 5 verdict · 6 rule · 7 answer start · 8 answer length · 9 gold answer start · 10 gold answer length · 11 kind, with flag KIND
import { beginRow } from './arena';
import { checkCountdown, countdownReason } from './compare/countdown';
import { equalAnswers } from './compare/equal';
import { kindOf } from './compare/kind';
import { policy } from './policy';
import { extractAnswer, extractGold, Extractor, extractSolution } from './read/extract';
import { isUnusable } from './read/sentences';
import { beginBatch } from './read/joined';
import { Mark, marks, ruleOf } from './read/marks';
import { repaired } from './read/repair';
import { endOf, exists, NOWHERE, Span, startOf } from './read/span';
import { AnswerKind, Flag, Rule, Verdict } from './status';

// Called before everything else, by what scripts/pack-data.mjs adds.
export { unveil } from './unveil';

const ROW_WORDS: i32 = 12;
const ROW_CAPACITY: i32 = 4096;
/** Bytes of text in one batch, and so of one text: 2 MiB. */
const TEXT_CAPACITY: i32 = 1 << 21;

const rows: usize = heap.alloc(<usize>(ROW_CAPACITY * ROW_WORDS * 4));
const text: usize = heap.alloc(<usize>TEXT_CAPACITY);

export function rowBuffer(): usize {
  return rows;
}

export function rowCapacity(): i32 {
  return ROW_CAPACITY;
}

export function textBuffer(): usize {
  return text;
}

export function textCapacity(): i32 {
  return TEXT_CAPACITY;
}

/** Stores the verdict, the rule, and where the answer lies. */
function answerRow(row: usize, verdict: i32, rule: i32, answer: Span): void {
  store<i32>(row, verdict, 20);
  store<i32>(row, rule, 24);
  store<u32>(row, <u32>startOf(answer), 28);
  store<i32>(row, <i32>(endOf(answer) - startOf(answer)), 32);
}

/** The text whose address and length stand at `offset` of a row, made plain. */
function plainText(row: usize, offset: usize, isAnswer: bool): Span {
  const p = <usize>load<u32>(row + offset);
  const e = p + <usize>load<i32>(row + offset, 4);
  const text = repaired(p, e, isAnswer);
  // an empty text lies somewhere too
  return exists(text) ? text : <Span>(((<u64>p) << 32) | (<u64>p));
}

/** Extracts and compares `count` pairs. */
export function grade(count: i32): void {
  beginBatch();
  for (let i = 0; i < count; i++) {
    const row = rows + <usize>(i * ROW_WORDS * 4);
    beginRow(load<i32>(row, 4) + load<i32>(row, 12));
    const flags = load<i32>(row, 16);
    policy.take(flags, row + 20);
    const goldText = plainText(row, 0, true);
    const text = plainText(row, 8, (flags & Flag.BARE) != 0);
    let gold = extractGold(goldText);
    const solution = extractSolution();
    const found = extractAnswer(text, flags, exists(solution) ? solution : gold);
    let verdict: i32;
    if (gold == NOWHERE) verdict = Verdict.GOLD_UNPARSABLE;
    else if (found.answer == NOWHERE) verdict = Verdict.NO_ANSWER;
    else verdict = equalAnswers(gold, found.answer, flags);
    if (verdict != Verdict.EQUAL && exists(solution) && exists(found.answer)) {
      gold = solution;
      verdict = equalAnswers(gold, found.answer, flags);
    }
    if (exists(found.answer) && (flags & Flag.BARE) == 0 && givesWay(verdict, gold, found.answer))
      verdict = otherVerdict(verdict, gold, found, flags, endOf(text));
    let rule = found.rule;
    let answer = found.answer;
    if (verdict == Verdict.EQUAL && contradicts(gold, found, flags, endOf(text))) {
      verdict = Verdict.NO_ANSWER;
      rule = Rule.CONFLICT;
      answer = NOWHERE;
    }
    answerRow(row, verdict, rule, answer);
    store<u32>(row, <u32>startOf(gold), 36);
    store<i32>(row, <i32>(endOf(gold) - startOf(gold)), 40);
    if (policy.has(Flag.KIND)) store<i32>(row, exists(answer) ? kindOf(answer) : AnswerKind.UNREAD, 44);
  }
}

/** Whether a marked answer is none that the gold could have, so that the next mark counts. */
function givesWay(verdict: i32, gold: Span, answer: Span): bool {
  if (verdict == Verdict.UNDECIDED || verdict == Verdict.PRED_UNPARSABLE) return true;
  return verdict == Verdict.NOT_EQUAL && isUnusable(gold, answer);
}

/** The verdict on the first answer of another kind of mark that is equal to the gold, which the extractor then holds; else `verdict`. */
function otherVerdict(verdict: i32, gold: Span, found: Extractor, flags: i32, textEnd: usize): i32 {
  const answer = found.answer;
  const rule = found.rule;
  for (let kind = 0; kind < Mark.COUNT; kind++)
    if (ruleOf(kind) != rule && found.findNewest(kind, textEnd) && equalAnswers(gold, found.answer, flags) == Verdict.EQUAL) {
      found.rule = ruleOf(kind);
      return Verdict.EQUAL;
    }
  found.answer = answer;
  found.rule = rule;
  return verdict;
}

/**
 * Whether what stands beside the right answer found is not right: what its box is set equal to, a mark of its kind side by side with its own, or a
 * mark of another kind (lenient: a later one).
 */
function contradicts(gold: Span, found: Extractor, flags: i32, textEnd: usize): bool {
  const beside = found.beside;
  if (exists(beside) && kindOf(beside) == AnswerKind.NUMBER && isOther(gold, beside, flags)) return true;
  if ((flags & Flag.BARE) != 0 || found.rule == Rule.WHOLE) return false;
  const answer = found.answer;
  const strict = (flags & Flag.STRICT) != 0;
  const back = found.back;
  for (let kind = 0; kind < Mark.COUNT; kind++) {
    const isOwn = ruleOf(kind) == found.rule;
    const counts = strict || marks.at(kind, 0) > startOf(answer);
    if (!isOwn && counts && found.findNewest(kind, textEnd) && isOther(gold, found.answer, flags)) return true;
    found.back = isOwn ? back : 0;
    // a box may stand in a tag
    if (isOwn || counts || kind == Mark.TAG) while (found.findBeside(kind)) if (isOther(gold, found.answer, flags)) return true;
  }
  found.answer = answer;
  return false;
}

/** Whether what a mark holds is another answer than the gold, worked out or not. */
function isOther(gold: Span, answer: Span, flags: i32): bool {
  const verdict = equalAnswers(gold, answer, flags & ~Flag.VALUE);
  return verdict != Verdict.EQUAL && !givesWay(verdict, gold, answer);
}

/** Checks `count` countdown answers; the gold of a row is the task as text, "3 7 25 = 32". The answer is extracted as in `grade`. */
export function countdown(count: i32): void {
  beginBatch();
  for (let i = 0; i < count; i++) {
    const row = rows + <usize>(i * ROW_WORDS * 4);
    beginRow(load<i32>(row, 4) + load<i32>(row, 12));
    const flags = load<i32>(row, 16);
    const found = extractAnswer(plainText(row, 8, false), flags, NOWHERE);
    if (found.answer == NOWHERE) answerRow(row, Verdict.NO_ANSWER, found.rule, NOWHERE);
    else {
      const verdict = checkCountdown(load<u32>(row, 0), load<i32>(row, 4), found.answer, flags);
      answerRow(row, verdict, countdownReason(), found.answer);
    }
  }
}
