// Letters that stand for any integer: their names mean nothing. They are named as such, or stand in a multiple of π.
import { freeSymbols } from '../algebra/sampling';
import { alloc } from '../arena';
import { elementAt, isNull, setElement } from '../memory';
import { Sign, Space } from '../parse/symbols';
import { hasKind, kid, Kind, Node } from '../parse/tree';
import { isOneOf } from '../read/text';
import { assigned, isDomainRemark, isRemarkAt } from './items';

/** Most parameters of one answer. */
const MAX_PARAMETERS: i32 = 2;

/** The parameters of one side; none where they are too many. */
@unmanaged
export class Parameters {
  ids: usize;
  count: i32;

  id(i: i32): i32 {
    return elementAt<i32>(this.ids, i);
  }

  add(id: i32): void {
    for (let i = 0; i < min(this.count, MAX_PARAMETERS); i++) if (this.id(i) == id) return;
    if (this.count < MAX_PARAMETERS) setElement<i32>(this.ids, this.count, id);
    this.count++;
  }

  /** Adds the letters for integers that occur in x. */
  addLetters(x: Node): void {
    if (x.kind == Kind.SYM && isOneOf(x.symbol, 'klmnt')) this.add(x.symbol);
    for (let i = 0; i < x.n; i++) this.addLetters(kid(x, i));
  }
}

/** The parameters of a side; `said` is a letter that words behind it call an integer, or -1. */
export function parametersOf(x: Node, said: i32): Parameters {
  const next = changetype<Parameters>(alloc(offsetof<Parameters>()));
  next.ids = alloc((<usize>MAX_PARAMETERS) << 2);
  next.count = 0;
  if (said >= 0) next.add(said);
  if (x.kind == Kind.LIST)
    for (let i = 1; i < x.n; i++) {
      const k = kid(x, i);
      if (isDomainRemark(k) && kid(k, 0).kind == Kind.SYM && kid(k, 1).space != Space.R) next.add(kid(k, 0).symbol);
      else if (k.kind == Kind.SYM && isRemarkAt(x, i)) next.add(k.symbol);
    }
  if (next.count == 0 && hasMultipleOfPi(x, next)) {
    next.addLetters(x);
    // of several letters nobody knows which are parameters
    if (next.count > 1) next.count = 0;
  }
  if (next.count == 0) addOfCurve(x, next);
  if (next.count == 0) addOfIntegral(x, next);
  if (next.count > MAX_PARAMETERS) next.count = 0;
  return next;
}

/** The only letter of a point that moves along a curve: (2 + 3t, 5 - t). */
function addOfCurve(x: Node, next: Parameters): void {
  const v = isNull(assigned(x)) ? x : assigned(x);
  if (v.kind != Kind.TUPLE || v.n < 2) return;
  const free = freeSymbols(v);
  if (free.count == 1 && (isOneOf(free.id(0), 'stuklmn') || free.id(0) == Sign.LAMBDA)) next.add(free.id(0));
}

/** The constant of an integral: x²/2 + C, C e^{2x}. */
function addOfIntegral(x: Node, next: Parameters): void {
  const v = isNull(assigned(x)) ? x : assigned(x);
  // C e^{2x}
  if (v.kind == Kind.MUL && !hasKind(v, Kind.POW)) return;
  if (v.kind != Kind.ADD && v.kind != Kind.MUL) return;
  for (let i = 0; i < v.n; i++) if (kid(v, i).kind == Kind.SYM && isOneOf(kid(v, i).symbol, 'CcK')) next.add(kid(v, i).symbol);
}

/** Whether a letter for integers is multiplied with π or with degrees. */
function hasMultipleOfPi(x: Node, next: Parameters): bool {
  if (x.kind == Kind.MUL && (hasKind(x, Kind.PI) || hasKind(x, Kind.DEGREE))) {
    next.addLetters(x);
    const found = next.count > 0;
    next.count = 0;
    if (found) return true;
  }
  for (let i = 0; i < x.n; i++) if (hasMultipleOfPi(kid(x, i), next)) return true;
  return false;
}
