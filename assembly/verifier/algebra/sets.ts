// Sets of real numbers: intervals, unions, inequalities, finite sets and set builders, compared by membership.
//
// All endpoints of both sets are put in order; a set is then known by whether it holds each endpoint and each gap between them. Two sets
// are equal when they agree on all of these. Endpoints must be constants.
import { elementAt, isNull, nil, setElement } from '../memory';
import { alloc, failed, spend } from '../arena';
import { binary, identical, integer, Kind, kid, Node, relate, relation, unary } from '../parse/tree';
import * as float from '../number/float';
import { Float } from '../number/float';
import { Rel, Space } from '../parse/symbols';
import { formOfDifference, rationalRoot, slopeSign } from './normal-form';
import { constantValue, freeSymbols, isConstantNode } from './numeric';
import { sameValue } from './scalar';

const MAX_ENDPOINTS: i32 = 64;

let endpoints: usize = 0;
let floats: usize = 0;
let count: i32 = 0;
/** The variable the relations are about, as a node; null while only sets were met. */
let variable: Node = nil<Node>();
let supported: bool = true;

function endpoint(i: i32): Node {
  return elementAt<Node>(endpoints, i);
}

function valueAt(i: i32): Float {
  return elementAt<Float>(floats, i);
}

/** Whether x is ∞ (1) or -∞ (-1); 0 otherwise. */
export function infinity(x: Node): i32 {
  if (x.kind == Kind.INF) return 1;
  if (x.kind == Kind.NEG && kid(x, 0).kind == Kind.INF) return -1;
  if (x.kind == Kind.ADD && x.n == 1) return infinity(kid(x, 0));
  return 0;
}

function addEndpoint(x: Node): void {
  if (infinity(x) != 0 || !supported) return;
  if (count == MAX_ENDPOINTS || !isConstantNode(x)) {
    supported = false;
    return;
  }
  const v = constantValue(x);
  if (float.isNone(v)) {
    supported = false;
    return;
  }
  // place by value
  let at = 0;
  for (; at < count; at++) {
    const c = float.compare(v, valueAt(at));
    if (c < 0) break;
    if (c == 0) {
      if (!sameValue(x, endpoint(at))) supported = false;
      return;
    }
  }
  for (let i = count; i > at; i--) {
    setElement<usize>(endpoints, i, changetype<usize>(endpoint(i - 1)));
    setElement<usize>(floats, i, changetype<usize>(valueAt(i - 1)));
  }
  setElement<usize>(endpoints, at, changetype<usize>(x));
  setElement<usize>(floats, at, changetype<usize>(v));
  count++;
}

/** Whether an interval's ends are in order, so that it is one and no point. */
function ascends(a: Node, b: Node): bool {
  if (infinity(a) != 0) return infinity(a) < 0 && infinity(b) >= 0;
  if (infinity(b) != 0) return infinity(b) > 0;
  return float.compare(constantValue(a), constantValue(b)) < 0;
}

/** Position of a constant: endpoint k has 2k + 1, the gap before it 2k; -∞ is -1, ∞ past all. */
function positionOf(x: Node): i32 {
  const inf = infinity(x);
  if (inf != 0) return inf < 0 ? -1 : 2 * count + 1;
  const v = constantValue(x);
  for (let i = 0; i < count; i++) if (!float.isNone(v) && float.compare(v, valueAt(i)) == 0) return 2 * i + 1;
  supported = false;
  return 0;
}

/** Whether x is a pair in brackets that can be an interval. */
export function isInterval(x: Node): bool {
  return x.kind == Kind.TUPLE && x.n == 2 && (x.op & 0x22) == 0;
}

export function isOrder(op: i32): bool {
  return op == Rel.LT || op == Rel.GT || op == Rel.LE || op == Rel.GE;
}

function flip(op: i32): i32 {
  return op == Rel.LT ? Rel.GT : op == Rel.GT ? Rel.LT : op == Rel.LE ? Rel.GE : op == Rel.GE ? Rel.LE : op;
}

function isVariable(x: Node): bool {
  return !isNull(variable) && identical(x, variable);
}

/** A pair (a op b) of a chain as "variable op constant": the constant, with the relation in `solvedOp`; null when it is neither. */
let solvedOp: i32 = 0;

function solve(a: Node, op: i32, b: Node): Node {
  const none = nil<Node>();
  if (isVariable(a) && isBound(b)) {
    solvedOp = op;
    return b;
  }
  if (isVariable(b) && isBound(a)) {
    solvedOp = flip(op);
    return a;
  }
  if (isNull(variable) || variable.kind != Kind.SYM) return none;
  const form = formOfDifference(a, b);
  if (isNull(form)) return none;
  const at = rationalRoot(form, variable.op);
  if (isNull(at)) return none;
  solvedOp = slopeSign < 0 ? flip(op) : op;
  return at;
}

function isBound(x: Node): bool {
  return infinity(x) != 0 || isConstantNode(x);
}

