// Sets of real numbers: intervals, unions, inequalities, finite sets and set builders, compared by membership.
//
// All endpoints of both sets are put in order; a set is then known by whether it holds each endpoint and each gap between them. Two sets
// are equal when they agree on all of these. Endpoints must be constants.
import { alloc, failed, spend } from './arena';
import { binary, identical, integer, K, kid, Node, relation, unary } from './expression';
import * as F from './float';
import { R, S } from './lexer';
import { formOfDifference, rationalRoot, slopeSign } from './normalize';
import { constantValue, freeSymbols, isConstantNode } from './numeric';
import { sameValue } from './scalar';

const MAX_ENDPOINTS: i32 = 64;

let endpoints: usize = 0;
let floats: usize = 0;
let count: i32 = 0;
/** The variable the relations are about, as a node; null while only sets were met. */
let variable: Node = changetype<Node>(0);
let supported: bool = true;

function endpoint(i: i32): Node {
  return changetype<Node>(load<usize>(endpoints + ((<usize>i) << 2)));
}

function valueAt(i: i32): F.Float {
  return changetype<F.Float>(load<usize>(floats + ((<usize>i) << 2)));
}

/** Whether x is ∞ (1) or -∞ (-1); 0 otherwise. */
export function infinity(x: Node): i32 {
  if (x.kind == K.INF) return 1;
  if (x.kind == K.NEG && kid(x, 0).kind == K.INF) return -1;
  if (x.kind == K.ADD && x.n == 1) return infinity(kid(x, 0));
  return 0;
}

function addEndpoint(x: Node): void {
  if (infinity(x) != 0 || !supported) return;
  if (count == MAX_ENDPOINTS || !isConstantNode(x)) {
    supported = false;
    return;
  }
  const v = constantValue(x);
  if (F.isNone(v)) {
    supported = false;
    return;
  }
  // place by value
  let at = 0;
  for (; at < count; at++) {
    const c = F.compare(v, valueAt(at));
    if (c < 0) break;
    if (c == 0) {
      if (!sameValue(x, endpoint(at))) supported = false;
      return;
    }
  }
  for (let i = count; i > at; i--) {
    store<usize>(endpoints + ((<usize>i) << 2), changetype<usize>(endpoint(i - 1)));
    store<usize>(floats + ((<usize>i) << 2), changetype<usize>(valueAt(i - 1)));
  }
  store<usize>(endpoints + ((<usize>at) << 2), changetype<usize>(x));
  store<usize>(floats + ((<usize>at) << 2), changetype<usize>(v));
  count++;
}

/** Whether an interval's ends are in order, so that it is one and no point. */
function ascends(a: Node, b: Node): bool {
  if (infinity(a) != 0) return infinity(a) < 0 && infinity(b) >= 0;
  if (infinity(b) != 0) return infinity(b) > 0;
  return F.compare(constantValue(a), constantValue(b)) < 0;
}

/** Position of a constant: endpoint k has 2k + 1, the gap before it 2k; -∞ is -1, ∞ past all. */
function positionOf(x: Node): i32 {
  const inf = infinity(x);
  if (inf != 0) return inf < 0 ? -1 : 2 * count + 1;
  const v = constantValue(x);
  for (let i = 0; i < count; i++) if (!F.isNone(v) && F.compare(v, valueAt(i)) == 0) return 2 * i + 1;
  supported = false;
  return 0;
}

/** Whether x is a pair in brackets that can be an interval. */
export function isInterval(x: Node): bool {
  return x.kind == K.TUPLE && x.n == 2 && (x.op & 0x22) == 0;
}

export function isOrder(op: i32): bool {
  return op == R.LT || op == R.GT || op == R.LE || op == R.GE;
}

function flip(op: i32): i32 {
  return op == R.LT ? R.GT : op == R.GT ? R.LT : op == R.LE ? R.GE : op == R.GE ? R.LE : op;
}

function isVariable(x: Node): bool {
  return changetype<usize>(variable) != 0 && identical(x, variable);
}

function relationNode(a: Node, op: i32, b: Node): Node {
  const x = binary(K.REL, a, b);
  x.ops = alloc(4);
  store<i32>(x.ops, op);
  return x;
}

/** A pair (a op b) of a chain as "variable op constant": the constant, with the relation in `solvedOp`; null when it is neither. */
let solvedOp: i32 = 0;

