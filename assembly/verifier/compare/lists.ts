// Lists, sets and records of answers.
import { sameValue } from '../algebra/scalar';
import { alloc, failed } from '../arena';
import { isNull } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rel } from '../parse/symbols';
import {
  binary,
  Bracket,
  eitherHas,
  hasKind,
  identical,
  kid,
  Kind,
  node,
  Node,
  number,
  relate,
  seal,
  setKid,
  unary,
} from '../parse/tree';
import { policy } from '../policy';
import { Flag } from '../status';
import { equalItem } from './equality';
import { gather, Items, newItems } from './items';
import { baseLabel, compatibleLabels, intoTuples, isDefinition, period, sameLabel, unlabelled } from './labels';

/** Removes items equal to an earlier one. */
function distinct(x: Items): Items {
  const out = newItems();
  for (let i = 0; i < x.n && !failed; i++) {
    let seen = false;
    for (let j = 0; j < out.n && !seen; j++) seen = equalItem(out.at(j), x.at(i));
    if (!seen) out.push(x.at(i), x.label(i));
  }
  return out;
}

/** Whether every item of one list has its own equal in the other; with `named`, their names must agree too where both have one. */
function sameMembers(g: Items, p: Items, named: bool = false): bool {
  if (g.n != p.n) return false;
  const used = alloc(<usize>p.n);
  memory.fill(used, 0, <usize>p.n);
  for (let i = 0; i < g.n && !failed; i++) {
    let found = false;
    for (let j = 0; j < p.n && !found; j++) {
      if (load<u8>(used + <usize>j) != 0 || (named && !mayShareName(g.label(i), p.label(j)))) continue;
      if (equalItem(g.at(i), p.at(j))) {
        store<u8>(used + <usize>j, 1);
        found = true;
      }
    }
    if (!found) return false;
  }
  return !failed;
}

function mayShareName(a: Node, b: Node): bool {
  return isNull(a) || isNull(b) || sameLabel(a, b);
}

function sameOrder(g: Items, p: Items): bool {
  if (g.n != p.n) return false;
  for (let i = 0; i < g.n; i++) if (!equalItem(g.at(i), p.at(i))) return false;
  return !failed;
}

function hasEllipsis(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (hasKind(x.at(i), Kind.ELLIPSIS)) return true;
  return false;
}

/** The place of the only dots, or the number of items. */
function dotsOf(x: Items): i32 {
  let at = 0;
  while (at < x.n && x.at(at).kind != Kind.ELLIPSIS) at++;
  return at;
}

/** Most items that a list is written out to. */
const MAX_WRITTEN: i32 = 200;

/** 1, 3, …, 9 with all its numbers; other lists as they are. */
function writtenOut(x: Items): Items {
  const at = dotsOf(x);
  if (at == 0 || at >= x.n - 1) return x;
  for (let i = 0; i < x.n; i++) if (i != at && (x.at(i).kind != Kind.NUM || !isNull(x.label(i)))) return x;
  const first = x.at(0).value;
  const step = at > 1 ? rat.sub(x.at(1).value, first) : rat.ofI32(1);
  if (rat.isZero(step)) return x;
  const count = rat.div(rat.sub(x.at(x.n - 1).value, first), step);
  if (!rat.isInteger(count) || !int.fitsI32(count.num) || rat.sign(count) < 0 || int.toI32(count.num) >= MAX_WRITTEN) return x;
  const out = newItems();
  for (let i = 0; i <= int.toI32(count.num); i++) out.push(number(rat.add(first, rat.mul(rat.ofI32(i), step))));
  for (let i = 0; i < at; i++) if (i >= out.n || !rat.equal(out.at(i).value, x.at(i).value)) return x;
  for (let i = 1; i < x.n - at; i++) if (i > out.n || !rat.equal(out.at(out.n - i).value, x.at(x.n - i).value)) return x;
  return out;
}

/** 1, 2, 3, … as 1, 2, …; 1, 2, 4, 8, … as 1, 2, 4, …: terms that only repeat the step or ratio before the dots are dropped. */
function withoutEnd(x: Items, at: i32): Items {
  let steps = true;
  let ratios = at > 2;
  for (let i = 1; i < at - 1; i++) {
    if (steps && !sameValue(minus(x.at(i + 1), x.at(i)), minus(x.at(1), x.at(0)))) steps = false;
    if (ratios && !sameValue(binary(Kind.MUL, x.at(i + 1), x.at(0)), binary(Kind.MUL, x.at(i), x.at(1)))) ratios = false;
  }
  const keep = steps ? 2 : ratios ? 3 : at;
  const out = newItems();
  for (let i = 0; i < keep; i++) out.push(x.at(i));
  out.push(x.at(at));
  return out;
}

