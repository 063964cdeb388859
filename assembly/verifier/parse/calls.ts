// Names with what belongs to them: indices, primes, arguments; functions, sums, integrals.
import { alloc } from '../arena';
import { isNull, nil } from '../memory';
import * as rat from '../number/rational';
import { Char } from '../read/characters';
import { byteAt, isLower, isOneOf, isUpper } from '../read/text';
import { Brackets } from './brackets';
import { Scope } from './cursor';
import { among, Func, Rel, Sign, SYM_E, SYM_I, Tok } from './symbols';
import { Token } from './tokens';
import {
  binary,
  Bracket,
  Call,
  integer,
  kid,
  Kind,
  leaf,
  node,
  Node,
  number,
  relation,
  seal,
  setKid,
  tupleOp,
  unary,
} from './tree';

export abstract class Calls extends Brackets {
  /** A name: its primes, its index, and its arguments where it is a function's. */
  symbol(): Node {
    const letter = this.nameOf(this.token);
    this.pos++;
    return this.named(letter);
  }

  /** The name `letter`, which is passed over, with what belongs to it. */
  named(letter: i32): Node {
    if (letter == Sign.ANGLE) {
      const angle = this.angle();
      if (!isNull(angle)) return angle;
    }
    const id = this.primes(letter);
    let x = leaf(Kind.SYM, id);
    const t = this.token;
    if (this.kind == Tok.UNDER) {
      x = this.index(id);
      if (this.broken) return x;
      while (this.kind == Tok.PRIME) this.pos++;
      if (this.kind == Tok.CARET && isOneOf(letter, 'CAP') && x.kind == Kind.CALL && kid(x, 0).kind == Kind.NUM)
        return this.counted(x, letter);
    } else if (id == letter && t.isInteger && this.isIndex(letter, t)) {
      // x1
      this.pos++;
      return indexed(id, number(t.value));
    }
    // Γ(n + 1) = n!
    if (letter == Sign.CAPITAL_GAMMA && x.kind == Kind.SYM && this.kind == Tok.LPAR) {
      const argument = this.bracket();
      if (argument.kind != Kind.TUPLE) return unary(Kind.FACT, binary(Kind.ADD, argument, integer(-1)));
      return this.none();
    }
    if (letter == Char.C && x.kind == Kind.SYM && this.kind == Tok.LPAR && !this.isDefinition()) {
      const ways = this.waysToChoose();
      if (!isNull(ways)) return ways;
    }
    if (this.kind == Tok.LPAR && !this.token.inText && (isFunctionLetter(letter) || this.isDefinition()))
      return this.application(x, id);
    return x;
  }

  /** The angle whose sign was passed over, where one token or capitals name it: ∠1, ∠A, ∠ABC; else null. */
  angle(): Node {
    const braced = this.kind == Tok.LBRACE ? 1 : 0;
    const from = this.pos + braced;
    let end = from;
    while (this.at(end).kind == Tok.SYM && isUpper(this.at(end).aux)) end++;
    if (end == from && this.at(end).isInteger && this.at(end).length == 1) end++;
    const next = this.at(end).kind;
    if (end == from || next == Tok.PRIME || next == Tok.UNDER || (braced > 0 && next != Tok.RBRACE)) return nil<Node>();
    this.pos = end + braced;
    const n = end - from;
    const name = alloc(<usize>n);
    // the vertex stands in the middle: ∠CBA is ∠ABC
    const backward = this.at(from).aux > this.at(end - 1).aux;
    for (let i = 0; i < n; i++) store<u8>(name + <usize>i, byteAt(this.at(backward ? end - 1 - i : from + i).start));
    return unary(Kind.CALL, leaf(Kind.SYM, this.compose(Sign.ANGLE, name, n)), Sign.ANGLE, Call.ACCENT);
  }

