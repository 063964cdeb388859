// Recursive-descent parser of answers, from the lexer's tokens to the tree of expression.ts. Depth is capped; a span that does not fit
// the grammar gives no tree at all.
import { elementAt, isNull, nil, setElement } from '../memory';
import { Char } from '../read/characters';
import { alloc, fail, failed, spend } from '../arena';
import { lookup } from '../read/names';
import { binary, integer, Kind, kid, leaf, Node, node, number, seal, setKid, unary } from './tree';
import * as int from '../number/integer';
import { Func, isWord, nameId, Rel, Space, SYM_E, Tok, Token, tokenAt, tokenCount, tokenize, tokens } from './lexer';
import * as rat from '../number/rational';
import { byteAt, isDigit, isOneOf } from '../read/text';

/** Deepest nesting of brackets, groups and signs. */
const MAX_NESTING: i32 = 60;

let base: usize = 0;
let count: i32 = 0;
let pos: i32 = 0;
let broken: bool = false;
let nesting: i32 = 0;
/** >0 inside |…|: a bar closes */
let bars: i32 = 0;
/** inside a set's first element: a bar or colon divides */
let dividers: bool = false;
/** inside an integral: d followed by a symbol ends the integrand */
let differentials: i32 = 0;
/** inside a matrix or aligned environment */
let cells: i32 = 0;
/** Currency sign of the last parsed side, or 0. */
export let currency: i32 = 0;

let stack: usize = 0;
let stackSize: i32 = 0;
let stackTop: i32 = 0;

function at(i: i32): Token {
  return tokenAt(base, i < count ? i : count - 1);
}

function kind(): i32 {
  return at(pos).kind;
}

function none(): Node {
  broken = true;
  return leaf(Kind.ELLIPSIS);
}

function pushNode(x: Node): void {
  if (stackTop >= stackSize) {
    fail();
    broken = true;
    return;
  }
  setElement<usize>(stack, stackTop, changetype<usize>(x));
  stackTop++;
}

/** Takes the nodes from `from` up off the stack as one node's kids. */
function collect(kind: i32, op: i32, from: i32): Node {
  const n = stackTop - from;
  const x = node(kind, op, n);
  memory.copy(x.kids, stack + ((<usize>from) << 2), (<usize>n) << 2);
  stackTop = from;
  return x;
}

function expect(k: i32): void {
  if (kind() == k) pos++;
  else broken = true;
}

function enter(): bool {
  nesting++;
  if (nesting > MAX_NESTING) {
    fail();
    broken = true;
  }
  spend(4);
  if (failed) broken = true;
  return !broken;
}

/** Position of the token that closes the bracket at i, or -1. */
function closing(i: i32): i32 {
  let depth = 0;
  for (; i < count; i++) {
    const k = at(i).kind;
    spend(1);
    if (k == Tok.LPAR || k == Tok.LBRK || k == Tok.LBRACE || k == Tok.LSET) depth++;
    else if (k == Tok.RPAR || k == Tok.RBRK || k == Tok.RBRACE || k == Tok.RSET) {
      depth--;
      if (depth == 0) return i;
    }
  }
  return -1;
}

function isSeparator(k: i32): bool {
  return k == Tok.COMMA || k == Tok.SEMI || k == Tok.AND || k == Tok.OR || (k == Tok.ROW && cells == 0);
}

function separatorBit(k: i32): i32 {
  return k == Tok.COMMA ? 1 : k == Tok.SEMI ? 2 : k == Tok.AND ? 4 : k == Tok.OR ? 8 : 16;
}

/** Whether a token can start a factor that is multiplied without a sign. */
function startsFactor(): bool {
  const k = kind();
  switch (k) {
    case Tok.SYM:
      if (differentials > 0 && at(pos).aux == Char.d && at(pos + 1).kind == Tok.SYM) return false;
      return true;
    case Tok.FUNC:
    case Tok.LPAR:
    case Tok.LBRACE:
    case Tok.FRAC:
      return true;
    case Tok.SQRT:
    case Tok.PI:
    case Tok.LBAR:
    case Tok.LFLOOR:
    case Tok.LCEIL:
    case Tok.SUM:
    case Tok.PROD:
    case Tok.INTEGRAL:
    case Tok.ACCENT:
    case Tok.VULGAR:
    case Tok.INF:
      return true;
    case Tok.BINOM:
      return at(pos).aux == 0;
    case Tok.BEGIN:
      return at(pos).aux < 8;
    case Tok.BAR:
      return bars == 0 && !dividers;
    case Tok.NUM: {
      const before = pos > 0 ? at(pos - 1).kind : Tok.END;
      return before == Tok.RPAR || before == Tok.RBRACE || before == Tok.BANG;
    }
    case Tok.LBRK: {
      // 2[x + 1], but no interval
      const close = closing(pos);
      if (close < 0 || at(close).kind != Tok.RBRK) return false;
      for (let i = pos + 1; i < close; i++) if (at(i).kind == Tok.COMMA) return false;
      return true;
    }
  }
  return false;
}

// --- Answers

/** Words that may stand before the answer itself. */
const LEAD_WORDS: string =
  'the|answer|is|are|final|solution|solutions|value|values|thus|hence|so|therefore|either|exactly|we|get|equals|result|it|roots|root|correct|option|choice|approximately|about|by';
/** Words that start a remark about the answer, which runs to its end. */
const CLAUSE_WORDS: string =
  'for|where|with|such|since|because|provided|given|as|whenever|assuming|respectively|only|which|obtained|achieved|attained|when';

