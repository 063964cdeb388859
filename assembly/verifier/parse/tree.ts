// The tree of a parsed answer. Nodes live in the arena and are never changed once built.
import { elementAt, isNull, nil, setElement } from '../memory';
import { alloc, fail, spend } from '../arena';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';

export const enum Kind {
  /** value; op = digits after the decimal point or -1 */
  NUM,
  /** op = symbol id */
  SYM,
  PI,
  INF,
  /** op = Space.* */
  SPACESET,
  ADD,
  MUL,
  NEG,
  DIV,
  POW,
  /** kids: radicand, index */
  ROOT,
  /** op = Func.*; kids: arguments; a logarithm's base is its second kid */
  FUNC,
  /** unknown function, index or accent; op = symbol id, aux = 0 call, 1 subscript, 2.. accent */
  CALL,
  FACT,
  DFACT,
  ABS,
  NORM,
  FLOOR,
  CEIL,
  BINOM,
  /** kids: left (absent when unary), right; op = 1 for ±, -1 for ∓ */
  PM,
  PERCENT,
  DEGREE,
  RATIO,
  /** op = open << 4 | close (T kinds folded to 0 round, 1 square, 2 angle) */
  TUPLE,
  SET,
  /** kids: element, conditions */
  BUILDER,
  /** op = columns; aux = 1 for bars (determinant); kids row by row */
  MATRIX,
  /** answers divided at top level; op = separators seen (1 comma, 2 semicolon, 4 and, 8 or, 16 row) */
  LIST,
  /** chain of n kids; ops = n - 1 relations */
  REL,
  UNION,
  INTERSECT,
  DIFFERENCE,
  /** op = 0 sum, 1 product; kids: variable, low, high, body */
  SERIES,
  /** kids: integrand, variable, low, high (the last two may be absent) */
  INTEGRAL,
  ELLIPSIS,
  /** words; from/to are token positions */
  TEXT,
  /** kid with words behind it (unit, remark); from/to are token positions of the words */
  NOTED,
  /** kids: value, modulus */
  MOD,
  /** number with a base: value is its value in that base */
  CASES,
}

/** Deepest tree. */
const MAX_DEPTH: i32 = 160;

@unmanaged
export class Node {
  kind: i32;
  op: i32;
  aux: i32;
  n: i32;
  kids: usize;
  value: Rat;
  /** byte span in the source */
  from: usize;
  to: usize;
  /** relations of a chain, i32 each */
  ops: usize;
  depth: i32;
  /** hash of the structure */
  hash: u32;
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

export function unary(kind: i32, a: Node, op: i32 = 0): Node {
  const x = node(kind, op, 1);
  setKid(x, 0, a);
  return seal(x);
}

export function binary(kind: i32, a: Node, b: Node, op: i32 = 0): Node {
  const x = node(kind, op, 2);
  setKid(x, 0, a);
  setKid(x, 1, b);
  return seal(x);
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

export function isNumber(x: Node): bool {
  return x.kind == Kind.NUM;
}

/** Same structure: same values in the same places, the same words. */
export function identical(x: Node, y: Node): bool {
  if (x == y) return true;
  if (x.hash != y.hash || x.kind != y.kind || x.n != y.n) return false;
  spend(4);
  if (x.kind == Kind.NUM) return rat.equal(x.value, y.value);
  if (x.kind == Kind.TEXT || x.kind == Kind.NOTED) {
    if (x.to - x.from != y.to - y.from || memory.compare(x.from, y.from, x.to - x.from) != 0) return false;
  }
  if (x.op != y.op || x.aux != y.aux) return false;
  if (x.ops != 0) for (let i = 0; i < x.n - 1; i++) if (relation(x, i) != relation(y, i)) return false;
  for (let i = 0; i < x.n; i++) if (!identical(kid(x, i), kid(y, i))) return false;
  return true;
}

/** Whether the symbol occurs. */
export function hasSymbol(x: Node, id: i32): bool {
  if (x.kind == Kind.SYM) return x.op == id;
  spend(1);
  for (let i = 0; i < x.n; i++) if (hasSymbol(kid(x, i), id)) return true;
  return false;
}

/** Whether a node of this kind occurs. */
export function hasKind(x: Node, kind: i32): bool {
  if (x.kind == kind) return true;
  spend(1);
  for (let i = 0; i < x.n; i++) if (hasKind(kid(x, i), kind)) return true;
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

/** x with symbol `id` replaced by `by`. Bound variables keep their place. */
export function substitute(x: Node, id: i32, by: Node): Node {
  if (x.kind == Kind.SYM) return x.op == id ? by : x;
  if (x.n == 0 || !hasSymbol(x, id)) return x;
  const kids = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<usize>(kids, i, changetype<usize>(substitute(kid(x, i), id, by)));
  return withKids(x, kids);
}