  /** Whether a numeral that touches the letter before it is its index: x1, but not \frac n2. */
  isIndex(letter: i32, t: Token): bool {
    const before = this.pos > 1 ? this.at(this.pos - 2).kind : Tok.END;
    if (among(before, Tok.FRAC, Tok.UNDER)) return false;
    return isLower(letter) && !isOneOf(letter, 'eid') && t.start == this.at(this.pos - 1).end && t.length < 3;
  }

  /** C_5^3 and A_5^3, ways to choose and to arrange: the power stands where whole numbers do not allow it. */
  counted(x: Node, letter: i32): Node {
    const grouped = this.peek(1) == Tok.LBRACE && this.peek(3) == Tok.RBRACE;
    const k = this.at(this.pos + (grouped ? 2 : 1));
    const n = kid(x, 0);
    if (!k.isInteger || !rat.isInteger(n.value) || rat.compare(k.value, n.value) > 0) return x;
    this.pos += grouped ? 4 : 2;
    return counted(n, number(k.value), letter == Char.C);
  }

  /** C(n, k) from its bracket on; null where it is no pair, or one of numbers, which may be a point. */
  waysToChoose(): Node {
    const pos = this.pos;
    const top = this.top;
    const pair = this.bracket();
    const isPair = pair.kind == Kind.TUPLE && pair.n == 2 && pair.op == tupleOp(Bracket.ROUND, Bracket.ROUND);
    if (isPair && !isPoint(pair)) return binary(Kind.BINOM, kid(pair, 0), kid(pair, 1));
    this.pos = pos;
    this.top = top;
    return nil<Node>();
  }

  /** {}^{10}C_3 and _{10}C_3, from the sign of the script on. */
  prescript(): Node {
    this.pos++;
    const n = this.argument();
    if (this.kind != Tok.SYM || this.token.aux != Char.C || this.peek(1) != Tok.UNDER) return this.none();
    this.pos += 2;
    return this.broken ? n : binary(Kind.BINOM, n, this.argument());
  }

  /** f', f'', f^{\prime}: the id of the name with its primes. */
  primes(id: i32): i32 {
    while (true) {
      if (this.kind == Tok.PRIME) this.pos++;
      else if (this.kind == Tok.CARET && this.peek(1) == Tok.PRIME) this.pos += 2;
      else if (this.kind == Tok.CARET && this.peek(1) == Tok.LBRACE && this.peek(2) == Tok.PRIME && this.peek(3) == Tok.RBRACE)
        this.pos += 4;
      else if (this.isInverse(id)) {
        this.pos += 5;
        id = this.compose(id, changetype<usize>('i'), 1);
        continue;
      } else return id;
      id = this.compose(id, changetype<usize>("'"), 1);
    }
  }

  /** Whether ^{-1} and an argument follow the name of a function. */
  isInverse(id: i32): bool {
    return (
      isFunctionLetter(id) &&
      this.kind == Tok.CARET &&
      this.peek(1) == Tok.LBRACE &&
      this.peek(2) == Tok.MINUS &&
      this.peek(3) == Tok.NUM &&
      rat.isOne(this.at(this.pos + 3).value) &&
      this.peek(4) == Tok.RBRACE &&
      this.peek(5) == Tok.LPAR
    );
  }

  /** x_1, x_{n+1}, x_{\text{max}}: words make another name, anything else is an argument. */
  index(id: i32): Node {
    this.pos++;
    const t = this.token;
    switch (t.kind) {
      case Tok.LBRACE: {
        const close = this.closing(this.pos);
        if (close < 0) return this.none();
        if (!this.isWord(this.pos + 1, close)) return indexed(id, this.group());
        const from = this.pos + 1;
        this.pos = close + 1;
        return leaf(Kind.SYM, this.spelled(id, from, close));
      }
      case Tok.WORD:
      case Tok.FUNC:
      case Tok.PLUS:
      case Tok.MINUS:
      case Tok.PLUSMINUS:
        this.pos++;
        return leaf(Kind.SYM, this.spelled(id, this.pos - 1, this.pos));
      case Tok.NUM:
        this.pos++;
        return indexed(id, number(t.value));
      case Tok.INF:
        this.pos++;
        return indexed(id, leaf(Kind.INF));
      case Tok.SYM:
        this.pos++;
        return indexed(id, leaf(Kind.SYM, this.nameOf(t)));
    }
    return this.none();
  }

