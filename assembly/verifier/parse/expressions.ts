// Expressions, from sets and ratios down to single tokens.
import { isNull, nil } from '../memory';
import { Char } from '../read/characters';
import { spells } from '../read/names';
import { byteAt, isOneOf } from '../read/text';
import { vulgarValue } from './brackets';
import { Scope } from './cursor';
import { Environments } from './environments';
import { Accent, among, Env, Rel, Sign, Space, Tok } from './symbols';
import { Token } from './tokens';
import { binary, Call, integer, isSegment, Kind, leaf, Node, number, seal, unary } from './tree';

export abstract class Expressions extends Environments {
  /** Unions, intersections and differences of sets. */
  operand(): Node {
    let x = this.ratio();
    while (!this.broken) {
      const k = this.kind;
      const made = k == Tok.CUP ? Kind.UNION : k == Tok.CAP ? Kind.INTERSECT : k == Tok.SETMINUS ? Kind.DIFFERENCE : -1;
      if (made < 0) break;
      this.pos++;
      x = binary(made, x, this.ratio());
    }
    return x;
  }

  ratio(): Node {
    const first = this.sum();
    if (this.kind != Tok.COLON || this.inScope(Scope.BAR_DIVIDES) || this.broken) return first;
    if (this.peek(1) == Tok.END || this.peek(1) == Tok.WORD) return first;
    const from = this.top;
    this.push(first);
    let isTime = true;
    while (this.kind == Tok.COLON && !this.broken) {
      // 5 to 3 is no time
      const inWords = this.token.aux != 0;
      this.pos++;
      if (inWords || !isMinutes(this.token)) isTime = false;
      this.push(this.sum());
    }
    const x = this.collect(Kind.RATIO, 0, from);
    x.mayBeTime = isTime;
    return seal(x);
  }

  sum(): Node {
    if (!this.enter()) return this.none();
    const from = this.top;
    this.push(this.product());
    while (!this.broken) {
      const k = this.kind;
      if (!isSign(k)) break;
      this.pos++;
      const right = this.product();
      if (k == Tok.PLUS) this.push(right);
      // R - {0}
      else if (right.kind == Kind.SET) this.push(binary(Kind.DIFFERENCE, this.collapse(Kind.ADD, from), right));
      else if (k == Tok.MINUS) this.push(unary(Kind.NEG, right));
      else this.push(binary(Kind.PM, this.collapse(Kind.ADD, from), right, signOf(k)));
    }
    this.nesting--;
    return this.collapse(Kind.ADD, from);
  }

  product(): Node {
    const from = this.top;
    const first = this.signed();
    const variable = this.differentiated(first);
    if (!isNull(variable) && this.startsFactor()) return binary(Kind.DERIVATIVE, this.product(), variable);
    this.push(first);
    while (!this.broken) {
      const k = this.kind;
      if (k == Tok.DOTS) {
        // 1 · 2 ⋯ n
        this.pos++;
        if (this.kind != Tok.TIMES && !this.startsFactor() && this.kind != Tok.NUM) return this.none();
        this.push(leaf(Kind.ELLIPSIS));
        if (this.kind == Tok.NUM) this.push(this.power());
      } else if (k == Tok.TIMES) {
        this.pos++;
        this.push(this.signed());
      } else if (k == Tok.SLASH) {
        this.pos++;
        const right = this.signed();
        this.push(binary(Kind.DIV, this.collapse(Kind.MUL, from), right));
      } else if (!this.startsFactor()) break;
      else if (k != Tok.LPAR) this.push(this.power());
      else if (!this.bracketFactor()) break;
    }
    return this.collapse(Kind.MUL, from);
  }

  /** A factor in brackets; a condition or modulus in brackets is none, and is not passed over. */
  bracketFactor(): bool {
    const inside = this.peek(1);
    if (inside == Tok.MOD || inside == Tok.WORD) return false;
    const pos = this.pos;
    const top = this.top;
    const x = this.power();
    if (!this.broken && (x.kind == Kind.REL || x.kind == Kind.TEXT || x.kind == Kind.NOTED)) {
      this.pos = pos;
      this.top = top;
      return false;
    }
    this.push(x);
    return true;
  }

