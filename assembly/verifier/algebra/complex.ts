// Complex numbers of high precision with an error bound. Null stands for a value that is undefined.
import { alloc } from '../arena';
import { isNull, nil } from '../memory';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as rat from '../number/rational';

@unmanaged
export class Complex {
  re: Float;
  /** null when real */
  im: Float;
}

export function complex(re: Float, im: Float): Complex {
  if (float.isNone(re)) return nil<Complex>();
  const z = changetype<Complex>(alloc(offsetof<Complex>()));
  z.re = re;
  z.im = !float.isNone(im) && float.isExactZero(im) ? float.none() : im;
  return z;
}

export function real(re: Float): Complex {
  return complex(re, float.none());
}

export function isReal(z: Complex): bool {
  return float.isNone(z.im);
}

export function imaginary(z: Complex): Float {
  return isReal(z) ? float.ofI32(0) : z.im;
}

/** A value with an imaginary part, which is undefined where one of the two is. */
function pair(re: Float, im: Float): Complex {
  return float.isNone(im) ? nil<Complex>() : complex(re, im);
}

/** Whether one of the operands is undefined. */
function lacksOne(a: Complex, b: Complex): bool {
  return isNull(a) || isNull(b);
}

export function addComplex(a: Complex, b: Complex): Complex {
  if (lacksOne(a, b)) return nil<Complex>();
  if (isReal(a) && isReal(b)) return real(float.add(a.re, b.re));
  return pair(float.add(a.re, b.re), float.add(imaginary(a), imaginary(b)));
}

export function negComplex(a: Complex): Complex {
  return isNull(a) ? a : complex(float.neg(a.re), float.neg(a.im));
}

export function mulComplex(a: Complex, b: Complex): Complex {
  if (lacksOne(a, b)) return nil<Complex>();
  if (isReal(a) && isReal(b)) return real(float.mul(a.re, b.re));
  const re = float.sub(float.mul(a.re, b.re), float.mul(imaginary(a), imaginary(b)));
  return pair(re, float.add(float.mul(a.re, imaginary(b)), float.mul(imaginary(a), b.re)));
}

export function divComplex(a: Complex, b: Complex): Complex {
  if (lacksOne(a, b)) return nil<Complex>();
  if (!isReal(b)) {
    const norm = float.add(float.mul(b.re, b.re), float.mul(b.im, b.im));
    return divComplex(mulComplex(a, complex(b.re, float.neg(b.im))), real(norm));
  }
  return isReal(a) ? real(float.div(a.re, b.re)) : pair(float.div(a.re, b.re), float.div(a.im, b.re));
}

export function powComplex(z: Complex, n: i32): Complex {
  if (isNull(z)) return z;
  if (isReal(z)) return n < 0 && float.maybeZero(z.re) ? nil<Complex>() : real(float.powInteger(z.re, n));
  let r = real(float.ofI32(1));
  if (n < 0) return divComplex(r, powComplex(z, -n));
  while (true) {
    if (n & 1) r = mulComplex(r, z);
    n >>= 1;
    if (n == 0) return r;
    z = mulComplex(z, z);
  }
}

export function modulus(z: Complex): Float {
  if (isReal(z)) return z.re.man.neg ? float.neg(z.re) : z.re;
  return float.root(float.add(float.mul(z.re, z.re), float.mul(z.im, z.im)), 2);
}

/** n-th root: real for real arguments where there is one, principal square root otherwise, unless only reals count. */
export function rootComplex(z: Complex, n: i32, realOnly: bool): Complex {
  if (isReal(z)) {
    if (!z.re.man.neg || n & 1) return real(float.root(z.re, n));
    if (realOnly || n != 2 || float.maybeZero(z.re)) return nil<Complex>();
    return pair(float.ofI32(0), float.root(float.neg(z.re), 2));
  }
  if (n != 2 || realOnly) return nil<Complex>();
  const m = modulus(z);
  const half = float.ofRat(rat.ofFraction(1, 2));
  const re = float.root(float.mul(float.add(m, z.re), half), 2);
  const im = float.root(float.mul(float.sub(m, z.re), half), 2);
  return pair(re, z.im.man.neg ? float.neg(im) : im);
}

export function expComplex(z: Complex): Complex {
  const e = float.exponential(z.re);
  if (isReal(z)) return real(e);
  return pair(float.mul(e, float.sine(z.im, 1)), float.mul(e, float.sine(z.im, 0)));
}