  /** Whether the tokens [i, j) of an index are a word, several letters or a lone sign: part of a name, and nothing to reckon with. */
  isWord(i: i32, j: i32): bool {
    const k = this.at(i).kind;
    if (j - i == 1) return among(k, Tok.WORD, Tok.PLUSMINUS);
    let letters = true;
    for (; i < j; i++) {
      const t = this.at(i);
      if (among(t.kind, Tok.WORD, Tok.FUNC) || t.kind == Tok.AND || t.kind == Tok.OR || t.inText) return true;
      if (t.kind != Tok.SYM) letters = false;
    }
    return letters;
  }

  /** Id of the name `parent` with the tokens [i, j) as its index, whatever their fonts. */
  spelled(parent: i32, i: i32, j: i32): i32 {
    const name = alloc(<usize>(this.at(j - 1).end - this.at(i).start) + 1);
    let at = name;
    for (; i < j; i++) {
      const t = this.at(i);
      const start = t.length > 1 && byteAt(t.start) == Char.BACKSLASH ? t.start + 1 : t.start;
      memory.copy(at, start, t.end - start);
      at += t.end - start;
    }
    return this.compose(parent, name, <i32>(at - name));
  }

  /** P(x) = … defines a function whatever its letter. */
  isDefinition(): bool {
    const close = this.closing(this.pos);
    if (close <= 0 || this.at(close + 1).kind != Tok.REL || this.at(close + 1).aux != Rel.EQ) return false;
    return this.holdsNames(this.pos + 1, close);
  }

  /** Whether the tokens [i, j) can be the arguments of a definition: symbols and numbers with commas. */
  holdsNames(i: i32, j: i32): bool {
    if (i >= j) return false;
    for (; i < j; i++) {
      const k = this.at(i).kind;
      const allowed =
        k == Tok.SYM || k == Tok.COMMA || k == Tok.NUM || k == Tok.UNDER || k == Tok.PI || k == Tok.MINUS || k == Tok.DOTS;
      if (!allowed) return false;
    }
    return true;
  }

  /** head(arguments); the index of f_n(x) is one more argument. */
  application(head: Node, id: i32): Node {
    const arguments_ = this.bracket();
    const isTuple = arguments_.kind == Kind.TUPLE;
    const n = isTuple ? arguments_.n : 1;
    const hasIndex = head.kind == Kind.CALL;
    const first = hasIndex ? 1 : 0;
    const x = node(Kind.CALL, head.kind == Kind.SYM ? head.symbol : id, n + first);
    if (hasIndex) {
      x.role = Call.INDEXED;
      setKid(x, 0, kid(head, 0));
    }
    for (let i = 0; i < n; i++) setKid(x, i + first, isTuple ? kid(arguments_, i) : arguments_);
    return seal(x);
  }

  // --- Functions with a name

  functionCall(): Node {
    let f = this.token.aux;
    this.pos++;
    let exponent = nil<Node>();
    let base = nil<Node>();
    for (let turn = 0; turn < 2; turn++) {
      if (this.kind == Tok.UNDER && isNull(base)) {
        this.pos++;
        base = this.argument();
      } else if (this.kind == Tok.CARET && isNull(exponent)) {
        this.pos++;
        exponent = this.kind == Tok.MINUS ? this.signed() : this.argument();
      }
    }
    if (this.broken) return this.none();
    if (!isNull(base) && f != Func.LOG && f != Func.LG) return this.none();
    if (!isNull(exponent) && f <= Func.TANH && isMinusOne(exponent)) {
      f = inverseOf(f);
      // sinh⁻¹ is no 1/sinh
      if (f < 0) return this.none();
      exponent = nil<Node>();
    }
    const x = this.applied(f, this.arguments(f), base);
    return isNull(exponent) ? x : binary(Kind.POW, x, exponent);
  }