  signed(): Node {
    const k = this.kind;
    if (!isSign(k)) return this.power();
    if (!this.enter()) return this.none();
    this.pos++;
    const x = this.signed();
    this.nesting--;
    if (k == Tok.PLUS) return x;
    return k == Tok.MINUS ? unary(Kind.NEG, x) : unary(Kind.PM, x, signOf(k));
  }

  power(): Node {
    if (!this.enter()) return this.none();
    let x = this.marks(this.primary());
    while (this.kind == Tok.CARET && !this.broken) {
      const ordinal = this.ordinalEnd(this.pos + 1);
      if (ordinal > 0) {
        this.pos = ordinal;
        continue;
      }
      this.pos++;
      const braced = this.kind == Tok.LBRACE;
      const inner = braced ? this.peek(1) : this.kind;
      const alone = !braced || this.peek(2) == Tok.RBRACE;
      const part = x.kind == Kind.SPACESET && alone ? partOf(inner) : 0;
      if ((inner == Tok.DEGREE && alone) || part != 0) {
        // ^\circ, ^{\circ}; R^+, R^{*}
        this.pos += braced ? 3 : 1;
        x = part != 0 ? leaf(Kind.SPACESET, x.space | part) : unary(Kind.DEGREE, x);
        continue;
      }
      // primes belong to names
      if (inner == Tok.PRIME && braced) return this.none();
      const exponent = braced ? this.group() : this.kind == Tok.MINUS || this.kind == Tok.PLUS ? this.signed() : this.power();
      x = this.marks(binary(Kind.POW, x, exponent));
    }
    this.nesting--;
    return x;
  }

  /** The place behind the ending of an ordinal number at i (5^{th}, 5^\text{th}), or 0. */
  ordinalEnd(i: i32): i32 {
    const braced = this.at(i).kind == Tok.LBRACE;
    if (braced) i++;
    const first = this.at(i);
    let end = i + 1;
    if (first.kind == Tok.SYM && this.at(end).kind == Tok.SYM) end++;
    else if (first.kind != Tok.WORD) return 0;
    const last = this.at(end - 1);
    if (last.end - first.start != 2 || !isOrdinalEnding(first.start)) return 0;
    if (!braced) return end;
    return this.at(end).kind == Tok.RBRACE ? end + 1 : 0;
  }

  /** Factorials, percent and degree signs, currency. */
  marks(x: Node): Node {
    while (!this.broken) {
      const k = this.kind;
      if (k == Tok.BANG) {
        const double = this.peek(1) == Tok.BANG;
        this.pos += double ? 2 : 1;
        x = unary(double ? Kind.DFACT : Kind.FACT, x);
      } else if (k == Tok.PERCENT) {
        this.pos++;
        x = unary(Kind.PERCENT, x);
      } else if (k == Tok.DEGREE) {
        this.pos++;
        // °C and °F are units
        const t = this.token;
        if ((t.kind == Tok.SYM || t.kind == Tok.WORD) && t.length == 1 && isOneOf(byteAt(t.start), 'CF')) {
          this.pos++;
          const note = unary(Kind.NOTED, x);
          note.from = t.start;
          note.to = t.end;
          return note;
        }
        x = unary(Kind.DEGREE, x);
      } else if (k == Tok.CURRENCY && this.pos > 0 && this.peek(1) != Tok.NUM) {
        this.setCurrency(this.token.aux);
        this.pos++;
      } else break;
    }
    return x;
  }

  setCurrency(sign: i32): void {
    if (this.currency == 0) this.currency = sign;
    else if (this.currency != sign) this.broken = true;
  }

