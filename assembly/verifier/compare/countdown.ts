// Countdown: does an expression of the given integers reach the target? It has its own tokenizer (integers, + − × ÷ in every usual
// spelling, parentheses), exact rational arithmetic, and counts every integer against the given ones. Nothing is evaluated but this.
import { Char } from '../read/characters';
import { endOf, Span, startOf } from '../read/span';
import { byteAt, isDigit, isOneOf, isWordAt, skipLetters, skipSpace, startsWith } from '../read/text';
import { Flag, Rule, Verdict } from '../status';

/** Most numbers in a task and in an expression. */
const MOST: i32 = 64;
const DEPTH: i32 = 64;

const given: usize = memory.data(MOST * 8, 8);
const used: usize = memory.data(MOST, 1);
let givenCount: i32 = 0;
/** Whether the numbers must stay in their order with + or − between them, and how many have been read. */
let inOrder: bool = false;
let readCount: i32 = 0;
let targetNumerator: i64 = 0;
let targetDenominator: i64 = 1;

let reason: i32 = 0;

/** Why the last expression was accepted or refused (COUNTDOWN_*). */
export function countdownReason(): i32 {
  return reason;
}

// Value of the last parsed part, a fraction in lowest terms with positive denominator.
let numerator: i64 = 0;
let denominator: i64 = 1;
let at: usize = 0;
let end: usize = 0;

function fail(why: i32): bool {
  if (reason == 0) reason = why;
  return false;
}

/** a·b, or an overflow noted. Operands stay under 2^62 in size. */
function times(a: i64, b: i64): i64 {
  if (a == 0 || b == 0) return 0;
  const x = a < 0 ? -a : a;
  const y = b < 0 ? -b : b;
  if (x > 0x3fffffffffffffff / y) {
    fail(Rule.COUNTDOWN_OVERFLOW);
    return 0;
  }
  return a * b;
}

function plus(a: i64, b: i64): i64 {
  const sum = a + b;
  if (sum > 0x3fffffffffffffff || sum < -0x3fffffffffffffff) {
    fail(Rule.COUNTDOWN_OVERFLOW);
    return 0;
  }
  return sum;
}

function setValue(n: i64, d: i64): bool {
  if (reason != 0) return false;
  if (d < 0) {
    n = -n;
    d = -d;
  }
  let a = n < 0 ? -n : n;
  let b = d;
  while (b != 0) {
    const r = a % b;
    a = b;
    b = r;
  }
  numerator = n / a;
  denominator = d / a;
  return true;
}

/** Reads a run of digits below 2^62 at `at`; -1 where there is none, or it is too large. */
function readInteger(): i64 {
  let value: i64 = 0;
  const from = at;
  while (at < end && isDigit(byteAt(at))) {
    value = value * 10 + <i64>(byteAt(at) - 48);
    if (value > 0x0fffffffffffffff / 10) {
      fail(Rule.COUNTDOWN_OVERFLOW);
      return -1;
    }
    at++;
  }
  return at > from ? value : -1;
}

/** Reads an integer or decimal (targets only) as a fraction. */
function readDecimal(): bool {
  at = skipSpace(at, end);
  let sign: i64 = 1;
  if (at < end && byteAt(at) == Char.MINUS) {
    sign = -1;
    at++;
  }
  let n = readInteger();
  if (n < 0) return false;
  let d: i64 = 1;
  if (at < end && byteAt(at) == Char.POINT) {
    at++;
    const from = at;
    while (at < end && isDigit(byteAt(at))) {
      n = plus(times(n, 10), <i64>(byteAt(at) - 48));
      d = times(d, 10);
      at++;
    }
    if (at == from || reason != 0) return false;
  }
  return setValue(sign * n, d);
}

