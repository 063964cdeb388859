// Equations, inequalities, congruences, definitions.
import { rationalLiteral } from '../algebra/evaluate';
import { freeSymbols } from '../algebra/sampling';
import { sameValue, Scale, scaleBetween } from '../algebra/scalar';
import { compareSets, flip, isOrder, isSetLike, SetVerdict } from '../algebra/sets';
import { failed } from '../arena';
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { among, Rel, Sign } from '../parse/symbols';
import { binary, contains, identical, isNaming, kid, Kind, leaf, Node, relation, substitute } from '../parse/tree';
import { Char } from '../read/characters';
import { isOneOf } from '../read/text';
import { equalItem, sameKids } from './equality';
import { assigned, isEquation, isSubject } from './items';
import { compatibleLabels, isDefinition, isFunctionName, sameLabel } from './labels';

function isChainOf(x: Node, op: i32): bool {
  for (let i = 0; i < x.n - 1; i++) if (relation(x, i) != op) return false;
  return true;
}

function hasOrder(x: Node): bool {
  for (let i = 0; i < x.n - 1; i++) if (isOrder(relation(x, i))) return true;
  return false;
}

/** A chain of equalities about one name as the pair name = value; other relations as they are. */
export function equalRelations(g: Node, p: Node): bool {
  if (g.kind == p.kind) return equalBothRelations(g, p);
  const ofGold = g.kind == Kind.REL;
  const x = ofGold ? g : p;
  const other = ofGold ? p : g;
  if (isEquation(x)) {
    const v = assigned(x);
    if (isNull(v)) return ofGold && isSolvedBy(g, p);
    return ofGold ? p.kind != Kind.SPACESET && equalItem(v, p) : equalItem(g, v);
  }
  // x ∈ S; what tends to a limit is one of the gold only
  const names = x.n == 2 && (relation(x, 0) == Rel.IN ? isSubject(kid(x, 0)) : ofGold && relation(x, 0) == Rel.TO);
  if (names && (ofGold ? equalItem(kid(x, 1), p) : equalItem(g, kid(x, 1)))) return true;
  return isSetLike(x) && (isSetLike(other) || other.kind == Kind.SET) && compareSets(g, p) == SetVerdict.EQUAL;
}

/** Whether the equation x says y = f for the expression f: y - 3 = x² and x² + 3. */
function isSolvedBy(x: Node, f: Node): bool {
  if (x.n != 2 || relation(x, 0) != Rel.EQ || !isScalarSide(f) || contains(f, Char.y) || !contains(x, Char.y)) return false;
  if (!areScalar(x) || freeSymbols(f).count == 0) return false;
  return scaleBetween(kid(x, 0), kid(x, 1), leaf(Kind.SYM, Char.y), f) != Scale.NONE;
}

function equalBothRelations(g: Node, p: Node): bool {
  if (isEquation(g) && isEquation(p)) return equalEquations(g, p);
  if (isEquation(g) || isEquation(p)) {
    // x = {…} and x ∈ {…}
    const e = isEquation(g) ? g : p;
    const o = isEquation(g) ? p : g;
    if (o.n == 2 && relation(o, 0) == Rel.IN && e.n == 2 && identical(kid(e, 0), kid(o, 0)))
      return equalItem(kid(g, 1), kid(p, 1));
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
    if (go == po && go >= Rel.SIMILAR && go <= Rel.PERP) return sameSides(g, p, 0) || sameSides(g, p, 1);
    return go == po && sameKids(g, p);
  }
  if (g.n != p.n) return false;
  if (hasOrder(g) && hasOrder(p)) {
    // chains in either direction
    return sameChain(g, p, false) || sameChain(g, p, true);
  }
  for (let i = 0; i < g.n - 1; i++) if (relation(g, i) != relation(p, i)) return false;
  return sameKids(g, p);
}

/** Whether two chains have equal sides and the same relations; `backward`: the one read from the right. */
function sameChain(g: Node, p: Node, backward: bool): bool {
  const last = g.n - 1;
  for (let i = 0; i <= last; i++) {
    if (!equalItem(kid(g, i), kid(p, backward ? last - i : i))) return false;
    if (i < last && relation(g, i) != (backward ? flip(relation(p, last - 1 - i)) : relation(p, i))) return false;
  }
  return true;
}

/** Whether the sides of the one relation are those of the other, from the `first` on; △ABC ∼ △DEF says which corners go together. */
function sameSides(g: Node, p: Node, first: i32): bool {
  for (let i = 0; i < 2; i++) {
    const a = kid(g, i);
    const b = kid(p, i ^ first);
    if (a.n > 3 ? !identical(a, b) : !equalItem(a, b)) return false;
  }
  return true;
}

function isStrict(op: i32): bool {
  return among(op, Rel.LT, Rel.GT);
}

function isLess(op: i32): bool {
  return op == Rel.LT || op == Rel.LE;
}

/** n ≡ a (mod m): same modulus, residues that differ by a multiple of it. */
export function equalCongruences(g: Node, p: Node): bool {
  const a = kid(g, 0);
  const b = kid(p, 0);
  const m = kid(g, 1);
  if (!isCongruence(a) || !isCongruence(b) || !equalItem(m, kid(p, 1)) || !equalItem(kid(a, 0), kid(b, 0))) return false;
  const x = integerOf(kid(a, 1));
  const y = integerOf(kid(b, 1));
  if (m.kind != Kind.NUM || isNull(x) || isNull(y) || !rat.isInteger(m.value) || rat.isZero(m.value)) return false;
  return int.isZero(int.mod(int.sub(x, y), m.value.num)) && !failed;
}

