// Structure of answers: which of the many ways to write an answer mean the same. The gold decides the form.
import { freeSymbols, isConstantNode } from '../algebra/sampling';
import { equalScalar, sameValue, Scale, scaleBetween } from '../algebra/scalar';
import { compareSets, infinity, isInterval, isOrder, isSetLike, SetVerdict } from '../algebra/sets';
import { alloc, failed, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Rel, Sign, Space } from '../parse/symbols';
import {
  binary,
  hasKind,
  identical,
  integer,
  isSegment,
  kid,
  Kind,
  leaf,
  Node,
  node,
  number,
  relate,
  relation,
  seal,
  setKid,
  substitute,
  unary,
  withKids,
} from '../parse/tree';
import { Char } from '../read/characters';
import { sameText, saysAllReals, saysNone } from '../read/plain';
import { isOneOf } from '../read/text';
import { letterUnit, multiplier, numberWord, saysDegrees, UNIT_LETTERS, unitFactor } from './units';

const NONE: Node = nil<Node>();

function isNone(x: Node): bool {
  return isNull(x);
}

const MAX_DEPTH: i32 = 60;
let depth: i32 = 0;

// --- Lists of nodes

@unmanaged
class Items {
  n: i32;
  cap: i32;
  nodes: usize;
  /** label of each item (left side of an assignment), or 0 */
  labels: usize;
}

/** Most items of one list. */
const MAX_ITEMS: i32 = 256;

function newItems(): Items {
  const x = changetype<Items>(alloc(offsetof<Items>()));
  x.n = 0;
  x.cap = MAX_ITEMS;
  x.nodes = alloc((<usize>MAX_ITEMS) << 2);
  x.labels = alloc((<usize>MAX_ITEMS) << 2);
  return x;
}

function itemAt(x: Items, i: i32): Node {
  return elementAt<Node>(x.nodes, i);
}

function labelAt(x: Items, i: i32): Node {
  return elementAt<Node>(x.labels, i);
}

function setLabel(x: Items, i: i32, l: Node): void {
  setElement<usize>(x.labels, i, changetype<usize>(l));
}

function push(x: Items, v: Node, label: Node = NONE): void {
  if (x.n == x.cap) return;
  setElement<usize>(x.nodes, x.n, changetype<usize>(v));
  setElement<usize>(x.labels, x.n, changetype<usize>(label));
  x.n++;
}

// --- Assignments

function isEquality(op: i32): bool {
  return op == Rel.EQ || op == Rel.APPROX;
}

/** Whether x is a chain of equalities. */
function isEquation(x: Node): bool {
  if (x.kind != Kind.REL) return false;
  for (let i = 0; i < x.n - 1; i++) if (!isEquality(relation(x, i))) return false;
  return true;
}

/** Whether x can name the quantity asked for: a symbol, f(x), AB, |AB|, sin A, NO/BO, x + y, (a, b). */
function isName(x: Node): bool {
  switch (x.kind) {
    case Kind.SYM:
    case Kind.CALL:
      return true;
    case Kind.MUL:
    case Kind.ADD:
    case Kind.DIV:
    case Kind.RATIO:
    case Kind.TUPLE:
    case Kind.ABS:
    case Kind.NORM:
    case Kind.NEG:
    case Kind.UNION:
    case Kind.INTERSECT:
    case Kind.DIFFERENCE:
      for (let i = 0; i < x.n; i++) if (!isName(kid(x, i))) return false;
      return true;
    case Kind.FUNC:
      return x.n == 1 && (isName(kid(x, 0)) || kid(x, 0).kind == Kind.TUPLE);
    case Kind.DEGREE:
      return isName(kid(x, 0));
  }
  return false;
}

/** Whether the left side is one symbol, call or tuple of them, which may be assigned anything. */
function isSubject(x: Node): bool {
  if (x.kind == Kind.SYM || x.kind == Kind.CALL) return true;
  if (x.kind == Kind.TUPLE) {
    for (let i = 0; i < x.n; i++) if (!isSubject(kid(x, i))) return false;
    return true;
  }
  // A ∩ B = …
  if (x.kind == Kind.UNION || x.kind == Kind.INTERSECT || x.kind == Kind.DIFFERENCE) return isName(x);
  // ∠ABC, △ABC
  return x.kind == Kind.MUL && kid(x, 0).kind == Kind.SYM && isMark(kid(x, 0).symbol) && isName(x);
}

/** Signs that stand before a name and do not change its meaning: angle, triangle. */
function isMark(id: i32): bool {
  return id == Sign.ANGLE || id == Sign.TRIANGLE;
}

function isConstantAnswer(x: Node): bool {
  if (x.kind == Kind.NOTED || x.kind == Kind.TUPLE || x.kind == Kind.SET || x.kind == Kind.LIST || x.kind == Kind.MATRIX) {
    for (let i = 0; i < x.n; i++) if (!isConstantAnswer(kid(x, i))) return false;
    return true;
  }
  if (x.kind == Kind.TEXT || x.kind == Kind.INF || x.kind == Kind.SPACESET) return true;
  return isConstantNode(x);
}

/** The value a chain of equalities ends in: before the first ≈ where something exact stands there. */
function chainValue(x: Node): Node {
  let last = x.n - 1;
  for (let i = 0; i < x.n - 1; i++)
    if (relation(x, i) == Rel.APPROX) {
      last = i == 0 && isName(kid(x, 0)) ? 1 : i;
      break;
    }
  return kid(x, last);
}

/** The value when x assigns one to a name (x = 5, f(x) = 2x, AB = CD = 7), or null. */
function assigned(x: Node): Node {
  if (!isEquation(x)) return NONE;
  const left = kid(x, 0);
  const v = chainValue(x);
  if (v == left) return relation(x, 0) == Rel.APPROX ? v : NONE;
  if (isSubject(left)) {
    // x = x² + 1 is an equation
    if (left.kind == Kind.SYM && x.n == 2 && contains(v, left.op)) return NONE;
    return v;
  }
  if (isName(left) && isConstantAnswer(v)) return v;
  // 2 + 3 = 5: a computation with its value
  if (isConstantNode(left) && isConstantAnswer(v)) return v;
  return NONE;
}

function contains(x: Node, id: i32): bool {
  if (x.kind == Kind.SYM) return x.op == id;
  for (let i = 0; i < x.n; i++) if (contains(kid(x, i), id)) return true;
  return false;
}

// --- Small helpers

function bare(x: Node): Node {
  while (x.kind == Kind.NOTED) x = kid(x, 0);
  return x;
}

/** A set of one element, a list of one, means that element. */
function unwrap(x: Node): Node {
  while ((x.kind == Kind.SET || x.kind == Kind.LIST) && x.n == 1) x = kid(x, 0);
  return x;
}