/** Reads a task: "3 7 25 = 32" (integers divided by white space or commas, then the target). */
function readTask(p: usize, n: i32): bool {
  at = p;
  end = p + <usize>n;
  givenCount = 0;
  while (true) {
    at = skipSpace(at, end);
    if (at >= end) return false;
    const c = byteAt(at);
    if (c == Char.COMMA) {
      at++;
      continue;
    }
    if (c == Char.EQUALS) break;
    const value = readInteger();
    if (value < 0 || givenCount >= MOST) return false;
    store<i64>(given + ((<usize>givenCount) << 3), value);
    store<u8>(used + <usize>givenCount, 0);
    givenCount++;
  }
  at++;
  if (givenCount == 0 || !readDecimal()) return false;
  targetNumerator = numerator;
  targetDenominator = denominator;
  return skipSpace(at, end) >= end;
}

const ADD: i32 = 1;
const SUBTRACT: i32 = 2;
const MULTIPLY: i32 = 3;
const DIVIDE: i32 = 4;
const OPEN: i32 = 5;
const CLOSE: i32 = 6;
const NUMBER: i32 = 7;
const EQUALS: i32 = 8;
const FINISH: i32 = 9;

let token: i32 = 0;
let tokenValue: i64 = 0;

/** Reads the next token; 0 for anything that is not integer arithmetic. */
function advance(): void {
  while (true) {
    at = skipSpace(at, end);
    // LaTeX that only spaces or sizes: \, \; \! \left \right
    if (at + 1 < end && byteAt(at) == Char.BACKSLASH) {
      const c = byteAt(at + 1);
      if (c == Char.COMMA || isOneOf(c, ';! ')) {
        at += 2;
        continue;
      }
      if (isWordAt(at + 1, end, 'left')) {
        at += 5;
        continue;
      }
      if (isWordAt(at + 1, end, 'right')) {
        at += 6;
        continue;
      }
    }
    break;
  }
  token = 0;
  if (at >= end) {
    token = FINISH;
    return;
  }
  const c = byteAt(at);
  if (isDigit(c)) {
    tokenValue = readInteger();
    token = tokenValue < 0 ? 0 : NUMBER;
    return;
  }
  let size: usize = 1;
  if (c == Char.PLUS) token = ADD;
  else if (c == Char.MINUS) token = SUBTRACT;
  else if (c == Char.STAR) token = at + 1 < end && byteAt(at + 1) == Char.STAR ? 0 : MULTIPLY;
  else if (c == Char.SLASH) token = at + 1 < end && byteAt(at + 1) == Char.SLASH ? 0 : DIVIDE;
  else if (c == Char.OPEN_PAREN) token = OPEN;
  else if (c == Char.CLOSE_PAREN) token = CLOSE;
  else if (c == Char.EQUALS) token = EQUALS;
  else if (c == 0xc3 && at + 1 < end) {
    size = 2;
    token = byteAt(at + 1) == 0x97 ? MULTIPLY : byteAt(at + 1) == 0xb7 ? DIVIDE : 0;
  } else if (startsWith(at, end, '·')) {
    size = 2;
    token = MULTIPLY;
  } else if (startsWith(at, end, '−') || startsWith(at, end, '–')) {
    size = 3;
    token = SUBTRACT;
  } else if (c == Char.BACKSLASH) {
    const q = skipLetters(at + 1, end);
    size = q - at;
    token = isWordAt(at + 1, q, 'times') || isWordAt(at + 1, q, 'cdot') ? MULTIPLY : isWordAt(at + 1, q, 'div') ? DIVIDE : 0;
  }
  at += size;
}

/** Marks one unused given number of this value as used; in order, it must be the next one. */
function take(value: i64): bool {
  if (inOrder) {
    if (readCount >= givenCount || load<i64>(given + ((<usize>readCount) << 3)) != value) return fail(Rule.COUNTDOWN_NUMBERS);
    store<u8>(used + <usize>readCount, 1);
    readCount++;
    return true;
  }
  for (let i = 0; i < givenCount; i++)
    if (load<i64>(given + ((<usize>i) << 3)) == value && load<u8>(used + <usize>i) == 0) {
      store<u8>(used + <usize>i, 1);
      return true;
    }
  return fail(Rule.COUNTDOWN_NUMBERS);
}