/** |u| op c as a list of relations without the bars, or null. */
function withoutBars(x: Node): Node {
  const none = nil<Node>();
  if (x.n != 2) return none;
  let a = kid(x, 0);
  let b = kid(x, 1);
  let op = relation(x, 0);
  if (b.kind == Kind.ABS) {
    const t = a;
    a = b;
    b = t;
    op = flip(op);
  }
  if (a.kind != Kind.ABS || !isConstantNode(b) || !isOrder(op)) return none;
  const v = constantValue(b);
  if (float.isNone(v) || float.sign(v) <= 0) return none;
  const u = kid(a, 0);
  const first = relate(u, op, b);
  const second = relate(unary(Kind.NEG, u), op, b);
  // |u| < c holds for both signs, |u| > c for one of them
  return binary(op == Rel.LT || op == Rel.LE ? Kind.INTERSECT : Kind.UNION, first, second);
}

/** Collects the endpoints of a set, and finds the variable of its relations. */
function collect(x: Node): void {
  if (!supported || failed || !spend(8)) return;
  switch (x.kind) {
    case Kind.TUPLE:
      if (!isInterval(x)) {
        supported = false;
        return;
      }
      addEndpoint(kid(x, 0));
      addEndpoint(kid(x, 1));
      if (supported && !ascends(kid(x, 0), kid(x, 1))) supported = false;
      return;
    case Kind.SET:
      for (let i = 0; i < x.n; i++) addEndpoint(kid(x, i));
      return;
    case Kind.SPACESET:
      if ((x.op & 7) == Space.EMPTY || (x.op & 7) == Space.R) {
        if (x.op != (x.op & 7)) addEndpoint(integer(0));
        return;
      }
      supported = false;
      return;
    case Kind.UNION:
    case Kind.INTERSECT:
    case Kind.DIFFERENCE:
      collect(kid(x, 0));
      collect(kid(x, 1));
      return;
    case Kind.LIST:
      for (let i = 0; i < x.n; i++) collect(kid(x, i));
      return;
    case Kind.BUILDER: {
      // {x | conditions}, {x ∈ R | conditions}
      const head = kid(x, 0);
      let v = head;
      if (head.kind == Kind.REL && head.n == 2 && relation(head, 0) == Rel.IN) v = kid(head, 0);
      if (v.kind != Kind.SYM) {
        supported = false;
        return;
      }
      setVariable(v);
      if (v != head) collect(kid(head, 1));
      for (let i = 1; i < x.n; i++) collect(kid(x, i));
      return;
    }
    case Kind.REL: {
      for (let i = 0; i < x.n - 1; i++) {
        const op = relation(x, i);
        const a = kid(x, i);
        const b = kid(x, i + 1);
        if (op == Rel.IN) {
          setVariable(a);
          collect(b);
          continue;
        }
        if (!isOrder(op) && op != Rel.NE && op != Rel.EQ) {
          supported = false;
          return;
        }
        if (isNull(variable)) {
          if (isBound(a) && !isBound(b)) setVariable(onlySymbol(b));
          else if (isBound(b) && !isBound(a)) setVariable(onlySymbol(a));
        }
        if (!supported) return;
        const plain = withoutBars(x);
        if (!isNull(plain)) {
          collect(plain);
          return;
        }
        const c = solve(a, op, b);
        if (isNull(c)) {
          supported = false;
          return;
        }
        addEndpoint(c);
      }
      return;
    }
  }
  supported = false;
}

/** The symbol of a side with exactly one, so that 2x - 1 speaks of x; the side itself otherwise. */
function onlySymbol(x: Node): Node {
  if (x.kind == Kind.SYM || x.kind == Kind.CALL) return x;
  if (x.kind == Kind.ABS) return onlySymbol(kid(x, 0));
  if (freeSymbols(x) == 1) {
    const s = findSymbol(x);
    if (!isNull(s)) return s;
  }
  return x;
}

function findSymbol(x: Node): Node {
  if (x.kind == Kind.SYM && !isConstantNode(x)) return x;
  if (x.kind == Kind.CALL) return nil<Node>();
  for (let i = 0; i < x.n; i++) {
    const s = findSymbol(kid(x, i));
    if (!isNull(s)) return s;
  }
  return nil<Node>();
}

function setVariable(v: Node): void {
  if (isNull(variable)) variable = v;
  else if (!identical(variable, v)) supported = false;
}

