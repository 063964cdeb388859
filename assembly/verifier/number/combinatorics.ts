// Factorials, binomials and roots of integers.
import { fail, failed } from '../arena';
import * as int from './integer';
import { Int } from './integer';

/** Largest argument of a factorial: its value has as many digits as an integer may have. */
const MAX_FACTORIAL: i32 = 3400;
/** Factors are collected up to this size before they are multiplied in. */
const MAX_PACK: u64 = 0x7fffff;

/** n! for 0 <= n. */
export function factorial(n: i32): Int {
  if (n > MAX_FACTORIAL) {
    fail();
    return int.zero();
  }
  let r = int.one();
  let pack: u64 = 1;
  for (let i = 2; i <= n && !failed; i++) {
    pack *= i;
    if (pack > MAX_PACK || i == n) {
      r = int.mul(r, int.fromU64(pack));
      pack = 1;
    }
  }
  return r;
}

/** Largest lower index of a binomial. */
const MAX_BINOMIAL: i32 = 4000;

/** n over k for 0 <= k <= n. */
export function binomial(n: i32, k: i32): Int {
  if (k > n - k) k = n - k;
  if (k > MAX_BINOMIAL) {
    fail();
    return int.zero();
  }
  let r = int.one();
  for (let i = 1; i <= k && !failed; i++) r = int.divSmall(int.mul(r, int.fromU64(<u64>(n - k + i))), <u32>i);
  return r;
}

/** floor(x^(1/k)) for x >= 0, k >= 1, by Newton's method from above. */
export function root(x: Int, k: i32): Int {
  if (int.isZero(x) || k == 1) return x;
  const bits = int.bitLength(x);
  if (k >= bits) return int.one();
  let guess = int.shiftLeft(int.one(), (bits + k - 1) / k);
  const kMinus = int.fromU64(<u64>(k - 1));
  while (!failed) {
    const power = int.powInt(guess, k - 1);
    if (failed) return int.zero();
    const next = int.divSmall(int.add(int.mul(kMinus, guess), int.div(x, power)), <u32>k);
    if (int.compareInt(next, guess) >= 0) return guess;
    guess = next;
  }
  return int.zero();
}
