// Tokens of a mathematical answer: LaTeX, plain text and Unicode give the same tokens.
//
// Numbers are read here, with every usual spelling of thousands separators; words, commands and symbols become kinds. What the lexer does
// not know becomes Tok.BAD, which no grammar rule accepts: nothing is salvaged from a span that does not parse.
import { alloc, failed, spend } from '../arena';
import { Char } from '../read/characters';
import { spells } from '../read/names';
import {
  byteAt,
  codePoint,
  groupEnd,
  hasLower,
  indexOfByte,
  isAscending,
  isDigit,
  isLetter,
  isLower,
  isOneOf,
  isOnlyByte,
  isOpening,
  isOperator,
  isSpace,
  isWide,
  sequenceLength,
  skipLetters,
  skipSpace,
  startsWith,
} from '../read/text';
import { numeral } from './numerals';
import { Env, Func, Rel, SYM_E, SYM_I, Tok } from './symbols';
import {
  auxOf,
  CHARACTERS,
  COMMANDS,
  Does,
  doesOf,
  ENVIRONMENTS,
  ESCAPED,
  FUNCTIONS,
  GREEK,
  isWordCharacter,
  kindOf,
  OPERATORS,
  PLAIN_NAMES,
  SHORT_WORDS,
  spaceOf,
  UNIT_RUNS,
} from './tables';
import { newTokens, Tokens } from './tokens';

/** Longest name of an environment. */
const ENVIRONMENT_NAME: usize = 20;
/** Longest length behind a row's end: \\[2pt]. */
const ROW_LENGTH: usize = 12;
/** Where a power of Unicode digits stops to grow. */
const SMALL: i32 = 10_000_000;

@unmanaged
class Lexer {
  tokens: Tokens;
  start: usize;
  end: usize;
  /** room for the digits of one number */
  digits: usize;
  /** the brace that closes the group of text being read, or 0 */
  textEnd: usize;
  /** the end of a \pmod's argument, or 0 */
  pmodEnd: usize;
  /** a digit right after a group of \frac, which alone is the second argument, or 0 */
  digitAt: usize;
  environments: i32;
  brackets: i32;

  push(kind: i32, p: usize, q: usize, aux: i32 = 0): usize {
    this.tokens.push(kind, p, q, aux);
    return q;
  }

