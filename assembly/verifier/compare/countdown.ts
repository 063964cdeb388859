// Countdown: does an expression of the given integers reach the target? It has its own tokenizer (integers, + − × ÷ in every usual
// spelling, parentheses), exact rational arithmetic, and counts every integer against the given ones. Nothing is evaluated but this.
import { Char } from '../read/characters';
import { CodePoints, Names } from '../read/names';
import { endOf, Span, startOf } from '../read/span';
import { byteAt, codePoint, isDigit, isOneOf, isWordAt, sequenceLength, skipDigits, skipLetters, skipSpace } from '../read/text';
import { Flag, Rule, Verdict } from '../status';

/** Most numbers in a task and in an expression. */
const MOST: i32 = 64;
/** Deepest brackets. */
const DEPTH: i32 = 64;
/** Largest numerator and denominator, and largest integer that is read. */
const LARGEST: i64 = 0x3fffffffffffffff;
const LARGEST_INTEGER: i64 = 0x0fffffffffffffff;

const enum Token {
  /** anything that is not integer arithmetic */
  BAD,
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  OPEN,
  CLOSE,
  NUMBER,
  EQUALS,
  FRACTION,
  FINISH,
}

const SIGNS = new CodePoints()
  .add('+', Token.ADD)
  .add('-−–', Token.SUBTRACT)
  .add('*×·', Token.MULTIPLY)
  .add('/÷', Token.DIVIDE)
  .add('([{', Token.OPEN)
  .add(')]}', Token.CLOSE)
  .add('=', Token.EQUALS);
const COMMANDS = new Names(8).add('times/cdot', Token.MULTIPLY).add('div', Token.DIVIDE).add('frac/dfrac/tfrac', Token.FRACTION);

@unmanaged
class Countdown {
  /** the given numbers, i64 each, and for each whether it is used */
  given: usize;
  used: usize;
  givenCount: i32;
  /** the numbers must stay in their order with + or − between them; how many have been read */
  inOrder: bool;
  readCount: i32;
  targetNumerator: i64;
  targetDenominator: i64;
  /** why the last expression was accepted or refused (Rule.COUNTDOWN_*) */
  reason: i32;
  // value of the last parsed part, a fraction in lowest terms with positive denominator
  numerator: i64;
  denominator: i64;
  at: usize;
  end: usize;
  token: i32;
  tokenValue: i64;
  /** the bracket of the last token of kind OPEN or CLOSE */
  bracket: i32;

  fail(why: i32): bool {
    if (this.reason == 0) this.reason = why;
    return false;
  }

  /** a·b, or an overflow noted. Operands stay under 2^62 in size. */
  times(a: i64, b: i64): i64 {
    if (a == 0 || b == 0) return 0;
    const x = a < 0 ? -a : a;
    const y = b < 0 ? -b : b;
    if (x > LARGEST / y) {
      this.fail(Rule.COUNTDOWN_OVERFLOW);
      return 0;
    }
    return a * b;
  }

  plus(a: i64, b: i64): i64 {
    const sum = a + b;
    if (sum > LARGEST || sum < -LARGEST) {
      this.fail(Rule.COUNTDOWN_OVERFLOW);
      return 0;
    }
    return sum;
  }

  setValue(n: i64, d: i64): bool {
    if (this.reason != 0) return false;
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
    this.numerator = n / a;
    this.denominator = d / a;
    return true;
  }

  /** Reads a run of digits below 2^62 at `at`; -1 where there is none, or it is too large. */
  readInteger(): i64 {
    let value: i64 = 0;
    const from = this.at;
    while (this.at < this.end && isDigit(byteAt(this.at))) {
      value = value * 10 + <i64>(byteAt(this.at) - 48);
      if (value > LARGEST_INTEGER / 10) {
        this.fail(Rule.COUNTDOWN_OVERFLOW);
        return -1;
      }
      this.at++;
    }
    return this.at > from ? value : -1;
  }

  /** Reads an integer or decimal (targets only) as a fraction. */
  readDecimal(): bool {
    this.at = skipSpace(this.at, this.end);
    let sign: i64 = 1;
    if (this.at < this.end && byteAt(this.at) == Char.MINUS) {
      sign = -1;
      this.at++;
    }
    let n = this.readInteger();
    if (n < 0) return false;
    let d: i64 = 1;
    if (this.at < this.end && byteAt(this.at) == Char.POINT) {
      this.at++;
      const from = this.at;
      while (this.at < this.end && isDigit(byteAt(this.at))) {
        n = this.plus(this.times(n, 10), <i64>(byteAt(this.at) - 48));
        d = this.times(d, 10);
        this.at++;
      }
      if (this.at == from || this.reason != 0) return false;
    }
    return this.setValue(sign * n, d);
  }