  startsFactor(): bool {
    const t = this.token;
    switch (t.kind) {
      case Tok.SYM:
        // x > 1 ∧ x < 3
        if (among(t.aux, Sign.WEDGE, Sign.VEE) && this.peek(2) == Tok.REL && this.at(this.pos + 2).aux <= Rel.GE)
          t.kind = Tok.AND + t.aux - Sign.WEDGE;
        return t.kind == Tok.SYM && t.aux != Sign.FORALL && !(this.inScope(Scope.DIFFERENTIAL) && this.atDifferential);
      case Tok.FUNC:
      case Tok.LPAR:
      case Tok.LBRACE:
      case Tok.FRAC:
      case Tok.BINOM:
      case Tok.SQRT:
      case Tok.PI:
      case Tok.LFLOOR:
      case Tok.LCEIL:
      case Tok.SUM:
      case Tok.PROD:
      case Tok.INTEGRAL:
      case Tok.LIMIT:
      case Tok.ACCENT:
      case Tok.VULGAR:
      case Tok.INF:
        return true;
      case Tok.BEGIN:
        return t.aux == Env.MATRIX || t.aux == Env.DETERMINANT || t.aux == Env.ARRAY;
      case Tok.LBAR:
        // {x \left\lvert x > 1 \right.}
        return !this.inScope(Scope.BAR_DIVIDES);
      case Tok.BAR:
        return !this.inScope(Scope.BAR_CLOSES) && !this.inScope(Scope.BAR_DIVIDES);
      case Tok.NUM: {
        const before = this.pos > 0 ? this.at(this.pos - 1).kind : Tok.END;
        // 2^3 5^2
        const isPower = before == Tok.NUM && t.spaced && this.at(this.pos - 2).kind == Tok.CARET && this.peek(1) == Tok.CARET;
        return isPower || before == Tok.RPAR || before == Tok.RBRACE || before == Tok.BANG;
      }
      case Tok.LBRK: {
        // 2[x + 1], but no interval
        const close = this.closing(this.pos);
        if (close < 0 || this.at(close).kind != Tok.RBRK) return false;
        for (let i = this.pos + 1; i < close; i++) if (this.at(i).kind == Tok.COMMA) return false;
        return true;
      }
    }
    return false;
  }

  primary(): Node {
    if (!this.enter()) return this.none();
    const x = this.atom();
    this.nesting--;
    return x;
  }

  atom(): Node {
    const t = this.token;
    switch (t.kind) {
      case Tok.NUM:
        return this.numeral();
      case Tok.VULGAR:
        this.pos++;
        return number(vulgarValue(t));
      case Tok.SYM:
        return this.symbol();
      case Tok.PI:
        return this.single(Kind.PI);
      case Tok.INF:
        return this.single(Kind.INF);
      case Tok.SPACESET:
        return this.single(Kind.SPACESET, t.aux);
      case Tok.DOTS:
        return this.single(Kind.ELLIPSIS);
      case Tok.FUNC:
        return this.functionCall();
      case Tok.LPAR:
      case Tok.LBRK:
      case Tok.RBRK:
      case Tok.LANGLE:
        return this.bracket();
      case Tok.CARET:
      case Tok.UNDER:
        return this.prescript();
      case Tok.LBRACE:
        if (this.peek(1) == Tok.RBRACE && (this.peek(2) == Tok.CARET || this.peek(2) == Tok.UNDER)) {
          this.pos += 2;
          return this.prescript();
        }
        // {h}_{j}
        if (this.peek(1) == Tok.SYM && this.peek(2) == Tok.RBRACE && this.peek(3) == Tok.UNDER) {
          const name = this.nameOf(this.at(this.pos + 1));
          this.pos += 3;
          return this.named(name);
        }
        // {x | x > 0} without backslashes
        return this.peek(1) == Tok.SYM && (this.peek(2) == Tok.BAR || this.peek(2) == Tok.COLON)
          ? this.setLiteral()
          : this.group();
      case Tok.LSET:
        return this.braces();
      case Tok.BAR:
        return this.fence(Tok.BAR, Kind.ABS);
      case Tok.LBAR:
        return this.fence(Tok.RBAR, Kind.ABS);
      case Tok.NORM:
        return this.fence(Tok.NORM, Kind.NORM);
      case Tok.LFLOOR:
        return this.fence(Tok.RFLOOR, Kind.FLOOR);
      case Tok.LCEIL:
        return this.fence(Tok.RCEIL, Kind.CEIL);
      case Tok.FRAC:
        return this.twoArguments(Kind.DIV);
      case Tok.BINOM:
        return this.twoArguments(Kind.BINOM);
      case Tok.SQRT:
        return this.root();
      case Tok.SUM:
        return this.series(false);
      case Tok.PROD:
        return this.series(true);
      case Tok.INTEGRAL:
        return this.integral();
      case Tok.LIMIT:
        return this.limit();
      case Tok.BEGIN:
        return this.environment(t.aux);
      case Tok.ACCENT:
        return this.accented();
      case Tok.CURRENCY:
        this.setCurrency(t.aux);
        this.pos++;
        return this.primary();
    }
    return this.none();
  }