function isLead(t: Token): bool {
  return t.kind == Tok.WORD && lookup(LEAD_WORDS, t.start, <i32>(t.end - t.start), true) >= 0;
}

function isClause(t: Token): bool {
  return t.kind == Tok.WORD && lookup(CLAUSE_WORDS, t.start, <i32>(t.end - t.start), true) >= 0;
}

/** Parses the bytes [p, e). Gives null (0) when they are no answer the grammar knows. */
export function parseAnswer(p: usize, e: usize): Node {
  tokenize(p, e);
  base = tokens;
  count = tokenCount;
  stackSize = count * 2 + 64;
  stack = alloc((<usize>stackSize) << 2);
  stackTop = 0;
  pos = 0;
  broken = false;
  nesting = 0;
  bars = 0;
  dividers = false;
  differentials = 0;
  cells = 0;
  currency = 0;
  restart = false;
  if (failed) return nil<Node>();
  while (
    isLead(at(pos)) ||
    (kind() == Tok.REL && (at(pos).aux == Rel.EQ || at(pos).aux == Rel.APPROX || at(pos).aux == Rel.IMPLIES)) ||
    (pos > 0 && kind() == Tok.COLON)
  )
    pos++;
  if (kind() == Tok.END) {
    pos = 0;
    if (kind() == Tok.END) return nil<Node>();
  }
  if (kind() == Tok.WORD && !isClause(at(pos))) {
    const x = textUntilEnd();
    return broken || failed ? nil<Node>() : x;
  }
  const x = list(true);
  if (broken || failed || kind() != Tok.END) return nil<Node>();
  return x;
}

function textUntilEnd(): Node {
  const x = leaf(Kind.TEXT);
  x.from = at(pos).start;
  x.to = at(count - 1).end;
  pos = count - 1;
  return x;
}

/** Skips to the next separator or the end, over brackets. */
function skipRemark(toEnd: bool): void {
  let depth = 0;
  while (kind() != Tok.END) {
    const k = kind();
    if (k == Tok.LPAR || k == Tok.LBRK || k == Tok.LBRACE || k == Tok.LSET) depth++;
    else if (k == Tok.RPAR || k == Tok.RBRK || k == Tok.RBRACE || k == Tok.RSET) {
      if (depth == 0) return;
      depth--;
    } else if (depth == 0 && isSeparator(k) && !toEnd) return;
    else if (depth == 0 && (k == Tok.AMP || k == Tok.ROW || k == Tok.CLOSE)) return;
    if (k == Tok.BAD) broken = true;
    pos++;
  }
}

function list(top: bool): Node {
  const from = stackTop;
  const size = count + 1;
  const seps = alloc((<usize>size) << 2);
  let n = 0;
  let mask = 0;
  let bit = 0;
  while (!broken && kind() != Tok.END) {
    if (isSeparator(kind())) {
      bit |= separatorBit(kind());
      pos++;
      continue;
    }
    // a remark as an item of its own runs to the end
    if (stackTop > from && isClause(at(pos))) {
      clause();
      continue;
    }
    const x = item();
    if (broken) break;
    if (restart) {
      stackTop = from;
      n = 0;
      mask = 0;
      bit = 0;
      restart = false;
    }
    if (stackTop > from) {
      setElement<i32>(seps, n, bit);
      n++;
      mask |= bit;
    }
    bit = 0;
    pushNode(x);
    if (!isSeparator(kind())) break;
  }
  if (broken || stackTop == from) return none();
  if (stackTop - from == 1) {
    stackTop = from;
    return elementAt<Node>(stack, from);
  }
  const x = collect(Kind.LIST, mask, from);
  x.ops = seps;
  return seal(x);
}

/** A remark ("for all real x", "where k is an integer") is dropped; one that holds an equation makes the span unparsable. */
function clause(): void {
  const first = at(pos);
  const start = pos;
  skipRemark(true);
  for (let i = start; i < pos; i++) {
    const t = at(i);
    if (t.kind == Tok.REL && t.aux == Rel.EQ && !isWord(first, 'where')) broken = true;
  }
}

/** Set by an arrow of implication: what stood before it is derivation. */
let restart: bool = false;

function item(): Node {
  if (!enter()) return none();
  const start = pos;
  if (kind() == Tok.WORD) {
    const t = leaf(Kind.TEXT);
    t.from = at(pos).start;
    skipRemark(false);
    t.to = at(pos > start ? pos - 1 : pos).end;
    nesting--;
    return t;
  }
  let x = operand();
  if (kind() == Tok.REL && !broken) {
    const from = stackTop;
    let ops = alloc((<usize>(count - pos + 2)) << 2);
    let n = 0;
    pushNode(x);
    while (kind() == Tok.REL && !broken) {
      const op = at(pos).aux;
      pos++;
      if (op == Rel.IMPLIES) {
        restart = true;
        stackTop = from;
        n = 0;
        if (kind() == Tok.WORD) pos++;
        pushNode(operand());
        continue;
      }
      // "x = 5 =" or "x =" ends nowhere
      setElement<i32>(ops, n, op);
      n++;
      if (kind() == Tok.WORD && !isClause(at(pos))) {
        const t = leaf(Kind.TEXT);
        t.from = at(pos).start;
        const textStart = pos;
        skipRemark(false);
        t.to = at(pos > textStart ? pos - 1 : pos).end;
        pushNode(t);
      } else pushNode(operand());
    }
    if (broken) {
      nesting--;
      return none();
    }
    if (n == 0) {
      stackTop = from;
      x = elementAt<Node>(stack, from);
    } else {
      x = collect(Kind.REL, 0, from);
      x.ops = ops;
      // f(x) ≡ 0 without a modulus is an identity
      if (n == 1 && load<i32>(ops) == Rel.EQUIV && !hasModulus()) store<i32>(ops, Rel.EQ);
      seal(x);
    }
  }
  x = remarks(x);
  nesting--;
  return x;
}