  byte(p: usize): i32 {
    return p < this.end ? byteAt(p) : 0;
  }

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
      spend(2);
      if (isDigit(c)) {
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

  /** One digit as a number of its own. */
  digit(p: usize): usize {
    this.tokens.integer(byteAt(p) - Char.ZERO, p, p + 1);
    return p + 1;
  }

  // --- Signs of ASCII

  sign(p: usize, c: i32): usize {
    const next = this.byte(p + 1);
    switch (c) {
      case Char.BACKSLASH:
        return this.command(p);
      case Char.POINT:
        return this.point(p, next);
      case Char.DOLLAR: // a delimiter of mathematics, or the only one, before a number
        if (isDigit(next) && isOnlyByte(p, this.start, this.end)) this.push(Tok.CURRENCY, p, p + 1, Char.DOLLAR);
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
    if (doesOf(found) == Does.SPACE) this.tokens.space();
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
    else if (isSpace(next) || next == Char.DOLLAR || next == Char.BACKSLASH || this.tokens.inText) this.push(Tok.SEMI, p, q);
    else this.push(Tok.BAD, p, q);
    return q;
  }

  // --- Runs of letters

  letters(p: usize): usize {
    const q = skipLetters(p, this.end);
    const len = <i32>(q - p);
    const tokens = this.tokens;
    if (len == 1) return this.letter(p);
    if (spells(p, len, 'min') && tokens.endsOperand && !this.opens(q)) return this.push(Tok.WORD, p, q);
    if (this.namedRun(p, q)) return q;
    if (UNIT_RUNS.has(p, len) && (tokens.endsOperand || tokens.inText)) return this.push(Tok.WORD, p, q);
    if (SHORT_WORDS.has(p, len)) return this.push(Tok.WORD, p, q);
    if (tokens.inText) return !hasLower(p, q) && len <= 4 ? this.product(p, q) : this.push(Tok.WORD, p, q);
    // sinx, lnn: a function name with one letter behind it
    const f = FUNCTIONS.find(p, len - 1);
    if (f >= 0 && f <= Func.LG) {
      this.push(Tok.FUNC, p, q - 1, f);
      return this.push(Tok.SYM, q - 1, q, byteAt(q - 1));
    }
    return len >= 4 && hasLower(p, q) && !isAscending(p, q) ? this.push(Tok.WORD, p, q) : this.product(p, q);
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
    if (((c | 32) == Char.a || (c | 32) == Char.p) && startsWith(q, this.end, '.m') && !isLetter(this.byte(q + 2)))
      // a.m., p.m.
      return this.push(Tok.WORD, p, this.byte(q + 2) == Char.POINT ? q + 3 : q + 2);
    if (this.followsElementOf()) {
      // k ∈ Z, k ∈ \mathbf{Z}
      const set = spaceOf(c);
      if (set >= 0) return this.push(Tok.SPACESET, p, q, set);
    }
    if (c == Char.U && tokens.endsSet && this.opens(q)) return this.push(Tok.CUP, p, q);
    if (tokens.inText && isLower(c) && c != SYM_E && c != SYM_I && c != Char.d && tokens.endsOperand)
      return this.push(Tok.WORD, p, q);
    return this.push(Tok.SYM, p, q, c);
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
    if (spells(p, len, 'and')) this.push(Tok.AND, p, q);
    else if (spells(p, len, 'or')) this.push(Tok.OR, p, q);
    else if (spells(p, len, 'mod')) this.push(Tok.MOD, p, q);
    else if (spells(p, len, 'in') && (tokens.lastKind == Tok.SYM || tokens.lastKind == Tok.RPAR) && this.opens(q))
      this.push(Tok.REL, p, q, Rel.IN);
    else {
      const known = PLAIN_NAMES.find(p, len);
      const kind = kindOf(known);
      const allowed = kind == Tok.CUP || kind == Tok.CAP ? tokens.endsSet : kind != Tok.FRAC || this.byte(q) == Char.OPEN_BRACE;
      if (known >= 0 && allowed) this.push(kind, p, q);
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

  // --- Commands

  /** The command whose backslash is at p. */
  command(p: usize): usize {
    const name = p + 1;
    if (name >= this.end) return this.end;
    const q = skipLetters(name, this.end);
    if (q == name) return this.escaped(p);
    const found = COMMANDS.find(name, <i32>(q - name));
    if (found < 0) return this.push(Tok.BAD, p, q);
    const kind = kindOf(found);
    switch (doesOf(found)) {
      case Does.TOKEN:
        return this.push(kind, p, q, auxOf(found));
      case Does.DELIMITER:
        return this.byte(q) == Char.POINT ? q + 1 : q;
      case Does.SPACE:
        this.tokens.space();
        return q;
      case Does.TEXT:
        return this.text(q);
      case Does.FRACTION:
        return this.fraction(kind, p, q);
      case Does.ROOT:
        this.push(kind, p, q);
        return this.shortArgument(q);
      case Does.BEGIN:
        return this.environment(p, q, true);
      case Does.END:
        return this.environment(p, q, false);
      case Does.BLACKBOARD:
        return this.blackboard(p, q);
      case Does.PMOD:
        return this.pmod(p, q);
      case Does.SKIP_GROUP: {
        this.tokens.space();
        const close = this.groupAt(q);
        return close > 0 ? close : q;
      }
      case Does.NOT:
        return this.not(p, q);
    }
    return q;
  }

  /** A backslash before a sign. */
  escaped(p: usize): usize {
    const c = byteAt(p + 1);
    const q = p + 2;
    if (c == Char.BACKSLASH) return this.doubled(p);
    if (isWide(c)) return p + 1;
    const found = ESCAPED.find(c);
    if (found >= 0) {
      const kind = kindOf(found);
      if (kind == Tok.LSET) this.brackets++;
      else if (kind == Tok.RSET) this.brackets--;
      return this.push(kind, p, q, auxOf(found));
    }
    if (!isOneOf(c, ',;:!>()[]/\'"`') && !isSpace(c)) return this.push(Tok.BAD, p, q);
    this.tokens.space();
    return q;
  }

  /** "\\": a new row; before a command name outside an environment it is an escaped backslash. */
  doubled(p: usize): usize {
    let q = p + 2;
    if (this.environments == 0 && q < this.end && this.isKnownCommand(q)) return q - 1;
    this.push(Tok.ROW, p, q);
    if (this.byte(q) == Char.OPEN_BRACKET && this.environments > 0) {
      // \\[2pt]
      const close = indexOfByte(q, min(this.end, q + ROW_LENGTH), Char.CLOSE_BRACKET);
      const isLength = isDigit(this.byte(q + 1)) || this.byte(q + 1) == Char.POINT;
      if (this.byte(close) == Char.CLOSE_BRACKET && isLength && isLetter(byteAt(close - 1))) q = close + 1;
    }
    return q;
  }

  /** Whether a name or sign known behind a backslash stands at p: "\\frac" in doubly escaped text. */
  isKnownCommand(p: usize): bool {
    const len = <i32>(skipLetters(p, this.end) - p);
    return len == 0 ? isOneOf(byteAt(p), '{}%$') : len > 1 && COMMANDS.has(p, len);
  }

  /** End of the group that starts at p, white space aside, or 0. */
  groupAt(p: usize): usize {
    const open = skipSpace(p, this.end);
    return this.byte(open) == Char.OPEN_BRACE ? groupEnd(open, this.end) : 0;
  }

  text(q: usize): usize {
    const close = this.groupAt(q);
    if (close == 0 || this.textEnd > 0) return q;
    const open = skipSpace(q, this.end);
    this.textEnd = close - 1;
    this.tokens.inText = true;
    if (this.textEnd == open + 1) this.tokens.space();
    return open + 1;
  }

  /** A digit after \frac and its like is an argument of its own: \frac12 is 1/2. */
  shortArgument(p: usize): usize {
    const q = skipSpace(p, this.end);
    return isDigit(this.byte(q)) ? this.digit(q) : q;
  }

  fraction(kind: i32, p: usize, q: usize): usize {
    this.push(kind, p, q);
    const first = skipSpace(q, this.end);
    if (isDigit(this.byte(first))) return this.shortArgument(this.digit(first));
    const close = this.groupAt(q);
    if (close > 0) {
      const second = skipSpace(close, this.end);
      if (isDigit(this.byte(second))) this.digitAt = second;
    }
    return q;
  }

  environment(p: usize, q: usize, begins: bool): usize {
    const open = skipSpace(q, this.end);
    if (this.byte(open) != Char.OPEN_BRACE) return this.push(Tok.BAD, p, q);
    const close = indexOfByte(open + 1, min(this.end, open + ENVIRONMENT_NAME), Char.CLOSE_BRACE);
    if (this.byte(close) != Char.CLOSE_BRACE) return this.push(Tok.BAD, p, q);
    const env = ENVIRONMENTS.find(open + 1, <i32>(close - open - 1));
    if (begins) this.environments++;
    else if (this.environments > 0) this.environments--;
    this.push(env < 0 ? Tok.BAD : begins ? Tok.BEGIN : Tok.CLOSE, p, close + 1, env);
    // column format of an array
    const format = begins && env == Env.ARRAY ? this.groupAt(close + 1) : 0;
    return format > 0 ? format : close + 1;
  }

  /** \mathbb{R}, \Bbb R */
  blackboard(p: usize, q: usize): usize {
    let at = skipSpace(q, this.end);
    const braced = this.byte(at) == Char.OPEN_BRACE;
    if (braced) at = skipSpace(at + 1, this.end);
    if (at >= this.end) return this.end;
    const set = spaceOf(byteAt(at));
    at++;
    if (braced) {
      at = skipSpace(at, this.end);
      if (this.byte(at) != Char.CLOSE_BRACE) return q;
      at++;
    }
    return set < 0 ? q : this.push(Tok.SPACESET, p, at, set);
  }

  pmod(p: usize, q: usize): usize {
    this.push(Tok.LPAR, p, p);
    this.push(Tok.MOD, p, q);
    const open = skipSpace(q, this.end);
    if (this.byte(open) != Char.OPEN_BRACE) this.pmodEnd = open + 1;
    else if (this.groupAt(q) > 0) this.pmodEnd = this.groupAt(q);
    return q;
  }

  not(p: usize, q: usize): usize {
    const next = skipSpace(q, this.end);
    if (this.byte(next) == Char.EQUALS) return this.push(Tok.REL, p, next + 1, Rel.NE);
    if (startsWith(next, this.end, '\\in')) return this.push(Tok.REL, p, next + 3, Rel.NOTIN);
    return this.push(Tok.BAD, p, q);
  }
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
  lexer.environments = 0;
  lexer.brackets = 0;
  lexer.run();
  return lexer.tokens;
}