/** "k ∈ Z" behind an answer names a parameter; it is no part of the answer. */
function isDomainRemark(x: Node): bool {
  if (x.kind != Kind.REL || x.n != 2 || relation(x, 0) != Rel.IN) return false;
  const set = kid(x, 1);
  if (set.kind != Kind.SPACESET || (set.op & 7) == Space.EMPTY) return false;
  const l = kid(x, 0);
  return l.kind == Kind.SYM || l.kind == Kind.CALL || l.kind == Kind.TUPLE;
}

/** x without remarks about parameters; `parameter` is the symbol of the first one. */
let parameter: i32 = -1;

function withoutRemarks(x: Node): Node {
  parameter = -1;
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
    ) {
      const kids = alloc((<usize>x.n) << 2);
      memory.copy(kids, x.kids, (<usize>x.n) << 2);
      setElement<usize>(kids, i, changetype<usize>(relate(kid(before, 0), Rel.NE, kid(x, i))));
      x = withKids(x, kids);
    }
  }
  let keep = 0;
  for (let i = 0; i < x.n; i++) {
    const k = kid(x, i);
    if (isDomainRemark(k)) {
      if (parameter < 0 && kid(k, 0).kind == Kind.SYM) parameter = kid(k, 0).op;
    } else keep++;
  }
  if (keep == x.n || keep == 0) return x;
  const y = node(Kind.LIST, x.op, keep);
  y.ops = x.ops;
  for (let i = 0, at = 0; i < x.n; i++) if (!isDomainRemark(kid(x, i))) setKid(y, at++, kid(x, i));
  seal(y);
  return unwrap(y);
}

// --- Plus or minus

function countSigns(x: Node): i32 {
  let n = x.kind == Kind.PM ? 1 : 0;
  for (let i = 0; i < x.n; i++) n += countSigns(kid(x, i));
  return n;
}

function hasOppositeSign(x: Node): bool {
  if (x.kind == Kind.PM && x.op < 0) return true;
  for (let i = 0; i < x.n; i++) if (hasOppositeSign(kid(x, i))) return true;
  return false;
}

let signIndex: i32 = 0;

/** x with its ± signs chosen: bit k of `choice` for the k-th (bit 0 for all when linked). */
function choose(x: Node, choice: i32, linked: bool): Node {
  if (!hasKind(x, Kind.PM)) return x;
  if (x.kind == Kind.PM) {
    const bit = linked ? 0 : signIndex++;
    let plus = (choice >> bit) & 1;
    if (x.op < 0) plus ^= 1;
    if (x.n == 1) {
      const v = choose(kid(x, 0), choice, linked);
      return plus ? v : unary(Kind.NEG, v);
    }
    const a = choose(kid(x, 0), choice, linked);
    const b = choose(kid(x, 1), choice, linked);
    return binary(Kind.ADD, a, plus ? b : unary(Kind.NEG, b));
  }
  const kids = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<usize>(kids, i, changetype<usize>(choose(kid(x, i), choice, linked)));
  return withKids(x, kids);
}

/** The values of x under all choices of its signs, into `out`. Several free signs are independent unless `linked`. */
function expandSigns(x: Node, linked: bool, out: Items, label: Node): void {
  const signs = countSigns(x);
  if (signs == 0) {
    push(out, x, label);
    return;
  }
  const together = linked || signs == 1 || signs > 3 || hasOppositeSign(x);
  const n = together ? 2 : 1 << signs;
  for (let c = n - 1; c >= 0; c--) {
    signIndex = 0;
    push(out, choose(x, c, together), label);
  }
}

// --- Items of an answer

/** Takes an answer apart into its items: elements of lists and sets, with the names they are assigned to. */
function gather(x: Node, linked: bool, out: Items): void {
  if (x.kind == Kind.LIST || x.kind == Kind.SET) {
    let label = NONE;
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i);
      const before = out.n;
      gatherItem(k, linked, out);
      // n = 1, 2, 3
      if (out.n > before) {
        const l = labelAt(out, out.n - 1);
        if (!isNone(l)) label = l;
        else if (!isNone(label) && k.kind != Kind.REL) for (let j = before; j < out.n; j++) setLabel(out, j, label);
      }
    }
    return;
  }
  gatherItem(x, linked, out);
}

/** a = b = 3: several names for one value. */
function isSharedValue(x: Node): bool {
  if (x.kind != Kind.REL || x.n < 3) return false;
  for (let i = 0; i < x.n - 1; i++) if (kid(x, i).kind != Kind.SYM || relation(x, i) != Rel.EQ) return false;
  const v = kid(x, x.n - 1);
  return v.kind != Kind.SYM && isConstantAnswer(v);
}

/** Set to gather equations as they are, not as values with names. */
let wholeRelations: bool = false;

function gatherItem(x: Node, linked: bool, out: Items): void {
  if (x.kind == Kind.LIST) {
    gather(x, linked, out);
    return;
  }
  if (x.kind == Kind.REL && isEquation(x) && !wholeRelations) {
    if (isSharedValue(x)) {
      for (let i = 0; i < x.n - 1; i++) expandSigns(kid(x, x.n - 1), linked, out, kid(x, i));
      return;
    }
    const v = assigned(x);
    if (!isNone(v) && v != kid(x, 0)) {
      const values = unwrap(v);
      if (values.kind == Kind.SET) {
        for (let i = 0; i < values.n; i++) expandSigns(kid(values, i), linked, out, kid(x, 0));
      } else expandSigns(values, linked, out, kid(x, 0));
      return;
    }
  }
  if (x.kind == Kind.REL && x.n == 2 && relation(x, 0) == Rel.IN && kid(x, 1).kind == Kind.SET) {
    const set = kid(x, 1);
    for (let i = 0; i < set.n; i++) expandSigns(kid(set, i), linked, out, kid(x, 0));
    return;
  }
  expandSigns(x, linked, out, NONE);
}

/** A symbol with a numeric index stands for the symbol: x_1 = 2, x_2 = 3 are two values of x. */
function baseLabel(l: Node): Node {
  if (!isNone(l) && l.kind == Kind.CALL && l.aux == 1 && kid(l, 0).kind == Kind.NUM) return leaf(Kind.SYM, l.op);
  return l;
}

function sameLabel(a: Node, b: Node): bool {
  if (isNone(a) || isNone(b)) return isNone(a) && isNone(b);
  return (
    identical(a, b) ||
    (a.kind != Kind.SYM &&
      b.kind != Kind.SYM &&
      a.kind == b.kind &&
      a.kind != Kind.TUPLE &&
      a.kind != Kind.CALL &&
      sameValue(a, b))
  );
}