function solve(a: Node, op: i32, b: Node): Node {
  const none = changetype<Node>(0);
  if (isVariable(a) && isBound(b)) {
    solvedOp = op;
    return b;
  }
  if (isVariable(b) && isBound(a)) {
    solvedOp = flip(op);
    return a;
  }
  if (changetype<usize>(variable) == 0 || variable.kind != K.SYM) return none;
  const form = formOfDifference(a, b);
  if (changetype<usize>(form) == 0) return none;
  const at = rationalRoot(form, variable.op);
  if (changetype<usize>(at) == 0) return none;
  solvedOp = slopeSign < 0 ? flip(op) : op;
  return at;
}

function isBound(x: Node): bool {
  return infinity(x) != 0 || isConstantNode(x);
}

/** |u| op c as a list of relations without the bars, or null. */
function withoutBars(x: Node): Node {
  const none = changetype<Node>(0);
  if (x.n != 2) return none;
  let a = kid(x, 0);
  let b = kid(x, 1);
  let op = relation(x, 0);
  if (b.kind == K.ABS) {
    const t = a;
    a = b;
    b = t;
    op = flip(op);
  }
  if (a.kind != K.ABS || !isConstantNode(b) || !isOrder(op)) return none;
  const v = constantValue(b);
  if (F.isNone(v) || F.sign(v) <= 0) return none;
  const u = kid(a, 0);
  const first = relationNode(u, op, b);
  const second = relationNode(unary(K.NEG, u), op, b);
  // |u| < c holds for both signs, |u| > c for one of them
  return binary(op == R.LT || op == R.LE ? K.INTERSECT : K.UNION, first, second);
}

