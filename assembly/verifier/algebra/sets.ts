// Sets of real numbers: intervals, unions, inequalities, finite sets and set builders, compared by membership.
//
// All endpoints of both sets are put in order; a set is then known by whether it holds each endpoint and each gap between them. Two sets
// are equal when they agree on all of these. Endpoints must be constants.
import { alloc, failed, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as rat from '../number/rational';
import { among, Rel, Space } from '../parse/symbols';
import {
  binary,
  contains,
  Bracket,
  Call,
  identical,
  integer,
  kid,
  Kind,
  Node,
  relate,
  relation,
  Separator,
  unary,
} from '../parse/tree';
import { constantValue } from './evaluate';
import { formOfDifference, hasForm, lineOf } from './normal-form';
import { freeSymbols, isConstantNode } from './sampling';
import { sameValue } from './scalar';

/** Where x may stand beside c, as bits, and those of x op c by its Rel: four bits each, from EQ and NE to the orders. */
const BELOW: i32 = 1;
const THERE: i32 = 2;
const ABOVE: i32 = 4;
const SIDES: i32 = 0x634152;

/** Most endpoints of two sets together. */
const MAX_ENDPOINTS: i32 = 64;

/** Whether x is ∞ (1) or -∞ (-1); 0 otherwise. */
export function infinity(x: Node): i32 {
  if (x.kind == Kind.INF) return 1;
  if (x.kind == Kind.NEG && kid(x, 0).kind == Kind.INF) return -1;
  if (x.kind == Kind.ADD && x.n == 1) return infinity(kid(x, 0));
  return 0;
}

/** Whether x is a pair in brackets that can be an interval. */
export function isInterval(x: Node): bool {
  return x.kind == Kind.TUPLE && x.n == 2 && x.opening != Bracket.ANGLE && x.closing != Bracket.ANGLE;
}

export function isOrder(op: i32): bool {
  return among(op, Rel.LT, Rel.GE);
}

/** The relation read from the right. */
export function flip(op: i32): i32 {
  return isOrder(op) ? op ^ 1 : op;
}

function isBound(x: Node): bool {
  return infinity(x) != 0 || isConstantNode(x);
}

/** Whether an interval's ends are in order, so that it is one and no point. */
function ascends(a: Node, b: Node): bool {
  if (infinity(a) != 0) return infinity(a) < 0 && infinity(b) >= 0;
  if (infinity(b) != 0) return infinity(b) > 0;
  return float.compare(constantValue(a), constantValue(b)) < 0;
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

/** The symbol or call that a side with exactly one speaks of: x in 2x - 1, f(x) in f(x). Null where it is none or several. */
function onlySymbol(x: Node): Node {
  if (among(x.kind, Kind.SYM, Kind.CALL)) return x;
  if (x.kind == Kind.ABS) return onlySymbol(kid(x, 0));
  if (freeSymbols(x).count == 1) {
    const s = findSymbol(x);
    if (!isNull(s)) return s;
  }
  return nil<Node>();
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

/** Whether x can stand for any number: a symbol, an indexed one, a function of a symbol. */
function isUnknown(x: Node): bool {
  if (x.kind == Kind.SYM) return true;
  return x.kind == Kind.CALL && (x.role == Call.INDEX || freeSymbols(x).count > 0);
}

/** Two sets on one line: their endpoints in order, and the variable that relations are about. */
@unmanaged
class RealLine {
  endpoints: usize;
  floats: usize;
  count: i32;
  /** null while only sets were met */
  variable: Node;
  supported: bool;

  endpoint(i: i32): Node {
    return elementAt<Node>(this.endpoints, i);
  }

  valueAt(i: i32): Float {
    return elementAt<Float>(this.floats, i);
  }

  addEndpoint(x: Node): void {
    if (infinity(x) != 0 || !this.supported) return;
    if (this.count == MAX_ENDPOINTS || !isConstantNode(x)) {
      this.supported = false;
      return;
    }
    const v = constantValue(x);
    if (float.isNone(v)) {
      this.supported = false;
      return;
    }
    // place by value
    let at = 0;
    for (; at < this.count; at++) {
      const c = float.compare(v, this.valueAt(at));
      if (c < 0) break;
      if (c == 0) {
        if (!sameValue(x, this.endpoint(at))) this.supported = false;
        return;
      }
    }
    for (let i = this.count; i > at; i--) {
      setElement<usize>(this.endpoints, i, changetype<usize>(this.endpoint(i - 1)));
      setElement<usize>(this.floats, i, changetype<usize>(this.valueAt(i - 1)));
    }
    setElement<usize>(this.endpoints, at, changetype<usize>(x));
    setElement<usize>(this.floats, at, changetype<usize>(v));
    this.count++;
  }

  /** Position of a constant: endpoint k has 2k + 1, the gap before it 2k; -∞ is -1, ∞ past all. */
  positionOf(x: Node): i32 {
    const inf = infinity(x);
    if (inf != 0) return inf < 0 ? -1 : 2 * this.count + 1;
    const v = constantValue(x);
    for (let i = 0; i < this.count; i++) if (!float.isNone(v) && float.compare(v, this.valueAt(i)) == 0) return 2 * i + 1;
    this.supported = false;
    return 0;
  }

  isVariable(x: Node): bool {
    return !isNull(this.variable) && identical(x, this.variable);
  }

  /** A pair (a op b) of a chain as "variable op constant"; null when it cannot be solved so. */
  solve(a: Node, op: i32, b: Node): Node {
    if (this.isVariable(a) && isBound(b)) return relate(a, op, b);
    if (this.isVariable(b) && isBound(a)) return relate(b, flip(op), a);
    if (isNull(this.variable) || this.variable.kind != Kind.SYM) return nil<Node>();
    const form = formOfDifference(a, b);
    if (!hasForm(form)) return nil<Node>();
    const line = lineOf(form, this.variable.symbol);
    if (isNull(line)) return nil<Node>();
    return relate(this.variable, rat.sign(line.slope) < 0 ? flip(op) : op, line.root);
  }

  /** Collects the endpoints of a set, and finds the variable of its relations. */
  collect(x: Node): void {
    if (!this.supported || failed || !spend(8)) return;
    switch (x.kind) {
      case Kind.TUPLE:
        if (!isInterval(x)) {
          this.supported = false;
          return;
        }
        this.addEndpoint(kid(x, 0));
        this.addEndpoint(kid(x, 1));
        if (this.supported && !ascends(kid(x, 0), kid(x, 1))) this.supported = false;
        return;
      case Kind.SET:
        for (let i = 0; i < x.n; i++) this.addEndpoint(kid(x, i));
        return;
      case Kind.SPACESET:
        if ((x.space & Space.NAME) == Space.EMPTY || (x.space & Space.NAME) == Space.R) {
          if (x.space != (x.space & Space.NAME)) this.addEndpoint(integer(0));
          return;
        }
        this.supported = false;
        return;
      case Kind.UNION:
      case Kind.INTERSECT:
      case Kind.DIFFERENCE:
        this.collect(kid(x, 0));
        this.collect(kid(x, 1));
        return;
      case Kind.LIST:
        for (let i = 0; i < x.n; i++) this.collect(kid(x, i));
        return;
      case Kind.BUILDER: {
        // {x | conditions}, {x ∈ R | conditions}
        const head = kid(x, 0);
        let v = head;
        if (head.kind == Kind.REL && head.n == 2 && relation(head, 0) == Rel.IN) v = kid(head, 0);
        if (v.kind != Kind.SYM) {
          this.supported = false;
          return;
        }
        this.setVariable(v);
        if (v != head) this.collect(kid(head, 1));
        for (let i = 1; i < x.n; i++) {
          if (!contains(kid(x, i), v.symbol)) this.supported = false;
          this.collect(kid(x, i));
        }
        return;
      }
      case Kind.REL: {
        for (let i = 0; i < x.n - 1; i++) {
          const op = relation(x, i);
          const a = kid(x, i);
          const b = kid(x, i + 1);
          if (op == Rel.IN) {
            this.setVariable(a);
            this.collect(b);
            continue;
          }
          if (!isOrder(op) && op != Rel.NE && op != Rel.EQ) {
            this.supported = false;
            return;
          }
          if (isNull(this.variable)) {
            if (isBound(a) && !isBound(b)) this.setVariable(onlySymbol(b));
            else if (isBound(b) && !isBound(a)) this.setVariable(onlySymbol(a));
          }
          if (!this.supported) return;
          const plain = withoutBars(relate(a, op, b));
          if (!isNull(plain)) {
            this.collect(plain);
            continue;
          }
          const solved = this.solve(a, op, b);
          if (isNull(solved)) {
            this.supported = false;
            return;
          }
          this.addEndpoint(kid(solved, 1));
        }
        return;
      }
    }
    this.supported = false;
  }

  setVariable(v: Node): void {
    if (isNull(v) || !isUnknown(v)) this.supported = false;
    else if (isNull(this.variable)) this.variable = v;
    else if (!identical(this.variable, v)) this.supported = false;
  }

  /** Whether the set holds position p. */
  holds(x: Node, p: i32): bool {
    if (!this.supported || failed || !spend(8)) return false;
    switch (x.kind) {
      case Kind.TUPLE: {
        const lo = this.positionOf(kid(x, 0));
        const hi = this.positionOf(kid(x, 1));
        return (x.opening == Bracket.SQUARE ? p >= lo : p > lo) && (x.closing == Bracket.SQUARE ? p <= hi : p < hi);
      }
      case Kind.SET:
        for (let i = 0; i < x.n; i++) if (this.positionOf(kid(x, i)) == p) return true;
        return false;
      case Kind.SPACESET: {
        if ((x.space & Space.NAME) == Space.EMPTY) return false;
        if (x.space == Space.R) return true;
        const zero = this.positionOf(integer(0));
        return x.space & Space.POSITIVE ? p > zero : x.space & Space.NEGATIVE ? p < zero : p != zero;
      }
      case Kind.UNION:
        return this.holds(kid(x, 0), p) || this.holds(kid(x, 1), p);
      case Kind.INTERSECT:
        return this.holds(kid(x, 0), p) && this.holds(kid(x, 1), p);
      case Kind.DIFFERENCE:
        return this.holds(kid(x, 0), p) && !this.holds(kid(x, 1), p);
      case Kind.BUILDER: {
        const head = kid(x, 0);
        if (head.kind == Kind.REL && !this.holds(kid(head, 1), p)) return false;
        for (let i = 1; i < x.n; i++) if (!this.holds(kid(x, i), p)) return false;
        return true;
      }
      case Kind.LIST: {
        // x < 1 or x > 3 and x < 5
        if (x.separators == (Separator.AND | Separator.OR)) {
          let all = true;
          for (let i = 0; i < x.n; i++) {
            if (!this.holds(kid(x, i), p)) all = false;
            if (i < x.n - 1 && relation(x, i) == Separator.AND) continue;
            if (all) return true;
            all = true;
          }
          return false;
        }
        if (this.joins(x)) {
          for (let i = 0; i < x.n; i++) if (!this.holds(kid(x, i), p)) return false;
          return true;
        }
        for (let i = 0; i < x.n; i++) if (this.holds(kid(x, i), p)) return true;
        return false;
      }
      case Kind.REL: {
        for (let i = 0; i < x.n - 1; i++) {
          const op = relation(x, i);
          if (op == Rel.IN) {
            if (!this.holds(kid(x, i + 1), p)) return false;
            continue;
          }
          const plain = withoutBars(relate(kid(x, i), op, kid(x, i + 1)));
          if (!isNull(plain)) {
            if (!this.holds(plain, p)) return false;
            continue;
          }
          const solved = this.solve(kid(x, i), op, kid(x, i + 1));
          if (isNull(solved)) {
            this.supported = false;
            return false;
          }
          const at = this.positionOf(kid(solved, 1));
          if (!((SIDES >> (relation(solved, 0) << 2)) & (p < at ? BELOW : p > at ? ABOVE : THERE))) return false;
        }
        return true;
      }
    }
    this.supported = false;
    return false;
  }

  /** Whether a list of relations means all of them at once: "and", or a comma where that leaves something. */
  joins(x: Node): bool {
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i).kind;
      if (k != Kind.REL && k != Kind.SPACESET) return false;
    }
    if (x.separators & Separator.OR) return false;
    for (let p = 0; p <= 2 * this.count; p++) {
      let all = true;
      for (let i = 0; i < x.n && all; i++) all = this.holds(kid(x, i), p);
      if (all) return true;
    }
    return (x.separators & Separator.AND) != 0 && !(x.separators & Separator.COMMA);
  }
}

/** Verdict of `compareSets`. */
export const enum SetVerdict {
  EQUAL,
  DIFFERENT,
  UNSUPPORTED,
}

/** Compares two sets of reals; UNSUPPORTED when one is no such set or an endpoint is not constant. */
export function compareSets(g: Node, p: Node): i32 {
  const line = changetype<RealLine>(alloc(offsetof<RealLine>()));
  line.endpoints = alloc((<usize>MAX_ENDPOINTS) << 2);
  line.floats = alloc((<usize>MAX_ENDPOINTS) << 2);
  line.count = 0;
  line.variable = nil<Node>();
  line.supported = true;
  line.collect(g);
  const ofGold = line.variable;
  if (line.supported) {
    const ownVariables = p.kind == Kind.BUILDER || g.kind == Kind.BUILDER;
    if (ownVariables) line.variable = nil<Node>();
    line.collect(p);
    if (!ownVariables && !isNull(line.variable) && !isNull(ofGold) && !identical(line.variable, ofGold)) line.supported = false;
  }
  const ofPred = line.variable;
  for (let q = 0; q <= 2 * line.count && line.supported && !failed; q++) {
    line.variable = ofGold;
    const a = line.holds(g, q);
    line.variable = ofPred;
    const b = line.holds(p, q);
    if (a != b && line.supported && !failed) return SetVerdict.DIFFERENT;
  }
  return line.supported && !failed ? SetVerdict.EQUAL : SetVerdict.UNSUPPORTED;
}

/** Whether x reads as a set of reals (not a finite list): interval, union, known set, set builder, inequality. */
export function isSetLike(x: Node): bool {
  if (among(x.kind, Kind.UNION, Kind.SPACESET)) return true;
  switch (x.kind) {
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
