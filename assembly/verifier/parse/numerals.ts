// Numbers as people write them: thousands separators of all kinds, lakhs, decimals, repeating decimals, exponents.
import { alloc, failed } from '../arena';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Char } from '../read/characters';
import { Names } from '../read/names';
import {
  byteAt,
  isDigit,
  isLetter,
  isSpace,
  sameBytes,
  skipDigits,
  skipLetters,
  skipSpace,
  skipText,
  spaceAt,
  startsWith,
} from '../read/text';
import { Tok } from './symbols';
import { Commas, Tokens } from './tokens';

/** Commands for dots. */
const DOTS = new Names(8).add('ldots/dots/cdots');
/** Digits in a group of thousands. */
const GROUP: usize = 3;

/** Reads one number from left to right; its digits are collected without separators. */
@unmanaged
class Numeral {
  tokens: Tokens;
  /** where reading stands, and the text's end */
  at: usize;
  end: usize;
  /** the digits read, as ASCII */
  digits: usize;
  count: i32;
  /** digits behind the point; -1 before one is met */
  decimals: i32;
  /** digits that repeat for ever */
  repeat: i32;
  exponent: i32;

  byte(offset: usize = 0): i32 {
    return this.at + offset < this.end ? byteAt(this.at + offset) : 0;
  }

  /** Takes `n` digits from `p` on. */
  take(p: usize, n: i32): void {
    memory.copy(this.digits + <usize>this.count, p, <usize>n);
    this.count += n;
  }

  read(depth: i32): void {
    const start = this.at;
    const lead = <i32>(skipDigits(start, this.end) - start);
    this.take(start, lead);
    this.at += <usize>lead;
    if (lead > 0 && lead <= <i32>GROUP && byteAt(start) != Char.ZERO) this.readGroups(lead, depth);
    if (this.decimals < 0) this.readDecimals();
    this.readRepeat();
    if (this.repeat == 0) this.readExponent();
  }

  /** What follows the first one to three digits in groups. */
  readGroups(lead: i32, depth: i32): void {
    const tokens = this.tokens;
    const lakh = lead < <i32>GROUP && depth == 0 && tokens.commas == Commas.GROUP ? lakhEnd(this.at, this.end) : 0;
    if (lakh > 0) {
      tokens.grouped = true;
      for (; this.at < lakh; this.at++) if (isDigit(this.byte())) this.take(this.at, 1);
    } else if (this.isEuropean()) this.readEuropean();
    else
      while (this.at < this.end) {
        const gap = separatorAt(this.at, this.end, depth, tokens);
        if (gap == 0) break;
        this.take(this.at + <usize>gap, <i32>GROUP);
        this.at += <usize>gap + GROUP;
      }
  }

  /** Whether points divide the groups: two of them, or one and a decimal comma behind it. */
  isEuropean(): bool {
    const groups = europeanGroups(this.at, this.end);
    const comma = this.at + <usize>groups * (GROUP + 1);
    return groups > 1 || (groups == 1 && comma + 1 < this.end && byteAt(comma) == Char.COMMA && isDigit(byteAt(comma + 1)));
  }

  /** 1.234.567,89 */
  readEuropean(): void {
    for (let g = europeanGroups(this.at, this.end); g > 0; g--) {
      this.take(this.at + 1, <i32>GROUP);
      this.at += GROUP + 1;
    }
    if (this.byte() == Char.COMMA && isDigit(this.byte(1))) this.readFraction();
  }

  /** The digits behind the sign at the reading position. */
  readFraction(): void {
    const end = skipDigits(this.at + 1, this.end);
    this.decimals = <i32>(end - this.at - 1);
    this.take(this.at + 1, this.decimals);
    this.at = end;
  }

