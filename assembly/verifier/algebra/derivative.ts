// Derivatives of elementary functions.
import { isNull, nil } from '../memory';
import { Func, SYM_E } from '../parse/symbols';
import { binary, contains, integer, kid, Kind, Node, node, seal, setKid, unary } from '../parse/tree';

function times(a: Node, b: Node): Node {
  return binary(Kind.MUL, a, b);
}

function func(f: i32, x: Node): Node {
  return unary(Kind.FUNC, x, f);
}

function square(x: Node): Node {
  return binary(Kind.POW, x, integer(2));
}

/** d/dv of x; null where no rule is known. */
export function derivative(x: Node, v: i32): Node {
  if (!contains(x, v)) return integer(0);
  if (x.kind == Kind.SYM) return integer(1);
  let u = kid(x, 0);
  // ln|u| and ln u
  if (x.kind == Kind.FUNC && x.func == Func.LN && u.kind == Kind.ABS) u = kid(u, 0);
  const du = x.kind == Kind.ADD || x.kind == Kind.MUL ? x : derivative(u, v);
  if (isNull(du)) return du;
  switch (x.kind) {
    case Kind.NEG:
      return unary(Kind.NEG, du);
    case Kind.ADD:
    case Kind.MUL: {
      const sum = node(Kind.ADD, 0, x.n);
      for (let i = 0; i < x.n; i++) {
        let term = derivative(kid(x, i), v);
        if (isNull(term)) return term;
        if (x.kind == Kind.MUL) for (let j = 0; j < x.n; j++) if (j != i) term = times(term, kid(x, j));
        setKid(sum, i, term);
      }
      return seal(sum);
    }
    case Kind.DIV: {
      const w = kid(x, 1);
      const dw = derivative(w, v);
      if (isNull(dw)) return dw;
      return binary(Kind.DIV, binary(Kind.ADD, times(du, w), unary(Kind.NEG, times(u, dw))), square(w));
    }
    case Kind.ROOT:
      return derivative(binary(Kind.POW, u, binary(Kind.DIV, integer(1), kid(x, 1))), v);
    case Kind.POW: {
      const e = kid(x, 1);
      if (!contains(e, v)) return times(times(e, binary(Kind.POW, u, binary(Kind.ADD, e, integer(-1)))), du);
      // u^w = e^(w ln u)
      const log = u.kind == Kind.SYM && u.symbol == SYM_E ? integer(1) : func(Func.LN, u);
      const inner = derivative(times(e, log), v);
      return isNull(inner) ? inner : times(x, inner);
    }
    case Kind.FUNC: {
      if (x.n != 1) return nil<Node>();
      const outer = ofFunction(x.func, u);
      return isNull(outer) ? outer : times(outer, du);
    }
  }
  return nil<Node>();
}

/** f'(u) */
function ofFunction(f: i32, u: Node): Node {
  const one = integer(1);
  switch (f) {
    case Func.SIN:
      return func(Func.COS, u);
    case Func.COS:
      return unary(Kind.NEG, func(Func.SIN, u));
    case Func.TAN:
      return binary(Kind.DIV, one, square(func(Func.COS, u)));
    case Func.COT:
      return unary(Kind.NEG, binary(Kind.DIV, one, square(func(Func.SIN, u))));
    case Func.LN:
      return binary(Kind.DIV, one, u);
    case Func.LOG:
    case Func.LG:
      return binary(Kind.DIV, one, times(u, func(Func.LN, integer(10))));
    case Func.SINH:
      return func(Func.COSH, u);
    case Func.COSH:
      return func(Func.SINH, u);
    case Func.ATAN:
      return binary(Kind.DIV, one, binary(Kind.ADD, one, square(u)));
    case Func.ASIN:
      return binary(Kind.DIV, one, binary(Kind.ROOT, binary(Kind.ADD, one, unary(Kind.NEG, square(u))), integer(2)));
    case Func.ACOS:
      return binary(Kind.DIV, integer(-1), binary(Kind.ROOT, binary(Kind.ADD, one, unary(Kind.NEG, square(u))), integer(2)));
  }
  return nil<Node>();
}
