// Tokens of a mathematical answer: LaTeX, plain text and Unicode give the same tokens.
//
// Numbers are read here, with every usual spelling of thousands separators; words, commands and symbols become kinds. What the lexer does
// not know becomes Tok.BAD, which no grammar rule accepts: nothing is salvaged from a span that does not parse.
import { alloc, failed, spend } from '../arena';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Char } from '../read/characters';
import { spells } from '../read/names';
import {
  byteAt,
  codePoint,
  hasLower,
  isAscending,
  isDigit,
  isLetter,
  isLower,
  isOneOf,
  isOnlyByte,
  isOpening,
  isOperator,
  isSpace,
  isUpper,
  isWide,
  sequenceLength,
  skipDigits,
  skipLetters,
  skipSpace,
  startsWith,
  startsWithFold,
} from '../read/text';
import { Commands } from './commands';
import { numeral } from './numerals';
import { Func, Rel, Sign, SYM_E, SYM_I, Tok } from './symbols';
import {
  auxOf,
  CHARACTERS,
  CURRENCIES,
  Does,
  doesOf,
  FUNCTIONS,
  GREEK,
  isWordCharacter,
  kindOf,
  OPERATORS,
  PHRASE_WORDS,
  PLAIN_NAMES,
  SHORT_WORDS,
  spaceOf,
  UNIT_RUNS,
} from './tables';
import { newTokens, Tokens } from './tokens';

/** Where a power of Unicode digits stops to grow. */
const SMALL: i32 = 10_000_000;
/** The first and last circled number: ① to ⑳. */
const FIRST_CIRCLED: i32 = 0x2460;
const LAST_CIRCLED: i32 = 0x2473;

@unmanaged
class Lexer extends Commands {
  run(): void {
    let p = this.start;
    while (p < this.end && !failed) {
      if (this.textEnd > 0 && p >= this.textEnd) {
        // the brace that closes \text{…}
        this.textEnd = 0;
        this.tokens.inText = false;
        this.tokens.space();
        p++;
        continue;
      }
      if (this.pmodEnd > 0 && p >= this.pmodEnd) {
        this.pmodEnd = 0;
        this.push(Tok.RPAR, p, p);
      }
      const c = byteAt(p);
      if (isSpace(c)) {
        this.tokens.space();
        p++;
        continue;
      }
      if (p == this.measureAt) {
        this.measureAt = 0;
        p = this.text(p);
        continue;
      }
      spend(2);
      const chosen = this.ways(p);
      if (chosen > 0) p = chosen;
      else if (isDigit(c)) {
        if (p == this.digitAt) p = this.digit(p);
        else p = numeral(this.tokens, p, this.end, this.brackets, this.digits);
      } else if (isLetter(c)) p = this.letters(p);
      else if (isWide(c)) p = this.wide(p);
      else p = this.sign(p, c);
    }
    if (this.pmodEnd > 0) this.push(Tok.RPAR, this.end, this.end);
    this.tokens.inText = false;
    this.push(Tok.END, this.end, this.end);
  }

  /** 5C2, nC2: the ways to choose, which stand by themselves. Position behind them, or 0. */
  ways(p: usize): usize {
    const letter = this.numberEnd(p);
    if (letter == 0 || this.byte(letter) != Char.C) return 0;
    const end = this.numberEnd(letter + 1);
    if (end == 0 || isLetter(this.byte(end)) || isOneOf(this.byte(end), '_^(')) return 0;
    if (p > this.start && (isLetter(byteAt(p - 1)) || isOneOf(byteAt(p - 1), '0123456789.,_^\\'))) return 0;
    this.push(Tok.LBRACE, p, p);
    this.numberOf(p, letter);
    this.push(Tok.CHOOSE, letter, letter);
    this.numberOf(letter + 1, end);
    this.push(Tok.RBRACE, end, end);
    return end;
  }

  /** End of the digits or the small letter at p, or 0. */
  numberEnd(p: usize): usize {
    const q = skipDigits(p, this.end);
    return q > p ? q : isLower(this.byte(p)) ? p + 1 : 0;
  }

  /** Pushes the digits or the letter [p, q). */
  numberOf(p: usize, q: usize): void {
    const c = byteAt(p);
    if (isDigit(c)) this.tokens.push(Tok.NUM, p, q).value = rat.ofInt(int.parseInt(p, <i32>(q - p), 10));
    else this.push(Tok.SYM, p, q, c);
  }

  // --- Signs of ASCII