/** Whether the set holds position p. */
function holds(x: Node, p: i32): bool {
  if (!supported || failed || !spend(8)) return false;
  switch (x.kind) {
    case Kind.TUPLE: {
      const lo = positionOf(kid(x, 0));
      const hi = positionOf(kid(x, 1));
      return (x.op >> 4 == 1 ? p >= lo : p > lo) && ((x.op & 15) == 1 ? p <= hi : p < hi);
    }
    case Kind.SET:
      for (let i = 0; i < x.n; i++) if (positionOf(kid(x, i)) == p) return true;
      return false;
    case Kind.SPACESET: {
      if ((x.op & 7) == Space.EMPTY) return false;
      if (x.op == Space.R) return true;
      const zero = positionOf(integer(0));
      return x.op & 8 ? p > zero : x.op & 16 ? p < zero : p != zero;
    }
    case Kind.UNION:
      return holds(kid(x, 0), p) || holds(kid(x, 1), p);
    case Kind.INTERSECT:
      return holds(kid(x, 0), p) && holds(kid(x, 1), p);
    case Kind.DIFFERENCE:
      return holds(kid(x, 0), p) && !holds(kid(x, 1), p);
    case Kind.BUILDER: {
      const head = kid(x, 0);
      if (head.kind == Kind.REL && !holds(kid(head, 1), p)) return false;
      for (let i = 1; i < x.n; i++) if (!holds(kid(x, i), p)) return false;
      return true;
    }
    case Kind.LIST: {
      if (joins(x)) {
        for (let i = 0; i < x.n; i++) if (!holds(kid(x, i), p)) return false;
        return true;
      }
      for (let i = 0; i < x.n; i++) if (holds(kid(x, i), p)) return true;
      return false;
    }
    case Kind.REL: {
      const plain = withoutBars(x);
      if (!isNull(plain)) return holds(plain, p);
      for (let i = 0; i < x.n - 1; i++) {
        const op = relation(x, i);
        if (op == Rel.IN) {
          if (!holds(kid(x, i + 1), p)) return false;
          continue;
        }
        const c = solve(kid(x, i), op, kid(x, i + 1));
        if (isNull(c)) {
          supported = false;
          return false;
        }
        const at = positionOf(c);
        const o = solvedOp;
        const yes =
          o == Rel.LT
            ? p < at
            : o == Rel.LE
              ? p <= at
              : o == Rel.GT
                ? p > at
                : o == Rel.GE
                  ? p >= at
                  : o == Rel.EQ
                    ? p == at
                    : p != at;
        if (!yes) return false;
      }
      return true;
    }
  }
  supported = false;
  return false;
}

/** Whether a list of relations means all of them at once: "and", or a comma where that leaves something. */
function joins(x: Node): bool {
  for (let i = 0; i < x.n; i++) {
    const k = kid(x, i).kind;
    if (k != Kind.REL && k != Kind.SPACESET) return false;
  }
  if (x.op & 8) return false;
  for (let p = 0; p <= 2 * count; p++) {
    let all = true;
    for (let i = 0; i < x.n && all; i++) all = holds(kid(x, i), p);
    if (all) return true;
  }
  return (x.op & 4) != 0 && !(x.op & 1);
}

/** Verdict of `compareSets`. */
export const enum SetVerdict {
  EQUAL,
  DIFFERENT,
  UNSUPPORTED,
}

/** Compares two sets of reals; UNSUPPORTED when one is no such set or an endpoint is not constant. */
export function compareSets(g: Node, p: Node): i32 {
  endpoints = alloc((<usize>MAX_ENDPOINTS) << 2);
  floats = alloc((<usize>MAX_ENDPOINTS) << 2);
  count = 0;
  variable = nil<Node>();
  supported = true;
  collect(g);
  const ofGold = variable;
  if (supported) {
    if (p.kind == Kind.BUILDER || g.kind == Kind.BUILDER) variable = nil<Node>();
    collect(p);
    if (!isNull(variable) && !isNull(ofGold) && !identical(variable, ofGold) && p.kind != Kind.BUILDER && g.kind != Kind.BUILDER)
      supported = false;
  }
  if (!supported || failed) return SetVerdict.UNSUPPORTED;
  const ofPred = variable;
  for (let q = 0; q <= 2 * count; q++) {
    variable = ofGold;
    const a = holds(g, q);
    variable = ofPred;
    const b = holds(p, q);
    if (!supported || failed) return SetVerdict.UNSUPPORTED;
    if (a != b) return SetVerdict.DIFFERENT;
  }
  return SetVerdict.EQUAL;
}

/** Whether x reads as a set of reals (not a finite list): interval, union, known set, set builder, inequality. */
export function isSetLike(x: Node): bool {
  switch (x.kind) {
    case Kind.UNION:
    case Kind.INTERSECT:
    case Kind.DIFFERENCE:
    case Kind.BUILDER:
    case Kind.SPACESET:
      return true;
    case Kind.TUPLE:
      return isInterval(x);
    case Kind.REL: {
      for (let i = 0; i < x.n - 1; i++) if (isOrder(relation(x, i)) || relation(x, i) == Rel.NE) return true;
      return x.n == 2 && relation(x, 0) == Rel.IN && isSetLike(kid(x, 1));
    }
    case Kind.LIST: {
      let some = false;
      for (let i = 0; i < x.n; i++) {
        if (kid(x, i).kind != Kind.REL) return false;
        if (isSetLike(kid(x, i))) some = true;
      }
      return some;
    }
  }
  return false;
}
