// Structure of answers: which of the many ways to write an answer mean the same. The gold decides the form.
import { derivative } from '../algebra/derivative';
import { sameValue } from '../algebra/scalar';
import { compareSets, infinity, isSetLike, SetVerdict } from '../algebra/sets';
import { failed } from '../arena';
import { isNull } from '../memory';
import { among, Sign, Space } from '../parse/symbols';
import {
  binary,
  Bracket,
  Call,
  contains,
  eitherHas,
  hasAny,
  hasKind,
  identical,
  isSegment,
  kid,
  Kind,
  leaf,
  Node,
  node,
  seal,
  Separator,
  setKid,
  substitute,
  tupleOp,
} from '../parse/tree';
import { Char } from '../read/characters';
import { isOneOf } from '../read/text';
import { beginPair, equalItem, sameKids, useRule } from './equality';
import { assigned, coordinates, domainOf, isSharedValue, sameDomains, unwrap, withoutRemarks } from './items';
import { equalLists } from './lists';
import { equalMatrices } from './matrices';
import { Parameters, parametersOf } from './parameters';
import { compound, equalNoted, equalNumbers, equalRatios } from './quantities';
import { equalCongruences, equalRelations, listsResidues } from './relations';
import { equalText } from './words';

export function matches(g: Node, p: Node): bool {
  g = compound(unwrap(g));
  p = compound(unwrap(p));
  if (g.kind == Kind.TEXT || p.kind == Kind.TEXT) return equalText(g, p);
  // the unit belongs to the value: 10 km and s = 10 m
  if (g.kind == Kind.NOTED && p.kind == Kind.REL) return !isNull(assigned(p)) && equalItem(g, assigned(p));
  if (p.kind == Kind.NOTED && g.kind == Kind.REL) return !isNull(assigned(g)) && equalItem(assigned(g), p);
  if (g.kind == Kind.NOTED || p.kind == Kind.NOTED) return equalNoted(g, p);
  if (identical(g, p)) return true;
  // ABCD and ACBD
  if (isFigure(g) && isFigure(p)) return false;
  g = inUnits(g, p);
  p = inUnits(p, g);
  // P(3, 4) and (3, 4)
  if (coordinates(g) != g && coordinates(p) != p && !identical(kid(g, 0), kid(p, 0))) return false;
  g = coordinates(g);
  p = coordinates(p);
  if (eitherHas(g, p, Kind.PM)) {
    if (!isList(g) && !isList(p)) return equalLists(g, p, false) || equalLists(g, p, true);
  }
  if ((isSharedValue(g) || isSharedValue(p)) && equalLists(g, p, false)) return true;
  if (isList(g) && !isNull(assigned(p))) return equalLists(g, p, false);
  if (isList(p) && !isNull(assigned(g))) return equalLists(g, p, false);
  if (g.kind == Kind.REL || p.kind == Kind.REL) return equalRelations(g, p);
  if (g.kind == Kind.CASES || p.kind == Kind.CASES) return equalCases(g, p);
  if (isList(g) || isList(p)) {
    if (isFinite(g) && isFinite(p)) {
      if (g.kind == Kind.TUPLE || p.kind == Kind.TUPLE) {
        const t = g.kind == Kind.TUPLE ? g : p;
        const o = g.kind == Kind.TUPLE ? p : g;
        // three and more in brackets are no interval: a list may stand without them
        if (o.kind == Kind.LIST && t.n >= 3 && o.n == t.n && o.separators == Separator.COMMA) return sameKids(g, p);
      }
      return equalLists(g, p, false) || (eitherHas(g, p, Kind.PM) && equalLists(g, p, true));
    }
  }
  if (g.kind == Kind.TUPLE && p.kind == Kind.TUPLE)
    return hasKind(g, Kind.PERCENT) == hasKind(p, Kind.PERCENT) && sameBrackets(g, p) && sameKids(g, p);
  if (eitherHas(g, p, Kind.MATRIX)) return equalMatrices(g, p);
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
  if (g.kind == Kind.MOD || p.kind == Kind.MOD) return g.kind == p.kind && (sameNode(g, p) || equalCongruences(g, p));
  return equalNumbers(g, p);
}