function hasModulus(): bool {
  for (let i = 0; i < count; i++) if (at(i).kind == Tok.MOD) return true;
  return false;
}

/** Words, conditions in brackets and moduli behind an item. */
function remarks(x: Node): Node {
  while (!broken) {
    const k = kind();
    if (k == Tok.WORD) {
      if (isClause(at(pos))) {
        clause();
        return x;
      }
      const note = unary(Kind.NOTED, x);
      note.from = at(pos).start;
      const start = pos;
      words();
      note.to = at(pos - 1).end;
      if (pos == start) return none();
      x = note;
      continue;
    }
    if (k == Tok.MOD) {
      pos++;
      const m = power();
      x = binary(Kind.MOD, x, m);
      continue;
    }
    if (k == Tok.LPAR) {
      const close = closing(pos);
      if (close < 0) return none();
      if (at(pos + 1).kind == Tok.MOD) {
        pos += 2;
        const m = sum();
        expect(Tok.RPAR);
        x = binary(Kind.MOD, x, m);
        continue;
      }
      // (k ∈ Z), (units), (x ≠ 1)
      for (let i = pos; i < close; i++) if (at(i).kind == Tok.BAD) return none();
      pos = close + 1;
      continue;
    }
    return x;
  }
  return none();
}

/** Unit words with their powers and quotients: cm^2, km/h, square metres. */
function words(): void {
  while (kind() != Tok.END) {
    const k = kind();
    if (k == Tok.WORD) {
      if (isClause(at(pos))) return;
      pos++;
    } else if (k == Tok.SLASH && (at(pos + 1).kind == Tok.WORD || at(pos + 1).kind == Tok.SYM)) pos += 2;
    else if (k == Tok.CARET) {
      pos++;
      if (kind() == Tok.LBRACE) {
        const close = closing(pos);
        if (close < 0) {
          broken = true;
          return;
        }
        pos = close + 1;
      } else if (kind() == Tok.NUM) pos++;
      else if (kind() == Tok.MINUS && at(pos + 1).kind == Tok.NUM) pos += 2;
      else {
        broken = true;
        return;
      }
    } else if (k == Tok.SYM && at(pos).flags & 2) pos++;
    else if ((k == Tok.TIMES || k == Tok.MINUS) && at(pos + 1).kind == Tok.WORD) pos += 2;
    else if (k == Tok.BANG || k == Tok.PRIME) pos++;
    else if (k == Tok.LBRACE && at(pos + 1).kind == Tok.RBRACE) pos += 2;
    else if (k == Tok.SYM && at(pos - 1).kind == Tok.WORD && at(pos).flags & 1) pos++;
    else if (k == Tok.REL && at(pos).aux == Rel.IN) pos++;
    else return;
  }
}

// --- Expressions

/** Unions, intersections and differences of sets. */
function operand(): Node {
  let x = ratio();
  while (!broken) {
    const k = kind();
    const op = k == Tok.CUP ? Kind.UNION : k == Tok.CAP ? Kind.INTERSECT : k == Tok.SETMINUS ? Kind.DIFFERENCE : -1;
    if (op < 0) break;
    pos++;
    x = binary(op, x, ratio());
  }
  return x;
}

function ratio(): Node {
  const first = sum();
  if (kind() != Tok.COLON || dividers || broken) return first;
  if (at(pos + 1).kind == Tok.END || at(pos + 1).kind == Tok.WORD) return first;
  const from = stackTop;
  pushNode(first);
  while (kind() == Tok.COLON && !broken) {
    pos++;
    pushNode(sum());
  }
  return seal(collect(Kind.RATIO, 0, from));
}

function sum(): Node {
  if (!enter()) return none();
  let from = stackTop;
  pushNode(product());
  while (!broken) {
    const k = kind();
    if (k == Tok.PLUS) {
      pos++;
      pushNode(product());
    } else if (k == Tok.MINUS) {
      pos++;
      pushNode(unary(Kind.NEG, product()));
    } else if (k == Tok.PLUSMINUS || k == Tok.MINUSPLUS) {
      pos++;
      const right = product();
      const left = stackTop - from == 1 ? popOne(from) : seal(collect(Kind.ADD, 0, from));
      pushNode(binary(Kind.PM, left, right, k == Tok.PLUSMINUS ? 1 : -1));
    } else break;
  }
  nesting--;
  if (stackTop - from == 1) return popOne(from);
  return seal(collect(Kind.ADD, 0, from));
}

function popOne(from: i32): Node {
  stackTop = from;
  return elementAt<Node>(stack, from);
}

function collapse(from: i32): Node {
  return stackTop - from == 1 ? popOne(from) : seal(collect(Kind.MUL, 0, from));
}

