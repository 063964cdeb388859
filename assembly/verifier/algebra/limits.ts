// Limits of quotients: the variable moves to a small h, whose powers cancel, and what is left at h = 0 is the limit.
import { alloc } from '../arena';
import { isNull, nil, setElement } from '../memory';
import * as rat from '../number/rational';
import { Func, Sign, SYM_E } from '../parse/symbols';
import { binary, hasAny, integer, kid, Kind, leaf, Node, number, substitute, withKids } from '../parse/tree';

import { atZero, hasForm, normalForm } from './normal-form';
import { isRational, rationalValue } from './quotient';

function small(): Node {
  return leaf(Kind.SYM, Sign.SMALL);
}

/** Value of x at h = 0 as a number, or null. */
function valueAtZero(x: Node): Node {
  const form = normalForm(substitute(x, Sign.SMALL, integer(0)));
  return hasForm(form) && isRational(form) ? number(rationalValue(form)) : nil<Node>();
}

function isZero(x: Node): bool {
  return !isNull(x) && x.kind == Kind.NUM && rat.isZero(x.value);
}

/** x with sin, tan, ln(1 + u), e^u and cos of what is small as polynomials of degree four and what they leave out. */
function expanded(x: Node): Node {
  if (x.n == 0) return x;
  const kids = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<Node>(kids, i, expanded(kid(x, i)));
  x = withKids(x, kids);
  if (x.kind == Kind.POW && kid(x, 0).kind == Kind.SYM && kid(x, 0).symbol == SYM_E && isZero(valueAtZero(kid(x, 1))))
    return polynomial(kid(x, 1), 1, 1, 1, 2, 1, 6, 1, 24);
  if (x.kind != Kind.FUNC || x.n != 1) return x;
  const u = kid(x, 0);
  if (x.func == Func.LN) {
    const v = binary(Kind.ADD, u, integer(-1));
    return isZero(valueAtZero(v)) ? polynomial(v, 0, 1, -1, 2, 1, 3, -1, 4) : x;
  }
  if (!isZero(valueAtZero(u))) return x;
  if (x.func == Func.SIN) return polynomial(u, 0, 1, 0, 1, -1, 6, 0, 1);
  if (x.func == Func.TAN) return polynomial(u, 0, 1, 0, 1, 1, 3, 0, 1);
  if (x.func == Func.COS) return polynomial(u, 1, 0, -1, 2, 0, 1, 1, 24);
  return x;
}

/** c + a·u + (n2/d2)·u² + (n3/d3)·u³ + (n4/d4)·u⁴ */
function polynomial(u: Node, c: i32, a: i32, n2: i32, d2: i32, n3: i32, d3: i32, n4: i32, d4: i32): Node {
  let sum = binary(Kind.ADD, integer(c), binary(Kind.MUL, integer(a), u));
  sum = binary(Kind.ADD, sum, term(u, n2, d2, 2));
  sum = binary(Kind.ADD, sum, term(u, n3, d3, 3));
  sum = binary(Kind.ADD, sum, term(u, n4, d4, 4));
  // what is left out stays as an unknown: a limit that depends on it is none
  return binary(Kind.ADD, sum, binary(Kind.MUL, leaf(Kind.SYM, Sign.UNKNOWN), binary(Kind.POW, u, integer(5))));
}

function term(u: Node, n: i32, d: i32, power: i32): Node {
  return binary(Kind.MUL, number(rat.ofFraction(n, d)), binary(Kind.POW, u, integer(power)));
}

/** Limit of x for h → 0, or null. */
function ofSmall(x: Node): Node {
  // steps and turns have other limits from either side
  if (hasAny(x, Kind.ABS, Kind.CEIL)) return nil<Node>();
  const direct = valueAtZero(x);
  if (!isNull(direct)) return direct;
  const value = atZero(normalForm(expanded(x)), Sign.SMALL);
  if (!isNull(value)) return number(value);
  // u^w with u → 1: e to the limit of w(u - 1)
  if (x.kind != Kind.POW) return nil<Node>();
  const less = binary(Kind.ADD, kid(x, 0), integer(-1));
  if (!isZero(ofSmall(less))) return nil<Node>();
  const power = ofSmall(binary(Kind.MUL, kid(x, 1), less));
  return isNull(power) ? power : binary(Kind.POW, leaf(Kind.SYM, SYM_E), power);
}

/** The value of a limit (kids: variable, target, body), or null where no rule finds it. */
export function limitOf(x: Node): Node {
  const v = kid(x, 0).symbol;
  const target = kid(x, 1);
  const inf = target.kind == Kind.INF ? 1 : target.kind == Kind.NEG && kid(target, 0).kind == Kind.INF ? -1 : 0;
  const place = inf == 0 ? binary(Kind.ADD, target, small()) : binary(Kind.DIV, integer(inf), small());
  return ofSmall(substitute(kid(x, 2), v, place));
}
