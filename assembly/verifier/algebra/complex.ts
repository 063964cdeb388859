// Complex numbers of high precision with an error bound. Null stands for a value that is undefined.
import { alloc, failed } from '../arena';
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

export function addComplex(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(float.add(a.re, b.re));
  const im = float.add(imaginary(a), imaginary(b));
  if (float.isNone(im)) return nil<Complex>();
  return complex(float.add(a.re, b.re), im);
}

export function negComplex(a: Complex): Complex {
  return complex(float.neg(a.re), isReal(a) ? float.none() : float.neg(a.im));
}

export function mulComplex(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(float.mul(a.re, b.re));
  const re = float.sub(float.mul(a.re, b.re), float.mul(imaginary(a), imaginary(b)));
  const im = float.add(float.mul(a.re, imaginary(b)), float.mul(imaginary(a), b.re));
  if (float.isNone(im)) return nil<Complex>();
  return complex(re, im);
}

export function divComplex(a: Complex, b: Complex): Complex {
  if (isReal(b)) {
    if (isReal(a)) return real(float.div(a.re, b.re));
    const im = float.div(a.im, b.re);
    if (float.isNone(im)) return nil<Complex>();
    return complex(float.div(a.re, b.re), im);
  }
  const norm = float.add(float.mul(b.re, b.re), float.mul(b.im, b.im));
  const conjugate = complex(b.re, float.neg(b.im));
  if (isNull(conjugate)) return nil<Complex>();
  const top = mulComplex(a, conjugate);
  if (isNull(top)) return nil<Complex>();
  const im = float.div(imaginary(top), norm);
  if (float.isNone(im)) return nil<Complex>();
  return complex(float.div(top.re, norm), im);
}

export function powComplex(z: Complex, n: i32): Complex {
  if (isReal(z)) {
    if (n == 0) return real(float.ofI32(1));
    if (float.maybeZero(z.re) && n < 0) return nil<Complex>();
    return real(float.powInteger(z.re, n));
  }
  if (n < 0) {
    const p = powComplex(z, -n);
    return isNull(p) ? p : divComplex(real(float.ofI32(1)), p);
  }
  let r = real(float.ofI32(1));
  let b = z;
  while (!failed) {
    if (n & 1) {
      r = mulComplex(r, b);
      if (isNull(r)) return r;
    }
    n >>= 1;
    if (n == 0) break;
    b = mulComplex(b, b);
    if (isNull(b)) return b;
  }
  return r;
}

export function modulus(z: Complex): Float {
  if (isReal(z)) return z.re.man.neg ? float.neg(z.re) : z.re;
  return float.root(float.add(float.mul(z.re, z.re), float.mul(z.im, z.im)), 2);
}

/** Index from which a root is worked out by a logarithm. */
const LARGE_ROOT: i32 = 60;

/** n-th root: real for real arguments where there is one, principal square root otherwise, unless only reals count. */
export function rootComplex(z: Complex, n: i32, realOnly: bool): Complex {
  if (isReal(z)) {
    if (n > LARGE_ROOT)
      return z.re.man.neg || float.maybeZero(z.re)
        ? nil<Complex>()
        : real(float.exponential(float.div(float.logarithm(z.re), float.ofI32(n))));
    if (!z.re.man.neg || n & 1) return real(float.root(z.re, n));
    if (realOnly || n != 2) return nil<Complex>();
    if (float.maybeZero(z.re)) return nil<Complex>();
    const r = float.root(float.neg(z.re), 2);
    return float.isNone(r) ? nil<Complex>() : complex(float.ofI32(0), r);
  }
  if (n != 2 || realOnly) return nil<Complex>();
  const m = modulus(z);
  const half = float.ofRat(rat.ofFraction(1, 2));
  const re = float.root(float.mul(float.add(m, z.re), half), 2);
  const im = float.root(float.mul(float.sub(m, z.re), half), 2);
  if (float.isNone(im) || float.isNone(re)) return nil<Complex>();
  return complex(re, z.im.man.neg ? float.neg(im) : im);
}

export function expComplex(z: Complex): Complex {
  const e = float.exponential(z.re);
  if (isReal(z)) return real(e);
  const im = float.mul(e, float.sine(z.im, 0));
  if (float.isNone(im)) return nil<Complex>();
  return complex(float.mul(e, float.sine(z.im, 1)), im);
}
