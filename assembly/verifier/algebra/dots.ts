// Dots in sums and products: 1 + 2 + … + n as a sum over its general term, which all written terms must follow.
import { alloc } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Sign } from '../parse/symbols';
import {
  binary,
  identical,
  integer,
  kid,
  Kind,
  leaf,
  Node,
  node,
  number,
  seal,
  setKid,
  substitute,
  withKids,
} from '../parse/tree';

/** Largest power of a number that is looked for. */
const MAX_POWER: i32 = 64;

/** The terms of a sum or product around its dots, and what is known of the general one. */
@unmanaged
class Terms {
  terms: usize;
  count: i32;
  /** terms before the dots */
  before: i32;
  /** where the last term stands, counted from 0: an expression, or null while none is known */
  last: Node;

  at(i: i32): Node {
    return elementAt<Node>(this.terms, i);
  }

  /** Writes the terms as powers of the base of the last one, where it is a power. */
  asPowers(): void {
    const end = this.at(this.count - 1);
    const start = this.at(0);
    const model = end.kind == Kind.POW ? end : start.kind == Kind.POW ? start : nil<Node>();
    if (isNull(model)) return;
    const base = kid(model, 0);
    for (let i = 0; i < this.count; i++) {
      const e = exponentOf(this.at(i), base);
      if (isNull(e)) return;
    }
    for (let i = 0; i < this.count; i++) setElement<Node>(this.terms, i, binary(Kind.POW, base, exponentOf(this.at(i), base)));
  }

  reverse(): void {
    for (let i = 0, j = this.count - 1; i < j; i++, j--) {
      const x = this.at(i);
      setElement<Node>(this.terms, i, this.at(j));
      setElement<Node>(this.terms, j, x);
    }
    this.before = this.count - this.before;
  }

  /** The term that a and b are the first two of, in the bound variable; null where there is none. */
  general(a: Node, b: Node): Node {
    if (identical(a, b)) return a;
    const x = integerOf(a);
    const y = integerOf(b);
    if (!isNull(x) && !isNull(y)) return binary(Kind.ADD, number(x), binary(Kind.MUL, number(rat.sub(y, x)), bound()));
    if (a.kind != b.kind || a.n != b.n || a.op != b.op || a.n == 0) return nil<Node>();
    const kids = alloc((<usize>a.n) << 2);
    for (let i = 0; i < a.n; i++) {
      const k = this.general(kid(a, i), kid(b, i));
      if (isNull(k)) return k;
      setElement<Node>(kids, i, k);
    }
    return withKids(a, kids);
  }

  /** Finds where the last term stands: its parts against those of the first one, whose integers grow by those of `body`. */
  locate(first: Node, body: Node, end: Node): void {
    if (!isNull(this.last) || identical(first, body)) return;
    const value = integerOf(first);
    if (!isNull(value)) {
      const step = kid(kid(body, 1), 0).value;
      const distance = binary(Kind.ADD, end, number(rat.neg(value)));
      this.last = rat.isOne(step) ? distance : binary(Kind.DIV, distance, number(step));
      return;
    }
    if (end.kind != first.kind || end.n != first.n) return;
    for (let i = 0; i < first.n; i++) this.locate(kid(first, i), kid(body, i), kid(end, i));
  }

  /** The general term; null where there is none. Sets `last`. */
  find(): Node {
    this.last = nil<Node>();
    const first = this.at(0);
    const end = this.at(this.count - 1);
    // of one term before the dots, the integers are taken to grow by one
    const second = this.before > 1 ? this.at(1) : successor(first, end);
    const body = isNull(second) ? second : this.general(first, second);
    if (!isNull(body)) this.locate(first, body, end);
    return isNull(this.last) ? this.last : body;
  }
}

function bound(): Node {
  return leaf(Kind.SYM, Sign.BOUND);
}

/** A whole number with its sign, or null. */
function integerOf(x: Node): Rat {
  if (x.kind == Kind.NEG && kid(x, 0).kind == Kind.NUM)
    return rat.isInteger(kid(x, 0).value) ? rat.neg(kid(x, 0).value) : nil<Rat>();
  return x.isInteger ? x.value : nil<Rat>();
}

/** x with every integer that differs from its part of `end` grown by one; null where they are not alike. */
function successor(x: Node, end: Node): Node {
  if (identical(x, end)) return x;
  const value = integerOf(x);
  if (!isNull(value)) return number(rat.add(value, rat.ofI32(1)));
  if (x.kind != end.kind || x.n != end.n || x.op != end.op || x.n == 0) return nil<Node>();
  const kids = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) {
    const k = successor(kid(x, i), kid(end, i));
    if (isNull(k)) return k;
    setElement<Node>(kids, i, k);
  }
  return withKids(x, kids);
}

/** e where x = base^e: an expression, or null. */
function exponentOf(x: Node, base: Node): Node {
  if (x.kind == Kind.POW && identical(kid(x, 0), base)) return kid(x, 1);
  if (identical(x, base)) return integer(1);
  if (x.kind != Kind.NUM || !rat.isInteger(x.value)) return nil<Node>();
  if (rat.isOne(x.value)) return integer(0);
  if (base.kind != Kind.NUM) return nil<Node>();
  let power = base.value;
  for (let e = 1; e < MAX_POWER; e++) {
    if (rat.equal(power, x.value)) return integer(e);
    if (int.bitLength(power.num) > int.bitLength(x.value.num)) break;
    power = rat.mul(power, base.value);
  }
  return nil<Node>();
}

/** Whether x is a sum or product with dots in it. */
export function hasDots(x: Node): bool {
  if (x.kind != Kind.ADD && x.kind != Kind.MUL) return false;
  for (let i = 1; i < x.n - 1; i++) if (kid(x, i).kind == Kind.ELLIPSIS) return true;
  return false;
}

/**
 * The sum or product over its general term that x with its dots stands for; null where there is none. `same` says whether two expressions are
 * equal: every written term must be what the general one gives.
 */
export function withoutDots(x: Node, same: (a: Node, b: Node) => bool): Node {
  const t = changetype<Terms>(alloc(offsetof<Terms>()));
  t.terms = alloc((<usize>x.n) << 2);
  t.count = 0;
  t.before = 0;
  for (let i = 0; i < x.n; i++) {
    if (kid(x, i).kind != Kind.ELLIPSIS) setElement<Node>(t.terms, t.count++, kid(x, i));
    else if (t.before > 0) return nil<Node>();
    else t.before = t.count;
  }
  t.asPowers();
  let body = t.find();
  if (isNull(body)) {
    t.reverse();
    body = t.find();
  }
  if (isNull(body)) return body;
  for (let i = 0; i < t.count; i++) {
    const place = i < t.before ? integer(i) : binary(Kind.ADD, t.last, integer(i - t.count + 1));
    if (!same(t.at(i), substitute(body, Sign.BOUND, place))) return nil<Node>();
  }
  const series = node(Kind.SERIES, x.kind == Kind.MUL ? 1 : 0, 4);
  setKid(series, 0, bound());
  setKid(series, 1, integer(0));
  setKid(series, 2, t.last);
  setKid(series, 3, body);
  return seal(series);
}
