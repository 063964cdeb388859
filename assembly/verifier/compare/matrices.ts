// Matrices, and expressions in them.
import { isNull, nil } from '../memory';
import { Sign } from '../parse/symbols';
import { binary, Bracket, hasKind, integer, kid, Kind, Node, node, seal, setKid, tupleOp } from '../parse/tree';
import { Char } from '../read/characters';
import { sameKids } from './equality';

/** Value of an expression in matrices as one matrix, or null. */
function matrixOf(x: Node): Node {
  if (x.kind == Kind.MATRIX) return x.isDeterminant ? nil<Node>() : x;
  if (x.kind == Kind.POW && kid(x, 1).kind == Kind.SYM && (kid(x, 1).symbol == Char.T || kid(x, 1).symbol == Sign.TOP)) {
    const base = kid(x, 0);
    // (1, 2)^T is a column
    const columns = base.kind == Kind.TUPLE ? base.n : 0;
    const m = columns > 0 ? base : matrixOf(base);
    return isNull(m) ? m : transposed(m, columns > 0 ? columns : m.columns);
  }
  if (x.kind == Kind.NEG) {
    const m = matrixOf(kid(x, 0));
    return isNull(m) ? m : mapEntries(m, integer(-1));
  }
  if (x.kind == Kind.DIV) {
    const m = matrixOf(kid(x, 0));
    return isNull(m) || hasKind(kid(x, 1), Kind.MATRIX) ? nil<Node>() : mapEntries(m, binary(Kind.DIV, integer(1), kid(x, 1)));
  }
  if (x.kind == Kind.MUL) {
    let m = nil<Node>();
    let factor = nil<Node>();
    for (let i = 0; i < x.n; i++) {
      const k = kid(x, i);
      if (!hasKind(k, Kind.MATRIX)) {
        factor = isNull(factor) ? k : binary(Kind.MUL, factor, k);
        continue;
      }
      const next = matrixOf(k);
      if (isNull(next)) return next;
      m = isNull(m) ? next : multiply(m, next);
      if (isNull(m)) return m;
    }
    if (isNull(m)) return m;
    return isNull(factor) ? m : mapEntries(m, factor);
  }
  if (x.kind == Kind.ADD) {
    let m = matrixOf(kid(x, 0));
    for (let i = 1; i < x.n && !isNull(m); i++) {
      const next = matrixOf(kid(x, i));
      if (isNull(next) || next.n != m.n || next.columns != m.columns) return nil<Node>();
      const s = node(Kind.MATRIX, m.columns, m.n);
      for (let j = 0; j < m.n; j++) setKid(s, j, binary(Kind.ADD, kid(m, j), kid(next, j)));
      m = seal(s);
    }
    return m;
  }
  return nil<Node>();
}

/** The transpose of the rows of x, which have so many columns. */
function transposed(x: Node, columns: i32): Node {
  const rows = x.n / columns;
  const r = node(Kind.MATRIX, rows, x.n);
  for (let i = 0; i < x.n; i++) setKid(r, i, kid(x, (i % rows) * columns + i / rows));
  return seal(r);
}

function mapEntries(m: Node, factor: Node): Node {
  const r = node(Kind.MATRIX, m.columns, m.n);
  for (let i = 0; i < m.n; i++) setKid(r, i, binary(Kind.MUL, factor, kid(m, i)));
  return seal(r);
}

/** Most entries of a factor. */
const MAX_ENTRIES: i32 = 64;

function multiply(a: Node, b: Node): Node {
  if (a.columns != b.rows || a.n > MAX_ENTRIES || b.n > MAX_ENTRIES) return nil<Node>();
  const r = node(Kind.MATRIX, b.columns, a.rows * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.columns; j++) {
      const s = node(Kind.ADD, 0, a.columns);
      for (let k = 0; k < a.columns; k++) setKid(s, k, binary(Kind.MUL, kid(a, i * a.columns + k), kid(b, k * b.columns + j)));
      setKid(r, i * b.columns + j, seal(s));
    }
  return seal(r);
}

/** Whether a tuple stands in round or angle brackets. */
function isVector(x: Node): bool {
  return x.op == tupleOp(Bracket.ROUND, Bracket.ROUND) || x.op == tupleOp(Bracket.ANGLE, Bracket.ANGLE);
}

/** [[1, 2], [3, 4]] as a matrix; other answers as they are. */
function withRows(x: Node): Node {
  const square = tupleOp(Bracket.SQUARE, Bracket.SQUARE);
  if (x.kind != Kind.TUPLE || x.op != square) return x;
  const columns = kid(x, 0).n;
  for (let i = 0; i < x.n; i++) {
    const row = kid(x, i);
    if (row.kind != Kind.TUPLE || row.op != square || row.n != columns) return x;
  }
  const r = node(Kind.MATRIX, columns, x.n * columns);
  for (let i = 0; i < r.n; i++) setKid(r, i, kid(kid(x, i / columns), i % columns));
  return seal(r);
}

export function equalMatrices(g: Node, p: Node): bool {
  g = withRows(g);
  p = withRows(p);
  // a column and the tuple of its entries
  if (g.kind == Kind.TUPLE && p.kind == Kind.MATRIX) return p.columns == 1 && !p.isDeterminant && isVector(g) && sameKids(g, p);
  if (p.kind == Kind.TUPLE && g.kind == Kind.MATRIX) return g.columns == 1 && !g.isDeterminant && isVector(p) && sameKids(g, p);
  if (g.kind == Kind.MATRIX && p.kind == Kind.MATRIX && g.isDeterminant != p.isDeterminant) return false;
  if (g.kind == Kind.MATRIX && p.kind == Kind.MATRIX) return g.columns == p.columns && g.n == p.n && sameKids(g, p);
  const a = matrixOf(g);
  const b = matrixOf(p);
  if (isNull(a) || isNull(b)) return false;
  return a.columns == b.columns && a.n == b.n && sameKids(a, b);
}
