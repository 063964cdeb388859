// Closed forms of sums and products over k = 0 … n: polynomials in k, powers in k, linear factors.
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { among, Sign } from '../parse/symbols';
import { factorial } from './functions';
import * as poly from './polynomial';
import { Mono, Poly } from './polynomial';
import { powFrac } from './powers';
import {
  addFrac,
  divFrac,
  Frac,
  Gen,
  generator,
  isRational,
  mulFrac,
  negFrac,
  noForm,
  ofGenerator,
  ofInt,
  ofRat,
  ok,
  rationalValue,
} from './quotient';
import { powRational } from './roots';

/** Highest power of k that is summed. */
const MAX_DEGREE: i32 = 8;

/** Whether the generator is k, or holds it. */
function isBound(index: i32): bool {
  const g = generator(index);
  return g.kind == Gen.SYM && g.id == Sign.BOUND;
}

/** Whether generators of m other than k and powers in k could hold k. */
function isOpen(m: Mono): bool {
  for (let i = 0; i < m.n; i++) {
    const index = poly.generatorAt(m, i);
    const g = generator(index);
    const plain = among(g.kind, Gen.I, Gen.PRIME);
    if (!plain && !(g.kind == Gen.POWER && g.n == 0)) return true;
    if (g.kind == Gen.POWER && !isPlainExponent(g.mono)) return true;
  }
  return false;
}

/** Whether an exponent is k alone, or free of it. */
function isPlainExponent(m: Mono): bool {
  if (m.n == 1 && isBound(poly.generatorAt(m, 0))) return poly.exponentNum(m, 0) == 1 && poly.exponentDen(m, 0) == 1;
  for (let i = 0; i < m.n; i++) if (isBound(poly.generatorAt(m, i))) return false;
  return true;
}

/** A term of the general one: c · k^degree · ratio^k, c free of k. */
@unmanaged
class Term {
  degree: i32;
  ratio: Frac;
  rest: Frac;

  /** Takes in the monomial m, or divides by it. */
  take(m: Mono, inverse: bool): void {
    for (let i = 0; i < m.n && ok(); i++) {
      const index = poly.generatorAt(m, i);
      const num = inverse ? -poly.exponentNum(m, i) : poly.exponentNum(m, i);
      const den = poly.exponentDen(m, i);
      const g = generator(index);
      if (isBound(index)) this.degree += den == 1 ? num : MAX_DEGREE + 1;
      else if (g.kind == Gen.POWER && g.mono.n == 1 && isBound(poly.generatorAt(g.mono, 0)))
        this.ratio = mulFrac(this.ratio, powRational(baseOf(g.id), rat.ofFraction(num, den)));
      else this.rest = mulFrac(this.rest, powRational(ofGenerator(index), rat.ofFraction(num, den)));
    }
  }
}

/** The base of a power: a prime is the number. */
function baseOf(index: i32): Frac {
  const g = generator(index);
  return g.kind == Gen.PRIME ? ofRat(rat.ofInt(g.int)) : ofGenerator(index);
}

const term = changetype<Term>(memory.data(12, 4));

/** Reads the i-th term of a general term with one monomial as denominator. False where its form is not known. */
function readTerm(body: Frac, i: i32): bool {
  const m = poly.monomial(body.num, i);
  const below = poly.monomial(body.den, 0);
  if (isOpen(m) || isOpen(below)) return false;
  term.degree = 0;
  term.ratio = ofInt(1);
  term.rest = ofRat(rat.div(poly.coefficient(body.num, i), poly.coefficient(body.den, 0)));
  term.take(m, false);
  term.take(below, true);
  return ok() && term.degree >= 0 && term.degree <= MAX_DEGREE;
}