/** Whether x is a figure by its corners: four capitals and more, each of them once. */
function isFigure(x: Node): bool {
  if (x.n < 4 || !isSegment(x)) return false;
  let seen = 0;
  for (let i = 0; i < x.n; i++) seen |= 1 << kid(x, i).symbol;
  return popcnt(seen) == x.n;
}

/** ai + bj + ck for the vector (a, b, c), where the other answer is such a sum; other answers as they are. */
function inUnits(x: Node, other: Node): Node {
  const isVector = (x.kind == Kind.TUPLE || x.kind == Kind.MATRIX) && (x.n == 2 || x.n == 3);
  if (!isVector || (other.kind != Kind.ADD && other.kind != Kind.MUL && other.kind != Kind.SYM)) return x;
  if (!contains(other, Char.j) && !contains(other, Char.k)) return x;
  const sum = node(Kind.ADD, 0, x.n);
  for (let i = 0; i < x.n; i++) setKid(sum, i, binary(Kind.MUL, kid(x, i), leaf(Kind.SYM, Char.i + i)));
  return seal(sum);
}

function isList(x: Node): bool {
  return among(x.kind, Kind.SET, Kind.LIST);
}

function isFinite(x: Node): bool {
  return !among(x.kind, Kind.UNION, Kind.SPACESET);
}

/** Whether two nodes are of one kind, with equal kids. */
function sameNode(g: Node, p: Node): bool {
  return g.kind == p.kind && g.op == p.op && sameKids(g, p);
}

/** Most cases, in any order. */
const MAX_CASES: i32 = 16;

/** Whether two lists of cases have the same rows, in any order. */
function equalCases(g: Node, p: Node): bool {
  if (g.kind != p.kind || g.n != p.n || g.columns != p.columns || g.rows > MAX_CASES) return false;
  let taken = 0;
  for (let i = 0; i < g.rows; i++) {
    let j = 0;
    while (j < p.rows && (((taken >> j) & 1) != 0 || !sameRow(g, i, p, j))) j++;
    if (j == p.rows) return false;
    taken |= 1 << j;
  }
  return true;
}

function sameRow(g: Node, i: i32, p: Node, j: i32): bool {
  for (let k = 0; k < g.columns; k++) if (!equalItem(kid(g, i * g.columns + k), kid(p, j * p.columns + k))) return false;
  return true;
}

/** Sets with symbolic ends: same operations on equal parts (unions in either order). */
function sameShape(g: Node, p: Node): bool {
  if (g.kind != p.kind || g.n != p.n) return false;
  if (g.kind == Kind.TUPLE) return g.op == p.op && sameKids(g, p);
  if (among(g.kind, Kind.UNION, Kind.INTERSECT)) {
    return sameKids(g, p) || (equalItem(kid(g, 0), kid(p, 1)) && equalItem(kid(g, 1), kid(p, 0)));
  }
  if (g.kind == Kind.DIFFERENCE) return sameKids(g, p);
  if (g.kind == Kind.BUILDER) {
    const a = builderVariable(g);
    const b = builderVariable(p);
    if (a < 0 || b < 0) return sameKids(g, p);
    // {u | x > 2} says nothing of u
    if (a != b && contains(p, a)) return false;
    return sameKids(g, a == b ? p : substitute(p, b, leaf(Kind.SYM, a)));
  }
  if (g.kind == Kind.SPACESET) return g.op == p.op;
  return false;
}

/** Whether two tuples have the same brackets; angle brackets are round ones for vectors. */
function sameBrackets(g: Node, p: Node): bool {
  return g.op == p.op || (g.op | p.op) == tupleOp(Bracket.ANGLE, Bracket.ANGLE);
}