/** factor := number | ( sum ) | - factor */
function factor(depth: i32): bool {
  if (inOrder && token != NUMBER) return fail(Rule.COUNTDOWN_SYNTAX);
  let negative = false;
  while (token == SUBTRACT || token == ADD) {
    if (token == SUBTRACT) negative = !negative;
    advance();
  }
  if (token == NUMBER) {
    if (!take(tokenValue)) return false;
    numerator = tokenValue;
    denominator = 1;
    advance();
  } else if (token == OPEN) {
    if (depth >= DEPTH) return fail(Rule.COUNTDOWN_SYNTAX);
    advance();
    if (!sum(depth + 1)) return false;
    if (token != CLOSE) return fail(Rule.COUNTDOWN_SYNTAX);
    advance();
  } else return fail(Rule.COUNTDOWN_SYNTAX);
  if (negative) numerator = -numerator;
  return true;
}

/** product := factor { (* | /) factor } */
function product(depth: i32): bool {
  if (!factor(depth)) return false;
  while (token == MULTIPLY || token == DIVIDE) {
    if (inOrder) return fail(Rule.COUNTDOWN_SYNTAX);
    const divide = token == DIVIDE;
    const n = numerator;
    const d = denominator;
    advance();
    if (!factor(depth)) return false;
    if (divide) {
      if (numerator == 0) return fail(Rule.COUNTDOWN_ZERO);
      if (!setValue(times(n, denominator), times(d, numerator))) return false;
    } else if (!setValue(times(n, numerator), times(d, denominator))) return false;
  }
  return true;
}

/** sum := product { (+ | -) product } */
function sum(depth: i32): bool {
  if (!product(depth)) return false;
  while (token == ADD || token == SUBTRACT) {
    const sign: i64 = token == SUBTRACT ? -1 : 1;
    const n = numerator;
    const d = denominator;
    advance();
    if (!product(depth)) return false;
    if (!setValue(plus(times(n, denominator), sign * times(numerator, d)), times(d, denominator))) return false;
  }
  return true;
}

/** Checks an expression against the task text; `countdownReason()` says why. */
export function checkCountdown(task: usize, taskLength: i32, answer: Span, flags: i32): i32 {
  reason = 0;
  if (!readTask(task, taskLength)) {
    reason = Rule.COUNTDOWN_TASK;
    return Verdict.GOLD_UNPARSABLE;
  }
  inOrder = (flags & Flag.IN_ORDER) != 0;
  readCount = 0;
  at = startOf(answer);
  end = endOf(answer);
  // One formula's delimiters around all of it.
  if (end >= at + 2 && byteAt(at) == Char.DOLLAR && byteAt(end - 1) == Char.DOLLAR) {
    at++;
    end--;
  }
  advance();
  if (!sum(0)) return reason == Rule.COUNTDOWN_OVERFLOW ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
  const n = numerator;
  const d = denominator;
  // One "= target" at the end.
  if (token == EQUALS) {
    if (!readDecimal() || numerator != targetNumerator || denominator != targetDenominator) {
      if (reason == 0) reason = Rule.COUNTDOWN_VALUE;
      return Verdict.NOT_EQUAL;
    }
    advance();
  }
  if (token != FINISH) {
    fail(Rule.COUNTDOWN_SYNTAX);
    return Verdict.NOT_EQUAL;
  }
  if (n != targetNumerator || d != targetDenominator) {
    fail(Rule.COUNTDOWN_VALUE);
    return Verdict.NOT_EQUAL;
  }
  if ((flags & Flag.SUBSET) == 0)
    for (let i = 0; i < givenCount; i++)
      if (load<u8>(used + <usize>i) == 0) {
        fail(Rule.COUNTDOWN_UNUSED);
        return Verdict.NOT_EQUAL;
      }
  reason = Rule.COUNTDOWN_OK;
  return Verdict.EQUAL;
}
