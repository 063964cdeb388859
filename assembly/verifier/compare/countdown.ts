// Countdown: does an expression of the given integers reach the target? It has its own tokenizer (integers, + − × ÷ in every usual
// spelling, parentheses), exact rational arithmetic, and counts every integer against the given ones. Nothing is evaluated but this.
import { failed, PAIR_FUEL, resetArena } from '../arena';
import { elementAt, setElement } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Char } from '../read/characters';
import { CodePoints, Names } from '../read/names';
import { endOf, Span, startOf } from '../read/span';
import { byteAt, codePoint, isOneOf, isWordAt, sequenceLength, skipDigits, skipLetters, skipSpace } from '../read/text';
import { Flag, Rule, Verdict } from '../status';

/** Most numbers in a task and in an expression. */
const MOST: i32 = 64;
/** Deepest brackets. */
const DEPTH: i32 = 64;

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

const SIGNS = new CodePoints().add('+,-−–,*×·,/÷,([{,)]},,=', Token.ADD);
const COMMANDS = new Names(8).add('times/cdot,div,,,,,frac/dfrac/tfrac', Token.MULTIPLY);

@unmanaged
class Countdown {
  /** the given numbers, and for each whether it is used */
  given: usize;
  used: usize;
  givenCount: i32;
  /** the numbers must stay in their order with + or − between them; how many have been read */
  inOrder: bool;
  readCount: i32;
  target: Rat;
  /** why the last expression was accepted or refused (Rule.COUNTDOWN_*) */
  reason: i32;
  /** of the last part read */
  value: Rat;
  at: usize;
  end: usize;
  token: i32;
  /** the bracket of the last token of kind OPEN or CLOSE */
  bracket: i32;

  fail(why: i32): bool {
    if (this.reason == 0) this.reason = why;
    return false;
  }

  /** Reads a run of digits at `at`. False where there is none. */
  readInteger(): bool {
    const from = this.at;
    this.at = skipDigits(from, this.end);
    if (this.at == from) return false;
    this.value = rat.ofInt(int.parseInt(from, <i32>(this.at - from), 10));
    return true;
  }

  /** Reads an integer or decimal (targets only). */
  readDecimal(): bool {
    this.at = skipSpace(this.at, this.end);
    const isNegative = this.at < this.end && byteAt(this.at) == Char.MINUS;
    if (isNegative) this.at++;
    if (!this.readInteger()) return false;
    if (this.at < this.end && byteAt(this.at) == Char.POINT) {
      const whole = this.value;
      const from = ++this.at;
      if (!this.readInteger()) return false;
      this.value = rat.add(whole, rat.div(this.value, rat.pow(rat.ofI32(10), <i32>(this.at - from))));
    }
    if (isNegative) this.value = rat.neg(this.value);
    return true;
  }

  /** Whether the target stands at `at`. */
  readTarget(): bool {
    return this.readDecimal() && rat.equal(this.value, this.target);
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
      if (!this.readInteger() || this.givenCount >= MOST) return false;
      setElement<Rat>(this.given, this.givenCount, this.value);
      store<u8>(this.used + <usize>this.givenCount, 0);
      this.givenCount++;
    }
    this.at++;
    if (this.givenCount == 0 || !this.readDecimal()) return false;
    this.target = this.value;
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
    if (this.readInteger()) {
      this.token = Token.NUMBER;
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

  /** Marks one unused given number of the last value as used; in order, it must be the next one. */
  take(): bool {
    const to = this.inOrder ? min(this.readCount + 1, this.givenCount) : this.givenCount;
    for (let i = this.inOrder ? this.readCount++ : 0; i < to; i++)
      if (load<u8>(this.used + <usize>i) == 0 && rat.equal(elementAt<Rat>(this.given, i), this.value)) {
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
      if (!this.take()) return false;
      const value = this.value;
      this.advance();
      this.value = value;
    } else if (this.token == Token.OPEN) {
      if (!this.group(depth)) return false;
    } else if (this.token == Token.FRACTION) {
      if (!this.fraction(depth)) return false;
    } else return this.fail(Rule.COUNTDOWN_SYNTAX);
    if (negative) this.value = rat.neg(this.value);
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
    const value = this.value;
    return this.group(depth) && this.divide(value);
  }

  /** Divides x by the last value. */
  divide(x: Rat): bool {
    if (rat.isZero(this.value)) return this.fail(Rule.COUNTDOWN_ZERO);
    this.value = rat.div(x, this.value);
    return true;
  }

  /** product := factor { (* | /) factor } */
  product(depth: i32): bool {
    if (!this.factor(depth)) return false;
    while (this.token == Token.MULTIPLY || this.token == Token.DIVIDE) {
      if (this.inOrder) return this.fail(Rule.COUNTDOWN_SYNTAX);
      const divide = this.token == Token.DIVIDE;
      const value = this.value;
      this.advance();
      if (!this.factor(depth)) return false;
      if (!divide) this.value = rat.mul(value, this.value);
      else if (!this.divide(value)) return false;
    }
    return true;
  }

  /** sum := product { (+ | -) product } */
  sum(depth: i32): bool {
    if (!this.product(depth)) return false;
    while (this.token == Token.ADD || this.token == Token.SUBTRACT) {
      const isDifference = this.token == Token.SUBTRACT;
      const value = this.value;
      this.advance();
      if (!this.product(depth)) return false;
      this.value = isDifference ? rat.sub(value, this.value) : rat.add(value, this.value);
    }
    return true;
  }

  /** Passes over "target =" where it stands before the expression, which is more than one number. */
  skipTarget(): void {
    const from = this.at;
    const isTarget = this.readTarget();
    this.at = skipSpace(this.at, this.end);
    if (isTarget && this.at < this.end && byteAt(this.at) == Char.EQUALS) {
      this.at++;
      const rest = skipSpace(this.at, this.end);
      if (skipDigits(rest, this.end) < this.end) return;
    }
    this.at = from;
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
    if (!this.sum(0)) return Verdict.NOT_EQUAL;
    const value = this.value;
    // One "= target" at the end.
    if (this.token == Token.EQUALS) {
      if (!this.readTarget()) {
        this.fail(Rule.COUNTDOWN_VALUE);
        return Verdict.NOT_EQUAL;
      }
      this.advance();
    }
    if (this.token != Token.FINISH) this.fail(Rule.COUNTDOWN_SYNTAX);
    else if (!rat.equal(value, this.target)) this.fail(Rule.COUNTDOWN_VALUE);
    if (this.reason != 0) return Verdict.NOT_EQUAL;
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
countdown.given = memory.data(MOST * 4, 4);
countdown.used = memory.data(MOST, 1);

/** Checks an expression against the task text. */
export function checkCountdown(task: usize, taskLength: i32, answer: Span, flags: i32): i32 {
  resetArena(PAIR_FUEL);
  const verdict = countdown.check(task, taskLength, answer, flags);
  if (!failed) return verdict;
  countdown.reason = Rule.COUNTDOWN_OVERFLOW;
  return Verdict.UNDECIDED;
}

/** Why the last expression was accepted or refused (Rule.COUNTDOWN_*). */
export function countdownReason(): i32 {
  return countdown.reason;
}