function builderVariable(x: Node): i32 {
  let v = kid(x, 0);
  if (v.kind == Kind.REL) v = kid(v, 0);
  return v.kind == Kind.SYM ? v.symbol : -1;
}

/** Whether the two are equal under other names of the prediction's parameters. */
function renamed(a: Parameters, b: Parameters, g: Node, p: Node): bool {
  if (a.count == 0 || a.count != b.count) return false;
  for (let turn = 0; turn < a.count && !failed; turn++) {
    let other = p;
    for (let i = 0; i < b.count; i++) other = substitute(other, b.id(i), leaf(Kind.SYM, Sign.RENAMED + i));
    // a letter of the prediction that is no parameter keeps its meaning
    for (let i = 0; i < a.count; i++) if (contains(other, a.id(i))) return false;
    for (let i = 0; i < b.count; i++) other = substitute(other, Sign.RENAMED + i, leaf(Kind.SYM, a.id((i + turn) % a.count)));
    if (equalWhole(g, other)) return true;
  }
  return false;
}

function equalWhole(g: Node, p: Node): bool {
  if (g.kind != Kind.LIST && p.kind != Kind.LIST) return equalItem(g, p);
  if (isSetLike(g) && (isSetLike(p) || p.kind == Kind.SET)) {
    const c = compareSets(g, p);
    if (c != SetVerdict.UNSUPPORTED) return c == SetVerdict.EQUAL;
  }
  return equalItem(g, p);
}

/** Whether the prediction answers what the gold answers; what is said about them may name a letter of each that is an integer (-1: none). */
export function equalAnswer(gold: Node, pred: Node, ofGold: i32, ofPred: i32): bool {
  beginPair();
  if (!sameDomains(gold, pred)) return false;
  const g = unwrap(withoutRemarks(gold));
  const p = unwrap(withoutRemarks(pred));
  if (equalWhole(g, p)) return true;
  if (failed) return false;
  // x = π/4 + kπ, k ∈ Z and x = π/4 + nπ, n ∈ Z
  return renamed(parametersOf(gold, ofGold), parametersOf(pred, ofPred), g, p) || sameIntegrals(g, p);
}

/** Whether two sums with a constant of integration have the same derivative: sin²x/2 + C and C - cos²x/2. */
function sameIntegrals(g: Node, p: Node): bool {
  if (!isNull(assigned(g))) g = assigned(g);
  if (!isNull(assigned(p))) p = assigned(p);
  const ofGold = constantIn(g);
  const ofPred = constantIn(p);
  const variable = contains(g, Char.x) ? Char.x : Char.t;
  // 2x + C may be no integral
  if (ofGold < 0 || ofPred < 0 || !contains(g, variable) || !hasAny(g, Kind.POW, Kind.FUNC)) return false;
  const a = derivative(g, variable);
  const b = derivative(p, variable);
  return !isNull(a) && !isNull(b) && !contains(a, ofGold) && !contains(b, ofPred) && sameValue(a, b);
}

/** The name of the constant of integration that is a term of x: C, c, K, C_1; else -1. */
function constantIn(x: Node): i32 {
  if (x.kind == Kind.ADD)
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i);
      if ((k.kind == Kind.SYM || (k.kind == Kind.CALL && k.role == Call.INDEX)) && isOneOf(k.symbol, 'CcK')) return k.symbol;
    }
  return -1;
}

/** Whether one answer is a congruence and the other lists its numbers by a letter for any integer: x ≡ 3 (mod 7), x = 7k + 3. */
export function sameResidues(gold: Node, pred: Node): bool {
  const domain = isNull(domainOf(gold)) ? domainOf(pred) : domainOf(gold);
  if (!isNull(domain) && domain.space != Space.Z) return false;
  const g = unwrap(withoutRemarks(gold));
  const p = unwrap(withoutRemarks(pred));
  return listsResidues(g, p) || listsResidues(p, g);
}

useRule(matches);