  /** What stands behind a function's name: brackets, a set, a group, or factors. */
  arguments(f: i32): Node {
    if (this.kind == Tok.LPAR || (this.kind == Tok.LBRK && this.startsFactor())) return this.bracket();
    if (this.kind == Tok.LSET && takesMany(f)) return this.setLiteral();
    if (f == Func.CBRT) return this.argument();
    if (this.kind == Tok.LBRACE && this.peek(1) != Tok.RBRACE && this.closing(this.pos) > 0) return this.group();
    return this.bareArgument();
  }

  /** The function of its arguments; `base` is that of a logarithm, or null. */
  applied(f: i32, given: Node, base: Node): Node {
    if (this.broken) return this.none();
    const many = given.kind == Kind.TUPLE || given.kind == Kind.SET;
    const n = many ? given.n : 1;
    if (!many)
      switch (f) {
        case Func.EXP:
          return binary(Kind.POW, leaf(Kind.SYM, SYM_E), given);
        case Func.CIS:
          return binary(Kind.POW, leaf(Kind.SYM, SYM_E), binary(Kind.MUL, leaf(Kind.SYM, SYM_I), given));
        case Func.CBRT:
          return binary(Kind.ROOT, given, integer(3));
        case Func.ABS:
          return unary(Kind.ABS, given);
        case Func.FLOOR:
          return unary(Kind.FLOOR, given);
        case Func.CEIL:
          return unary(Kind.CEIL, given);
      }
    else if (f >= Func.WAYS && n == 2) return counted(kid(given, 0), kid(given, 1), f == Func.WAYS);
    else if (!takesMany(f) && !(f == Func.LOG && n == 2)) return this.none();
    const hasBase = !isNull(base);
    const x = node(Kind.FUNC, f, hasBase ? n + 1 : n);
    for (let i = 0; i < n; i++) setKid(x, i, many ? kid(given, i) : given);
    if (hasBase) setKid(x, n, base);
    return seal(x);
  }

  /** Factors that belong to a function written without brackets: \sin 2x, \ln \frac{1}{2}. */
  bareArgument(): Node {
    if (!this.enter()) return this.none();
    const from = this.top;
    const negative = this.kind == Tok.MINUS;
    if (negative) this.pos++;
    this.push(this.power());
    while (!this.broken && this.startsFactor()) {
      const k = this.kind;
      const ends = k == Tok.FUNC || k == Tok.LPAR || k == Tok.LBRK || k == Tok.BEGIN || among(k, Tok.SUM, Tok.INTEGRAL);
      if (ends) break;
      this.push(this.power());
    }
    this.nesting--;
    const x = this.collapse(Kind.MUL, from);
    return negative ? unary(Kind.NEG, x) : x;
  }

  // --- Sums and integrals

  /** \sum_{k=1}^{n} body, \prod … */
  series(isProduct: bool): Node {
    if (!this.enter()) return this.none();
    this.pos++;
    let low = nil<Node>();
    let high = nil<Node>();
    for (let turn = 0; turn < 2; turn++) {
      if (this.kind == Tok.UNDER) {
        this.pos++;
        if (this.kind != Tok.LBRACE) return this.none();
        low = this.group();
      } else if (this.kind == Tok.CARET) {
        this.pos++;
        high = this.argument();
      }
    }
    if (this.broken || isNull(low) || isNull(high)) return this.none();
    if (low.kind != Kind.REL || low.n != 2 || relation(low, 0) != Rel.EQ || kid(low, 0).kind != Kind.SYM) return this.none();
    const body = this.product();
    const x = node(Kind.SERIES, isProduct ? 1 : 0, 4);
    setKid(x, 0, kid(low, 0));
    setKid(x, 1, kid(low, 1));
    setKid(x, 2, high);
    setKid(x, 3, body);
    this.nesting--;
    return seal(x);
  }