function labelled(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (isNone(labelAt(x, i))) return false;
  return x.n > 0;
}

function unlabelled(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (!isNone(labelAt(x, i))) return false;
  return true;
}

/** Number of distinct labels that repeat in the same order through the list (1 for a single name), or 0. */
function period(x: Items): i32 {
  if (!labelled(x)) return 0;
  let k = 1;
  while (k < x.n && !sameLabel(labelAt(x, k), labelAt(x, 0))) k++;
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) if (sameLabel(labelAt(x, i), labelAt(x, j))) return 0;
  if (x.n % k != 0) return 0;
  for (let i = k; i < x.n; i++) if (!sameLabel(labelAt(x, i), labelAt(x, i - k))) return 0;
  return k;
}

/** Groups the items of a list with period k into tuples. */
function intoTuples(x: Items, k: i32): Items {
  const out = newItems();
  for (let i = 0; i + k <= x.n; i += k) {
    const t = node(Kind.TUPLE, 0, k);
    for (let j = 0; j < k; j++) setKid(t, j, itemAt(x, i + j));
    push(out, seal(t));
  }
  return out;
}

/** Removes items equal to an earlier one. */
function distinct(x: Items): Items {
  const out = newItems();
  for (let i = 0; i < x.n && !failed; i++) {
    let seen = false;
    for (let j = 0; j < out.n && !seen; j++) seen = equalItem(itemAt(out, j), itemAt(x, i));
    if (!seen) push(out, itemAt(x, i), labelAt(x, i));
  }
  return out;
}

/** Whether every item of one list has its own equal in the other. */
function sameMembers(g: Items, p: Items): bool {
  if (g.n != p.n) return false;
  const used = alloc(<usize>p.n);
  memory.fill(used, 0, <usize>p.n);
  for (let i = 0; i < g.n && !failed; i++) {
    let found = false;
    for (let j = 0; j < p.n && !found; j++) {
      if (load<u8>(used + <usize>j) != 0) continue;
      if (equalItem(itemAt(g, i), itemAt(p, j))) {
        store<u8>(used + <usize>j, 1);
        found = true;
      }
    }
    if (!found) return false;
  }
  return !failed;
}

function sameOrder(g: Items, p: Items): bool {
  if (g.n != p.n) return false;
  for (let i = 0; i < g.n; i++) if (!equalItem(itemAt(g, i), itemAt(p, i))) return false;
  return !failed;
}

function hasEllipsis(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (hasKind(itemAt(x, i), Kind.ELLIPSIS)) return true;
  return false;
}

/** 1, 2, 3, …, n-1, n as 1, 2, …, n: terms that only repeat the step are dropped. */
function shortened(x: Items): Items {
  let at = 0;
  while (at < x.n && itemAt(x, at).kind != Kind.ELLIPSIS) at++;
  if (at < 2 || at >= x.n - 1) return x;
  const step = minus(itemAt(x, 1), itemAt(x, 0));
  for (let i = 1; i < at - 1; i++) if (!sameValue(minus(itemAt(x, i + 1), itemAt(x, i)), step)) return x;
  for (let i = at + 1; i < x.n - 1; i++) if (!sameValue(minus(itemAt(x, i + 1), itemAt(x, i)), step)) return x;
  const out = newItems();
  push(out, itemAt(x, 0));
  push(out, itemAt(x, 1));
  push(out, itemAt(x, at));
  push(out, itemAt(x, x.n - 1));
  return out;
}

function minus(a: Node, b: Node): Node {
  return binary(Kind.ADD, a, unary(Kind.NEG, b));
}

/** Two answers of several items. */
function equalLists(g: Node, p: Node, linked: bool): bool {
  return equalNamed(g, p, linked) || equalSystems(g, p, linked);
}

/** Lists of equations, each equal to one of the other list: 2x - y = 0 or x + y = 3. */
function equalSystems(g: Node, p: Node, linked: bool): bool {
  if (failed) return false;
  const a = newItems();
  const b = newItems();
  wholeRelations = true;
  gather(g, linked, a);
  gather(p, linked, b);
  wholeRelations = false;
  if (a.n < 2 || a.n != b.n || a.n == MAX_ITEMS) return false;
  for (let i = 0; i < a.n; i++) if (itemAt(a, i).kind != Kind.REL || itemAt(b, i).kind != Kind.REL) return false;
  return sameMembers(a, b);
}

function equalNamed(g: Node, p: Node, linked: bool): bool {
  let a = newItems();
  let b = newItems();
  gather(g, linked, a);
  gather(p, linked, b);
  if (failed || a.n == 0 || b.n == 0 || a.n == MAX_ITEMS || b.n == MAX_ITEMS) return false;
  if (hasEllipsis(a) || hasEllipsis(b)) return sameOrder(a, b) || sameOrder(shortened(a), shortened(b));
  // values of one repeated name, or of unnamed items
  let ga = period(a);
  let gb = period(b);
  if (ga != gb || (ga > 1 && ga == a.n && isNone(labelAt(b, 0)))) {
    // x_1 = 2, x_2 = 3 may be two values of x
    const strippedA = ga > 1 && gb <= 1 ? stripped(a) : 0;
    const strippedB = gb > 1 && ga <= 1 ? stripped(b) : 0;
    if (strippedA == 1) ga = 1;
    if (strippedB == 1) gb = 1;
  }
  if (ga > 1 && gb > 1) {
    if (ga != gb) return false;
    if (a.n == ga && b.n == gb) return sameRecord(a, b);
    // several records: put the prediction's names in the gold's order
    for (let i = 0; i < ga; i++) if (!sameLabel(labelAt(a, i), labelAt(b, i))) return sameRecords(a, b, ga);
    return sameMembers(intoTuples(a, ga), intoTuples(b, gb));
  }
  if (ga > 1) {
    if (!unlabelled(b)) return tupleLabels(b, a, ga);
    if (a.n == ga) {
      // AB = 4, CD = 5 and "4, 5" or "(4, 5)"
      if (b.n == ga) return sameOrder(a, b);
      return b.n == 1 && itemAt(b, 0).kind == Kind.TUPLE && tupleOf(a, itemAt(b, 0));
    }
    return sameMembers(intoTuples(a, ga), b);
  }
  if (gb > 1) {
    if (!unlabelled(a)) return tupleLabels(a, b, gb);
    if (b.n == gb) {
      if (a.n == gb && g.kind != Kind.SET) return sameOrder(a, b);
      return a.n == 1 && itemAt(a, 0).kind == Kind.TUPLE && tupleOf(b, itemAt(a, 0));
    }
    return sameMembers(a, intoTuples(b, gb));
  }
  if (ga == 1 && gb == 1 && !compatibleLabels(labelAt(a, 0), labelAt(b, 0))) return false;
  if (ga == 0 && !unlabelled(a)) return sameLabelledMembers(a, b);
  if (gb == 0 && !unlabelled(b)) return sameLabelledMembers(a, b);
  if (ga == 1 && isDefinition(labelAt(a, 0)) && gb == 1) return sameDefinitions(a, b);
  if (a.n != b.n || hasKind(g, Kind.PM) || hasKind(p, Kind.PM) || g.kind == Kind.SET || p.kind == Kind.SET) {
    a = distinct(a);
    b = distinct(b);
  }
  if (sameMembers(a, b)) return true;
  return false;
}