  sign(p: usize, c: i32): usize {
    const next = this.byte(p + 1);
    switch (c) {
      case Char.BACKSLASH:
        return this.command(p);
      case Char.POINT:
        return this.point(p, next);
      case Char.DOLLAR: // a delimiter of mathematics, or the only one, beside a number
        if ((isDigit(next) || this.tokens.lastKind == Tok.NUM) && isOnlyByte(p, this.start, this.end))
          this.push(Tok.CURRENCY, p, p + 1, Char.DOLLAR);
        this.tokens.space();
        return p + 1;
    }
    let length = 1;
    let found = -1;
    if (isOperator(next) || next == Char.BAR) {
      length = this.byte(p + 2) == Char.MINUS && next == Char.SLASH ? 3 : 2;
      found = OPERATORS.find(p, length);
    }
    if (found < 0) {
      length = 1;
      found = CHARACTERS.find(c);
    }
    const q = p + <usize>length;
    if (found < 0) return this.push(Tok.BAD, p, q);
    const kind = kindOf(found);
    // = **17**
    const isBold = kind == Tok.CARET && length == 2 && !this.tokens.endsOperand;
    if (isBold || doesOf(found) == Does.SPACE) this.tokens.space();
    else this.push(kind, p, q, auxOf(found));
    if (kind == Tok.LPAR || kind == Tok.LBRK) this.brackets++;
    else if (kind == Tok.RPAR || kind == Tok.RBRK) this.brackets--;
    return q;
  }

  /** A decimal point, dots, a full stop between sentences, or the last one. */
  point(p: usize, next: i32): usize {
    if (isDigit(next) && this.tokens.lastKind != Tok.NUM) return numeral(this.tokens, p, this.end, this.brackets, this.digits);
    const q = p + 1;
    if (next == Char.POINT) {
      let r = q;
      while (this.byte(r) == Char.POINT) r++;
      return this.push(Tok.DOTS, p, r);
    }
    if (skipSpace(q, this.end) >= this.end) this.tokens.space();
    else {
      const divides = isSpace(next) || next == Char.DOLLAR || next == Char.BACKSLASH || this.tokens.inText;
      // 1. 45: the number of an item
      const isItem = this.tokens.count == 1 && this.tokens.lastKind == Tok.NUM;
      this.push(divides && !isItem ? Tok.SEMI : Tok.BAD, p, q);
    }
    return q;
  }

  // --- Runs of letters

  letters(p: usize): usize {
    const q = skipLetters(p, this.end);
    const len = <i32>(q - p);
    const tokens = this.tokens;
    if (len == 1) return this.letter(p);
    if (spells(p, len, 'min') && tokens.endsOperand && !this.opens(q)) return this.push(Tok.WORD, p, q);
    // 5th floor
    if (spells(p, len, 'floor') && (tokens.inText || tokens.lastKind == Tok.WORD) && !this.opens(q))
      return this.push(Tok.WORD, p, q);
    if (spells(p, len, 'to') && tokens.lastKind == Tok.NUM && this.isNumberNext(q)) return this.push(Tok.COLON, p, q, 1);
    if (len == 2 && PHRASE_WORDS.has(p, len, true) && this.goesOnInWords(q)) return this.push(Tok.WORD, p, q);
    if (len > 2 && isUpper(byteAt(p)) && hasLower(p, q) && this.isLabelled(q)) return this.push(Tok.WORD, p, q);
    if (this.namedRun(p, q)) return q;
    // Rs. 36
    const behind = this.byte(q) == Char.POINT ? q + 1 : q;
    const money = tokens.endsOperand || !this.isNumberNext(behind) ? -1 : CURRENCIES.find(p, len);
    if (money > 0) return this.push(Tok.CURRENCY, p, behind, money);
    if (tokens.lastKind == Tok.WORD && hasLower(p, q)) return this.push(Tok.WORD, p, q);
    if (UNIT_RUNS.has(p, len) && (tokens.endsOperand || tokens.inText || this.isBehindUnit())) return this.push(Tok.WORD, p, q);
    if (SHORT_WORDS.has(p, len) || (hasLower(p, q) && SHORT_WORDS.has(p, len, true))) return this.push(Tok.WORD, p, q);
    if (tokens.inText) return !hasLower(p, q) && len <= 4 ? this.product(p, q) : this.push(Tok.WORD, p, q);
    // sinx, lnn: a function name with one letter behind it
    const f = FUNCTIONS.find(p, len - 1);
    if (f >= 0 && f <= Func.LG) {
      this.push(Tok.FUNC, p, q - 1, f);
      return this.push(Tok.SYM, q - 1, q, byteAt(q - 1));
    }
    return len >= 4 && hasLower(p, q) && !isAscending(p, q) ? this.push(Tok.WORD, p, q) : this.product(p, q);
  }

