// LaTeX commands as tokens: the part of the lexer that reads what stands behind a backslash.
import { Char } from '../read/characters';
import {
  byteAt,
  groupEnd,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  skipLetters,
  skipSpace,
  startsWith,
} from '../read/text';
import { Env, Rel, Sign, Tok } from './symbols';
import { auxOf, COMMANDS, Does, doesOf, ENVIRONMENTS, ESCAPED, kindOf, spaceOf } from './tables';
import { Tokens } from './tokens';

/** Longest option of a command: \bbox[5px]. */
const OPTION_LENGTH: usize = 40;
/** Longest name of an environment. */
const ENVIRONMENT_NAME: usize = 20;
/** Longest length behind a row's end: \\[2pt]. */
const ROW_LENGTH: usize = 12;

/** Where reading stands, and what commands become. */
@unmanaged
export class Commands {
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
  /** the group of a measure's unit, which is text, or 0 */
  measureAt: usize;
  environments: i32;
  /** backslashes stand twice: \\\\begin */
  isDoubled: bool;
  brackets: i32;

  push(kind: i32, p: usize, q: usize, aux: i32 = 0): usize {
    this.tokens.push(kind, p, q, aux);
    return q;
  }

  byte(p: usize): i32 {
    return p < this.end ? byteAt(p) : 0;
  }

  /** One digit as a number of its own. */
  digit(p: usize): usize {
    this.tokens.integer(byteAt(p) - Char.ZERO, p, p + 1);
    return p + 1;
  }

  /** The command whose backslash is at p. */
  command(p: usize): usize {
    const name = p + 1;
    if (name >= this.end) return this.end;
    const q = skipLetters(name, this.end);
    if (q == name) return this.escaped(p);
    const found = COMMANDS.find(name, <i32>(q - name));
    return found < 0 ? this.unknown(p, q) : this.known(found, p, q);
  }

  /** A command that is not known: one that is glued to what follows (\quady), or a name of its own. */
  unknown(p: usize, q: usize): usize {
    const name = p + 1;
    const len = <i32>(q - name);
    for (let n = len - 1; n >= 2; n--) {
      if (n == 2 && len > 3) break;
      const found = COMMANDS.find(name, n);
      if (found >= 0) return this.known(found, p, name + <usize>n);
    }
    this.tokens.opaque = true;
    return this.push(Tok.SYM, p, q, Sign.OPAQUE);
  }

  /** The command [p, q) by its entry. */
  known(found: i32, p: usize, q: usize): usize {
    const kind = kindOf(found);
    switch (doesOf(found)) {
      case Does.TOKEN:
        return this.push(kind, p, q, auxOf(found));
      case Does.DELIMITER:
        return this.byte(q) == Char.POINT ? q + 1 : q;
      case Does.SPACE:
        this.tokens.space();
        if (this.startsEquation(q)) this.push(Tok.COMMA, p, q);
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
      case Does.SKIP_GROUP:
        return this.skipGroups(q, auxOf(found));
      case Does.MEASURE: {
        const first = this.groupAt(q);
        this.measureAt = first > 0 ? skipSpace(first, this.end) : 0;
        return q;
      }
      case Does.NOT:
        return this.not(p, q);
    }
    return q;
  }

  /** Whether a name with a relation behind it stands at q, after a relation: x = 3 \quad y = 4. */
  startsEquation(q: usize): bool {
    if (this.brackets > 0 || this.environments > 0 || this.textEnd > 0) return false;
    const name = skipSpace(q, this.end);
    const sign = skipSpace(skipLetters(name, this.end), this.end);
    if (sign == name || name + 1 < skipLetters(name, this.end) || !isOneOf(this.byte(sign), '=<>')) return false;
    for (let i = 0; i < this.tokens.count; i++) if (this.tokens.at(i).kind == Tok.REL) return this.tokens.endsOperand;
    return false;
  }

  /** Skips an option in square brackets and up to `count` groups. */
  skipGroups(q: usize, count: i32): usize {
    this.tokens.space();
    if (this.byte(q) == Char.OPEN_BRACKET) {
      const close = indexOfByte(q, min(this.end, q + OPTION_LENGTH), Char.CLOSE_BRACKET);
      if (this.byte(close) == Char.CLOSE_BRACKET) q = close + 1;
    }
    for (; count > 0; count--) {
      const close = this.groupAt(q);
      if (close == 0) break;
      q = close;
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
    if ((this.environments == 0 || this.isDoubled) && q < this.end) {
      if (this.isKnownCommand(q)) {
        this.isDoubled = true;
        return q - 1;
      }
      if (this.isDoubled && startsWith(q, this.end, '\\\\')) q += 2;
    }
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