  single(kind: i32, op: i32 = 0): Node {
    this.pos++;
    return leaf(kind, op);
  }

  twoArguments(kind: i32): Node {
    this.pos++;
    const a = this.argument();
    return this.broken ? a : binary(kind, a, this.argument());
  }

  root(): Node {
    this.pos++;
    let index = nil<Node>();
    if (this.kind == Tok.LBRK) {
      this.pos++;
      index = this.sum();
      this.expect(Tok.RBRK);
    }
    if (this.broken) return this.none();
    const radicand = this.kind == Tok.LPAR ? this.bracket() : this.argument();
    return binary(Kind.ROOT, radicand, isNull(index) ? integer(2) : index);
  }

  /** A set, or rows behind one brace: \left\{ \begin{array} … \right. */
  braces(): Node {
    if (this.peek(1) != Tok.BEGIN || this.at(this.pos + 1).aux < Env.ARRAY) return this.setLiteral();
    this.pos++;
    const x = this.environment(Env.CASES);
    if (this.kind == Tok.RSET) this.pos++;
    return x;
  }

  /** A name under an accent; a segment under a line stays as it is, and one under an arrow has a direction. */
  accented(): Node {
    const accent = this.token.aux;
    this.pos++;
    // \vec{a}, but not \vec{AB}
    if (accent > Accent.BREVE && this.peek(2) != Tok.SYM) return this.primary();
    const from = this.pos;
    let x = this.argument();
    if (this.broken || (isSegment(x) ? accent == Accent.OVERLINE : accent > Accent.BREVE)) return x;
    if (accent == Accent.ARROW) x = leaf(Kind.SYM, this.spelled(Sign.ACCENT, from, this.pos));
    return unary(Kind.CALL, x, Sign.ACCENT + accent, Call.ACCENT);
  }
}

/** Whether the two letters at p are st, nd, rd or th. */
function isOrdinalEnding(p: usize): bool {
  return spells(p, 2, 'th') || spells(p, 2, 'st') || spells(p, 2, 'nd') || spells(p, 2, 'rd');
}

function isSign(k: i32): bool {
  return among(k, Tok.PLUS, Tok.MINUSPLUS);
}

function signOf(k: i32): i32 {
  return k == Tok.PLUSMINUS ? 1 : -1;
}

/** Whether a number is written with two digits below 60, as minutes are. */
function isMinutes(t: Token): bool {
  return t.isInteger && t.length == 2 && byteAt(t.start) < Char.SIX;
}

/** The part of a known set that a sign above it names: R^+, or 0. */
function partOf(k: i32): i32 {
  return k == Tok.PLUS ? Space.POSITIVE : k == Tok.MINUS ? Space.NEGATIVE : k == Tok.TIMES ? Space.NONZERO : 0;
}
