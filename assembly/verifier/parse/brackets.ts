// Groups, brackets, sets, fences, and numbers with what belongs to them (base, mixed fraction).
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Char } from '../read/characters';
import { byteAt, isDigit } from '../read/text';
import { Cursor, Scope } from './cursor';
import { among, Space, Tok } from './symbols';
import { Token } from './tokens';
import { binary, Bracket, Kind, leaf, Node, number, seal, Separator, tupleOp, unary } from './tree';

/** Largest base of a numeral. */
const MAX_BASE: i32 = 36;

export abstract class Brackets extends Cursor {
  /** A braced group's content: an expression, or a set when commas divide it. */
  group(): Node {
    if (!this.enter()) return this.none();
    const outer = this.enterScope(Scope.BAR_CLOSES | Scope.BAR_DIVIDES, 0);
    this.pos++;
    const from = this.top;
    let x: Node;
    if (this.kind == Tok.RBRACE) {
      this.pos++;
      x = this.none();
    } else {
      this.push(this.item());
      if (this.kind == Tok.CHOOSE && !this.broken) {
        this.pos++;
        x = binary(Kind.BINOM, this.pop(from), this.sum());
      } else {
        this.itemsBehind(false);
        x = this.broken ? this.none() : this.collapse(Kind.SET, from);
      }
      this.expect(Tok.RBRACE);
    }
    this.scope = outer;
    this.nesting--;
    return x;
  }

  /** The items behind the first one, as long as commas (or semicolons) divide them. */
  itemsBehind(semicolons: bool): void {
    while ((this.kind == Tok.COMMA || (semicolons && this.kind == Tok.SEMI)) && !this.broken) {
      this.pos++;
      this.push(this.item());
    }
  }

  /** An argument of \frac, \sqrt and the like: a group or a single token. */
  argument(): Node {
    return this.kind == Tok.LBRACE ? this.group() : this.primary();
  }

  /** (…), […], half-open pairs, <…>: a group, a tuple or an interval. */
  bracket(): Node {
    if (!this.enter()) return this.none();
    const open = this.kind;
    const outer = this.enterScope(Scope.BAR_CLOSES | Scope.BAR_DIVIDES, Scope.ROWS);
    this.pos++;
    const from = this.top;
    this.push(this.item());
    this.itemsBehind(true);
    const count = this.top - from;
    const close = this.kind;
    const closes = close == Tok.RPAR || close == Tok.RBRK || close == Tok.RANGLE || (close == Tok.LBRK && count == 2);
    let x: Node;
    if (!closes || this.broken) x = this.none();
    else {
      this.pos++;
      // ]1,2[ is the open interval
      const left = open == Tok.RBRK ? Bracket.ROUND : bracketOf(open);
      const right = close == Tok.LBRK ? Bracket.ROUND : bracketOf(close);
      if (count == 1) x = left == right ? this.pop(from) : this.none();
      else x = seal(this.collect(Kind.TUPLE, tupleOp(left, right), from));
    }
    this.scope = outer;
    this.nesting--;
    // (1011)_2
    if (this.kind == Tok.UNDER && count == 1 && this.peek(-3) == open && this.peek(-2) == Tok.NUM)
      return this.based(this.at(this.pos - 2));
    return x;
  }

  /** {1, 2}, {x | x > 0}, {} */
  setLiteral(): Node {
    if (!this.enter()) return this.none();
    const outer = this.enterScope(Scope.BAR_CLOSES, Scope.BAR_DIVIDES | Scope.ROWS);
    this.pos++;
    const from = this.top;
    let x: Node;
    if (this.kind == Tok.RSET) {
      this.pos++;
      x = leaf(Kind.SPACESET, Space.EMPTY);
    } else {
      this.push(this.item());
      const divided = among(this.kind, Tok.BAR, Tok.COLON) && !this.broken;
      this.enterScope(Scope.BAR_DIVIDES, 0);
      if (divided) {
        this.pos++;
        this.push(this.item());
        while (among(this.kind, Tok.COMMA, Tok.AND) && !this.broken) {
          this.pos++;
          this.push(this.item());
        }
        if (this.kind == Tok.OR) this.alternatives();
      } else this.itemsBehind(true);
      x = this.broken ? this.none() : seal(this.collect(divided ? Kind.BUILDER : Kind.SET, 0, from));
      if (this.kind == Tok.RSET || this.kind == Tok.RBRACE) this.pos++;
      else this.broken = true;
    }
    this.scope = outer;
    this.nesting--;
    return x;
  }

