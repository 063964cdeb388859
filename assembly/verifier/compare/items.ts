// Answers taken apart: assignments, remarks, ± signs, the items of lists with their names.
import { isConstantNode } from '../algebra/sampling';
import { isAbout, sameValue } from '../algebra/scalar';
import { alloc } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import { Accent, among, Rel, Sign, Space } from '../parse/symbols';
import {
  binary,
  Call,
  contains,
  hasKind,
  identical,
  isNaming,
  isSegment,
  kid,
  Kind,
  listOf,
  node,
  Node,
  relate,
  relation,
  seal,
  Separator,
  setKid,
  unary,
  withKid,
  withKids,
} from '../parse/tree';
import { Char } from '../read/characters';
import { isUpper } from '../read/text';

/** Most items of one list. */
const MAX_ITEMS: i32 = 256;

/** The items of an answer, each with the name it is assigned to, or null. */
@unmanaged
export class Items {
  n: i32;
  nodes: usize;
  labels: usize;

  at(i: i32): Node {
    return elementAt<Node>(this.nodes, i);
  }

  label(i: i32): Node {
    return elementAt<Node>(this.labels, i);
  }

  setLabel(i: i32, label: Node): void {
    setElement<Node>(this.labels, i, label);
  }

  push(x: Node, label: Node = nil<Node>()): void {
    if (this.n == MAX_ITEMS) return;
    setElement<Node>(this.nodes, this.n, x);
    setElement<Node>(this.labels, this.n, label);
    this.n++;
  }

  /** Whether it is full, so that some items may be missing. */
  get isFull(): bool {
    return this.n == MAX_ITEMS;
  }
}

export function newItems(): Items {
  const x = changetype<Items>(alloc(offsetof<Items>()));
  x.n = 0;
  x.nodes = alloc((<usize>MAX_ITEMS) << 2);
  x.labels = alloc((<usize>MAX_ITEMS) << 2);
  return x;
}

function isEquality(op: i32): bool {
  return op == Rel.EQ || op == Rel.APPROX;
}

/** Whether x is a chain of equalities. */
export function isEquation(x: Node): bool {
  if (x.kind != Kind.REL) return false;
  for (let i = 0; i < x.n - 1; i++) if (!isEquality(relation(x, i))) return false;
  return true;
}

/** Whether x is made of names only: a symbol, f(x), AB, A ∪ B. */
function isName(x: Node): bool {
  switch (x.kind) {
    case Kind.SYM:
    case Kind.CALL:
      return true;
    case Kind.MUL:
    case Kind.UNION:
    case Kind.INTERSECT:
    case Kind.DIFFERENCE:
      for (let i = 0; i < x.n; i++) if (!isName(kid(x, i))) return false;
      return true;
  }
  return false;
}

/**
 * Whether the left side is a name, which may be assigned anything: a symbol, call or tuple of them, a geometric name (AB, |AB|, ∠ABC, △ABC),
 * an operation on sets, the ratio of such names.
 */
export function isSubject(x: Node): bool {
  if (among(x.kind, Kind.TEXT, Kind.CALL)) return true;
  if (x.kind == Kind.TUPLE) {
    for (let i = 0; i < x.n; i++) if (!isSubject(kid(x, i))) return false;
    return true;
  }
  // A ∩ B = …
  if (among(x.kind, Kind.UNION, Kind.DIFFERENCE)) return isName(x);
  if (among(x.kind, Kind.NORM, Kind.ABS)) return isSegment(kid(x, 0)) || isVector(kid(x, 0));
  if (isSegment(x)) return true;
  if (x.kind == Kind.RATIO) return isSubject(kid(x, 0)) && isSubject(kid(x, x.n - 1));
  if (x.kind == Kind.DIV) return isSegment(kid(x, 0)) && isSegment(kid(x, 1));
  if (x.kind != Kind.MUL || !isName(x)) return false;
  // m∠ABC is a measure
  return isMark(kid(x, kid(x, 0).symbol == Char.m ? 1 : 0).symbol);
}

