// Exact rational numbers in lowest terms, denominator positive.
import { alloc, fail, failed } from '../arena';
import * as int from './integer';
import { Int } from './integer';

@unmanaged
export class Rat {
  num: Int;
  den: Int;
}

function make(num: Int, den: Int): Rat {
  const r = changetype<Rat>(alloc(offsetof<Rat>()));
  r.num = num;
  r.den = den;
  return r;
}

export function ofInt(x: Int): Rat {
  return make(x, int.one());
}

export function ofI32(v: i32): Rat {
  return make(int.fromI64(<i64>v), int.one());
}

/** num/den in lowest terms. A zero denominator fails. */
export function ratio(num: Int, den: Int): Rat {
  if (int.isZero(den) || failed) {
    fail();
    return make(int.zero(), int.one());
  }
  if (den.neg) {
    num = int.negate(num);
    den = int.negate(den);
  }
  if (int.isOne(den)) return make(num, den);
  const g = int.gcd(num, den);
  if (!int.isOne(g) && !failed) {
    num = int.div(num, g);
    den = int.div(den, g);
  }
  return make(num, den);
}

export function ofFraction(num: i32, den: i32): Rat {
  return ratio(int.fromI64(<i64>num), int.fromI64(<i64>den));
}

export function isInteger(x: Rat): bool {
  return int.isOne(x.den);
}

export function isZero(x: Rat): bool {
  return int.isZero(x.num);
}

export function isOne(x: Rat): bool {
  return int.isOne(x.num) && int.isOne(x.den);
}

export function sign(x: Rat): i32 {
  return int.sign(x.num);
}

export function neg(x: Rat): Rat {
  return make(int.negate(x.num), x.den);
}

export function add(x: Rat, y: Rat): Rat {
  if (int.isOne(x.den) && int.isOne(y.den)) return make(int.add(x.num, y.num), x.den);
  return ratio(int.add(int.mul(x.num, y.den), int.mul(y.num, x.den)), int.mul(x.den, y.den));
}

export function sub(x: Rat, y: Rat): Rat {
  return add(x, neg(y));
}

export function mul(x: Rat, y: Rat): Rat {
  if (int.isOne(x.den) && int.isOne(y.den)) return make(int.mul(x.num, y.num), x.den);
  return ratio(int.mul(x.num, y.num), int.mul(x.den, y.den));
}

/** x/y; fails for y = 0. */
export function div(x: Rat, y: Rat): Rat {
  return ratio(int.mul(x.num, y.den), int.mul(x.den, y.num));
}

export function compare(x: Rat, y: Rat): i32 {
  if (int.isOne(x.den) && int.isOne(y.den)) return int.compareInt(x.num, y.num);
  return int.compareInt(int.mul(x.num, y.den), int.mul(y.num, x.den));
}

/** Equality in lowest terms: no arithmetic, so it cannot run out of fuel. */
export function equal(x: Rat, y: Rat): bool {
  return int.compareInt(x.num, y.num) == 0 && int.compareInt(x.den, y.den) == 0;
}

/** x^n for any i32 n; fails for 0^n with n < 0. */
export function pow(x: Rat, n: i32): Rat {
  if (n >= 0) return make(int.powInt(x.num, n), int.powInt(x.den, n));
  if (n == i32.MIN_VALUE || int.isZero(x.num)) {
    fail();
    return x;
  }
  const num = int.powInt(x.den, -n);
  const den = int.powInt(x.num, -n);
  return den.neg ? make(int.negate(num), int.negate(den)) : make(num, den);
}

/** Largest integer not above x. */
export function floor(x: Rat): Int {
  return int.floorDiv(x.num, x.den);
}

export function hash(x: Rat): u32 {
  return int.hashInt(x.num) * 31 + int.hashInt(x.den);
}
