// Algebraic normal form: what it decides about two expressions.
//
// The form of a difference being 0 proves equality; a difference that is not 0 proves inequality when its generators are independent
// (symbols, radicals of primes, and at most one of π, e, ln p), and decides nothing otherwise.
import { alloc, failed } from '../arena';
import { isNull, nil } from '../memory';
import * as rat from '../number/rational';
import { among } from '../parse/symbols';
import { Rat } from '../number/rational';
import { Node, number } from '../parse/tree';
import { formOf } from './forms';
import { LN_OF_PRIME } from './functions';
import * as poly from './polynomial';
import { Mono, Poly } from './polynomial';
import { addFrac, beginForm, difference, Frac, Gen, generator, negFrac, ok } from './quotient';

/** Whether the form is there. */
export function hasForm(f: Frac): bool {
  return !isNull(f);
}

/** f, where it has a value and was built to the end; else null. */
function finished(f: Frac): Frac {
  return ok() ? f : nil<Frac>();
}

/** Normal form of x: see `hasForm`. */
export function normalForm(x: Node): Frac {
  if (failed) return nil<Frac>();
  beginForm();
  return finished(formOf(x));
}

/** lhs - rhs of a relation as a quotient: see `hasForm`. */
export function formOfDifference(l: Node, r: Node): Frac {
  const a = normalForm(l);
  if (!hasForm(a)) return a;
  const b = normalForm(r);
  if (!hasForm(b)) return b;
  beginForm();
  return finished(addFrac(a, negFrac(b)));
}

/** The value of a form where the symbol v is 0: a rational number, or null. */
export function atZero(f: Frac, v: i32): Rat {
  if (!hasForm(f)) return nil<Rat>();
  const num = constantPart(f.num, v);
  const den = constantPart(f.den, v);
  return isNull(num) || isNull(den) || rat.isZero(den) ? nil<Rat>() : rat.div(num, den);
}

/** The sum of the terms without v where it is rational, else null. */
function constantPart(p: Poly, v: i32): Rat {
  let sum = rat.ofI32(0);
  for (let i = 0; i < p.n; i++) {
    const m = poly.monomial(p, i);
    let hasV = false;
    for (let k = 0; k < m.n; k++) {
      const g = generator(poly.generatorAt(m, k));
      if (g.kind == Gen.SYM && g.id == v) hasV = true;
    }
    if (hasV) continue;
    if (m.n > 0) return nil<Rat>();
    sum = rat.add(sum, poly.coefficient(p, i));
  }
  return sum;
}

/** Verdicts of the normal form. */
export const enum Decision {
  SAME,
  DIFFERENT,
  OPEN,
}

/** Whether two normal forms are the same value. */
export function decide(a: Frac, b: Frac): i32 {
  if (failed) return Decision.OPEN;
  beginForm();
  const d = difference(a, b);
  if (!ok()) return Decision.OPEN;
  if (poly.isZeroPoly(d)) return Decision.SAME;
  return independent(d) ? Decision.DIFFERENT : Decision.OPEN;
}

/** Whether the generators of d are such that d, not being the zero polynomial, is not the zero function. */
function independent(d: Poly): bool {
  if (poly.isConstant(d)) return true;
  let transcendental = -1;
  for (let i = 0; i < d.n; i++) {
    const m = poly.monomial(d, i);
    for (let k = 0; k < m.n; k++) {
      const index = poly.generatorAt(m, k);
      const g = generator(index);
      if (among(g.kind, Gen.I, Gen.SYM)) continue;
      if (g.kind == Gen.PRIME) {
        if (g.prime == 0) return false;
        continue;
      }
      if (among(g.kind, Gen.E, Gen.PI) || (g.kind == Gen.LN && g.id == LN_OF_PRIME)) {
        if (transcendental >= 0 && transcendental != index) return false;
        transcendental = index;
        continue;
      }
      return false;
    }
  }
  return true;
}

/** f = c1·v + c0 with rational c1 ≠ 0 and c0, in the symbol v alone: c1 and c0 times the sign of what divides them. */
@unmanaged
class Line {
  slope: Rat;
  constant: Rat;

  /** Where it is 0. */
  get root(): Node {
    return number(rat.div(rat.neg(this.constant), this.slope));
  }
}

/** f as a line in v, or null. */
export function lineOf(f: Frac, v: i32): Line {
  const no = nil<Line>();
  if (!poly.isConstant(f.den) || f.num.n == 0 || f.num.n > 2) return no;
  const line = changetype<Line>(alloc(offsetof<Line>()));
  line.slope = nil<Rat>();
  line.constant = rat.ofI32(0);
  for (let i = 0; i < f.num.n; i++) {
    const m = poly.monomial(f.num, i);
    if (m.n == 0) line.constant = poly.coefficient(f.num, i);
    else if (isSymbol(m, v)) line.slope = poly.coefficient(f.num, i);
    else return no;
  }
  if (isNull(line.slope)) return no;
  if (rat.sign(poly.constantValue(f.den)) < 0) {
    line.slope = rat.neg(line.slope);
    line.constant = rat.neg(line.constant);
  }
  return line;
}

/** Whether the monomial is the symbol v to the power 1. */
function isSymbol(m: Mono, v: i32): bool {
  if (m.n != 1 || poly.exponentNum(m, 0) != 1 || poly.exponentDen(m, 0) != 1) return false;
  const g = generator(poly.generatorAt(m, 0));
  return g.kind == Gen.SYM && g.id == v;
}
