// Exact rational numbers in lowest terms, denominator positive.
import { alloc, fail, failed } from './arena';
import * as Z from './integer';

@unmanaged
export class Rat {
  num: Z.Int;
  den: Z.Int;
}

function make(num: Z.Int, den: Z.Int): Rat {
  const r = changetype<Rat>(alloc(offsetof<Rat>()));
  r.num = num;
  r.den = den;
  return r;
}

export function ofInt(x: Z.Int): Rat {
  return make(x, Z.one());
}

export function ofI32(v: i32): Rat {
  return make(Z.fromI64(<i64>v), Z.one());
}

/** num/den in lowest terms. A zero denominator fails. */
export function ratio(num: Z.Int, den: Z.Int): Rat {
  if (Z.isZero(den) || failed) {
    fail();
    return make(Z.zero(), Z.one());
  }
  if (den.neg) {
    num = Z.negate(num);
    den = Z.negate(den);
  }
  if (Z.isOne(den)) return make(num, den);
  const g = Z.gcd(num, den);
  if (!Z.isOne(g) && !failed) {
    num = Z.div(num, g);
    den = Z.div(den, g);
  }
  return make(num, den);
}

export function ofFraction(num: i32, den: i32): Rat {
  return ratio(Z.fromI64(<i64>num), Z.fromI64(<i64>den));
}

export function isInteger(x: Rat): bool {
  return Z.isOne(x.den);
}

export function isZero(x: Rat): bool {
  return Z.isZero(x.num);
}

export function isOne(x: Rat): bool {
  return Z.isOne(x.num) && Z.isOne(x.den);
}

export function sign(x: Rat): i32 {
  return Z.sign(x.num);
}

export function neg(x: Rat): Rat {
  return make(Z.negate(x.num), x.den);
}

export function add(x: Rat, y: Rat): Rat {
  if (Z.isOne(x.den) && Z.isOne(y.den)) return make(Z.add(x.num, y.num), x.den);
  return ratio(Z.add(Z.mul(x.num, y.den), Z.mul(y.num, x.den)), Z.mul(x.den, y.den));
}

export function sub(x: Rat, y: Rat): Rat {
  return add(x, neg(y));
}

export function mul(x: Rat, y: Rat): Rat {
  if (Z.isOne(x.den) && Z.isOne(y.den)) return make(Z.mul(x.num, y.num), x.den);
  return ratio(Z.mul(x.num, y.num), Z.mul(x.den, y.den));
}

/** x/y; fails for y = 0. */
export function div(x: Rat, y: Rat): Rat {
  return ratio(Z.mul(x.num, y.den), Z.mul(x.den, y.num));
}

export function compare(x: Rat, y: Rat): i32 {
  if (Z.isOne(x.den) && Z.isOne(y.den)) return Z.compareInt(x.num, y.num);
  return Z.compareInt(Z.mul(x.num, y.den), Z.mul(y.num, x.den));
}

/** Equality in lowest terms: no arithmetic, so it cannot run out of fuel. */
export function equal(x: Rat, y: Rat): bool {
  return Z.compareInt(x.num, y.num) == 0 && Z.compareInt(x.den, y.den) == 0;
}

/** x^n for any i32 n; fails for 0^n with n < 0. */
export function pow(x: Rat, n: i32): Rat {
  if (n >= 0) return make(Z.powInt(x.num, n), Z.powInt(x.den, n));
  if (n == i32.MIN_VALUE || Z.isZero(x.num)) {
    fail();
    return x;
  }
  const num = Z.powInt(x.den, -n);
  const den = Z.powInt(x.num, -n);
  return den.neg ? make(Z.negate(num), Z.negate(den)) : make(num, den);
}

/** Largest integer not above x. */
export function floor(x: Rat): Z.Int {
  return Z.floorDiv(x.num, x.den);
}

export function hash(x: Rat): u32 {
  return Z.hashInt(x.num) * 31 + Z.hashInt(x.den);
}