/** Σ of the general term over k = 0 … n, or null. */
export function closedSum(body: Frac, n: Frac): Frac {
  const none = nil<Frac>();
  if (!ok() || body.den.n != 1) return none;
  let sum = ofInt(0);
  for (let i = 0; i < body.num.n && ok(); i++) {
    if (!readTerm(body, i)) return none;
    const rest = term.rest;
    const isPower = !(isRational(term.ratio) && rat.isOne(rationalValue(term.ratio)));
    if (isPower && term.degree > 0) return none;
    sum = addFrac(sum, mulFrac(rest, isPower ? geometric(term.ratio, n) : sumOfPowers(term.degree, n)));
  }
  return sum;
}

/** Σ r^k = (r^(n+1) - 1)/(r - 1) */
function geometric(r: Frac, n: Frac): Frac {
  const top = addFrac(powFrac(r, addFrac(n, ofInt(1))), ofInt(-1));
  return divFrac(top, addFrac(r, ofInt(-1)));
}

/** Σ k^p over k = 0 … n, from (n+1)^(p+1) = Σ over j of C(p+1, j) S_j. */
function sumOfPowers(p: i32, n: Frac): Frac {
  const next = addFrac(n, ofInt(1));
  if (p == 0) return next;
  let r = powRational(next, rat.ofI32(p + 1));
  let choose = 1;
  for (let j = 0; j < p && ok(); j++) {
    r = addFrac(r, negFrac(mulFrac(ofInt(choose), sumOfPowers(j, n))));
    choose = (choose * (p + 1 - j)) / (j + 1);
  }
  return divFrac(r, ofInt(p + 1));
}

/** Σ of the general term over k = 0, 1, 2, …: powers of a number smaller than 1. */
export function endlessSeries(body: Frac): Frac {
  if (!ok() || body.den.n != 1) return noForm();
  let sum = ofInt(0);
  for (let i = 0; i < body.num.n && ok(); i++) {
    if (!readTerm(body, i) || term.degree > 0 || !isRational(term.ratio)) return noForm();
    const r = rationalValue(term.ratio);
    const size = rat.sign(r) < 0 ? rat.neg(r) : r;
    if (rat.compare(size, rat.ofI32(1)) >= 0) return noForm();
    sum = addFrac(sum, divFrac(term.rest, ofRat(rat.sub(rat.ofI32(1), r))));
  }
  return sum;
}

/** Π (a·k + b) over k = 0 … n for b/a = q a whole number above 0: a^(n+1) · (n + q)!/(q - 1)!; null for anything else. */
export function closedProduct(body: Frac, n: Frac): Frac {
  const none = nil<Frac>();
  if (!ok() || !poly.isConstant(body.den)) return none;
  const a = coefficientOf(body.num, 1);
  const b = coefficientOf(body.num, 0);
  if (isNull(a) || isNull(b) || rat.isZero(a) || body.num.n > 2) return none;
  const q = rat.div(b, a);
  if (!rat.isInteger(q) || rat.sign(q) <= 0 || !int.fitsI32(q.num) || int.toI32(q.num) > MAX_DEGREE) return none;
  const scale = rat.div(a, poly.constantValue(body.den));
  const power = rat.isOne(scale) ? ofInt(1) : powFrac(ofRat(scale), addFrac(n, ofInt(1)));
  const start = int.toI32(q.num);
  return mulFrac(power, divFrac(factorial(addFrac(n, ofInt(start))), factorial(ofInt(start - 1))));
}

/** The coefficient of k^degree, 0 where there is none; null where other generators stand beside it. */
function coefficientOf(p: Poly, degree: i32): Rat {
  let found = rat.ofI32(0);
  for (let i = 0; i < p.n; i++) {
    const m = poly.monomial(p, i);
    if (m.n > 1 || (m.n == 1 && !(isBound(poly.generatorAt(m, 0)) && poly.exponentNum(m, 0) == poly.exponentDen(m, 0))))
      return nil<Rat>();
    if (m.n == degree) found = poly.coefficient(p, i);
  }
  return found;
}