/** Turns indexed labels of one symbol into that symbol; 1 when all labels became the same. */
function stripped(x: Items): i32 {
  const first = baseLabel(labelAt(x, 0));
  if (isNone(first)) return 0;
  for (let i = 0; i < x.n; i++) {
    const l = labelAt(x, i);
    if (l.kind != Kind.CALL || !identical(baseLabel(l), first)) return 0;
  }
  for (let i = 0; i < x.n; i++) setLabel(x, i, first);
  return 1;
}

/** (a, b) = (1, 2), (3, 4) against a = 1, b = 2, a = 3, b = 4: the tuple of names gives the order. */
function tupleLabels(tuples: Items, records: Items, k: i32): bool {
  if (period(tuples) != 1) return false;
  const label = labelAt(tuples, 0);
  if (label.kind != Kind.TUPLE || label.n != k) return false;
  const ordered = newItems();
  for (let at = 0; at + k <= records.n; at += k) {
    const t = node(Kind.TUPLE, 0, k);
    for (let i = 0; i < k; i++) {
      let found = NONE;
      for (let j = 0; j < k; j++) if (sameLabel(kid(label, i), labelAt(records, at + j))) found = itemAt(records, at + j);
      if (isNone(found)) return false;
      setKid(t, i, found);
    }
    push(ordered, seal(t));
  }
  const plain = newItems();
  for (let i = 0; i < tuples.n; i++) push(plain, itemAt(tuples, i));
  return sameMembers(plain, ordered);
}

function tupleOf(x: Items, t: Node): bool {
  if (t.n != x.n || t.op != 0) return false;
  for (let i = 0; i < x.n; i++) if (!equalItem(itemAt(x, i), kid(t, i))) return false;
  return true;
}

/** Records with the same names, in any order. */
function sameRecord(a: Items, b: Items): bool {
  if (a.n != b.n) return false;
  for (let i = 0; i < a.n; i++) {
    let at = -1;
    for (let j = 0; j < b.n; j++) if (sameLabel(labelAt(a, i), labelAt(b, j))) at = j;
    if (at < 0 || !equalItem(itemAt(a, i), itemAt(b, at))) return false;
  }
  return !failed;
}

/** Several records of k names each, names in another order. */
function sameRecords(a: Items, b: Items, k: i32): bool {
  const ordered = newItems();
  for (let at = 0; at + k <= b.n; at += k)
    for (let i = 0; i < k; i++) {
      let found = -1;
      for (let j = 0; j < k; j++) if (sameLabel(labelAt(a, i), labelAt(b, at + j))) found = at + j;
      if (found < 0) return false;
      push(ordered, itemAt(b, found), labelAt(a, i));
    }
  return sameMembers(intoTuples(a, k), intoTuples(ordered, k));
}

/** Items of which some have names and some have none, or names repeat without order: name and value must both agree. */
function sameLabelledMembers(a: Items, b: Items): bool {
  if (a.n != b.n) return false;
  const used = alloc(<usize>b.n);
  memory.fill(used, 0, <usize>b.n);
  for (let i = 0; i < a.n && !failed; i++) {
    let found = false;
    for (let j = 0; j < b.n && !found; j++) {
      if (load<u8>(used + <usize>j) != 0) continue;
      const named = sameLabel(labelAt(a, i), labelAt(b, j)) || isNone(labelAt(a, i)) || isNone(labelAt(b, j));
      if (named && equalItem(itemAt(a, i), itemAt(b, j))) {
        store<u8>(used + <usize>j, 1);
        found = true;
      }
    }
    if (!found) return false;
  }
  return !failed;
}

function isDefinition(l: Node): bool {
  return !isNone(l) && l.kind == Kind.CALL && l.aux == 0;
}

/** Several definitions of one function: f(x) = x, f(x) = -x. */
function sameDefinitions(a: Items, b: Items): bool {
  if (a.n != b.n) return false;
  const left = newItems();
  const right = newItems();
  for (let i = 0; i < a.n; i++) push(left, relate(labelAt(a, i), Rel.EQ, itemAt(a, i)));
  for (let i = 0; i < b.n; i++) push(right, relate(labelAt(b, i), Rel.EQ, itemAt(b, i)));
  return sameMembers(left, right);
}

/** Whether two names can be of the same quantity: equal, or a function's value under any of its usual names. */
function compatibleLabels(a: Node, b: Node): bool {
  if (isNone(a) || isNone(b) || sameLabel(a, b)) return true;
  const x = baseLabel(a);
  const y = baseLabel(b);
  if (identical(x, y)) return true;
  // |AB| and AB
  if (a.kind == Kind.ABS && isSegment(kid(a, 0)) && identical(kid(a, 0), b)) return true;
  if (b.kind == Kind.ABS && isSegment(kid(b, 0)) && identical(kid(b, 0), a)) return true;
  // f(x) and f(t); f(x) and f
  if (a.kind == Kind.CALL && b.kind == Kind.CALL && a.aux == 0 && b.aux == 0) return a.op == b.op && a.n == b.n;
  if (a.kind == Kind.CALL && a.aux == 0 && b.kind == Kind.SYM) return b.op == a.op || b.op == Char.y;
  if (b.kind == Kind.CALL && b.aux == 0 && a.kind == Kind.SYM) return a.op == b.op || a.op == Char.y;
  return false;
}

// --- One item against one item

/** Whether the prediction's item is accepted for the gold's. */
export function equalItem(g: Node, p: Node): bool {
  if (failed || !spend(16)) return false;
  depth++;
  const r = depth <= MAX_DEPTH && matches(g, p);
  depth--;
  return r && !failed;
}