/** 1, 2, 3, …, n-1, n as 1, 2, …, n: terms that only repeat the step are dropped. */
function shortened(x: Items): Items {
  const at = dotsOf(x);
  if (at == x.n - 1 && at >= 2) return withoutEnd(x, at);
  if (at < 2 || at >= x.n - 1) return x;
  const step = minus(x.at(1), x.at(0));
  for (let i = 1; i < at - 1; i++) if (!sameValue(minus(x.at(i + 1), x.at(i)), step)) return x;
  for (let i = at + 1; i < x.n - 1; i++) if (!sameValue(minus(x.at(i + 1), x.at(i)), step)) return x;
  const out = newItems();
  out.push(x.at(0));
  out.push(x.at(1));
  out.push(x.at(at));
  out.push(x.at(x.n - 1));
  return out;
}

function minus(a: Node, b: Node): Node {
  return binary(Kind.ADD, a, unary(Kind.NEG, b));
}

/** Two answers of several items. */
export function equalLists(g: Node, p: Node, linked: bool): bool {
  // 1, 2%
  if (hasKind(p, Kind.PERCENT) && !hasKind(g, Kind.PERCENT) && !arePercentages(p)) return false;
  if (policy.has(Flag.ORDERED) && g.kind == Kind.LIST && p.kind == Kind.LIST && !inOrder(g, p, linked)) return false;
  return equalNamed(g, p, linked) || equalSystems(g, p, linked);
}

/** Whether every item is a percentage. */
function arePercentages(x: Node): bool {
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind != Kind.PERCENT) return false;
  return true;
}

/** Whether the items are equal one by one, in their order. */
function inOrder(g: Node, p: Node, linked: bool): bool {
  const a = newItems();
  const b = newItems();
  gather(g, linked, false, a);
  gather(p, linked, false, b);
  return sameOrder(a, b);
}

/** Lists of equations, each equal to one of the other list: 2x - y = 0 or x + y = 3. */
function equalSystems(g: Node, p: Node, linked: bool): bool {
  if (failed) return false;
  const a = newItems();
  const b = newItems();
  gather(g, linked, true, a);
  gather(p, linked, true, b);
  if (a.n < 2 || a.n != b.n || a.isFull) return false;
  for (let i = 0; i < a.n; i++) if (a.at(i).kind != Kind.REL || b.at(i).kind != Kind.REL) return false;
  return sameMembers(a, b);
}

function equalNamed(g: Node, p: Node, linked: bool): bool {
  let a = newItems();
  let b = newItems();
  gather(g, linked, false, a);
  gather(p, linked, false, b);
  if (failed || a.n == 0 || b.n == 0 || a.isFull || b.isFull) return false;
  a = namedOneByOne(a, b.n);
  b = namedOneByOne(b, a.n);
  a = writtenOut(a);
  b = writtenOut(b);
  if (hasEllipsis(a) || hasEllipsis(b)) return sameOrder(a, b) || sameOrder(shortened(a), shortened(b));
  // values of one repeated name, or of unnamed items
  let ga = period(a);
  let gb = period(b);
  if (ga != gb || (ga > 1 && ga == a.n && isNull(b.label(0)))) {
    // x_1 = 2, x_2 = 3 may be two values of x
    const stripA = ga > 1 && gb <= 1 && stripped(a);
    const stripB = gb > 1 && ga <= 1 && stripped(b);
    if (stripA) ga = 1;
    if (stripB) gb = 1;
  }
  if (ga > 1 && gb > 1) {
    if (ga != gb) return false;
    if (a.n == ga && b.n == gb) return sameRecord(a, b);
    // several records: put the prediction's names in the gold's order
    for (let i = 0; i < ga; i++) if (!sameLabel(a.label(i), b.label(i))) return sameRecords(a, b, ga);
    return sameMembers(intoTuples(a, ga), intoTuples(b, gb));
  }
  if (ga > 1) {
    if (!unlabelled(b)) return tupleLabels(b, a, ga);
    if (a.n == ga) {
      // AB = 4, CD = 5 and "4, 5" or "(4, 5)"
      if (b.n == ga) return p.kind != Kind.SET && sameOrder(a, b);
      return b.n == 1 && b.at(0).kind == Kind.TUPLE && tupleOf(a, b.at(0));
    }
    return sameMembers(intoTuples(a, ga), b);
  }
  if (gb > 1) {
    if (!unlabelled(a)) return tupleLabels(a, b, gb);
    if (b.n == gb) {
      // names in words say whose the values are; where the gold has none, only the values count
      if (a.n == gb && b.label(0).kind == Kind.TEXT) return sameMembers(a, b);
      if (a.n == gb && g.kind != Kind.SET) return sameOrder(a, b);
      return a.n == 1 && a.at(0).kind == Kind.TUPLE && tupleOf(b, a.at(0));
    }
    return sameMembers(a, intoTuples(b, gb));
  }
  if (ga == 1 && gb == 1 && !compatibleLabels(a.label(0), b.label(0))) return false;
  if (ga == 0 && !unlabelled(a)) return sameMembers(a, b, true);
  if (gb == 0 && !unlabelled(b)) return sameMembers(a, b, true);
  if (ga == 1 && isDefinition(a.label(0)) && gb == 1) return sameDefinitions(a, b);
  // 0 ± 0 is one value; a gold may name a value as often as it occurs, but an answer that repeats one is none
  if (a.n > b.n || eitherHas(g, p, Kind.PM)) a = distinct(a);
  if (hasKind(p, Kind.PM)) b = distinct(b);
  return sameMembers(a, b);
}

