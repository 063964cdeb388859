// Sampling: two expressions compared at some points.
import { failed, mark, release, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as rat from '../number/rational';
import { among, Func, SYM_E, SYM_I } from '../parse/symbols';
import { hasKind, kid, Kind, Node } from '../parse/tree';
import { imaginary, isReal } from './complex';
import { bindReal, clearBindings, evaluate, realOf } from './evaluate';

/** Most free symbols. */
const MAX_VARIABLES: i32 = 12;

/** The free symbols of some expressions. */
@unmanaged
class Variables {
  ids: usize;
  /** whether each stands for an integer */
  whole: usize;
  count: i32;
  overflow: bool;
  /** of the expressions' content */
  seed: u32;

  id(i: i32): i32 {
    return elementAt<i32>(this.ids, i);
  }

  isWhole(i: i32): bool {
    return elementAt<i32>(this.whole, i) != 0;
  }

  note(id: i32, whole: bool): void {
    for (let i = 0; i < this.count; i++)
      if (this.id(i) == id) {
        if (whole) setElement<i32>(this.whole, i, 1);
        return;
      }
    if (this.count == MAX_VARIABLES) {
      this.overflow = true;
      return;
    }
    setElement<i32>(this.ids, this.count, id);
    setElement<i32>(this.whole, this.count, whole ? 1 : 0);
    this.count++;
  }

  /** A number below `most` for the s-th value of the j-th variable, which nobody knows who has not both expressions. */
  random(s: i32, j: i32, most: i32): i32 {
    let h = (this.seed ^ (<u32>(s * 31 + j))) * 2654435761;
    h = (h ^ (h >> 15)) * 2246822519;
    return <i32>((h >> 8) % <u32>most);
  }

  clear(): void {
    this.count = 0;
    this.overflow = false;
  }
}

const variables = changetype<Variables>(memory.data(20, 4));
variables.ids = memory.data(MAX_VARIABLES * 4, 4);
variables.whole = memory.data(MAX_VARIABLES * 4, 4);

/** Notes the free symbols of x; those in factorials, binomials and bounds of sums stand for integers. */
function gather(x: Node, whole: bool, bound: i32): void {
  if (!spend(2)) return;
  if (x.kind == Kind.SYM) {
    if (x.op != bound && x.op != SYM_E && x.op != SYM_I) variables.note(x.op, whole);
    return;
  }
  if (x.kind == Kind.SERIES) {
    gather(kid(x, 1), true, bound);
    gather(kid(x, 2), true, bound);
    gather(kid(x, 3), whole, kid(x, 0).op);
    return;
  }
  if (x.kind == Kind.INTEGRAL) {
    for (let i = 2; i < x.n; i++) gather(kid(x, i), whole, bound);
    gather(kid(x, 0), whole, kid(x, 1).op);
    return;
  }
  const inside = whole || among(x.kind, Kind.FACT, Kind.BINOM) || (x.kind == Kind.FUNC && among(x.op, Func.GCD, Func.LCM));
  if (x.kind == Kind.POW && !inside) {
    // (-1)^n wants integers
    const b = kid(x, 0);
    const negative = b.kind == Kind.NEG || (b.kind == Kind.NUM && rat.sign(b.value) < 0);
    gather(b, false, bound);
    gather(kid(x, 1), negative, bound);
    return;
  }
  for (let i = 0; i < x.n; i++) gather(kid(x, i), inside, bound);
}

/** Points that are always the same; those after them come from the expressions' content, so that nobody can aim at them. */
const FIXED: i32 = 8;
const POINTS: i32 = 10;

/** Sample points: numerator, denominator of the s-th value of the j-th variable. */
function bindPoint(s: i32): void {
  clearBindings(variables.count > 0);
  for (let j = 0; j < variables.count; j++) {
    const whole = variables.isWhole(j);
    let num: i32;
    let den: i32;
    if (s >= FIXED) {
      // between 0 and 1, then from 1 to 5
      num = whole
        ? 3 + variables.random(s, j, 17)
        : s == FIXED
          ? 1 + variables.random(s, j, 1009)
          : 1014 + variables.random(s, j, 4001);
      den = whole ? 1 : 1013;
    } else if (whole) {
      num = 3 + ((s * 5 + j * 7) % 11) + (s > 5 ? j : 0);
      den = 1;
    } else {
      // positive near 1, in (0, 1), larger, then with signs
      num = 17 + ((s * 29 + j * 41 + s * j * 13) % 53);
      den = s == 1 || s == 5 ? 97 + 2 * j : s == 3 ? 5 : 29 + j;
      if ((s == 2 && !(j & 1)) || (s == 4 && j & 1) || s == 5 || s == 7) num = -num;
      if (s == 6) den = 3;
    }
    bindReal(variables.id(j), float.ofRat(rat.ofFraction(num, den)));
  }
}

/** Outcome of sampling. */
export const enum Sampled {
  /** agreed at every point where both are defined, at three points at least */
  AGREE,
  DIFFER,
  UNKNOWN,
}

/** Points at which two expressions with symbols must agree, and two pairs have the same ratio. */
const NEEDED: i32 = 3;
const NEEDED_RATIOS: i32 = 4;
/** Agreement to 2^EVIDENCE counts as equal. */
const EVIDENCE: i32 = -120;

/** 1 equal within the error, which is small; 0 not told apart but too inexact; -1 different. */
function compareAt(a: Float, b: Float): i32 {
  const d = float.sub(a, b);
  if (float.isNone(d)) return 0;
  if (!float.maybeZero(d)) return -1;
  const scale = max(float.magnitude(a), float.magnitude(b));
  if (d.err == float.EXACT) return 1;
  if (float.maybeZero(a) && float.maybeZero(b)) return d.err <= EVIDENCE ? 1 : 0;
  return d.err <= scale + EVIDENCE ? 1 : 0;
}

/** Notes the free symbols of two or four expressions. False where they are too many. */
function gatherAll(a: Node, b: Node, c: Node, d: Node): bool {
  variables.clear();
  gather(a, false, -1);
  gather(c, false, -1);
  variables.seed = a.hash ^ (c.hash * 16777619);
  if (!isNull(b)) {
    gather(b, false, -1);
    gather(d, false, -1);
  }
  return !variables.overflow && !failed;
}

/** Compares two expressions at the sample points (once when they have no free symbols). */
export function sample(x: Node, y: Node): i32 {
  if (!gatherAll(x, nil<Node>(), y, nil<Node>())) return Sampled.UNKNOWN;
  const points = variables.count == 0 ? 1 : POINTS;
  const needed = variables.count == 0 ? 1 : NEEDED;
  let agreed = 0;
  for (let s = 0; s < points && !failed; s++) {
    const at = mark();
    bindPoint(s);
    const u = evaluate(x);
    const v = isNull(u) ? u : evaluate(y);
    if (!isNull(u) && !isNull(v)) {
      const re = compareAt(u.re, v.re);
      const im = isReal(u) && isReal(v) ? 1 : compareAt(imaginary(u), imaginary(v));
      if (re < 0 || im < 0) return Sampled.DIFFER;
      if (re > 0 && im > 0) agreed++;
    }
    release(at);
  }
  return !failed && agreed >= needed ? Sampled.AGREE : Sampled.UNKNOWN;
}

/** a - b at the bound point as a real number, or null. */
function realDifference(a: Node, b: Node): Float {
  return float.sub(realOf(a), realOf(b));
}

/**
 * Whether (a - b)/(c - d) has the same value at all points: two equations or inequalities that differ by a constant factor. Gives the sign
 * of the factor, or 0.
 */
export function sampleRatio(a: Node, b: Node, c: Node, d: Node): i32 {
  // without a variable every ratio is constant
  if (!gatherAll(a, b, c, d) || variables.count == 0) return 0;
  let agreed = 0;
  let ratio = float.none();
  for (let s = 0; s < POINTS && !failed; s++) {
    const at = mark();
    bindPoint(s);
    const u = realDifference(a, b);
    const v = float.isNone(u) ? u : realDifference(c, d);
    const q = float.div(u, v);
    if (!float.isNone(q)) {
      if (float.isNone(ratio)) {
        if (float.maybeZero(q)) return 0;
        ratio = q;
        agreed = 1;
        continue;
      }
      const same = compareAt(q, ratio);
      if (same < 0) return 0;
      if (same > 0) agreed++;
    }
    if (float.isNone(ratio)) release(at);
  }
  return !failed && agreed >= NEEDED_RATIOS ? float.sign(ratio) : 0;
}

/** The free symbols of x, until the next expression is looked at. */
export function freeSymbols(x: Node): Variables {
  variables.clear();
  gather(x, false, -1);
  return variables;
}

/** Whether x has no free symbols and no unknown functions. */
export function isConstantNode(x: Node): bool {
  return freeSymbols(x).count == 0 && !hasKind(x, Kind.CALL);
}