function matches(g: Node, p: Node): bool {
  g = unwrap(g);
  p = unwrap(p);
  if (g.kind == Kind.TEXT || p.kind == Kind.TEXT) return equalText(g, p);
  if (g.kind == Kind.NOTED || p.kind == Kind.NOTED) return equalNoted(g, p);
  if (identical(g, p)) return true;
  if (hasKind(g, Kind.PM) || hasKind(p, Kind.PM)) {
    if (g.kind != Kind.LIST && p.kind != Kind.LIST && g.kind != Kind.SET && p.kind != Kind.SET)
      return equalLists(g, p, false) || equalLists(g, p, true);
  }
  if ((isSharedValue(g) || isSharedValue(p)) && equalLists(g, p, false)) return true;
  if (isList(g) && p.kind == Kind.REL && isEquation(p) && !isNone(assigned(p))) return equalLists(g, p, false);
  if (isList(p) && g.kind == Kind.REL && isEquation(g) && !isNone(assigned(g))) return equalLists(g, p, false);
  if (g.kind == Kind.REL || p.kind == Kind.REL) return equalRelations(g, p);
  if (g.kind == Kind.CASES || p.kind == Kind.CASES) return sameKids(g, p);
  if (g.kind == Kind.LIST || p.kind == Kind.LIST || g.kind == Kind.SET || p.kind == Kind.SET) {
    if (isFinite(g) && isFinite(p)) {
      if (g.kind == Kind.TUPLE || p.kind == Kind.TUPLE) {
        const t = g.kind == Kind.TUPLE ? g : p;
        const o = g.kind == Kind.TUPLE ? p : g;
        // three and more in brackets are no interval: a list may stand without them
        if (o.kind == Kind.LIST && t.n >= 3 && o.n == t.n && o.op == 1) return sameKids2(g, p);
      }
      return equalLists(g, p, false) || ((hasKind(g, Kind.PM) || hasKind(p, Kind.PM)) && equalLists(g, p, true));
    }
  }
  // angle brackets are round ones for vectors
  if (g.kind == Kind.TUPLE && p.kind == Kind.TUPLE) return (g.op == p.op || (g.op | p.op) == 0x22) && sameKids2(g, p);
  if (g.kind == Kind.MATRIX || p.kind == Kind.MATRIX || hasKind(g, Kind.MATRIX) || hasKind(p, Kind.MATRIX))
    return equalMatrices(g, p);
  if (isSetLike(g) || isSetLike(p)) {
    if ((isSetLike(g) || g.kind == Kind.SET) && (isSetLike(p) || p.kind == Kind.SET)) {
      const c = compareSets(g, p);
      if (c != SetVerdict.UNSUPPORTED) return c == SetVerdict.EQUAL;
      return sameShape(g, p);
    }
    return false;
  }
  if (g.kind == Kind.TUPLE || p.kind == Kind.TUPLE) return false;
  if (infinity(g) != 0 || infinity(p) != 0) return infinity(g) == infinity(p);
  if (g.kind == Kind.RATIO || p.kind == Kind.RATIO) return equalRatios(g, p);
  if (g.kind == Kind.MOD || p.kind == Kind.MOD) return g.kind == p.kind && (sameKids(g, p) || equalCongruences(g, p));
  return equalNumbers(g, p);
}

function isList(x: Node): bool {
  return x.kind == Kind.LIST || x.kind == Kind.SET;
}

function isFinite(x: Node): bool {
  return (
    x.kind != Kind.UNION &&
    x.kind != Kind.INTERSECT &&
    x.kind != Kind.DIFFERENCE &&
    x.kind != Kind.BUILDER &&
    x.kind != Kind.SPACESET
  );
}

function sameKids(g: Node, p: Node): bool {
  if (g.kind != p.kind || g.n != p.n || g.op != p.op) return false;
  return sameKids2(g, p);
}

function sameKids2(g: Node, p: Node): bool {
  if (g.n != p.n) return false;
  for (let i = 0; i < g.n; i++) if (!equalItem(kid(g, i), kid(p, i))) return false;
  return true;
}

/** Sets with symbolic ends: same operations on equal parts (unions in either order). */
function sameShape(g: Node, p: Node): bool {
  if (g.kind != p.kind || g.n != p.n) return false;
  if (g.kind == Kind.TUPLE) return g.op == p.op && sameKids2(g, p);
  if (g.kind == Kind.UNION || g.kind == Kind.INTERSECT) {
    return sameKids2(g, p) || (equalItem(kid(g, 0), kid(p, 1)) && equalItem(kid(g, 1), kid(p, 0)));
  }
  if (g.kind == Kind.DIFFERENCE) return sameKids2(g, p);
  if (g.kind == Kind.BUILDER) {
    const a = builderVariable(g);
    const b = builderVariable(p);
    if (a < 0 || b < 0) return sameKids2(g, p);
    return sameKids2(g, a == b ? p : substitute(p, b, leaf(Kind.SYM, a)));
  }
  if (g.kind == Kind.SPACESET) return g.op == p.op;
  return false;
}

function builderVariable(x: Node): i32 {
  let v = kid(x, 0);
  if (v.kind == Kind.REL) v = kid(v, 0);
  return v.kind == Kind.SYM ? v.op : -1;
}

// --- Numbers, units, ratios

/** Unit letters behind a number in mathematics: 3s, 5m/s. */
function isUnitExpression(x: Node): bool {
  if (x.kind == Kind.SYM) return isOneOf(x.symbol, UNIT_LETTERS);
  if (x.kind == Kind.POW) return isUnitExpression(kid(x, 0)) && kid(x, 1).kind == Kind.NUM;
  if (x.kind == Kind.DIV) return isUnitExpression(kid(x, 0)) && isUnitExpression(kid(x, 1));
  return false;
}

/** The number when x is a number times a unit letter, or null. */
function withoutUnit(x: Node): Node {
  if (x.kind == Kind.NEG) {
    const v = withoutUnit(kid(x, 0));
    return isNone(v) ? v : unary(Kind.NEG, v);
  }
  if (x.kind == Kind.MUL && x.n == 2 && isUnitExpression(kid(x, 1)) && isConstantNode(kid(x, 0))) return kid(x, 0);
  if (x.kind == Kind.DIV && isUnitExpression(kid(x, 1))) return withoutUnit(kid(x, 0));
  return NONE;
}

function equalNumbers(g: Node, p: Node): bool {
  // degrees: the sign may be left out, but 90° is π/2
  if (g.kind == Kind.DEGREE && p.kind != Kind.DEGREE && !hasKind(p, Kind.PI) && !hasKind(p, Kind.DEGREE))
    return equalScalar(kid(g, 0), p);
  if (p.kind == Kind.DEGREE && g.kind != Kind.DEGREE && !hasKind(g, Kind.PI) && !hasKind(g, Kind.DEGREE))
    return equalScalar(g, kid(p, 0));
  if (equalScalar(g, p)) return true;
  if (isConstantNode(g)) {
    const v = withoutUnit(p);
    if (!isNone(v)) return equalScalar(g, v);
  }
  return false;
}