/** Collects the endpoints of a set, and finds the variable of its relations. */
function collect(x: Node): void {
  if (!supported || failed || !spend(8)) return;
  switch (x.kind) {
    case K.TUPLE:
      if (!isInterval(x)) {
        supported = false;
        return;
      }
      addEndpoint(kid(x, 0));
      addEndpoint(kid(x, 1));
      if (supported && !ascends(kid(x, 0), kid(x, 1))) supported = false;
      return;
    case K.SET:
      for (let i = 0; i < x.n; i++) addEndpoint(kid(x, i));
      return;
    case K.SPACESET:
      if ((x.op & 7) == S.EMPTY || (x.op & 7) == S.R) {
        if (x.op != (x.op & 7)) addEndpoint(integer(0));
        return;
      }
      supported = false;
      return;
    case K.UNION:
    case K.INTERSECT:
    case K.DIFFERENCE:
      collect(kid(x, 0));
      collect(kid(x, 1));
      return;
    case K.LIST:
      for (let i = 0; i < x.n; i++) collect(kid(x, i));
      return;
    case K.BUILDER: {
      // {x | conditions}, {x ∈ R | conditions}
      const head = kid(x, 0);
      let v = head;
      if (head.kind == K.REL && head.n == 2 && relation(head, 0) == R.IN) v = kid(head, 0);
      if (v.kind != K.SYM) {
        supported = false;
        return;
      }
      setVariable(v);
      if (v != head) collect(kid(head, 1));
      for (let i = 1; i < x.n; i++) collect(kid(x, i));
      return;
    }
    case K.REL: {
      for (let i = 0; i < x.n - 1; i++) {
        const op = relation(x, i);
        const a = kid(x, i);
        const b = kid(x, i + 1);
        if (op == R.IN) {
          setVariable(a);
          collect(b);
          continue;
        }
        if (!isOrder(op) && op != R.NE && op != R.EQ) {
          supported = false;
          return;
        }
        if (changetype<usize>(variable) == 0) {
          if (isBound(a) && !isBound(b)) setVariable(onlySymbol(b));
          else if (isBound(b) && !isBound(a)) setVariable(onlySymbol(a));
        }
        if (!supported) return;
        const plain = withoutBars(x);
        if (changetype<usize>(plain) != 0) {
          collect(plain);
          return;
        }
        const c = solve(a, op, b);
        if (changetype<usize>(c) == 0) {
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
  if (x.kind == K.SYM || x.kind == K.CALL) return x;
  if (x.kind == K.ABS) return onlySymbol(kid(x, 0));
  if (freeSymbols(x) == 1) {
    const s = findSymbol(x);
    if (changetype<usize>(s) != 0) return s;
  }
  return x;
}

function findSymbol(x: Node): Node {
  if (x.kind == K.SYM && !isConstantNode(x)) return x;
  if (x.kind == K.CALL) return changetype<Node>(0);
  for (let i = 0; i < x.n; i++) {
    const s = findSymbol(kid(x, i));
    if (changetype<usize>(s) != 0) return s;
  }
  return changetype<Node>(0);
}

function setVariable(v: Node): void {
  if (changetype<usize>(variable) == 0) variable = v;
  else if (!identical(variable, v)) supported = false;
}

/** Whether the set holds position p. */
function holds(x: Node, p: i32): bool {
  if (!supported || failed || !spend(8)) return false;
  switch (x.kind) {
    case K.TUPLE: {
      const lo = positionOf(kid(x, 0));
      const hi = positionOf(kid(x, 1));
      return (x.op >> 4 == 1 ? p >= lo : p > lo) && ((x.op & 15) == 1 ? p <= hi : p < hi);
    }
    case K.SET:
      for (let i = 0; i < x.n; i++) if (positionOf(kid(x, i)) == p) return true;
      return false;
    case K.SPACESET: {
      if ((x.op & 7) == S.EMPTY) return false;
      if (x.op == S.R) return true;
      const zero = positionOf(integer(0));
      return x.op & 8 ? p > zero : x.op & 16 ? p < zero : p != zero;
    }
    case K.UNION:
      return holds(kid(x, 0), p) || holds(kid(x, 1), p);
    case K.INTERSECT:
      return holds(kid(x, 0), p) && holds(kid(x, 1), p);
    case K.DIFFERENCE:
      return holds(kid(x, 0), p) && !holds(kid(x, 1), p);
    case K.BUILDER: {
      const head = kid(x, 0);
      if (head.kind == K.REL && !holds(kid(head, 1), p)) return false;
      for (let i = 1; i < x.n; i++) if (!holds(kid(x, i), p)) return false;
      return true;
    }
    case K.LIST: {
      if (joins(x)) {
        for (let i = 0; i < x.n; i++) if (!holds(kid(x, i), p)) return false;
        return true;
      }
      for (let i = 0; i < x.n; i++) if (holds(kid(x, i), p)) return true;
      return false;
    }
    case K.REL: {
      const plain = withoutBars(x);
      if (changetype<usize>(plain) != 0) return holds(plain, p);
      for (let i = 0; i < x.n - 1; i++) {
        const op = relation(x, i);
        if (op == R.IN) {
          if (!holds(kid(x, i + 1), p)) return false;
          continue;
        }
        const c = solve(kid(x, i), op, kid(x, i + 1));
        if (changetype<usize>(c) == 0) {
          supported = false;
          return false;
        }
        const at = positionOf(c);
        const o = solvedOp;
        const yes =
          o == R.LT ? p < at : o == R.LE ? p <= at : o == R.GT ? p > at : o == R.GE ? p >= at : o == R.EQ ? p == at : p != at;
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
    if (k != K.REL && k != K.SPACESET) return false;
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
export const enum C {
  EQUAL,
  DIFFERENT,
  UNSUPPORTED,
}

/** Compares two sets of reals; UNSUPPORTED when one is no such set or an endpoint is not constant. */
export function compareSets(g: Node, p: Node): i32 {
  endpoints = alloc((<usize>MAX_ENDPOINTS) << 2);
  floats = alloc((<usize>MAX_ENDPOINTS) << 2);
  count = 0;
  variable = changetype<Node>(0);
  supported = true;
  collect(g);
  const ofGold = variable;
  if (supported) {
    if (p.kind == K.BUILDER || g.kind == K.BUILDER) variable = changetype<Node>(0);
    collect(p);
    if (
      changetype<usize>(variable) != 0 &&
      changetype<usize>(ofGold) != 0 &&
      !identical(variable, ofGold) &&
      p.kind != K.BUILDER &&
      g.kind != K.BUILDER
    )
      supported = false;
  }
  if (!supported || failed) return C.UNSUPPORTED;
  const ofPred = variable;
  for (let q = 0; q <= 2 * count; q++) {
    variable = ofGold;
    const a = holds(g, q);
    variable = ofPred;
    const b = holds(p, q);
    if (!supported || failed) return C.UNSUPPORTED;
    if (a != b) return C.DIFFERENT;
  }
  return C.EQUAL;
}

/** Whether x reads as a set of reals (not a finite list): interval, union, known set, set builder, inequality. */
export function isSetLike(x: Node): bool {
  switch (x.kind) {
    case K.UNION:
    case K.INTERSECT:
    case K.DIFFERENCE:
    case K.BUILDER:
    case K.SPACESET:
      return true;
    case K.TUPLE:
      return isInterval(x);
    case K.REL: {
      for (let i = 0; i < x.n - 1; i++) if (isOrder(relation(x, i)) || relation(x, i) == R.NE) return true;
      return x.n == 2 && relation(x, 0) == R.IN && isSetLike(kid(x, 1));
    }
    case K.LIST: {
      let some = false;
      for (let i = 0; i < x.n; i++) {
        if (kid(x, i).kind != K.REL) return false;
        if (isSetLike(kid(x, i))) some = true;
      }
      return some;
    }
  }
  return false;
}