function product(): Node {
  const from = stackTop;
  pushNode(signed());
  while (!broken) {
    const k = kind();
    if (k == Tok.TIMES) {
      pos++;
      pushNode(signed());
    } else if (k == Tok.SLASH) {
      pos++;
      const right = signed();
      pushNode(binary(Kind.DIV, collapse(from), right));
    } else if (startsFactor()) {
      if (k == Tok.LPAR) {
        // a condition or modulus in brackets is no factor
        const after = at(pos + 1).kind;
        if (after == Tok.MOD || after == Tok.WORD) break;
        const save = pos;
        const top = stackTop;
        const right = power();
        if (!broken && (right.kind == Kind.REL || right.kind == Kind.TEXT || right.kind == Kind.NOTED)) {
          pos = save;
          stackTop = top;
          break;
        }
        pushNode(right);
      } else pushNode(power());
    } else break;
  }
  return collapse(from);
}

function signed(): Node {
  const k = kind();
  if (k == Tok.MINUS || k == Tok.PLUS || k == Tok.PLUSMINUS || k == Tok.MINUSPLUS) {
    if (!enter()) return none();
    pos++;
    let x = signed();
    nesting--;
    if (k == Tok.MINUS) x = unary(Kind.NEG, x);
    else if (k != Tok.PLUS) x = unary(Kind.PM, x, k == Tok.PLUSMINUS ? 1 : -1);
    return x;
  }
  return power();
}

function power(): Node {
  if (!enter()) return none();
  let x = postfix();
  while (kind() == Tok.CARET && !broken) {
    pos++;
    // ^\circ, ^{\circ}, ^\prime
    const braced = kind() == Tok.LBRACE;
    const inner = braced ? at(pos + 1).kind : kind();
    if (inner == Tok.DEGREE && (!braced || at(pos + 2).kind == Tok.RBRACE)) {
      pos += braced ? 3 : 1;
      x = unary(Kind.DEGREE, x);
      continue;
    }
    if (
      x.kind == Kind.SPACESET &&
      (inner == Tok.PLUS || inner == Tok.TIMES || inner == Tok.MINUS) &&
      (!braced || at(pos + 2).kind == Tok.RBRACE)
    ) {
      pos += braced ? 3 : 1;
      x = leaf(Kind.SPACESET, x.op | (inner == Tok.PLUS ? 8 : inner == Tok.MINUS ? 16 : 32));
      continue;
    }
    if (inner == Tok.PRIME && braced) {
      // only as part of a name; handled with symbols
      return none();
    }
    let e: Node;
    if (braced) e = group();
    else if (kind() == Tok.MINUS || kind() == Tok.PLUS) e = signed();
    else e = power();
    x = binary(Kind.POW, x, e);
    x = marks(x);
  }
  nesting--;
  return x;
}

function postfix(): Node {
  return marks(primary());
}

/** Factorials, percent and degree signs. */
function marks(x: Node): Node {
  while (!broken) {
    const k = kind();
    if (k == Tok.BANG) {
      if (at(pos + 1).kind == Tok.BANG) {
        pos += 2;
        x = unary(Kind.DFACT, x);
      } else {
        pos++;
        x = unary(Kind.FACT, x);
      }
    } else if (k == Tok.PERCENT) {
      pos++;
      x = unary(Kind.PERCENT, x);
    } else if (k == Tok.DEGREE) {
      pos++;
      // °C and °F are units
      if (kind() == Tok.SYM && (at(pos).aux == Char.C || at(pos).aux == Char.F)) {
        const note = unary(Kind.NOTED, x);
        note.from = at(pos).start;
        note.to = at(pos).end;
        pos++;
        return note;
      }
      x = unary(Kind.DEGREE, x);
    } else if (k == Tok.CURRENCY && pos > 0 && !startsNumber(pos + 1)) {
      setCurrency(at(pos).aux);
      pos++;
    } else break;
  }
  return x;
}

function startsNumber(i: i32): bool {
  return at(i).kind == Tok.NUM;
}

function setCurrency(c: i32): void {
  if (currency == 0) currency = c;
  else if (currency != c) broken = true;
}