function times(x: Node, factor: Rat): Node {
  if (x.kind == Kind.NUM) {
    const y = number(rat.mul(x.value, factor), x.op);
    return y;
  }
  return binary(Kind.MUL, number(factor), x);
}

/** A value with its words: multipliers (5 million) are worked in; `from`/`to` are left for the unit. */
function equalNoted(g: Node, p: Node): bool {
  const gv = bare(g);
  const pv = bare(p);
  let a = gv;
  let b = pv;
  let gUnit = g.kind == Kind.NOTED;
  let pUnit = p.kind == Kind.NOTED;
  if (gUnit) {
    const m = multiplier(g.from, g.to);
    if (!isNull(m)) {
      a = times(gv, m);
      gUnit = false;
    }
  }
  if (pUnit) {
    const m = multiplier(p.from, p.to);
    if (!isNull(m)) {
      b = times(pv, m);
      pUnit = false;
    }
  }
  if (gUnit && pUnit) {
    const factor = unitFactor(g.from, g.to, p.from, p.to);
    if (isNull(factor)) return false;
    if (!rat.isOne(factor)) b = times(b, factor);
  }
  if (gUnit != pUnit) {
    const note = gUnit ? g : p;
    const other = gUnit ? b : a;
    // 90° and 90 dollars
    if (other.kind == Kind.DEGREE && !saysDegrees(note.from, note.to)) return false;
    if (other.kind == Kind.PERCENT) return false;
    // 10 cm and 10 m, the m read as a letter
    const value = withoutUnit(other);
    if (!isNone(value)) {
      const unit = kid(other, other.n - 1);
      if (unit.kind != Kind.SYM) return false;
      const factor = letterUnit(note.from, note.to, unit.op);
      if (isNull(factor)) return false;
      return gUnit ? equalItem(times(a, factor), value) : equalItem(value, times(b, factor));
    }
  }
  return equalItem(a, b);
}

function equalRatios(g: Node, p: Node): bool {
  if (g.kind == Kind.RATIO && p.kind == Kind.RATIO) {
    if (g.n != p.n) return false;
    if (sameKids2(g, p)) return true;
    // proportional: cross products with the first term
    for (let i = 1; i < g.n; i++) {
      const left = binary(Kind.MUL, kid(g, i), kid(p, 0));
      const right = binary(Kind.MUL, kid(p, i), kid(g, 0));
      if (!sameValue(left, right)) return false;
    }
    return !failed;
  }
  const r = g.kind == Kind.RATIO ? g : p;
  if (r.n != 2) return false;
  return equalScalar(g, p);
}

// --- Words

function equalText(g: Node, p: Node): bool {
  if (g.kind == Kind.TEXT && p.kind == Kind.TEXT) {
    if (saysNone(g.from, g.to)) return saysNone(p.from, p.to);
    if (saysAllReals(g.from, g.to)) return saysAllReals(p.from, p.to);
    return sameText(g.from, g.to, p.from, p.to, true);
  }
  const t = g.kind == Kind.TEXT ? g : p;
  const o = g.kind == Kind.TEXT ? p : g;
  if (o.kind == Kind.SPACESET)
    return o.op == Space.EMPTY ? saysNone(t.from, t.to) : o.op == Space.R && saysAllReals(t.from, t.to);
  if (isInterval(o) && infinity(kid(o, 0)) < 0 && infinity(kid(o, 1)) > 0) return saysAllReals(t.from, t.to);
  if (o.kind == Kind.NUM && rat.isInteger(o.value) && int.fitsI32(o.value.num)) {
    const v = numberWord(t.from, t.to);
    return v >= 0 && v == int.toI32(o.value.num);
  }
  return false;
}

// --- Relations

function isChainOf(x: Node, op: i32): bool {
  for (let i = 0; i < x.n - 1; i++) if (relation(x, i) != op) return false;
  return true;
}

function hasOrder(x: Node): bool {
  for (let i = 0; i < x.n - 1; i++) if (isOrder(relation(x, i))) return true;
  return false;
}

/** A chain of equalities about one name as the pair name = value; other relations as they are. */
function equalRelations(g: Node, p: Node): bool {
  if (g.kind == Kind.REL && p.kind == Kind.REL) return equalBothRelations(g, p);
  if (g.kind == Kind.REL) {
    if (isEquation(g)) {
      const v = assigned(g);
      return !isNone(v) && p.kind != Kind.SPACESET ? equalItem(v, p) : false;
    }
    if (g.n == 2 && relation(g, 0) == Rel.IN) {
      if (equalItem(kid(g, 1), p)) return true;
    }
    if (g.n == 2 && relation(g, 0) == Rel.TO) return equalItem(kid(g, 1), p);
    if (isSetLike(g) && (isSetLike(p) || p.kind == Kind.SET)) return compareSets(g, p) == SetVerdict.EQUAL;
    if (p.kind == Kind.LIST && isSetLike(p)) return compareSets(g, p) == SetVerdict.EQUAL;
    return false;
  }
  if (isEquation(p)) {
    const v = assigned(p);
    return !isNone(v) && equalItem(g, v);
  }
  if (p.n == 2 && relation(p, 0) == Rel.IN) {
    if (equalItem(g, kid(p, 1))) return true;
  }
  if (isSetLike(p) && (isSetLike(g) || g.kind == Kind.SET)) return compareSets(g, p) == SetVerdict.EQUAL;
  return false;
}

