// Powers with symbolic exponents.
import { alloc, fail } from '../arena';
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Func } from '../parse/symbols';
import { trigonometric } from './functions';
import * as poly from './polynomial';
import { Mono, Poly } from './polynomial';
import {
  addFrac,
  arg,
  divFrac,
  Frac,
  fresh,
  Gen,
  generator,
  intern,
  isRational,
  mulFrac,
  negFrac,
  noForm,
  ofGenerator,
  ofInt,
  ofPoly,
  ofRat,
  ok,
  primeGenerator,
  rationalValue,
  rootGenerator,
  simple,
} from './quotient';
import { factorsOf, powRational } from './roots';

/** Largest numerator and denominator in a symbolic exponent. */
const MAX_EXPONENT: i32 = 100_000;

/** generator^(c·m), m a monomial of symbols. */
function symbolicPower(base: i32, c: Rat, m: Mono, e: Frac): Frac {
  const g = fresh(Gen.POWER, base);
  if (!isNull(e)) {
    g.n = 1;
    g.args = alloc(4);
    store<usize>(g.args, changetype<usize>(e));
    return ofGenerator(intern(g));
  }
  g.mono = m;
  if (!int.fitsI32(c.num) || !int.fitsI32(c.den) || int.toI32(c.den) > MAX_EXPONENT || abs(int.toI32(c.num)) > MAX_EXPONENT) {
    fail();
    return ofInt(0);
  }
  const num = int.toI32(c.num);
  const r = ofGenerator(intern(g), abs(num), int.toI32(c.den));
  return num < 0 ? divFrac(ofInt(1), r) : r;
}

/** One base generator to the exponent e. */
function powGenerator(base: i32, e: Frac): Frac {
  if (isRational(e)) return powRational(ofGenerator(base), rationalValue(e));
  if (!poly.isConstant(e.den)) return symbolicPower(base, rat.ofI32(1), poly.unit(), e);
  let r = ofInt(1);
  const baseKind = generator(base).kind;
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = poly.coefficient(e.num, i);
    const m = poly.monomial(e.num, i);
    if (m.n == 0) {
      r = mulFrac(r, powRational(baseKind == Gen.PRIME ? ofRat(rat.ofInt(generator(base).int)) : ofGenerator(base), c));
      continue;
    }
    if (baseKind == Gen.E) {
      // e^(c ln u) = u^c
      if (
        m.n == 1 &&
        generator(poly.generatorAt(m, 0)).kind == Gen.LN &&
        poly.exponentNum(m, 0) == 1 &&
        poly.exponentDen(m, 0) == 1
      ) {
        r = mulFrac(r, powRational(arg(generator(poly.generatorAt(m, 0)), 0), c));
        continue;
      }
      // e^(iθ) = cos θ + i sin θ
      let at = -1;
      for (let k = 0; k < m.n; k++) if (generator(poly.generatorAt(m, k)).kind == Gen.I) at = k;
      if (at >= 0) {
        const angle = ofPoly(poly.term(c, poly.without(m, at)));
        r = mulFrac(
          r,
          addFrac(trigonometric(Func.COS, angle), mulFrac(ofGenerator(simple(Gen.I)), trigonometric(Func.SIN, angle))),
        );
        continue;
      }
    }
    r = mulFrac(r, symbolicPower(base, c, m, nil<Frac>()));
  }
  return r;
}

/** p^e for a symbolic exponent. */
function powPolySymbolic(p: Poly, e: Frac): Frac {
  if (p.n == 0) return noForm();
  if (p.n > 1) {
    const c = poly.content(p);
    const rest = poly.scalePoly(p, rat.div(rat.ofI32(1), c));
    const r = powGenerator(rootGenerator(rest), e);
    return rat.isOne(c) ? r : mulFrac(powPolySymbolic(poly.constant(c), e), r);
  }
  const c = poly.coefficient(p, 0);
  const m = poly.monomial(p, 0);
  let r = ofInt(1);
  if (rat.sign(c) < 0) r = signPower(primeGenerator(int.fromI64(-1), false), e);
  if (!int.isOne(int.absInt(c.num))) r = mulFrac(r, integerSymbolic(int.absInt(c.num), e));
  if (!int.isOne(c.den)) r = divFrac(r, integerSymbolic(c.den, e));
  for (let i = 0; i < m.n && ok(); i++) {
    const k = ofRat(rat.ofFraction(poly.exponentNum(m, i), poly.exponentDen(m, i)));
    const g = poly.generatorAt(m, i);
    if (generator(g).kind == Gen.POWER && generator(g).n == 0) {
      // (2^n)^m = 2^(nm)
      r = mulFrac(r, powGenerator(generator(g).id, mulFrac(mulFrac(ofPoly(poly.term(rat.ofI32(1), generator(g).mono)), k), e)));
    } else r = mulFrac(r, powGenerator(g, mulFrac(k, e)));
  }
  return r;
}

/** (-1)^e: integer parts of the exponent are signs. */
function signPower(base: i32, e: Frac): Frac {
  if (!poly.isConstant(e.den)) return symbolicPower(base, rat.ofI32(1), poly.unit(), e);
  let r = ofInt(1);
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = poly.coefficient(e.num, i);
    const m = poly.monomial(e.num, i);
    if (m.n == 0) {
      if (!rat.isInteger(c)) return noForm();
      if (int.isOdd(c.num)) r = negFrac(r);
    } else if (rat.isInteger(c)) r = mulFrac(r, symbolicPower(base, rat.ofInt(int.absInt(c.num)), m, nil<Frac>()));
    else return noForm();
  }
  return r;
}

function integerSymbolic(n: Int, e: Frac): Frac {
  let r = ofInt(1);
  const factors = factorsOf(n);
  while (factors.next())
    r = mulFrac(r, powGenerator(primeGenerator(int.fromU64(<u64>factors.prime), true), mulFrac(ofInt(factors.power), e)));
  return int.isOne(factors.rest) ? r : mulFrac(r, powGenerator(primeGenerator(factors.rest, factors.restIsPrime), e));
}

export function powFrac(f: Frac, e: Frac): Frac {
  if (!ok()) return f;
  if (isRational(e)) return powRational(f, rationalValue(e));
  const r = powPolySymbolic(f.num, e);
  if (poly.isConstant(f.den) && rat.isOne(poly.constantValue(f.den))) return r;
  return divFrac(r, powPolySymbolic(f.den, e));
}