  /** The conditions of a set from the last one on, of which one must hold: x < 1 or x > 3. */
  alternatives(): void {
    const from = this.top - 1;
    while (this.kind == Tok.OR && !this.broken) {
      this.pos++;
      this.push(this.item());
    }
    this.push(seal(this.collect(Kind.LIST, Separator.OR, from)));
  }

  /** |x|, ⌊x⌋, ⌈x⌉, ‖x‖ */
  fence(close: i32, made: i32): Node {
    if (!this.enter()) return this.none();
    const outer = this.enterScope(Scope.BAR_CLOSES | Scope.BAR_DIVIDES, close == Tok.BAR ? Scope.BAR_CLOSES : 0);
    this.pos++;
    const x = this.sum();
    // |a||b|
    if (close == Tok.BAR && this.kind == Tok.NORM) this.token.kind = close;
    else this.expect(close);
    this.scope = outer;
    this.nesting--;
    return unary(made, x);
  }

  // --- Numbers

  numeral(): Node {
    const t = this.token;
    this.pos++;
    if (this.kind == Tok.UNDER) return this.based(t);
    if (t.isInteger && rat.isInteger(t.value)) {
      const before = this.pos > 1 ? this.at(this.pos - 2).kind : Tok.END;
      if (!among(before, Tok.CARET, Tok.SLASH)) {
        const part = this.fractionBehind();
        if (!rat.isZero(part)) return number(rat.add(t.value, part));
      }
    }
    return number(t.value, t.decimals);
  }

  /** The fraction of a mixed number, which is passed over; 0 where there is none. */
  fractionBehind(): rat.Rat {
    const t = this.token;
    if (t.kind == Tok.VULGAR) {
      this.pos++;
      return vulgarValue(t);
    }
    const end = this.plainFraction(this.pos);
    if (end > 0) {
      // 1\frac{1}{2}
      const a = this.at(this.peek(1) == Tok.LBRACE ? this.pos + 2 : this.pos + 1);
      const b = this.at(this.at(end - 1).kind == Tok.RBRACE ? end - 2 : end - 1);
      return this.properFraction(a, b, end);
    }
    // 1 1/2
    const b = this.at(this.pos + 2);
    if (t.isInteger && t.spaced && this.peek(1) == Tok.SLASH && b.isInteger) return this.properFraction(t, b, this.pos + 3);
    return rat.ofI32(0);
  }

  /** a/b where it is less than 1, with the position moved to `end`; else 0. */
  properFraction(a: Token, b: Token, end: i32): rat.Rat {
    if (int.sign(b.value.num) <= 0 || rat.compare(a.value, b.value) >= 0) return rat.ofI32(0);
    this.pos = end;
    return rat.div(a.value, b.value);
  }

  /** Whether the tokens at i are \frac with two plain integers; gives the position after them, or -1. */
  plainFraction(i: i32): i32 {
    if (this.at(i).kind != Tok.FRAC) return -1;
    i++;
    for (let k = 0; k < 2; k++) {
      if (this.at(i).isInteger) i++;
      else if (this.at(i).kind == Tok.LBRACE && this.at(i + 1).isInteger && this.at(i + 2).kind == Tok.RBRACE) i += 3;
      else return -1;
    }
    return i;
  }

  /** 204_5: the digits read in the base that follows the underscore. */
  based(t: Token): Node {
    this.pos++;
    let base: i32 = -1;
    if (this.kind == Tok.NUM) {
      base = smallValue(this.token);
      this.pos++;
    } else if (this.kind == Tok.LBRACE && this.peek(1) == Tok.NUM && this.peek(2) == Tok.RBRACE) {
      base = smallValue(this.at(this.pos + 1));
      this.pos += 3;
    }
    if (base < 2 || base > MAX_BASE) return this.none();
    for (let p = t.start; p < t.end; p++) {
      const c = byteAt(p);
      if (!isDigit(c) || c - Char.ZERO >= base) return this.none();
    }
    return number(rat.ofInt(int.parseInt(t.start, t.length, <u32>base)));
  }
}

/** Value of ½ and its like. */
export function vulgarValue(t: Token): rat.Rat {
  return rat.ofFraction(t.aux >> 4, t.aux & 15);
}

function smallValue(t: Token): i32 {
  return t.isInteger && rat.isInteger(t.value) && int.fitsI32(t.value.num) ? int.toI32(t.value.num) : -1;
}

function bracketOf(k: i32): i32 {
  if (k == Tok.LPAR || k == Tok.RPAR) return Bracket.ROUND;
  return k == Tok.LBRK || k == Tok.RBRK ? Bracket.SQUARE : Bracket.ANGLE;
}