  /** Reads a task: "3 7 25 = 32" (integers divided by white space or commas, then the target). */
  readTask(p: usize, n: i32): bool {
    this.at = p;
    this.end = p + <usize>n;
    this.givenCount = 0;
    while (true) {
      this.at = skipSpace(this.at, this.end);
      if (this.at >= this.end) return false;
      const c = byteAt(this.at);
      if (c == Char.COMMA) {
        this.at++;
        continue;
      }
      if (c == Char.EQUALS) break;
      const value = this.readInteger();
      if (value < 0 || this.givenCount >= MOST) return false;
      store<i64>(this.given + ((<usize>this.givenCount) << 3), value);
      store<u8>(this.used + <usize>this.givenCount, 0);
      this.givenCount++;
    }
    this.at++;
    if (this.givenCount == 0 || !this.readDecimal()) return false;
    this.targetNumerator = this.numerator;
    this.targetDenominator = this.denominator;
    return skipSpace(this.at, this.end) >= this.end;
  }

  /** Reads the next token; 0 for anything that is not integer arithmetic. */
  advance(): void {
    while (true) {
      this.at = skipSpace(this.at, this.end);
      // LaTeX that only spaces or sizes: \, \; \! \left \right
      if (this.at + 1 < this.end && byteAt(this.at) == Char.BACKSLASH) {
        const c = byteAt(this.at + 1);
        if (c == Char.COMMA || isOneOf(c, ';! ')) {
          this.at += 2;
          continue;
        }
        if (isWordAt(this.at + 1, this.end, 'left')) {
          this.at += 5;
          continue;
        }
        if (isWordAt(this.at + 1, this.end, 'right')) {
          this.at += 6;
          continue;
        }
      }
      break;
    }
    this.token = Token.BAD;
    if (this.at >= this.end) {
      this.token = Token.FINISH;
      return;
    }
    const c = byteAt(this.at);
    if (isDigit(c)) {
      this.tokenValue = this.readInteger();
      this.token = this.tokenValue < 0 ? Token.BAD : Token.NUMBER;
      return;
    }
    let next = this.at + <usize>sequenceLength(c);
    let found: i32;
    if (c == Char.BACKSLASH) {
      next = skipLetters(this.at + 1, this.end);
      found = COMMANDS.find(this.at + 1, <i32>(next - this.at - 1));
    } else found = SIGNS.find(codePoint(this.at, this.end));
    // ** is a power, // a quotient without its remainder
    const doubled = (c == Char.STAR || c == Char.SLASH) && next < this.end && byteAt(next) == c;
    this.token = found < 0 || doubled ? Token.BAD : found;
    this.bracket = c;
    this.at = next;
  }

  /** Marks one unused given number of this value as used; in order, it must be the next one. */
  take(value: i64): bool {
    if (this.inOrder) {
      if (this.readCount >= this.givenCount || load<i64>(this.given + ((<usize>this.readCount) << 3)) != value)
        return this.fail(Rule.COUNTDOWN_NUMBERS);
      store<u8>(this.used + <usize>this.readCount, 1);
      this.readCount++;
      return true;
    }
    for (let i = 0; i < this.givenCount; i++)
      if (load<i64>(this.given + ((<usize>i) << 3)) == value && load<u8>(this.used + <usize>i) == 0) {
        store<u8>(this.used + <usize>i, 1);
        return true;
      }
    return this.fail(Rule.COUNTDOWN_NUMBERS);
  }

  /** factor := number | ( sum ) | - factor */
  factor(depth: i32): bool {
    if (this.inOrder && this.token != Token.NUMBER) return this.fail(Rule.COUNTDOWN_SYNTAX);
    let negative = false;
    while (this.token == Token.SUBTRACT || this.token == Token.ADD) {
      if (this.token == Token.SUBTRACT) negative = !negative;
      this.advance();
    }
    if (this.token == Token.NUMBER) {
      if (!this.take(this.tokenValue)) return false;
      this.numerator = this.tokenValue;
      this.denominator = 1;
      this.advance();
    } else if (this.token == Token.OPEN) {
      if (!this.group(depth)) return false;
    } else if (this.token == Token.FRACTION) {
      if (!this.fraction(depth)) return false;
    } else return this.fail(Rule.COUNTDOWN_SYNTAX);
    if (negative) this.numerator = -this.numerator;
    return true;
  }

  /** group := ( sum ), in brackets of one shape */
  group(depth: i32): bool {
    if (depth >= DEPTH || this.token != Token.OPEN) return this.fail(Rule.COUNTDOWN_SYNTAX);
    const open = this.bracket;
    this.advance();
    if (!this.sum(depth + 1)) return false;
    // ) follows (, ] and } stand two behind their partners
    if (this.token != Token.CLOSE || this.bracket - open > 2 || this.bracket < open) return this.fail(Rule.COUNTDOWN_SYNTAX);
    this.advance();
    return true;
  }