  /** Whether a unit and a slash stand before: km/hr. */
  isBehindUnit(): bool {
    const tokens = this.tokens;
    return tokens.lastKind == Tok.SLASH && tokens.count > 1 && tokens.at(tokens.count - 2).kind == Tok.WORD;
  }

  /** Whether a number follows at p, the brace that ends a text aside. */
  isNumberNext(p: usize): bool {
    p = skipSpace(p, this.end);
    return isDigit(this.byte(this.byte(p) == Char.CLOSE_BRACE ? skipSpace(p + 1, this.end) : p));
  }

  /** Whether a word of two letters and more follows at p. */
  goesOnInWords(p: usize): bool {
    const next = skipSpace(p, this.end);
    return next > p && skipLetters(next, this.end) >= next + 2;
  }

  /** Whether a colon or an equals sign follows at p. */
  isLabelled(p: usize): bool {
    const c = this.byte(skipSpace(p, this.end));
    return c == Char.COLON || c == Char.EQUALS;
  }

  /** Letters one by one. */
  product(p: usize, q: usize): usize {
    for (let r = p; r < q; r++) this.push(Tok.SYM, r, r + 1, byteAt(r));
    return q;
  }

  letter(p: usize): usize {
    const tokens = this.tokens;
    const c = byteAt(p);
    const q = p + 1;
    if (((c | 32) == Char.a || (c | 32) == Char.p) && startsWithFold(q, this.end, '.m') && !isLetter(this.byte(q + 2)))
      // a.m., p.m.
      return this.push(Tok.WORD, p, this.byte(q + 2) == Char.POINT ? q + 3 : q + 2);
    // 3 x 4
    if ((c | 32) == Char.x && this.isBetweenDigits(p)) return this.push(Tok.TIMES, p, q);
    if (this.followsElementOf()) {
      // k ∈ Z, k ∈ \mathbf{Z}
      const set = spaceOf(c);
      if (set >= 0) return this.push(Tok.SPACESET, p, q, set);
    }
    if (c == Char.U && tokens.endsSet && this.opens(q)) return this.push(Tok.CUP, p, q);
    // 2 h 30 min
    const isPart = isOneOf(c, 'hms') && tokens.lastKind == Tok.NUM && this.isNumberNext(q);
    if (isPart || (tokens.inText && isUnitLetter(c) && tokens.endsOperand)) return this.push(Tok.WORD, p, q);
    return this.push(Tok.SYM, p, q, c);
  }

  /** Whether a number other than 0 stands before p and a digit behind it. */
  isBetweenDigits(p: usize): bool {
    const last = this.tokens.last;
    if (this.tokens.lastKind != Tok.NUM || rat.isZero(last.value)) return false;
    const next = skipSpace(p + 1, this.end);
    const spaced = last.end < p;
    return isDigit(this.byte(next)) && spaced == next > p + 1;
  }

  /** Whether ∈ stands before, a brace between them aside. */
  followsElementOf(): bool {
    const tokens = this.tokens;
    const i = tokens.lastKind == Tok.LBRACE && tokens.count > 1 ? tokens.count - 2 : tokens.count - 1;
    return i >= 0 && tokens.at(i).kind == Tok.REL && tokens.at(i).aux == Rel.IN;
  }

  /** Words that join items, stand for signs, or are known names. Gives whether it pushed. */
  namedRun(p: usize, q: usize): bool {
    const tokens = this.tokens;
    const len = <i32>(q - p);
    if (spells(p, len, 'in') && (tokens.lastKind == Tok.SYM || tokens.lastKind == Tok.RPAR) && this.opens(q))
      this.push(Tok.REL, p, q, Rel.IN);
    else {
      const kind = PLAIN_NAMES.find(p, len);
      const allowed = kind == Tok.CUP || kind == Tok.CAP ? tokens.endsSet : kind != Tok.FRAC || this.byte(q) == Char.OPEN_BRACE;
      if (kind >= 0 && allowed) this.push(kind, p, q);
      else if (FUNCTIONS.has(p, len)) this.push(Tok.FUNC, p, q, FUNCTIONS.find(p, len));
      else if (GREEK.has(p, len)) this.push(Tok.SYM, p, q, GREEK.find(p, len));
      else return false;
    }
    return true;
  }