function equalBothRelations(g: Node, p: Node): bool {
  if (isEquation(g) && isEquation(p)) return equalEquations(g, p);
  if (isEquation(g) || isEquation(p)) {
    // x = {…} and x ∈ {…}
    const e = isEquation(g) ? g : p;
    const o = isEquation(g) ? p : g;
    if (o.n == 2 && relation(o, 0) == Rel.IN && e.n == 2 && identical(kid(e, 0), kid(o, 0)))
      return isEquation(g) ? equalItem(kid(g, 1), kid(p, 1)) : equalItem(kid(g, 1), kid(p, 1));
    return false;
  }
  if (isSetLike(g) && isSetLike(p)) {
    const c = compareSets(g, p);
    if (c != SetVerdict.UNSUPPORTED) return c == SetVerdict.EQUAL;
  }
  if (g.n == 2 && p.n == 2) {
    const go = relation(g, 0);
    const po = relation(p, 0);
    if (go == Rel.IN && po == Rel.IN) return equalItem(kid(g, 0), kid(p, 0)) && equalItem(kid(g, 1), kid(p, 1));
    if (go == Rel.NE && po == Rel.NE) return scaleBetween(kid(g, 0), kid(g, 1), kid(p, 0), kid(p, 1)) != Scale.NONE;
    if (isOrder(go) && isOrder(po)) {
      if (isStrict(go) != isStrict(po)) return false;
      // both as left < right
      const g0 = isLess(go) ? 0 : 1;
      const p0 = isLess(po) ? 0 : 1;
      if (equalItem(kid(g, g0), kid(p, p0)) && equalItem(kid(g, 1 - g0), kid(p, 1 - p0))) return true;
      return scaleBetween(kid(g, g0), kid(g, 1 - g0), kid(p, p0), kid(p, 1 - p0)) == Scale.POSITIVE;
    }
    if (go == po && (go == Rel.PARALLEL || go == Rel.PERP || go == Rel.SIMILAR))
      return sameKids2(g, p) || (equalItem(kid(g, 0), kid(p, 1)) && equalItem(kid(g, 1), kid(p, 0)));
    return go == po && sameKids2(g, p);
  }
  if (g.n != p.n) return false;
  if (hasOrder(g) && hasOrder(p)) {
    // chains in either direction
    let same = true;
    for (let i = 0; i < g.n && same; i++)
      same = equalItem(kid(g, i), kid(p, i)) && (i == g.n - 1 || relation(g, i) == relation(p, i));
    if (same) return true;
    same = true;
    const last = g.n - 1;
    for (let i = 0; i <= last && same; i++)
      same = equalItem(kid(g, i), kid(p, last - i)) && (i == last || relation(g, i) == mirrored(relation(p, last - 1 - i)));
    return same;
  }
  for (let i = 0; i < g.n - 1; i++) if (relation(g, i) != relation(p, i)) return false;
  return sameKids2(g, p);
}

function isStrict(op: i32): bool {
  return op == Rel.LT || op == Rel.GT;
}

function isLess(op: i32): bool {
  return op == Rel.LT || op == Rel.LE;
}

function mirrored(op: i32): i32 {
  return op == Rel.LT ? Rel.GT : op == Rel.GT ? Rel.LT : op == Rel.LE ? Rel.GE : op == Rel.GE ? Rel.LE : op;
}

/** n ≡ a (mod m): same modulus, residues that differ by a multiple of it. */
function equalCongruences(g: Node, p: Node): bool {
  const a = kid(g, 0);
  const b = kid(p, 0);
  const m = kid(g, 1);
  if (!isCongruence(a) || !isCongruence(b) || !equalItem(m, kid(p, 1)) || !equalItem(kid(a, 0), kid(b, 0))) return false;
  const x = integerOf(kid(a, 1));
  const y = integerOf(kid(b, 1));
  if (m.kind != Kind.NUM || isNone2(x) || isNone2(y) || !rat.isInteger(m.value) || rat.isZero(m.value)) return false;
  return int.isZero(int.mod(int.sub(x, y), m.value.num)) && !failed;
}

function isCongruence(x: Node): bool {
  return x.kind == Kind.REL && x.n == 2 && relation(x, 0) == Rel.EQUIV;
}

function isNone2(x: Int): bool {
  return isNull(x);
}

function integerOf(x: Node): Int {
  if (x.kind == Kind.NUM && rat.isInteger(x.value)) return x.value.num;
  if (x.kind == Kind.NEG && kid(x, 0).kind == Kind.NUM && rat.isInteger(kid(x, 0).value)) return int.negate(kid(x, 0).value.num);
  return nil<Int>();
}

function equalEquations(g: Node, p: Node): bool {
  const gv = assigned(g);
  const pv = assigned(p);
  if (!isNone(gv) && !isNone(pv)) {
    const gl = kid(g, 0);
    const pl = kid(p, 0);
    if (sameLabel(gl, pl) || compatibleLabels(gl, pl)) {
      if (isDefinition(gl) && isDefinition(pl)) return sameDefinition(gl, gv, pl, pv);
      if (equalItem(gv, pv)) return true;
      return (
        gl.kind != Kind.TUPLE &&
        rhsScalar(gv) &&
        rhsScalar(pv) &&
        sameLabel(gl, pl) &&
        g.n == 2 &&
        p.n == 2 &&
        scaleBetween(gl, gv, pl, pv) != Scale.NONE
      );
    }
    if (
      gl.kind == Kind.TUPLE &&
      pl.kind == Kind.TUPLE &&
      gl.n == pl.n &&
      gv.kind == Kind.TUPLE &&
      pv.kind == Kind.TUPLE &&
      gv.n == gl.n &&
      pv.n == pl.n
    )
      return sameNamedTuples(gl, gv, pl, pv);
    if (
      gl.kind != Kind.SYM &&
      gl.kind != Kind.TUPLE &&
      gl.kind != Kind.CALL &&
      pl.kind != Kind.TUPLE &&
      pl.kind != Kind.SYM &&
      equalItem(gl, pl)
    )
      return equalItem(gv, pv);
  }
  if (g.n == 2 && p.n == 2 && rhsScalar(kid(g, 0)) && rhsScalar(kid(g, 1)) && rhsScalar(kid(p, 0)) && rhsScalar(kid(p, 1))) {
    // an approximate statement is no equation
    if (relation(g, 0) != Rel.EQ || relation(p, 0) != Rel.EQ) return false;
    return scaleBetween(kid(g, 0), kid(g, 1), kid(p, 0), kid(p, 1)) != Scale.NONE;
  }
  if (g.n != p.n) return false;
  return isChainOf(g, Rel.EQ) && isChainOf(p, Rel.EQ) && sameKids2(g, p);
}

function rhsScalar(x: Node): bool {
  switch (x.kind) {
    case Kind.LIST:
    case Kind.SET:
    case Kind.TUPLE:
    case Kind.MATRIX:
    case Kind.TEXT:
    case Kind.NOTED:
    case Kind.UNION:
    case Kind.INTERSECT:
    case Kind.DIFFERENCE:
    case Kind.BUILDER:
    case Kind.SPACESET:
    case Kind.REL:
    case Kind.CASES:
    case Kind.INF:
      return false;
  }
  return true;
}

/** (x, y) = (1, 2) and (y, x) = (2, 1). */
function sameNamedTuples(gl: Node, gv: Node, pl: Node, pv: Node): bool {
  for (let i = 0; i < gl.n; i++) {
    let at = -1;
    for (let j = 0; j < pl.n; j++) if (identical(kid(gl, i), kid(pl, j))) at = j;
    if (at < 0 || !equalItem(kid(gv, i), kid(pv, at))) return false;
  }
  return true;
}

