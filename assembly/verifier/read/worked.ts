// Arithmetic in running text that works out to the value behind its equals sign, units and currency aside: "16 canes / 4 canes/cavity = 4
// cavities", "(4/10)*100 = 40%", "10 x $27 = $270".
import { Char } from './characters';
import { NOWHERE, Span, span } from './span';
import {
  byteAt,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  lastByteOf,
  skipAny,
  skipLetters,
  skipSpace,
  wordStart,
} from './text';

/** Most bytes of the arithmetic before an equals sign, and how deep its brackets nest. */
const LONGEST: usize = 200;
const DEEPEST: i32 = 8;

/** Reads arithmetic from left to right; a value is NaN where something else stands there. */
@unmanaged
class Arithmetic {
  at: usize;
  end: usize;
  depth: i32;
  /** an operation was read */
  operates: bool;
  /** half a unit in the last place of the last number */
  half: f64;

  sum(): f64 {
    let value = this.product();
    while (true) {
      if (this.skip('+')) value += this.product();
      else if (this.skip('-/–/−')) value -= this.product();
      else return value;
    }
  }

  product(): f64 {
    let value = this.factor();
    while (true) {
      if (this.skipSlash() || this.skip('÷')) value /= this.factor();
      else if (this.skip('*/×/·') || this.skipWord('x/of/times') || this.pass(byteAt(this.at) == Char.OPEN_PAREN ? this.at : 0))
        value *= this.factor();
      else return value;
    }
  }

  /** A number, or a sum in brackets, with what follows it: a percent sign, words, "/hour". */
  factor(): f64 {
    let value: f64;
    this.at = skipSpace(this.at, this.end);
    if (byteAt(this.at) == Char.OPEN_PAREN) {
      this.at++;
      value = ++this.depth > DEEPEST ? NaN : this.sum();
      // nothing more is read of what never closes, or nests too deep
      if (byteAt(this.at) != Char.CLOSE_PAREN || value != value) {
        this.at = this.end;
        return NaN;
      }
      this.at++;
    } else value = this.number();
    if (byteAt(this.at) == Char.PERCENT) {
      value /= 100;
      this.at++;
    }
    this.skipUnit();
    return value;
  }

  number(): f64 {
    while (this.at < this.end && isOneOf(byteAt(this.at), '$\\')) this.at++;
    const from = this.at;
    let value: f64 = 0;
    this.half = 0;
    for (; this.at < this.end; this.at++) {
      const c = byteAt(this.at);
      const isNext = this.at + 1 < this.end && isDigit(byteAt(this.at + 1));
      if (isDigit(c)) {
        value = value * 10 + <f64>(c - Char.ZERO);
        this.half /= 10;
      } else if (c == Char.POINT && isNext && this.half == 0) this.half = 0.5;
      else if (c != Char.COMMA || !isNext) break;
    }
    if (this.at == from) return NaN;
    return this.half > 0 ? value * this.half * 2 : value;
  }

  skipUnit(): void {
    while (true) {
      const from = skipSpace(this.at, this.end);
      const word = byteAt(from) == Char.SLASH ? skipSpace(from + 1, this.end) : from;
      const q = skipLetters(word, this.end);
      // no unknown: 2x, 3 a
      if (q <= word + 1 || isWordAt(word, q, 'of/times/and/minus/plus')) {
        this.at = from;
        return;
      }
      this.at = q;
    }
  }

  skip(signs: string): bool {
    return this.pass(skipAny(this.at, this.end, signs));
  }

  skipSlash(): bool {
    return this.pass(byteAt(this.at) == Char.SLASH ? this.at + 1 : 0);
  }

  skipWord(words: string): bool {
    return this.pass(isWordAt(this.at, this.end, words) ? skipLetters(this.at, this.end) : 0);
  }

  /** Goes on behind an operation, where there is one. */
  pass(behind: usize): bool {
    if (behind == 0) return false;
    this.at = behind;
    this.operates = true;
    return true;
  }
}

const arithmetic = changetype<Arithmetic>(memory.data(offsetof<Arithmetic>(), 8));

/** The value behind the last equals sign of [p, e), where what stands before it (`whole`: from p on) comes to that; or NOWHERE. */
export function workedOut(p: usize, e: usize, whole: bool): Span {
  const equals = lastByteOf(p, e, Char.EQUALS);
  if (equals == 0) return NOWHERE;
  const start = skipSpace(equals + 1, e);
  arithmetic.at = start;
  arithmetic.end = e;
  const right = arithmetic.number();
  let end = arithmetic.at;
  if (end < e && byteAt(end) == Char.PERCENT) end++;
  const rest = skipSpace(end, e);
  // 17 + 3, 17/3, 17(2)
  if (rest < e && (isOneOf(byteAt(rest), '+-*^(=') || (byteAt(rest) == Char.SLASH && isDigit(byteAt(rest + 1))))) return NOWHERE;
  const half = max(arithmetic.half, right * 1e-12);
  const before = lastByteOf(p, equals, Char.EQUALS);
  if (whole && before > 0) return NOWHERE;
  const from = max(p, before);
  for (let q = equals - from > LONGEST ? equals - LONGEST : from; q < equals; q++) {
    const c = byteAt(q);
    if (!isDigit(c) && !isOneOf(c, '$(.')) continue;
    const sign = q > p ? byteAt(q - 1) : 0;
    if (q > p && (whole || isDigit(sign) || isLetter(sign) || isOneOf(sign, '.,$'))) continue;
    arithmetic.at = q;
    arithmetic.end = equals;
    arithmetic.depth = 0;
    arithmetic.operates = false;
    const left = arithmetic.sum();
    if (arithmetic.at < equals || left != left) continue;
    let last = q;
    while (last > p && isSpace(byteAt(last - 1))) last--;
    if (last > p && (isWide(byteAt(last - 1)) || isOneOf(byteAt(last - 1), '+-*/^\\_({'))) return NOWHERE;
    if (!arithmetic.operates || isWordAt(wordStart(p, last), last, 'and/minus/plus/times/by/than')) return NOWHERE;
    const isPercent = byteAt(end - 1) == Char.PERCENT && abs(left - right / 100) <= half / 100;
    return abs(left - right) <= half || isPercent ? span(start, end) : NOWHERE;
  }
  return NOWHERE;
}