  /** Whether an opening bracket follows at p. */
  opens(p: usize): bool {
    p = skipSpace(p, this.end);
    if (p >= this.end) return false;
    return (
      isOpening(byteAt(p)) ||
      startsWith(p, this.end, '\\{') ||
      startsWith(p, this.end, '\\left') ||
      startsWith(p, this.end, '\\mathbb')
    );
  }

  // --- Characters outside ASCII

  wide(p: usize): usize {
    const c = codePoint(p, this.end);
    const q = min(p + <usize>sequenceLength(byteAt(p)), this.end);
    if (c >= FIRST_CIRCLED && c <= LAST_CIRCLED) return this.circled(p, q, Sign.CIRCLED + c - FIRST_CIRCLED);
    const found = CHARACTERS.find(c);
    if (found >= 0)
      switch (doesOf(found)) {
        case Does.SPACE:
          this.tokens.space();
          return q;
        case Does.SUPERSCRIPT:
          return this.superscript(p);
        case Does.SUBSCRIPT:
          return this.subscript(p);
        default:
          return this.push(kindOf(found), p, q, auxOf(found));
      }
    // Letters of other scripts make words.
    if (!isWordCharacter(c)) return this.push(Tok.BAD, p, q);
    let end = q;
    while (end < this.end && byteAt(end) >= 0xc0 && codePoint(end, this.end) < 0x2000)
      end = min(this.end, end + <usize>sequenceLength(byteAt(end)));
    return this.push(Tok.WORD, p, end);
  }

  /** A circled number is a name; several side by side make a list. */
  circled(p: usize, q: usize, id: i32): usize {
    const last = this.tokens.last;
    if (this.tokens.lastKind == Tok.SYM && last.aux >= Sign.CIRCLED && last.aux <= Sign.CIRCLED + LAST_CIRCLED - FIRST_CIRCLED)
      this.push(Tok.COMMA, p, p);
    return this.push(Tok.SYM, p, q, id);
  }

  /** A power in small characters: ¹², ⁻ⁿ. */
  superscript(p: usize): usize {
    this.push(Tok.CARET, p, p);
    this.push(Tok.LBRACE, p, p);
    let at = p;
    let value = -1;
    while (at < this.end) {
      const found = CHARACTERS.find(codePoint(at, this.end));
      if (found < 0 || doesOf(found) != Does.SUPERSCRIPT) break;
      if (kindOf(found) == Tok.NUM) value = value < 0 ? auxOf(found) : min(value, SMALL) * 10 + auxOf(found);
      else {
        if (value >= 0) this.tokens.integer(value, p, at);
        value = -1;
        this.push(kindOf(found), at, at, auxOf(found));
      }
      at += <usize>sequenceLength(byteAt(at));
    }
    if (value >= 0) this.tokens.integer(value, p, at);
    this.push(Tok.RBRACE, at, at);
    return min(at, this.end);
  }

  subscript(p: usize): usize {
    let value = 0;
    let at = p;
    while (at < this.end) {
      const found = CHARACTERS.find(codePoint(at, this.end));
      if (found < 0 || doesOf(found) != Does.SUBSCRIPT) break;
      value = min(value, SMALL) * 10 + auxOf(found);
      at += <usize>sequenceLength(byteAt(at));
    }
    this.push(Tok.UNDER, p, p);
    this.tokens.integer(value, p, at);
    return at;
  }
}

/** Whether a letter behind a number, in a group of text, is a unit: all small ones but those of mathematics, and the capitals of units. */
function isUnitLetter(c: i32): bool {
  return isLower(c) ? c != SYM_E && c != SYM_I && c != Char.d : isOneOf(c, 'JNKCTAVWHFLSG');
}

/** Tokens of the bytes [p, e); `commas` says what commas between digits are (Commas.*). */
export function tokenize(p: usize, e: usize, commas: i32): Tokens {
  const size = <i32>(e - p);
  const lexer = changetype<Lexer>(alloc(offsetof<Lexer>()));
  lexer.tokens = newTokens(size, commas);
  lexer.start = p;
  lexer.end = e;
  lexer.digits = alloc(<usize>size + 16);
  lexer.textEnd = 0;
  lexer.pmodEnd = 0;
  lexer.digitAt = 0;
  lexer.measureAt = 0;
  lexer.environments = 0;
  lexer.isDoubled = false;
  lexer.brackets = 0;
  lexer.run();
  return lexer.tokens;
}