/** A braced group's content: an expression, or a set when commas divide it. */
function group(): Node {
  if (!enter()) return none();
  const savedBars = bars;
  const savedDividers = dividers;
  bars = 0;
  dividers = false;
  pos++;
  const from = stackTop;
  let x: Node;
  if (kind() == Tok.RBRACE) {
    pos++;
    x = none();
  } else {
    pushNode(item());
    if (kind() == Tok.BINOM && at(pos).aux == 1 && !broken) {
      pos++;
      x = binary(Kind.BINOM, popOne(from), sum());
    } else {
      while (kind() == Tok.COMMA && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : stackTop - from == 1 ? popOne(from) : seal(collect(Kind.SET, 0, from));
    }
    expect(Tok.RBRACE);
  }
  bars = savedBars;
  dividers = savedDividers;
  nesting--;
  return x;
}

/** An argument of \frac, \sqrt and the like: a group or a single token. */
function argument(): Node {
  const k = kind();
  if (k == Tok.LBRACE) return group();
  return primary();
}

function bracketCode(k: i32): i32 {
  return k == Tok.LPAR || k == Tok.RPAR ? 0 : k == Tok.LBRK || k == Tok.RBRK ? 1 : 2;
}

/** (…), […], half-open pairs, <…>: a group, a tuple or an interval. */
function bracket(): Node {
  if (!enter()) return none();
  const open = kind();
  const savedBars = bars;
  const savedDividers = dividers;
  const savedCells = cells;
  bars = 0;
  dividers = false;
  cells = 1;
  pos++;
  const from = stackTop;
  // ]1,2[ is the open interval
  const outward = open == Tok.RBRK;
  let x: Node;
  pushNode(item());
  while ((kind() == Tok.COMMA || kind() == Tok.SEMI) && !broken) {
    pos++;
    pushNode(item());
  }
  const close = kind();
  const closes = close == Tok.RPAR || close == Tok.RBRK || close == Tok.RANGLE || (close == Tok.LBRK && stackTop - from == 2);
  if (!closes || broken) x = none();
  else {
    pos++;
    const left = outward ? 0 : bracketCode(open);
    const right = close == Tok.LBRK ? 0 : bracketCode(close);
    if (stackTop - from == 1) x = left == right ? popOne(from) : none();
    else x = seal(collect(Kind.TUPLE, (left << 4) | right, from));
  }
  bars = savedBars;
  dividers = savedDividers;
  cells = savedCells;
  nesting--;
  return x;
}

function setLiteral(): Node {
  if (!enter()) return none();
  const savedBars = bars;
  const savedDividers = dividers;
  const savedCells = cells;
  bars = 0;
  dividers = true;
  cells = 1;
  pos++;
  const from = stackTop;
  let x: Node;
  if (kind() == Tok.RSET) {
    pos++;
    x = leaf(Kind.SPACESET, Space.EMPTY);
  } else {
    pushNode(item());
    if ((kind() == Tok.BAR || kind() == Tok.COLON) && !broken) {
      pos++;
      dividers = false;
      pushNode(item());
      while ((kind() == Tok.COMMA || kind() == Tok.SEMI || kind() == Tok.AND) && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : seal(collect(Kind.BUILDER, 0, from));
    } else {
      dividers = false;
      while ((kind() == Tok.COMMA || kind() == Tok.SEMI) && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : seal(collect(Kind.SET, 0, from));
    }
    if (kind() == Tok.RSET || kind() == Tok.RBRACE) pos++;
    else broken = true;
  }
  bars = savedBars;
  dividers = savedDividers;
  cells = savedCells;
  nesting--;
  return x;
}

/** |x|, ⌊x⌋, ⌈x⌉, ‖x‖ */
function fence(close: i32, made: i32): Node {
  if (!enter()) return none();
  const savedDividers = dividers;
  const savedBars = bars;
  dividers = false;
  bars = close == Tok.BAR ? 1 : 0;
  pos++;
  const x = sum();
  expect(close);
  bars = savedBars;
  dividers = savedDividers;
  nesting--;
  return unary(made, x);
}

/** Whether the tokens at i are \frac with two plain integers; gives the position after them, or -1. */
function plainFraction(i: i32): i32 {
  if (at(i).kind != Tok.FRAC) return -1;
  i++;
  for (let k = 0; k < 2; k++) {
    if (at(i).kind == Tok.NUM && at(i).decimals < 0) i++;
    else if (at(i).kind == Tok.LBRACE && at(i + 1).kind == Tok.NUM && at(i + 1).decimals < 0 && at(i + 2).kind == Tok.RBRACE)
      i += 3;
    else return -1;
  }
  return i;
}

function numeral(): Node {
  const t = at(pos);
  pos++;
  if (kind() == Tok.UNDER) {
    pos++;
    let b: i32 = -1;
    if (kind() == Tok.NUM) b = smallValue(at(pos++));
    else if (kind() == Tok.LBRACE && at(pos + 1).kind == Tok.NUM && at(pos + 2).kind == Tok.RBRACE) {
      b = smallValue(at(pos + 1));
      pos += 3;
    }
    return based(t, b);
  }
  if (t.decimals < 0 && rat.isInteger(t.value)) {
    const before = pos > 1 ? at(pos - 2).kind : Tok.END;
    if (before != Tok.CARET && before != Tok.SLASH && before != Tok.UNDER) {
      if (kind() == Tok.VULGAR) {
        const v = at(pos).aux;
        pos++;
        return number(rat.add(t.value, rat.ofFraction(v >> 4, v & 15)));
      }
      const end = plainFraction(pos);
      if (end > 0) {
        // a mixed number: 1\frac{1}{2}
        const a = at(at(pos + 1).kind == Tok.LBRACE ? pos + 2 : pos + 1);
        const b = at(at(end - 1).kind == Tok.RBRACE ? end - 2 : end - 1);
        if (int.sign(b.value.num) > 0 && rat.compare(a.value, b.value) < 0) {
          pos = end;
          return number(rat.add(t.value, rat.div(a.value, b.value)));
        }
      }
      // 1 1/2
      const a = at(pos);
      const slash = at(pos + 1);
      const b = at(pos + 2);
      if (
        a.kind == Tok.NUM &&
        a.flags & 1 &&
        slash.kind == Tok.SLASH &&
        b.kind == Tok.NUM &&
        a.decimals < 0 &&
        b.decimals < 0 &&
        int.sign(b.value.num) > 0 &&
        rat.compare(a.value, b.value) < 0
      ) {
        pos += 3;
        return number(rat.add(t.value, rat.div(a.value, b.value)));
      }
    }
  }
  return number(t.value, t.decimals);
}

function smallValue(t: Token): i32 {
  if (t.decimals >= 0 || !rat.isInteger(t.value) || !int.fitsI32(t.value.num)) return -1;
  return int.toI32(t.value.num);
}

/** 204_5: the digits read in base b. */
function based(t: Token, b: i32): Node {
  if (b < 2 || b > Char.DOLLAR) return none();
  for (let p = t.start; p < t.end; p++) {
    const c = byteAt(p);
    if (!isDigit(c) || c - 48 >= b) return none();
  }
  const x = number(rat.ofInt(int.parseInt(t.start, <i32>(t.end - t.start), <u32>b)));
  x.aux = b;
  return x;
}

/** Symbols that are functions when a bracket follows: f g h F G H φ ψ. */
function isFunctionLetter(id: i32): bool {
  return isOneOf(id, 'fghFGH') || id == 128 + 19 || id == 128 + 21;
}

function symbol(): Node {
  let id = at(pos).aux;
  const first = at(pos);
  pos++;
  // f', f'', f^{\prime}
  while (true) {
    if (kind() == Tok.PRIME) pos++;
    else if (kind() == Tok.CARET && at(pos + 1).kind == Tok.PRIME) pos += 2;
    else if (
      kind() == Tok.CARET &&
      at(pos + 1).kind == Tok.LBRACE &&
      at(pos + 2).kind == Tok.PRIME &&
      at(pos + 3).kind == Tok.RBRACE
    )
      pos += 4;
    else break;
    id = nameId(id, changetype<usize>("'"), 1);
  }
  let x = leaf(Kind.SYM, id);
  if (kind() == Tok.UNDER) {
    pos++;
    if (kind() == Tok.LBRACE) {
      const close = closing(pos);
      if (close < 0) return none();
      const inside = at(pos + 1);
      if (inside.kind == Tok.WORD || (inside.flags & 2 && inside.kind == Tok.SYM)) {
        id = nameId(id, inside.start, <i32>(at(close - 1).end - inside.start));
        pos = close + 1;
        x = leaf(Kind.SYM, id);
      } else {
        const index = group();
        x = unary(Kind.CALL, index, id);
        x.aux = 1;
        seal(x);
      }
    } else if (kind() == Tok.NUM || kind() == Tok.SYM || kind() == Tok.FUNC || kind() == Tok.WORD || kind() == Tok.INF) {
      if (kind() == Tok.WORD || kind() == Tok.FUNC) {
        id = nameId(id, at(pos).start, <i32>(at(pos).end - at(pos).start));
        pos++;
        x = leaf(Kind.SYM, id);
      } else {
        const index =
          kind() == Tok.NUM ? number(at(pos).value) : kind() == Tok.INF ? leaf(Kind.INF) : leaf(Kind.SYM, at(pos).aux);
        pos++;
        x = unary(Kind.CALL, index, id);
        x.aux = 1;
        seal(x);
      }
    } else return none();
    while (kind() == Tok.PRIME) pos++;
  }
  if (kind() == Tok.LPAR && !(at(pos).flags & 2)) {
    let call = isFunctionLetter(first.aux);
    if (!call) {
      // P(x) = … defines a function whatever its letter
      const close = closing(pos);
      call = close > 0 && at(close + 1).kind == Tok.REL && at(close + 1).aux == Rel.EQ && holdsNames(pos + 1, close);
    }
    if (call) {
      const head = x;
      const arg = bracket();
      const made = node(Kind.CALL, head.kind == Kind.SYM ? head.op : id, arg.kind == Kind.TUPLE ? arg.n : 1);
      if (arg.kind == Kind.TUPLE) for (let i = 0; i < arg.n; i++) setKid(made, i, kid(arg, i));
      else setKid(made, 0, arg);
      if (head.kind == Kind.CALL) {
        // f_n(x): the index is one more argument
        const indexed = node(Kind.CALL, id, made.n + 1);
        setKid(indexed, 0, kid(head, 0));
        for (let i = 0; i < made.n; i++) setKid(indexed, i + 1, kid(made, i));
        indexed.aux = 3;
        return seal(indexed);
      }
      return seal(made);
    }
  }
  return x;
}

/** Whether the tokens [i, j) can be the arguments of a definition: symbols and numbers with commas. */
function holdsNames(i: i32, j: i32): bool {
  if (i >= j) return false;
  for (; i < j; i++) {
    const k = at(i).kind;
    if (k != Tok.SYM && k != Tok.COMMA && k != Tok.NUM && k != Tok.UNDER && k != Tok.PI && k != Tok.MINUS && k != Tok.DOTS)
      return false;
  }
  return true;
}

/** Factors that belong to a function written without brackets: \sin 2x, \ln \frac{1}{2}. */
function bareArgument(): Node {
  if (!enter()) return none();
  const from = stackTop;
  const negative = kind() == Tok.MINUS;
  if (negative) pos++;
  pushNode(power());
  while (!broken && startsFactor()) {
    const k = kind();
    if (k == Tok.FUNC || k == Tok.LPAR || k == Tok.LBRK || k == Tok.SUM || k == Tok.PROD || k == Tok.INTEGRAL || k == Tok.BEGIN)
      break;
    pushNode(power());
  }
  nesting--;
  const x = collapse(from);
  return negative ? unary(Kind.NEG, x) : x;
}

function inverseOf(f: i32): i32 {
  return f == Func.SIN ? Func.ASIN : f == Func.COS ? Func.ACOS : f == Func.TAN ? Func.ATAN : f == Func.COT ? Func.ACOT : -1;
}

function functionCall(): Node {
  let f = at(pos).aux;
  pos++;
  let exponent = nil<Node>();
  let logBase = nil<Node>();
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == Tok.UNDER && isNull(logBase)) {
      pos++;
      logBase = argument();
    } else if (kind() == Tok.CARET && isNull(exponent)) {
      pos++;
      if (kind() == Tok.MINUS) exponent = signed();
      else exponent = argument();
    }
  }
  if (broken) return none();
  if (!isNull(logBase) && f != Func.LOG && f != Func.LG) return none();
  if (!isNull(exponent) && inverseOf(f) >= 0 && isMinusOne(exponent)) {
    f = inverseOf(f);
    exponent = nil<Node>();
  }
  let args: Node;
  let bracketed = true;
  if (kind() == Tok.LPAR || (kind() == Tok.LBRK && startsFactor())) args = bracket();
  else if (kind() == Tok.LSET && (f == Func.MAX || f == Func.MIN || f == Func.GCD || f == Func.LCM)) args = setLiteral();
  else if (f == Func.CBRT) args = argument();
  else if (kind() == Tok.LBRACE && at(pos + 1).kind != Tok.RBRACE && closesCall()) args = group();
  else {
    args = bareArgument();
    bracketed = false;
  }
  if (broken) return none();
  const many = args.kind == Kind.TUPLE || args.kind == Kind.SET;
  const n = many ? args.n : 1;
  let x: Node;
  if (f == Func.EXP && !many) x = binary(Kind.POW, leaf(Kind.SYM, SYM_E), args);
  else if (f == Func.CBRT && !many) x = binary(Kind.ROOT, args, integer(3));
  else if (f == Func.ABS && !many) x = unary(Kind.ABS, args);
  else if (f == Func.FLOOR && !many) x = unary(Kind.FLOOR, args);
  else if (f == Func.CEIL && !many) x = unary(Kind.CEIL, args);
  else {
    if (many && f != Func.MAX && f != Func.MIN && f != Func.GCD && f != Func.LCM && !(f == Func.LOG && n == 2)) return none();
    const based = !isNull(logBase);
    x = node(Kind.FUNC, f, based ? n + 1 : n);
    if (many) for (let i = 0; i < n; i++) setKid(x, i, kid(args, i));
    else setKid(x, 0, args);
    if (based) setKid(x, n, logBase);
    seal(x);
  }
  if (!isNull(exponent)) x = binary(Kind.POW, x, exponent);
  else if (!bracketed) return x;
  return x;
}

/** Whether the group at pos is the function's whole argument: \sin{x}, but not \sin{2}x. */
function closesCall(): bool {
  return closing(pos) > 0;
}

function isMinusOne(x: Node): bool {
  return x.kind == Kind.NEG && kid(x, 0).kind == Kind.NUM && rat.isOne(kid(x, 0).value);
}

/** \sum_{k=1}^{n} body, \prod … */
function series(isProduct: i32): Node {
  if (!enter()) return none();
  pos++;
  let low = nil<Node>();
  let high = nil<Node>();
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == Tok.UNDER) {
      pos++;
      if (kind() != Tok.LBRACE) return none();
      low = group();
    } else if (kind() == Tok.CARET) {
      pos++;
      high = argument();
    }
  }
  if (broken || isNull(low) || isNull(high)) return none();
  if (low.kind != Kind.REL || low.n != 2 || load<i32>(low.ops) != Rel.EQ || kid(low, 0).kind != Kind.SYM) return none();
  const body = product();
  const x = node(Kind.SERIES, isProduct, 4);
  setKid(x, 0, kid(low, 0));
  setKid(x, 1, kid(low, 1));
  setKid(x, 2, high);
  setKid(x, 3, body);
  nesting--;
  return seal(x);
}

