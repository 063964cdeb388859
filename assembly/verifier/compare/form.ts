// Whether an answer is worked out: where the gold is a value, an unevaluated expression or an unsolved relation is not an answer to it.
import { isConstantNode } from '../algebra/sampling';
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Func } from '../parse/symbols';
import { hasKind, isNaming, kid, Kind, Node } from '../parse/tree';
import { assigned, unwrap } from './items';
import { withoutUnit } from './quantities';

/**
 * Whether the prediction is as far worked out as the gold: no arithmetic between numbers is left to do, and no equation or inequality is
 * unsolved that the gold has solved.
 */
export function isWorkedOut(gold: Node, pred: Node): bool {
  const g = valueOf(gold);
  const p = valueOf(pred);
  if (isPending(g, g)) return true;
  if (isUnsolved(pred) && !isUnsolved(gold)) return false;
  // 25 m/s
  const number = isLiteral(g) ? withoutUnit(p) : nil<Node>();
  return !isPending(isNull(number) ? p : number, g);
}

/** The value that an equation assigns, remarks and units aside; other answers as they are. */
function valueOf(x: Node): Node {
  x = unwrap(x);
  if (x.kind == Kind.NOTED) return valueOf(kid(x, 0));
  const v = assigned(x);
  return isNull(v) ? x : v;
}

/** Whether x is a relation that does not name its value: 2x = 6, x + 1 > 3. */
function isUnsolved(x: Node): bool {
  x = unwrap(x);
  if (x.kind == Kind.LIST || x.kind == Kind.UNION) {
    for (let i = 0; i < x.n; i++) if (isUnsolved(kid(x, i))) return true;
    return false;
  }
  if (x.kind == Kind.NOTED) return isUnsolved(kid(x, 0));
  if (x.kind != Kind.REL) return false;
  if (!isNull(assigned(x))) return false;
  for (let i = 0; i < x.n; i++) {
    const side = kid(x, i);
    if (isNaming(side)) return false;
  }
  return true;
}

/** Whether some part of x is arithmetic that is still to be done, where the gold is g. */
function isPending(x: Node, g: Node): bool {
  // 2π/3 is worked out for 120°
  const rational = isLiteral(g) && !(g.kind == Kind.DEGREE && hasKind(x, Kind.PI));
  switch (x.kind) {
    case Kind.REL: {
      const v = assigned(x);
      if (!isNull(v)) return isPending(v, isNull(assigned(g)) ? g : assigned(g));
      break;
    }
    case Kind.LIST:
    case Kind.SET:
    case Kind.TUPLE:
    case Kind.MATRIX:
      for (let i = 0; i < x.n; i++) if (isPending(kid(x, i), g.kind == x.kind && g.n == x.n ? kid(g, i) : x)) return true;
      return false;
    case Kind.ADD:
      // 1 hour 30 minutes
      if (kid(x, 0).kind == Kind.NOTED && kid(x, x.n - 1).kind == Kind.NOTED) return false;
      if (countLiterals(x) > 1 || rational) return true;
      break;
    case Kind.MUL:
      if (isScientific(x)) return false;
      if (countLiterals(x) > 1 || rational) return true;
      break;
    case Kind.DIV:
      if (isLiteral(kid(x, 0)) && isLiteral(kid(x, 1))) return isExactQuotient(x);
      if (rational) return true;
      break;
    case Kind.FACT:
    case Kind.DFACT:
    case Kind.BINOM:
    case Kind.SERIES:
    case Kind.INTEGRAL:
    case Kind.FLOOR:
    case Kind.CEIL:
    case Kind.ABS:
      if (isConstantNode(x)) return true;
      break;
    case Kind.FUNC:
      if (isConstantNode(x) && (rational || isArithmetic(x.func))) return true;
      break;
    case Kind.ROOT:
    case Kind.POW:
      if (rational && !hasKind(g, x.kind)) return true;
      break;
    case Kind.NOTED:
    case Kind.NEG:
    case Kind.PERCENT:
    case Kind.DEGREE:
      return isPending(kid(x, 0), g);
  }
  for (let i = 0; i < x.n; i++) if (isPending(kid(x, i), x)) return true;
  return false;
}

/** A number as it is written down: digits, a fraction of them, with its sign, percent or degree mark. */
function isLiteral(x: Node): bool {
  switch (x.kind) {
    case Kind.NUM:
      return true;
    case Kind.NEG:
    case Kind.NOTED:
    case Kind.PERCENT:
    case Kind.DEGREE:
      return isLiteral(kid(x, 0));
    case Kind.DIV:
      return unsigned(kid(x, 0)).kind == Kind.NUM && unsigned(kid(x, 1)).kind == Kind.NUM;
    case Kind.MUL:
      return isScientific(x);
  }
  return false;
}

/** x without its sign. */
function unsigned(x: Node): Node {
  return x.kind == Kind.NEG ? kid(x, 0) : x;
}

function countLiterals(x: Node): i32 {
  let n = 0;
  for (let i = 0; i < x.n; i++) if (isLiteral(kid(x, i))) n++;
  return n;
}

/** 1.5 × 10^3 */
function isScientific(x: Node): bool {
  if (x.n != 2 || kid(x, 0).kind != Kind.NUM || kid(x, 1).kind != Kind.POW) return false;
  const base = kid(kid(x, 1), 0);
  return base.kind == Kind.NUM && rat.equal(base.value, rat.ofI32(10));
}

/** Whether a quotient of two integers is an integer, so that the division is still to be done. */
function isExactQuotient(x: Node): bool {
  const a = unsigned(kid(x, 0));
  const b = unsigned(kid(x, 1));
  if (a.kind != Kind.NUM || b.kind != Kind.NUM || rat.isZero(b.value)) return true;
  return rat.isInteger(a.value) && rat.isInteger(b.value) && int.isZero(int.mod(a.value.num, b.value.num));
}

/** Functions of integers that are integers. */
function isArithmetic(f: i32): bool {
  return f == Func.GCD || f == Func.LCM || f == Func.MAX || f == Func.MIN;
}