/** Whether x = mk + a, for a letter k that stands for any integer, says what the congruence x ≡ a (mod m) does. */
export function listsResidues(congruence: Node, x: Node): bool {
  if (congruence.kind != Kind.MOD) return false;
  const c = kid(congruence, 0);
  if (!isCongruence(c) || x.kind != Kind.REL || x.n != 2 || !isEquation(x) || !identical(kid(c, 0), kid(x, 0))) return false;
  const free = freeSymbols(kid(x, 1));
  if (free.count != 1 || !isOneOf(free.id(0), 'klmnt') || contains(c, free.id(0))) return false;
  const multiples = binary(Kind.MUL, kid(congruence, 1), leaf(Kind.SYM, free.id(0)));
  return equalItem(binary(Kind.ADD, multiples, kid(c, 1)), kid(x, 1));
}

function isCongruence(x: Node): bool {
  return x.kind == Kind.REL && x.n == 2 && relation(x, 0) == Rel.EQUIV;
}

function integerOf(x: Node): Int {
  const v = rationalLiteral(x);
  return isNull(v) || !rat.isInteger(v) ? nil<Int>() : v.num;
}

/** Whether all names that stand as sides of the one chain of equalities are sides of the other. */
function namesAmong(x: Node, y: Node): bool {
  for (let i = 0; i < x.n; i++) {
    if (kid(x, i).kind != Kind.SYM) continue;
    let found = false;
    for (let j = 0; j < y.n && !found; j++) found = identical(kid(x, i), kid(y, j));
    if (!found) return false;
  }
  return true;
}

function equalEquations(g: Node, p: Node): bool {
  // a = b = c and a = c
  if ((g.n > 2 || p.n > 2) && kid(g, 1).kind == Kind.SYM && !(namesAmong(g, p) && namesAmong(p, g))) return false;
  if (areNames(g) && areNames(p)) return true;
  const gv = assigned(g);
  const pv = assigned(p);
  if (!isNull(gv) && !isNull(pv)) {
    const gl = kid(g, 0);
    const pl = kid(p, 0);
    if (sameLabel(gl, pl) || compatibleLabels(gl, pl)) {
      if (isDefinition(gl) && isDefinition(pl)) return sameDefinition(gl, gv, pl, pv);
      if (equalItem(gv, pv)) return true;
      return (
        gl.kind != Kind.TUPLE &&
        isScalarSide(gv) &&
        isScalarSide(pv) &&
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
    if (!isNaming(gl) && pl.kind != Kind.TUPLE && pl.kind != Kind.SYM && equalItem(gl, pl)) return equalItem(gv, pv);
  }
  if (areScalar(g) && areScalar(p)) {
    // an approximate statement is no equation
    if (relation(g, 0) != Rel.EQ || relation(p, 0) != Rel.EQ) return false;
    return scaleBetween(kid(g, 0), kid(g, 1), kid(p, 0), kid(p, 1)) != Scale.NONE;
  }
  if (g.n != p.n || !isChainOf(g, Rel.EQ) || !isChainOf(p, Rel.EQ)) return false;
  return sameKids(g, p);
}

/** Whether x has two sides, of one value each. */
function areScalar(x: Node): bool {
  return x.n == 2 && isScalarSide(kid(x, 0)) && isScalarSide(kid(x, 1));
}

function areNames(x: Node): bool {
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind != Kind.SYM) return false;
  return x.n > 2;
}

function isScalarSide(x: Node): bool {
  return !among(x.kind, Kind.UNION, Kind.TEXT) && !among(x.kind, Kind.TUPLE, Kind.REL) && x.kind != Kind.CASES;
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
  if (gl.n != pl.n) return false;
  // f(x) = 2x and g(x) = 2x
  if (gl.symbol != pl.symbol && !(isFunctionName(gl.symbol) && isFunctionName(pl.symbol))) return false;
  let value = pv;
  // f(t) = 2x + 1 speaks of another x
  for (let i = 0; i < gl.n; i++)
    if (kid(gl, i).kind == Kind.SYM && contains(pv, kid(gl, i).symbol) && !contains(pl, kid(gl, i).symbol)) return false;
  // first to fresh names, then to the gold's, so that swaps are safe
  for (let i = 0; i < pl.n; i++) {
    const a = kid(gl, i);
    const b = kid(pl, i);
    if (a.kind == Kind.SYM && b.kind == Kind.SYM) value = substitute(value, b.symbol, leaf(Kind.SYM, Sign.RENAMED + i));
    else if (!identical(a, b) && !sameValue(a, b)) return false;
  }
  for (let i = 0; i < pl.n; i++) if (kid(pl, i).kind == Kind.SYM) value = substitute(value, Sign.RENAMED + i, kid(gl, i));
  if (equalItem(gv, value)) return true;
  // one arbitrary constant under another name
  const a = extraSymbol(gv, gl);
  const b = extraSymbol(value, gl);
  if (a < 0 || b < 0 || a == b) return false;
  return equalItem(gv, substitute(value, b, leaf(Kind.SYM, a)));
}

/** The only free symbol of x that is no argument of the call, or -1. */
function extraSymbol(x: Node, call: Node): i32 {
  if (!isScalarSide(x)) return -1;
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