/** \int_a^b f dx */
function integral(): Node {
  if (!enter()) return none();
  pos++;
  let low = nil<Node>();
  let high = nil<Node>();
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == Tok.UNDER) {
      pos++;
      low = kind() == Tok.MINUS ? signed() : argument();
    } else if (kind() == Tok.CARET) {
      pos++;
      high = kind() == Tok.MINUS ? signed() : argument();
    }
  }
  if (broken || !isNull(low) != !isNull(high)) return none();
  differentials++;
  let body: Node;
  if (kind() == Tok.SYM && at(pos).aux == Char.d && at(pos + 1).kind == Tok.SYM) body = integer(1);
  else body = sum();
  differentials--;
  if (broken || kind() != Tok.SYM || at(pos).aux != Char.d || at(pos + 1).kind != Tok.SYM) return none();
  pos++;
  const variable = leaf(Kind.SYM, at(pos).aux);
  pos++;
  const bounded = !isNull(low);
  const x = node(Kind.INTEGRAL, 0, bounded ? 4 : 2);
  setKid(x, 0, body);
  setKid(x, 1, variable);
  if (bounded) {
    setKid(x, 2, low);
    setKid(x, 3, high);
  }
  nesting--;
  return seal(x);
}

/** Environments: matrices, cases, aligned rows. */
function environment(): Node {
  if (!enter()) return none();
  const env = at(pos).aux;
  pos++;
  const matrix = env < 8;
  const cases = env == 8 || env == 17 || env == 19;
  const savedCells = cells;
  const savedBars = bars;
  bars = 0;
  cells = 1;
  const from = stackTop;
  let columns = -1;
  let inRow = 0;
  let rows = 0;
  while (!broken && kind() != Tok.CLOSE && kind() != Tok.END) {
    const k = kind();
    if (k == Tok.HLINE) {
      pos++;
      continue;
    }
    if (k == Tok.AMP) {
      pos++;
      if (matrix || cases) {
        // "& &" would be an empty cell
        if (kind() == Tok.AMP || kind() == Tok.ROW || kind() == Tok.CLOSE) broken = true;
      }
      continue;
    }
    if (k == Tok.ROW) {
      pos++;
      if (inRow > 0) {
        if (columns >= 0 && inRow != columns && matrix) broken = true;
        columns = inRow;
        rows++;
      }
      inRow = 0;
      continue;
    }
    if (isSeparator(k) && !matrix) {
      pos++;
      continue;
    }
    if (!matrix && !cases && inRow > 0 && kind() == Tok.REL) {
      // aligned: "x &= 5"
      const left = popOne(stackTop - 1);
      const op = at(pos).aux;
      pos++;
      if (kind() == Tok.AMP) pos++;
      const right = operand();
      const made = binary(Kind.REL, left, right);
      made.ops = alloc(4);
      store<i32>(made.ops, op);
      pushNode(remarks(seal(made)));
      continue;
    }
    pushNode(item());
    inRow++;
    if (kind() != Tok.AMP && kind() != Tok.ROW && kind() != Tok.CLOSE && (matrix || !isSeparator(kind())) && kind() != Tok.REL)
      broken = true;
  }
  if (inRow > 0) {
    if (columns >= 0 && inRow != columns && matrix) broken = true;
    if (columns < 0) columns = inRow;
    rows++;
  }
  expect(Tok.CLOSE);
  bars = savedBars;
  cells = savedCells;
  nesting--;
  if (broken || stackTop == from) return none();
  if (matrix) {
    const x = collect(Kind.MATRIX, columns, from);
    x.aux = env == 3 || env == 4 ? 1 : 0;
    return seal(x);
  }
  if (stackTop - from == 1) return popOne(from);
  if (cases && columns > 1) {
    const x = collect(Kind.CASES, columns, from);
    return seal(x);
  }
  const x = collect(Kind.LIST, 16, from);
  x.ops = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) setElement<i32>(x.ops, i, 16);
  return seal(x);
}