/** (a, b) = (1, 2) as a = 1, b = 2, where the other side has as many items. */
function namedOneByOne(x: Items, count: i32): Items {
  if (x.n != 1 || count < 2 || isNull(x.label(0))) return x;
  const names = x.label(0);
  const values = x.at(0);
  if (names.kind != Kind.TUPLE || values.kind != Kind.TUPLE || names.n != count || values.n != count) return x;
  const out = newItems();
  for (let i = 0; i < count; i++) out.push(kid(values, i), kid(names, i));
  return out;
}

/** Turns indexed labels of one symbol into that symbol; false, with nothing changed, where they are of several. */
function stripped(x: Items): bool {
  const first = baseLabel(x.label(0));
  if (isNull(first)) return false;
  for (let i = 0; i < x.n; i++) {
    const l = x.label(i);
    if (l.kind != Kind.CALL || !identical(baseLabel(l), first)) return false;
  }
  for (let i = 0; i < x.n; i++) x.setLabel(i, first);
  return true;
}

/** The place of the label among `k` items from `from` on, or -1. */
function labelAt(label: Node, x: Items, from: i32, k: i32): i32 {
  for (let i = from; i < from + k; i++) if (sameLabel(label, x.label(i))) return i;
  return -1;
}

/** (a, b) = (1, 2), (3, 4) against a = 1, b = 2, a = 3, b = 4: the tuple of names gives the order. */
function tupleLabels(tuples: Items, records: Items, k: i32): bool {
  if (period(tuples) != 1) return false;
  const label = tuples.label(0);
  if (label.kind != Kind.TUPLE || label.n != k) return false;
  const ordered = newItems();
  for (let at = 0; at + k <= records.n; at += k) {
    const t = node(Kind.TUPLE, 0, k);
    for (let i = 0; i < k; i++) {
      const found = labelAt(kid(label, i), records, at, k);
      if (found < 0) return false;
      setKid(t, i, records.at(found));
    }
    ordered.push(seal(t));
  }
  const plain = newItems();
  for (let i = 0; i < tuples.n; i++) plain.push(tuples.at(i));
  return sameMembers(plain, ordered);
}

function tupleOf(x: Items, t: Node): bool {
  if (t.n != x.n || t.opening != Bracket.ROUND || t.closing != Bracket.ROUND) return false;
  for (let i = 0; i < x.n; i++) if (!equalItem(x.at(i), kid(t, i))) return false;
  return true;
}

/** Records with the same names, in any order. */
function sameRecord(a: Items, b: Items): bool {
  if (a.n != b.n) return false;
  for (let i = 0; i < a.n; i++) {
    const at = labelAt(a.label(i), b, 0, b.n);
    if (at < 0 || !equalItem(a.at(i), b.at(at))) return false;
  }
  return !failed;
}

/** Several records of k names each, names in another order. */
function sameRecords(a: Items, b: Items, k: i32): bool {
  const ordered = newItems();
  for (let at = 0; at + k <= b.n; at += k)
    for (let i = 0; i < k; i++) {
      const found = labelAt(a.label(i), b, at, k);
      if (found < 0) return false;
      ordered.push(b.at(found), a.label(i));
    }
  return sameMembers(intoTuples(a, k), intoTuples(ordered, k));
}

/** Several definitions of one function: f(x) = x, f(x) = -x. */
function sameDefinitions(a: Items, b: Items): bool {
  if (a.n != b.n) return false;
  return sameMembers(equations(a), equations(b));
}

/** Items with their names as equations. */
function equations(x: Items): Items {
  const out = newItems();
  for (let i = 0; i < x.n; i++) out.push(relate(x.label(i), Rel.EQ, x.at(i)));
  return out;
}