/** \vec{AB} */
function isVector(x: Node): bool {
  return x.kind == Kind.CALL && x.symbol == Sign.ACCENT + Accent.ARROW;
}

/** Signs that stand before a name and do not change its meaning: angle, triangle. */
function isMark(id: i32): bool {
  return id == Sign.ANGLE || id == Sign.TRIANGLE;
}

function isConstantAnswer(x: Node): bool {
  if (among(x.kind, Kind.TUPLE, Kind.NOTED)) {
    for (let i = 0; i < x.n; i++) if (!isConstantAnswer(kid(x, i))) return false;
    return true;
  }
  return among(x.kind, Kind.SPACESET, Kind.TEXT) || isConstantNode(x);
}

/** The place of the value that a chain of equalities ends in: before the first ≈ where something exact stands there. */
function chainEnd(x: Node): i32 {
  for (let i = 0; i < x.n - 1; i++) if (relation(x, i) == Rel.APPROX) return i == 0 && isSubject(kid(x, 0)) ? 1 : i;
  return x.n - 1;
}

/** Whether all constant sides of a chain, up to its value, are equal: 2 + 3 = 6 says nothing. */
function isTrueChain(x: Node, end: i32): bool {
  const value = kid(x, end);
  for (let i = 0; i < end; i++) {
    const side = kid(x, i);
    if (
      side.kind != Kind.TEXT &&
      relation(x, i) == Rel.EQ &&
      isConstantNode(side) &&
      isConstantNode(value) &&
      !sameValue(side, value)
    )
      return false;
  }
  // 5/36 ≈ 0.19
  for (let i = end + 1; i < x.n; i++) if (relation(x, i - 1) == Rel.APPROX && !isAbout(value, kid(x, i))) return false;
  return true;
}

/** The value when x assigns one to a name (x = 5, f(x) = 2x, AB = CD = 7), or null. */
export function assigned(x: Node): Node {
  if (!isEquation(x)) return nil<Node>();
  const left = kid(x, 0);
  const end = chainEnd(x);
  const v = kid(x, end);
  if (!isTrueChain(x, end)) return nil<Node>();
  if (v == left) return relation(x, 0) == Rel.APPROX ? v : nil<Node>();
  if (isSubject(left)) {
    // x = x² + 1 is an equation
    if (left.kind == Kind.SYM && x.n == 2 && contains(v, left.symbol)) return nil<Node>();
    return v;
  }
  // -m = 6 says m = -6
  if (left.kind == Kind.NEG && kid(left, 0).kind == Kind.SYM && x.n == 2 && isConstantNode(v)) return unary(Kind.NEG, v);
  // 2 + 3 = 5: a computation with its value
  if (isConstantNode(left) && isConstantAnswer(v)) return v;
  return nil<Node>();
}

/** A set of one element, a list of one, means that element, unless that is a set: {∅}, {{1, 2}}. */
export function unwrap(x: Node): Node {
  while (
    x.n == 1 &&
    (x.kind == Kind.LIST || (x.kind == Kind.SET && kid(x, 0).kind != Kind.SPACESET && kid(x, 0).kind != Kind.SET))
  )
    x = kid(x, 0);
  return x;
}

/** "k ∈ Z" behind an answer names a parameter; it is no part of the answer. */
export function isDomainRemark(x: Node): bool {
  if (x.kind != Kind.REL || x.n != 2 || relation(x, 0) != Rel.IN) return false;
  const set = kid(x, 1);
  if (set.kind != Kind.SPACESET || (set.space & Space.NAME) == Space.EMPTY) return false;
  const l = kid(x, 0);
  return isNaming(l);
}

/** Whether item i of a list is a remark about a parameter, or a name in front of one: "k, m ∈ Z". */
export function isRemarkAt(x: Node, i: i32): bool {
  let j = i;
  while (j > 0 && j < x.n - 1 && kid(x, j).kind == Kind.SYM) j++;
  return isDomainRemark(kid(x, j));
}