/** f(x) = 2x + c and f(t) = 2t + k: arguments may be renamed, and one free constant. */
function sameDefinition(gl: Node, gv: Node, pl: Node, pv: Node): bool {
  if (gl.op != pl.op || gl.n != pl.n) return false;
  let value = pv;
  // f(t) = 2x + 1 speaks of another x
  for (let i = 0; i < gl.n; i++)
    if (kid(gl, i).kind == Kind.SYM && contains(pv, kid(gl, i).op) && !contains(pl, kid(gl, i).op)) return false;
  // first to fresh names, then to the gold's, so that swaps are safe
  for (let i = 0; i < pl.n; i++) {
    const a = kid(gl, i);
    const b = kid(pl, i);
    if (a.kind == Kind.SYM && b.kind == Kind.SYM) value = substitute(value, b.op, leaf(Kind.SYM, 100000 + i));
    else if (!identical(a, b) && !sameValue(a, b)) return false;
  }
  for (let i = 0; i < pl.n; i++) if (kid(pl, i).kind == Kind.SYM) value = substitute(value, 100000 + i, kid(gl, i));
  if (equalItem(gv, value)) return true;
  // one arbitrary constant under another name
  const a = extraSymbol(gv, gl);
  const b = extraSymbol(value, gl);
  if (a < 0 || b < 0 || a == b) return false;
  return equalItem(gv, substitute(value, b, leaf(Kind.SYM, a)));
}

/** The only free symbol of x that is no argument of the call, or -1. */
function extraSymbol(x: Node, call: Node): i32 {
  if (!rhsScalar(x)) return -1;
  const free = freeSymbols(x);
  let found = -1;
  for (let i = 0; i < free.count; i++) {
    const id = free.id(i);
    if (contains(call, id)) continue;
    if (found >= 0) return -1;
    found = id;
  }
  return found;
}

// --- Matrices

function rows(x: Node): i32 {
  return x.n / x.op;
}

/** Value of an expression in matrices as one matrix, or null. */
function matrixOf(x: Node): Node {
  if (x.kind == Kind.MATRIX) return x.aux == 1 ? NONE : x;
  if (x.kind == Kind.NEG) {
    const m = matrixOf(kid(x, 0));
    return isNone(m) ? m : mapEntries(m, integer(-1));
  }
  if (x.kind == Kind.DIV) {
    const m = matrixOf(kid(x, 0));
    return isNone(m) || hasKind(kid(x, 1), Kind.MATRIX) ? NONE : mapEntries(m, binary(Kind.DIV, integer(1), kid(x, 1)));
  }
  if (x.kind == Kind.MUL) {
    let m = NONE;
    let factor = NONE;
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i);
      if (!hasKind(k, Kind.MATRIX)) {
        factor = isNone(factor) ? k : binary(Kind.MUL, factor, k);
        continue;
      }
      const next = matrixOf(k);
      if (isNone(next)) return next;
      m = isNone(m) ? next : multiply(m, next);
      if (isNone(m)) return m;
    }
    if (isNone(m)) return m;
    return isNone(factor) ? m : mapEntries(m, factor);
  }
  if (x.kind == Kind.ADD) {
    let m = matrixOf(kid(x, 0));
    for (let i = 1; i < x.n && !isNone(m); i++) {
      const next = matrixOf(kid(x, i));
      if (isNone(next) || next.n != m.n || next.op != m.op) return NONE;
      const s = node(Kind.MATRIX, m.op, m.n);
      for (let j = 0; j < m.n; j++) setKid(s, j, binary(Kind.ADD, kid(m, j), kid(next, j)));
      m = seal(s);
    }
    return m;
  }
  return NONE;
}

function mapEntries(m: Node, factor: Node): Node {
  const r = node(Kind.MATRIX, m.op, m.n);
  for (let i = 0; i < m.n; i++) setKid(r, i, binary(Kind.MUL, factor, kid(m, i)));
  return seal(r);
}

function multiply(a: Node, b: Node): Node {
  if (a.op != rows(b) || a.n > 64 || b.n > 64) return NONE;
  const r = node(Kind.MATRIX, b.op, rows(a) * b.op);
  for (let i = 0; i < rows(a); i++)
    for (let j = 0; j < b.op; j++) {
      const s = node(Kind.ADD, 0, a.op);
      for (let k = 0; k < a.op; k++) setKid(s, k, binary(Kind.MUL, kid(a, i * a.op + k), kid(b, k * b.op + j)));
      setKid(r, i * b.op + j, seal(s));
    }
  return seal(r);
}

function equalMatrices(g: Node, p: Node): bool {
  // a column and the tuple of its entries
  if (g.kind == Kind.TUPLE && p.kind == Kind.MATRIX) return p.op == 1 && p.aux == 0 && g.op == 0 && sameKids2(g, p);
  if (p.kind == Kind.TUPLE && g.kind == Kind.MATRIX) return g.op == 1 && g.aux == 0 && p.op == 0 && sameKids2(g, p);
  if (g.kind == Kind.MATRIX && p.kind == Kind.MATRIX && g.aux != p.aux) return false;
  if (g.kind == Kind.MATRIX && p.kind == Kind.MATRIX) return g.op == p.op && g.n == p.n && sameKids2(g, p);
  const a = matrixOf(g);
  const b = matrixOf(p);
  if (isNone(a) || isNone(b)) return false;
  return a.op == b.op && a.n == b.n && sameKids2(a, b);
}

// --- Whole answers

/** Whether the prediction answers what the gold answers. */
export function equalAnswer(gold: Node, pred: Node): bool {
  depth = 0;
  const g = unwrap(withoutRemarks(gold));
  const gParameter = parameter;
  let p = unwrap(withoutRemarks(pred));
  const pParameter = parameter;
  if (equalWhole(g, p)) return true;
  if (failed) return false;
  // x = π/4 + kπ, k ∈ Z and x = π/4 + nπ, n ∈ Z
  if (gParameter >= 0 && pParameter >= 0 && gParameter != pParameter && !contains(p, gParameter)) {
    p = substitute(p, pParameter, leaf(Kind.SYM, gParameter));
    return equalWhole(g, p);
  }
  return false;
}

function equalWhole(g: Node, p: Node): bool {
  if (g.kind != Kind.LIST && p.kind != Kind.LIST) return equalItem(g, p);
  if (g.kind == Kind.LIST && isSetLike(g) && (isSetLike(p) || p.kind == Kind.SET)) {
    const c = compareSets(g, p);
    if (c != SetVerdict.UNSUPPORTED) return c == SetVerdict.EQUAL;
  } else if (p.kind == Kind.LIST && isSetLike(p) && isSetLike(g)) {
    const c = compareSets(g, p);
    if (c != SetVerdict.UNSUPPORTED) return c == SetVerdict.EQUAL;
  }
  return equalItem(g, p);
}