  readDecimals(): void {
    const mark = this.byte();
    // "3." is a decimal point only before a digit; otherwise a full stop.
    const isPoint = mark == Char.POINT || (mark == Char.COMMA && this.tokens.commas == Commas.POINT);
    if (isPoint && isDigit(this.byte(1))) this.readFraction();
    else if (mark == Char.OPEN_BRACE && startsWith(this.at, this.end, '{,}') && isDigit(this.byte(3))) {
      // 3{,}5
      this.at += 2;
      this.readFraction();
    } else if (mark == Char.POINT && repeatName(this.at + 1, this.end) > 0) {
      this.decimals = 0;
      this.at++;
    }
  }

  /** 0.1\overline{6}, 0.\dot3 */
  readRepeat(): void {
    const spaced = skipSpace(this.at, this.end);
    if (this.decimals > 0 && startsWith(spaced, this.end, '\\overline{')) this.at = spaced;
    if (this.decimals < 0) return;
    if (this.readDots()) return;
    const tail = repeatName(this.at, this.end);
    if (tail == 0 || tail >= this.end) return;
    if (byteAt(tail) == Char.OPEN_BRACE) {
      const close = skipDigits(tail + 1, this.end);
      if (close == tail + 1 || close >= this.end || byteAt(close) != Char.CLOSE_BRACE) return;
      this.setRepeat(tail + 1, <i32>(close - tail - 1));
      this.at = close + 1;
    } else if (isDigit(byteAt(tail))) {
      this.setRepeat(tail, 1);
      this.at = tail + 1;
    }
  }

  /** Whether dots stand behind digits that have repeated, and end the text: 0.333..., 0.6363…. */
  readDots(): bool {
    let end = skipSpace(this.at, this.end);
    const isCommand = end < this.end && byteAt(end) == Char.BACKSLASH;
    const name = end + 1;
    if (startsWith(end, this.end, '...') || startsWith(end, this.end, '…')) end += 3;
    else if (isCommand && DOTS.has(name, <i32>(skipLetters(name, this.end) - name))) end = skipLetters(name, this.end);
    else return false;
    if (skipSpace(end, this.end) < this.end) return false;
    for (let n = 1; 2 * n <= this.decimals; n++) {
      const last = this.at - <usize>n;
      if (!sameBytes(last, last - <usize>n, <usize>n)) continue;
      // one digit three times
      if (n == 1 && (this.decimals < 3 || byteAt(last - 2) != byteAt(last))) continue;
      this.setRepeat(last, n);
      this.at = end;
      return true;
    }
    return false;
  }

  setRepeat(p: usize, n: i32): void {
    memory.copy(this.digits + <usize>this.count, p, <usize>n);
    this.repeat = n;
  }

  /** 1.5e-3 */
  readExponent(): void {
    if (this.at + 1 >= this.end || (byteAt(this.at) | 32) != Char.e) return;
    let p = this.at + 1;
    const minus = byteAt(p) == Char.MINUS;
    if (minus || byteAt(p) == Char.PLUS) p++;
    const end = skipDigits(p, this.end);
    if (end == p || end - p > 5 || (end < this.end && isLetter(byteAt(end)))) return;
    for (; p < end; p++) this.exponent = this.exponent * 10 + (byteAt(p) - Char.ZERO);
    if (minus) this.exponent = -this.exponent;
    this.at = end;
  }

  /** The value; `decimals` becomes what the literal shows. */
  value(): rat.Rat {
    const digits = this.count > 0 ? int.parseInt(this.digits, this.count, 10) : int.zero();
    const ten = int.fromU64(10);
    let value: rat.Rat;
    if (this.repeat > 0) {
      // d.aR = (dR - d)·10^-a/(10^r - 1) over the digits without the point
      const nines = int.sub(int.powInt(ten, this.repeat), int.one());
      const whole = int.add(int.mul(digits, nines), int.parseInt(this.digits + <usize>this.count, this.repeat, 10));
      value = rat.ratio(whole, int.mul(nines, int.powInt(ten, this.decimals)));
      this.decimals = -1;
    } else if (this.decimals > 0) value = rat.ratio(digits, int.powInt(ten, this.decimals));
    else value = rat.ofInt(digits);
    if (this.exponent != 0 && !failed) {
      value = rat.mul(value, rat.pow(rat.ofInt(ten), this.exponent));
      this.decimals -= this.exponent;
      if (this.decimals <= 0) this.decimals = -1;
    }
    return value;
  }
}