/** Whether two answers that both name the domain of a variable name the same. */
export function sameDomains(g: Node, p: Node): bool {
  const a = domainOf(g);
  const b = domainOf(p);
  return isNull(a) || isNull(b) || identical(a, b);
}

/** The set that the first remark about a variable names, or null. */
export function domainOf(x: Node): Node {
  if (x.kind == Kind.LIST) for (let i = 1; i < x.n; i++) if (isDomainRemark(kid(x, i))) return kid(kid(x, i), 1);
  return nil<Node>();
}

/** x without remarks about parameters. */
export function withoutRemarks(x: Node): Node {
  // x ≠ ±2
  if (x.kind == Kind.REL && x.n == 2 && relation(x, 0) == Rel.NE && kid(x, 1).kind == Kind.PM && kid(x, 1).n == 1) {
    const value = kid(kid(x, 1), 0);
    const other = relate(kid(x, 0), Rel.NE, unary(Kind.NEG, value));
    return listOf(binary(Kind.LIST, relate(kid(x, 0), Rel.NE, value), other), Separator.COMMA);
  }
  if (x.kind == Kind.BUILDER) {
    const kids = alloc((<usize>x.n) << 2);
    for (let i = 0; i < x.n; i++) setElement<Node>(kids, i, withoutRemarks(kid(x, i)));
    return withKids(x, kids);
  }
  if (x.kind != Kind.LIST) return x;
  // x ≠ 0, 1
  for (let i = 1; i < x.n; i++) {
    const before = kid(x, i - 1);
    if (
      before.kind == Kind.REL &&
      before.n == 2 &&
      relation(before, 0) == Rel.NE &&
      isConstantNode(kid(x, i)) &&
      kid(x, i).kind != Kind.REL
    )
      x = withKid(x, i, relate(kid(before, 0), Rel.NE, kid(x, i)));
  }
  let keep = 0;
  for (let i = 0; i < x.n; i++) if (!isRemarkAt(x, i)) keep++;
  if (keep == x.n || keep == 0) return x;
  const y = node(Kind.LIST, x.op, keep);
  y.ops = x.ops;
  for (let i = 0, at = 0; i < x.n; i++) if (!isRemarkAt(x, i)) setKid(y, at++, kid(x, i));
  seal(y);
  return unwrap(y);
}

function countSigns(x: Node): i32 {
  let n = x.kind == Kind.PM ? 1 : 0;
  for (let i = 0; i < x.n; i++) n += countSigns(kid(x, i));
  return n;
}

function hasOppositeSign(x: Node): bool {
  if (x.kind == Kind.PM && x.sign < 0) return true;
  for (let i = 0; i < x.n; i++) if (hasOppositeSign(kid(x, i))) return true;
  return false;
}

/** How the ± signs of an expression are chosen. */
@unmanaged
class Signs {
  /** bit k for the k-th sign (bit 0 for all when linked) */
  choice: i32;
  linked: bool;
  /** signs met so far */
  met: i32;

  /** x with its signs chosen. */
  apply(x: Node): Node {
    if (!hasKind(x, Kind.PM)) return x;
    if (x.kind == Kind.PM) {
      const bit = this.linked ? 0 : this.met;
      this.met++;
      const plus = (((this.choice >> bit) & 1) != 0) == x.sign > 0;
      const a = this.apply(kid(x, 0));
      if (x.n == 1) return plus ? a : unary(Kind.NEG, a);
      const b = this.apply(kid(x, 1));
      return binary(Kind.ADD, a, plus ? b : unary(Kind.NEG, b));
    }
    const kids = alloc((<usize>x.n) << 2);
    for (let i = 0; i < x.n; i++) setElement<Node>(kids, i, this.apply(kid(x, i)));
    return withKids(x, kids);
  }
}

/** Signs up to which every one is free. */
const MAX_FREE_SIGNS: i32 = 3;