function primary(): Node {
  if (!enter()) return none();
  const x = atom();
  nesting--;
  return x;
}

function atom(): Node {
  const t = at(pos);
  switch (t.kind) {
    case Tok.NUM:
      return numeral();
    case Tok.VULGAR:
      pos++;
      return number(rat.ofFraction(t.aux >> 4, t.aux & 15));
    case Tok.SYM:
      return symbol();
    case Tok.PI:
      pos++;
      return leaf(Kind.PI);
    case Tok.INF:
      pos++;
      return leaf(Kind.INF);
    case Tok.SPACESET:
      pos++;
      return leaf(Kind.SPACESET, t.aux);
    case Tok.DOTS:
      pos++;
      return leaf(Kind.ELLIPSIS);
    case Tok.FUNC:
      return functionCall();
    case Tok.LPAR:
    case Tok.LBRK:
    case Tok.RBRK:
    case Tok.LANGLE:
      return bracket();
    case Tok.LBRACE:
      return group();
    case Tok.LSET: {
      if (at(pos + 1).kind != Tok.BEGIN) return setLiteral();
      // \left\{ \begin{array} … \right.
      pos++;
      at(pos).aux = 8;
      const x = environment();
      if (kind() == Tok.RSET) pos++;
      return x;
    }
    case Tok.BAR:
      return fence(Tok.BAR, Kind.ABS);
    case Tok.LBAR:
      return fence(Tok.RBAR, Kind.ABS);
    case Tok.NORM:
      return fence(Tok.NORM, Kind.NORM);
    case Tok.LFLOOR:
      return fence(Tok.RFLOOR, Kind.FLOOR);
    case Tok.LCEIL:
      return fence(Tok.RCEIL, Kind.CEIL);
    case Tok.FRAC: {
      pos++;
      const a = argument();
      if (broken) return a;
      return binary(Kind.DIV, a, argument());
    }
    case Tok.BINOM: {
      if (t.aux == 1) return none();
      pos++;
      const a = argument();
      if (broken) return a;
      return binary(Kind.BINOM, a, argument());
    }
    case Tok.SQRT: {
      pos++;
      let index = nil<Node>();
      if (kind() == Tok.LBRK) {
        pos++;
        index = sum();
        expect(Tok.RBRK);
      }
      if (broken) return none();
      const radicand = kind() == Tok.LPAR ? bracket() : argument();
      return binary(Kind.ROOT, radicand, isNull(index) ? integer(2) : index);
    }
    case Tok.SUM:
      return series(0);
    case Tok.PROD:
      return series(1);
    case Tok.INTEGRAL:
      return integral();
    case Tok.BEGIN:
      return environment();
    case Tok.ACCENT: {
      pos++;
      const x = argument();
      if (broken) return x;
      if (isSegment(x)) return x;
      const made = unary(Kind.CALL, x, 1000 + t.aux);
      made.aux = 2;
      return seal(made);
    }
    case Tok.CURRENCY: {
      setCurrency(t.aux);
      pos++;
      return primary();
    }
  }
  return none();
}

/** AB under a bar: the segment, as plain letters. */
function isSegment(x: Node): bool {
  if (x.kind != Kind.MUL) return false;
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind != Kind.SYM || kid(x, i).op < Char.A || kid(x, i).op > Char.Z) return false;
  return true;
}
