// The tree of a parsed answer. Nodes live in the arena and are never changed once built.
import { alloc, fail, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { isUpper, sameBytes } from '../read/text';
import { among } from './symbols';

/** Kinds of node. What else a node holds stands beside its kind: see the accessors of Node. What is asked of several stands together. */
export const enum Kind {
  /** value, decimals */
  NUM,
  PI,
  ADD,
  MUL,
  NEG,
  DIV,
  POW,
  /** kids: radicand, index */
  ROOT,
  /** func; kids: arguments; a logarithm's base is its second kid */
  FUNC,
  FACT,
  DFACT,
  BINOM,
  NORM,
  ABS,
  FLOOR,
  CEIL,
  /** sign; kids: left (absent when unary), right */
  PM,
  PERCENT,
  DEGREE,
  /** mayBeTime */
  RATIO,
  UNION,
  INTERSECT,
  DIFFERENCE,
  /** kids: element, conditions */
  BUILDER,
  /** space */
  SPACESET,
  INF,
  /** words; from and to are their bytes */
  TEXT,
  /** symbol */
  SYM,
  /** symbol, role; kids: arguments */
  CALL,
  /** opening, closing */
  TUPLE,
  SET,
  /** separators; answers divided at top level */
  LIST,
  /** columns, isDeterminant; kids row by row */
  MATRIX,
  /** kid with words behind it (unit, remark); from and to are the bytes of the words */
  NOTED,
  /** chain of n kids; n - 1 relations */
  REL,
  /** isProduct; kids: variable, low, high, body */
  SERIES,
  /** kids: integrand, variable, low, high (the last two may be absent) */
  INTEGRAL,
  /** kids: variable, target, body */
  LIMIT,
  /** kids: body, variable */
  DERIVATIVE,
  ELLIPSIS,
  /** kids: value, modulus */
  MOD,
  /** columns; kids row by row: value, condition */
  CASES,
}

/** What divides the items of a list, as bits. */
export const enum Separator {
  COMMA = 1,
  SEMICOLON = 2,
  AND = 4,
  OR = 8,
  ROW = 16,
}

/** Brackets of a tuple. */
export const enum Bracket {
  ROUND,
  SQUARE,
  ANGLE,
}

/** What an unknown function stands for. */
export const enum Call {
  /** f(x) */
  FUNCTION,
  /** x_1 */
  INDEX,
  /** x under an accent */
  ACCENT,
  /** f_1(x): the index is the first argument */
  INDEXED,
}

/** Deepest tree. */
const MAX_DEPTH: i32 = 160;

@unmanaged
export class Node {
  kind: i32;
  /** a number whose meaning the kind decides: read it by the accessors */
  op: i32;
  /** a second one */
  aux: i32;
  n: i32;
  kids: usize;
  value: Rat;
  /** byte span in the source */
  from: usize;
  to: usize;
  /** relations of a chain or separators of a list, i32 each */
  ops: usize;
  depth: i32;
  /** hash of the structure */
  hash: u32;

  /** NUM: digits behind the decimal point, or -1 */
  get decimals(): i32 {
    return this.op;
  }

  /** an integer, written as one number */
  get isInteger(): bool {
    return this.kind == Kind.NUM && rat.isInteger(this.value);
  }

  /** SYM, CALL: id of the symbol */
  get symbol(): i32 {
    return this.op;
  }

  /** SPACESET: Space.* */
  get space(): i32 {
    return this.op;
  }

  /** FUNC: Func.* */
  get func(): i32 {
    return this.op;
  }

  /** PM: 1 for ±, -1 for ∓ */
  get sign(): i32 {
    return this.op;
  }

  /** TUPLE: Bracket.* */
  get opening(): i32 {
    return this.op >> 4;
  }

  get closing(): i32 {
    return this.op & 15;
  }

  /** LIST: Separator.* */
  get separators(): i32 {
    return this.op;
  }

  /** MATRIX, CASES */
  get columns(): i32 {
    return this.op;
  }

  get rows(): i32 {
    return this.n / this.op;
  }

  /** SERIES: a product, not a sum */
  get isProduct(): bool {
    return this.op != 0;
  }

  /** CALL: Call.* */
  get role(): i32 {
    return this.aux;
  }

  set role(role: i32) {
    this.aux = role;
  }

  /** RATIO: all terms but the first are two digits below 60, so that it may be a time of day */
  get mayBeTime(): bool {
    return this.aux != 0;
  }

  set mayBeTime(on: bool) {
    this.aux = on ? 1 : 0;
  }

  /** MATRIX */
  get isDeterminant(): bool {
    return this.aux != 0;
  }

  set isDeterminant(on: bool) {
    this.aux = on ? 1 : 0;
  }
}

/** `op` of a tuple. */
export function tupleOp(opening: i32, closing: i32): i32 {
  return (opening << 4) | closing;
}

export function kid(x: Node, i: i32): Node {
  return elementAt<Node>(x.kids, i);
}

export function setKid(x: Node, i: i32, k: Node): void {
  setElement<usize>(x.kids, i, changetype<usize>(k));
}

export function relation(x: Node, i: i32): i32 {
  return elementAt<i32>(x.ops, i);
}

export function node(kind: i32, op: i32, n: i32): Node {
  spend(16 + n);
  const x = changetype<Node>(alloc(offsetof<Node>()));
  x.kind = kind;
  x.op = op;
  x.aux = 0;
  x.n = n;
  x.kids = n > 0 ? alloc((<usize>n) << 2) : 0;
  x.value = nil<Rat>();
  x.from = 0;
  x.to = 0;
  x.ops = 0;
  x.depth = 0;
  x.hash = 0;
  return x;
}

/** Fixes hash and depth once the kids are in place. */
export function seal(x: Node): Node {
  let h: u32 = (<u32>x.kind * 2654435761) ^ (<u32>x.op * 40503) ^ (<u32>x.aux * 9176);
  let d = 0;
  for (let i = 0; i < x.n; i++) {
    const k = kid(x, i);
    h = (h ^ k.hash) * 16777619;
    if (k.depth > d) d = k.depth;
  }
  if (x.ops != 0) for (let i = 0; i < x.n - 1; i++) h = (h ^ (<u32>relation(x, i))) * 16777619;
  if (!isNull(x.value)) h ^= rat.hash(x.value);
  x.hash = h;
  x.depth = d + 1;
  if (x.depth > MAX_DEPTH) fail();
  return x;
}

export function leaf(kind: i32, op: i32 = 0): Node {
  return seal(node(kind, op, 0));
}

export function unary(kind: i32, a: Node, op: i32 = 0, aux: i32 = 0): Node {
  const x = node(kind, op, 1);
  x.aux = aux;
  setKid(x, 0, a);
  return seal(x);
}

export function binary(kind: i32, a: Node, b: Node, op: i32 = 0): Node {
  const x = node(kind, op, 2);
  setKid(x, 0, a);
  setKid(x, 1, b);
  return seal(x);
}

/** The relation a op b. */
export function relate(a: Node, op: i32, b: Node): Node {
  const x = node(Kind.REL, 0, 2);
  setKid(x, 0, a);
  setKid(x, 1, b);
  x.ops = alloc(4);
  store<i32>(x.ops, op);
  return seal(x);
}

/** Makes the node a list that one kind of separator divides. */
export function listOf(x: Node, separator: i32): Node {
  x.op = separator;
  x.ops = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<i32>(x.ops, i, separator);
  return seal(x);
}

/** Whether x is a name, or names in brackets. */
export function isNaming(x: Node): bool {
  return among(x.kind, Kind.SYM, Kind.TUPLE);
}

/** Two or more capital letters: a segment. */
export function isSegment(x: Node): bool {
  if (x.kind != Kind.MUL) return false;
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind != Kind.SYM || !isUpper(kid(x, i).symbol)) return false;
  return true;
}