/** The values of x under all choices of its signs, into `out`. Several free signs are independent unless `linked`. */
function expandSigns(x: Node, linked: bool, out: Items, label: Node): void {
  const count = countSigns(x);
  if (count == 0) {
    out.push(x, label);
    return;
  }
  const together = linked || count == 1 || count > MAX_FREE_SIGNS || hasOppositeSign(x);
  const n = together ? 2 : 1 << count;
  const signs = changetype<Signs>(alloc(offsetof<Signs>()));
  signs.linked = together;
  for (let c = n - 1; c >= 0; c--) {
    signs.choice = c;
    signs.met = 0;
    out.push(signs.apply(x), label);
  }
}

/**
 * Takes an answer apart into its items: elements of lists and sets, with the names they are assigned to. With `whole`, equations stay as they
 * are.
 */
export function gather(x: Node, linked: bool, whole: bool, out: Items): void {
  if (among(x.kind, Kind.SET, Kind.LIST)) {
    let label = nil<Node>();
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i);
      const before = out.n;
      gatherItem(k, linked, whole, out);
      // n = 1, 2, 3
      if (out.n > before) {
        const l = out.label(out.n - 1);
        if (!isNull(l)) label = l;
        else if (!isNull(label) && k.kind != Kind.REL) for (let j = before; j < out.n; j++) out.setLabel(j, label);
      }
    }
    return;
  }
  gatherItem(x, linked, whole, out);
}

/** a = b = 3: several names for one value. */
export function isSharedValue(x: Node): bool {
  if (x.kind != Kind.REL || x.n < 3) return false;
  for (let i = 0; i < x.n - 1; i++) if (kid(x, i).kind != Kind.SYM || relation(x, i) != Rel.EQ) return false;
  const v = kid(x, x.n - 1);
  return v.kind != Kind.SYM && isConstantAnswer(v);
}

/** (3, 4) of the point P(3, 4); other answers as they are. */
export function coordinates(x: Node): Node {
  if (x.kind != Kind.MUL || x.n != 2 || kid(x, 0).kind != Kind.SYM || !isUpper(kid(x, 0).symbol)) return x;
  return kid(x, 1).kind == Kind.TUPLE ? kid(x, 1) : x;
}

/** C(5, 2) and C_5^2 as a number, where the gold is one; other answers as they are. */
export function chosen(g: Node, x: Node): Node {
  const base = x.kind == Kind.POW ? kid(x, 0) : x;
  // C_5^2
  if (base != x && base.kind == Kind.CALL && base.role == Call.INDEX && base.symbol == Char.C && base.n == 1)
    return isConstantNode(g) || hasKind(g, Kind.BINOM) ? binary(Kind.BINOM, kid(base, 0), kid(x, 1)) : x;
  const pair = coordinates(x);
  if (pair == x || kid(x, 0).symbol != Char.C || pair.n != 2 || !isConstantNode(g) || hasKind(g, Kind.TUPLE)) return x;
  return binary(Kind.BINOM, kid(pair, 0), kid(pair, 1));
}

function gatherItem(x: Node, linked: bool, whole: bool, out: Items): void {
  if (x.kind == Kind.LIST) {
    gather(x, linked, whole, out);
    return;
  }
  let v = nil<Node>();
  if (x.kind == Kind.REL && isEquation(x) && !whole) {
    if (isSharedValue(x)) {
      for (let i = 0; i < x.n - 1; i++) expandSigns(kid(x, x.n - 1), linked, out, kid(x, i));
      return;
    }
    v = assigned(x);
  }
  if (x.kind == Kind.REL && x.n == 2 && relation(x, 0) == Rel.IN && kid(x, 1).kind == Kind.SET) v = kid(x, 1);
  let label = nil<Node>();
  if (!isNull(v) && v != kid(x, 0)) {
    label = kid(x, 0);
    x = unwrap(v);
  }
  if (isNull(label) || x.kind != Kind.SET) expandSigns(x, linked, out, label);
  else for (let i = 0; i < x.n; i++) expandSigns(kid(x, i), linked, out, label);
}