/** Pushes the number at p (a digit, or a point before one), `depth` brackets deep. Gives the position after it. */
export function numeral(tokens: Tokens, p: usize, e: usize, depth: i32, buffer: usize): usize {
  const n = changetype<Numeral>(alloc(offsetof<Numeral>()));
  n.tokens = tokens;
  n.at = p;
  n.end = e;
  n.digits = buffer;
  n.count = 0;
  n.decimals = -1;
  n.repeat = 0;
  n.exponent = 0;
  n.read(depth);
  const value = n.value();
  const t = tokens.push(Tok.NUM, p, n.at);
  t.value = value;
  t.decimals = n.decimals;
  return n.at;
}

/** Position behind the name of a command that marks repeating digits, or 0. */
function repeatName(p: usize, e: usize): usize {
  let q = skipText(p, e, '\\overline');
  if (q == 0) q = skipText(p, e, '\\bar');
  if (q == 0) q = skipText(p, e, '\\dot');
  return q;
}

/** Length of a thousands separator at p that is followed by exactly three digits, or 0. */
function separatorAt(p: usize, e: usize, depth: i32, tokens: Tokens): i32 {
  let q = p;
  const c = byteAt(p);
  let comma = false;
  if (c == Char.COMMA) {
    comma = true;
    q++;
    const thin = skipText(q, e, '\\!');
    if (thin > 0) {
      q = thin;
      comma = false;
      while (q < e && isSpace(byteAt(q))) q++;
    }
  } else if (startsWith(p, e, '{,}')) {
    q += 3;
    if (startsWith(q, e, '\\!')) q += 2;
  } else if (startsWith(p, e, '\\,') || startsWith(p, e, '\\;') || startsWith(p, e, '\\:') || startsWith(p, e, '\\ ')) q += 2;
  else if (c == Char.TILDE || c == Char.APOSTROPHE || c == Char.SPACE) q++;
  else if (startsWith(p, e, '’')) q += 3;
  else {
    const n = spaceAt(p, e);
    if (n < 2) return 0;
    q += n;
  }
  if (q + GROUP > e || skipDigits(q, q + GROUP) != q + GROUP) return 0;
  if (q + GROUP < e && isDigit(byteAt(q + GROUP))) return 0;
  if (comma) {
    if (depth > 0 || tokens.commas != Commas.GROUP) return 0;
    // no list has an item 001
    if (byteAt(q) == Char.ZERO) tokens.zeroGroup = true;
    tokens.grouped = true;
  }
  return <i32>(q - p);
}

/** Whether digits at p go on in lakhs: 12,34,567. Gives the end of the number, or 0. */
function lakhEnd(p: usize, e: usize): usize {
  let groups = 0;
  while (p + 3 <= e && byteAt(p) == Char.COMMA && isDigit(byteAt(p + 1)) && isDigit(byteAt(p + 2))) {
    if (p + 3 < e && isDigit(byteAt(p + 3))) {
      if (groups == 0 || (p + 4 < e && isDigit(byteAt(p + 4)))) return 0;
      return p + 4;
    }
    groups++;
    p += 3;
  }
  return 0;
}

/** Groups of a point and three digits from p on. */
function europeanGroups(p: usize, e: usize): i32 {
  let groups = 0;
  while (p + GROUP + 1 <= e && byteAt(p) == Char.POINT && skipDigits(p + 1, e) == p + GROUP + 1) {
    groups++;
    p += GROUP + 1;
  }
  return groups;
}