export function number(value: Rat, decimals: i32 = -1): Node {
  const x = node(Kind.NUM, decimals, 0);
  x.value = value;
  seal(x);
  // 2 and 2.0 have one structure
  x.hash = rat.hash(value);
  return x;
}

export function integer(v: i32): Node {
  return number(rat.ofI32(v));
}

/** Same structure: same values in the same places, the same words. */
export function identical(x: Node, y: Node): bool {
  if (x == y) return true;
  if (x.hash != y.hash || x.kind != y.kind || x.n != y.n) return false;
  spend(4);
  if (x.kind == Kind.NUM) return rat.equal(x.value, y.value);
  if (x.kind == Kind.TEXT || x.kind == Kind.NOTED) {
    if (x.to - x.from != y.to - y.from || !sameBytes(x.from, y.from, x.to - x.from)) return false;
  }
  if (x.op != y.op || x.aux != y.aux) return false;
  if (x.ops != 0) for (let i = 0; i < x.n - 1; i++) if (relation(x, i) != relation(y, i)) return false;
  for (let i = 0; i < x.n; i++) if (!identical(kid(x, i), kid(y, i))) return false;
  return true;
}

/** Whether the symbol stands in x. */
export function contains(x: Node, id: i32): bool {
  if (x.kind == Kind.SYM) return x.symbol == id;
  spend(1);
  for (let i = 0; i < x.n; i++) if (contains(kid(x, i), id)) return true;
  return false;
}

/** Whether a node of this kind occurs. */
export function hasKind(x: Node, kind: i32): bool {
  return hasAny(x, kind, kind);
}

/** Whether a node of this kind occurs in one of the two. */
export function eitherHas(x: Node, y: Node, kind: i32): bool {
  return hasKind(x, kind) || hasKind(y, kind);
}

/** Whether a node of the kinds from `first` to `last` occurs. */
export function hasAny(x: Node, first: i32, last: i32): bool {
  if (among(x.kind, first, last)) return true;
  spend(1);
  for (let i = 0; i < x.n; i++) if (hasAny(kid(x, i), first, last)) return true;
  return false;
}

/** A copy of x with every kid mapped by the caller's array; same attributes. */
export function withKids(x: Node, kids: usize): Node {
  const y = node(x.kind, x.op, x.n);
  y.aux = x.aux;
  y.value = x.value;
  y.from = x.from;
  y.to = x.to;
  y.ops = x.ops;
  y.kids = kids;
  return seal(y);
}

/** x with another i-th kid. */
export function withKid(x: Node, i: i32, k: Node): Node {
  const kids = alloc((<usize>x.n) << 2);
  memory.copy(kids, x.kids, (<usize>x.n) << 2);
  setElement<Node>(kids, i, k);
  return withKids(x, kids);
}

/** x with symbol `id` replaced by `by`. Bound variables keep their place. */
export function substitute(x: Node, id: i32, by: Node): Node {
  if (x.kind == Kind.SYM) return x.op == id ? by : x;
  if (x.n == 0 || !contains(x, id)) return x;
  const kids = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<usize>(kids, i, changetype<usize>(substitute(kid(x, i), id, by)));
  return withKids(x, kids);
}