  /** \lim_{x \to a} body */
  limit(): Node {
    this.pos++;
    if (this.kind != Tok.UNDER || this.peek(1) != Tok.LBRACE) return this.none();
    this.pos++;
    const to = this.group();
    if (this.broken || to.kind != Kind.REL || to.n != 2 || relation(to, 0) != Rel.TO || kid(to, 0).kind != Kind.SYM)
      return this.none();
    const body = this.product();
    const x = node(Kind.LIMIT, 0, 3);
    setKid(x, 0, kid(to, 0));
    setKid(x, 1, kid(to, 1));
    setKid(x, 2, body);
    return seal(x);
  }

  /** The variable where x is d/dx, or null. */
  differentiated(x: Node): Node {
    if (x.kind != Kind.DIV || !isD(kid(x, 0))) return nil<Node>();
    const below = kid(x, 1);
    return below.kind == Kind.MUL && below.n == 2 && isD(kid(below, 0)) && kid(below, 1).kind == Kind.SYM
      ? kid(below, 1)
      : nil<Node>();
  }

  /** Whether the tokens are dx. */
  get atDifferential(): bool {
    return this.kind == Tok.SYM && this.token.aux == Char.d && this.peek(1) == Tok.SYM;
  }

  /** \int_a^b f dx */
  integral(): Node {
    if (!this.enter()) return this.none();
    this.pos++;
    let low = nil<Node>();
    let high = nil<Node>();
    for (let turn = 0; turn < 2; turn++) {
      const k = this.kind;
      if (k != Tok.UNDER && k != Tok.CARET) continue;
      this.pos++;
      const bound = this.kind == Tok.MINUS ? this.signed() : this.argument();
      if (k == Tok.UNDER) low = bound;
      else high = bound;
    }
    const bounded = !isNull(low);
    if (this.broken || bounded != !isNull(high)) return this.none();
    const outer = this.enterScope(0, Scope.DIFFERENTIAL);
    const body = this.atDifferential ? integer(1) : this.sum();
    this.scope = outer;
    if (this.broken || !this.atDifferential) return this.none();
    this.pos++;
    const x = node(Kind.INTEGRAL, 0, bounded ? 4 : 2);
    setKid(x, 0, body);
    setKid(x, 1, leaf(Kind.SYM, this.nameOf(this.token)));
    this.pos++;
    if (bounded) {
      setKid(x, 2, low);
      setKid(x, 3, high);
    }
    this.nesting--;
    return seal(x);
  }
}

/** The ways to choose k of n, or to arrange them. */
function counted(n: Node, k: Node, chosen: bool): Node {
  const ways = binary(Kind.BINOM, n, k);
  return chosen ? ways : binary(Kind.MUL, ways, unary(Kind.FACT, k));
}

function indexed(id: i32, index: Node): Node {
  // a_{i,j}
  const many = index.kind == Kind.SET;
  const x = node(Kind.CALL, id, many ? index.n : 1);
  x.role = Call.INDEX;
  for (let i = 0; i < x.n; i++) setKid(x, i, many ? kid(index, i) : index);
  return seal(x);
}

/** Whether the coordinates are numbers. */
function isPoint(x: Node): bool {
  return kid(x, 0).kind == Kind.NUM && kid(x, 1).kind == Kind.NUM;
}

function isD(x: Node): bool {
  return x.kind == Kind.SYM && x.symbol == Char.d;
}

/** Symbols that are functions when a bracket follows: f g h F G H φ ψ. */
function isFunctionLetter(id: i32): bool {
  return isOneOf(id, 'fghFGH') || id == Sign.PHI || id == Sign.PSI;
}

/** Functions of any number of arguments. */
function takesMany(f: i32): bool {
  return f == Func.MAX || f == Func.MIN || f == Func.GCD || f == Func.LCM;
}

/** The function that undoes f, or -1. */
function inverseOf(f: i32): i32 {
  return f <= Func.COT ? f + Func.ASIN - Func.SIN : -1;
}

function isMinusOne(x: Node): bool {
  return x.kind == Kind.NEG && kid(x, 0).kind == Kind.NUM && rat.isOne(kid(x, 0).value);
}