  /** fraction := \frac group group */
  fraction(depth: i32): bool {
    this.advance();
    if (!this.group(depth)) return false;
    const n = this.numerator;
    const d = this.denominator;
    return this.group(depth) && this.divide(n, d);
  }

  /** Divides n/d by the last value. */
  divide(n: i64, d: i64): bool {
    if (this.numerator == 0) return this.fail(Rule.COUNTDOWN_ZERO);
    return this.setValue(this.times(n, this.denominator), this.times(d, this.numerator));
  }

  /** product := factor { (* | /) factor } */
  product(depth: i32): bool {
    if (!this.factor(depth)) return false;
    while (this.token == Token.MULTIPLY || this.token == Token.DIVIDE) {
      if (this.inOrder) return this.fail(Rule.COUNTDOWN_SYNTAX);
      const divide = this.token == Token.DIVIDE;
      const n = this.numerator;
      const d = this.denominator;
      this.advance();
      if (!this.factor(depth)) return false;
      if (divide) {
        if (!this.divide(n, d)) return false;
      } else if (!this.setValue(this.times(n, this.numerator), this.times(d, this.denominator))) return false;
    }
    return true;
  }

  /** sum := product { (+ | -) product } */
  sum(depth: i32): bool {
    if (!this.product(depth)) return false;
    while (this.token == Token.ADD || this.token == Token.SUBTRACT) {
      const sign: i64 = this.token == Token.SUBTRACT ? -1 : 1;
      const n = this.numerator;
      const d = this.denominator;
      this.advance();
      if (!this.product(depth)) return false;
      if (
        !this.setValue(
          this.plus(this.times(n, this.denominator), sign * this.times(this.numerator, d)),
          this.times(d, this.denominator),
        )
      )
        return false;
    }
    return true;
  }

  /** Passes over "target =" where it stands before the expression, which is more than one number. */
  skipTarget(): void {
    const from = this.at;
    const isTarget = this.readDecimal() && this.numerator == this.targetNumerator && this.denominator == this.targetDenominator;
    this.at = skipSpace(this.at, this.end);
    if (isTarget && this.at < this.end && byteAt(this.at) == Char.EQUALS) {
      this.at++;
      const rest = skipSpace(this.at, this.end);
      if (skipDigits(rest, this.end) < this.end) return;
    }
    this.at = from;
    this.reason = 0;
  }

  /** Checks the expression against the task; `reason` says why. */
  check(task: usize, taskLength: i32, answer: Span, flags: i32): i32 {
    this.reason = 0;
    if (!this.readTask(task, taskLength)) {
      this.reason = Rule.COUNTDOWN_TASK;
      return Verdict.GOLD_UNPARSABLE;
    }
    this.inOrder = (flags & Flag.IN_ORDER) != 0;
    this.readCount = 0;
    this.at = startOf(answer);
    this.end = endOf(answer);
    // One formula's delimiters around all of it.
    if (this.end >= this.at + 2 && byteAt(this.at) == Char.DOLLAR && byteAt(this.end - 1) == Char.DOLLAR) {
      this.at++;
      this.end--;
    }
    this.skipTarget();
    this.advance();
    if (!this.sum(0)) return this.reason == Rule.COUNTDOWN_OVERFLOW ? Verdict.UNDECIDED : Verdict.NOT_EQUAL;
    const n = this.numerator;
    const d = this.denominator;
    // One "= target" at the end.
    if (this.token == Token.EQUALS) {
      if (!this.readDecimal() || this.numerator != this.targetNumerator || this.denominator != this.targetDenominator) {
        if (this.reason == 0) this.reason = Rule.COUNTDOWN_VALUE;
        return Verdict.NOT_EQUAL;
      }
      this.advance();
    }
    if (this.token != Token.FINISH) {
      this.fail(Rule.COUNTDOWN_SYNTAX);
      return Verdict.NOT_EQUAL;
    }
    if (n != this.targetNumerator || d != this.targetDenominator) {
      this.fail(Rule.COUNTDOWN_VALUE);
      return Verdict.NOT_EQUAL;
    }
    if ((flags & Flag.SUBSET) == 0)
      for (let i = 0; i < this.givenCount; i++)
        if (load<u8>(this.used + <usize>i) == 0) {
          this.fail(Rule.COUNTDOWN_UNUSED);
          return Verdict.NOT_EQUAL;
        }
    this.reason = Rule.COUNTDOWN_OK;
    return Verdict.EQUAL;
  }
}

const countdown = changetype<Countdown>(heap.alloc(offsetof<Countdown>()));
countdown.given = memory.data(MOST * 8, 8);
countdown.used = memory.data(MOST, 1);

/** Checks an expression against the task text. */
export function checkCountdown(task: usize, taskLength: i32, answer: Span, flags: i32): i32 {
  return countdown.check(task, taskLength, answer, flags);
}

/** Why the last expression was accepted or refused (Rule.COUNTDOWN_*). */
export function countdownReason(): i32 {
  return countdown.reason;
}
