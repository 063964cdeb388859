// Recursive-descent parser of answers, from the lexer's tokens to the tree of expression.ts. Depth is capped; a span that does not fit
// the grammar gives no tree at all.
import { alloc, fail, failed, spend } from './arena';
import { lookup } from './bytes';
import { binary, integer, K, kid, leaf, Node, node, number, seal, setKid, unary } from './expression';
import * as Z from './integer';
import { F, isWord, nameId, R, S, SYM_E, T, Token, tokenAt, tokenCount, tokenize, tokens } from './lexer';
import * as Q from './rational';
import { byteAt, isDigit } from './text';

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
  return leaf(K.ELLIPSIS);
}

function pushNode(x: Node): void {
  if (stackTop >= stackSize) {
    fail();
    broken = true;
    return;
  }
  store<usize>(stack + ((<usize>stackTop) << 2), changetype<usize>(x));
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
    if (k == T.LPAR || k == T.LBRK || k == T.LBRACE || k == T.LSET) depth++;
    else if (k == T.RPAR || k == T.RBRK || k == T.RBRACE || k == T.RSET) {
      depth--;
      if (depth == 0) return i;
    }
  }
  return -1;
}

function isSeparator(k: i32): bool {
  return k == T.COMMA || k == T.SEMI || k == T.AND || k == T.OR || (k == T.ROW && cells == 0);
}

function separatorBit(k: i32): i32 {
  return k == T.COMMA ? 1 : k == T.SEMI ? 2 : k == T.AND ? 4 : k == T.OR ? 8 : 16;
}

/** Whether a token can start a factor that is multiplied without a sign. */
function startsFactor(): bool {
  const k = kind();
  switch (k) {
    case T.SYM:
      if (differentials > 0 && at(pos).aux == 100 && at(pos + 1).kind == T.SYM) return false;
      return true;
    case T.FUNC:
    case T.LPAR:
    case T.LBRACE:
    case T.FRAC:
      return true;
    case T.SQRT:
    case T.PI:
    case T.LBAR:
    case T.LFLOOR:
    case T.LCEIL:
    case T.SUM:
    case T.PROD:
    case T.INTEGRAL:
    case T.ACCENT:
    case T.VULGAR:
    case T.INF:
      return true;
    case T.BINOM:
      return at(pos).aux == 0;
    case T.BEGIN:
      return at(pos).aux < 8;
    case T.BAR:
      return bars == 0 && !dividers;
    case T.NUM: {
      const before = pos > 0 ? at(pos - 1).kind : T.END;
      return before == T.RPAR || before == T.RBRACE || before == T.BANG;
    }
    case T.LBRK: {
      // 2[x + 1], but no interval
      const close = closing(pos);
      if (close < 0 || at(close).kind != T.RBRK) return false;
      for (let i = pos + 1; i < close; i++) if (at(i).kind == T.COMMA) return false;
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
  return t.kind == T.WORD && lookup(LEAD_WORDS, t.start, <i32>(t.end - t.start), true) >= 0;
}

function isClause(t: Token): bool {
  return t.kind == T.WORD && lookup(CLAUSE_WORDS, t.start, <i32>(t.end - t.start), true) >= 0;
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
  if (failed) return changetype<Node>(0);
  while (
    isLead(at(pos)) ||
    (kind() == T.REL && (at(pos).aux == R.EQ || at(pos).aux == R.APPROX || at(pos).aux == R.IMPLIES)) ||
    (pos > 0 && kind() == T.COLON)
  )
    pos++;
  if (kind() == T.END) {
    pos = 0;
    if (kind() == T.END) return changetype<Node>(0);
  }
  if (kind() == T.WORD && !isClause(at(pos))) {
    const x = textUntilEnd();
    return broken || failed ? changetype<Node>(0) : x;
  }
  const x = list(true);
  if (broken || failed || kind() != T.END) return changetype<Node>(0);
  return x;
}

function textUntilEnd(): Node {
  const x = leaf(K.TEXT);
  x.from = at(pos).start;
  x.to = at(count - 1).end;
  pos = count - 1;
  return x;
}

/** Skips to the next separator or the end, over brackets. */
function skipRemark(toEnd: bool): void {
  let depth = 0;
  while (kind() != T.END) {
    const k = kind();
    if (k == T.LPAR || k == T.LBRK || k == T.LBRACE || k == T.LSET) depth++;
    else if (k == T.RPAR || k == T.RBRK || k == T.RBRACE || k == T.RSET) {
      if (depth == 0) return;
      depth--;
    } else if (depth == 0 && isSeparator(k) && !toEnd) return;
    else if (depth == 0 && (k == T.AMP || k == T.ROW || k == T.CLOSE)) return;
    if (k == T.BAD) broken = true;
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
  while (!broken && kind() != T.END) {
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
      store<i32>(seps + ((<usize>n) << 2), bit);
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
    return changetype<Node>(load<usize>(stack + ((<usize>from) << 2)));
  }
  const x = collect(K.LIST, mask, from);
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
    if (t.kind == T.REL && t.aux == R.EQ && !isWord(first, 'where')) broken = true;
  }
}

/** Set by an arrow of implication: what stood before it is derivation. */
let restart: bool = false;

function item(): Node {
  if (!enter()) return none();
  const start = pos;
  if (kind() == T.WORD) {
    const t = leaf(K.TEXT);
    t.from = at(pos).start;
    skipRemark(false);
    t.to = at(pos > start ? pos - 1 : pos).end;
    nesting--;
    return t;
  }
  let x = operand();
  if (kind() == T.REL && !broken) {
    const from = stackTop;
    let ops = alloc((<usize>(count - pos + 2)) << 2);
    let n = 0;
    pushNode(x);
    while (kind() == T.REL && !broken) {
      const op = at(pos).aux;
      pos++;
      if (op == R.IMPLIES) {
        restart = true;
        stackTop = from;
        n = 0;
        if (kind() == T.WORD) pos++;
        pushNode(operand());
        continue;
      }
      // "x = 5 =" or "x =" ends nowhere
      store<i32>(ops + ((<usize>n) << 2), op);
      n++;
      if (kind() == T.WORD && !isClause(at(pos))) {
        const t = leaf(K.TEXT);
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
      x = changetype<Node>(load<usize>(stack + ((<usize>from) << 2)));
    } else {
      x = collect(K.REL, 0, from);
      x.ops = ops;
      // f(x) ≡ 0 without a modulus is an identity
      if (n == 1 && load<i32>(ops) == R.EQUIV && !hasModulus()) store<i32>(ops, R.EQ);
      seal(x);
    }
  }
  x = remarks(x);
  nesting--;
  return x;
}

function hasModulus(): bool {
  for (let i = 0; i < count; i++) if (at(i).kind == T.MOD) return true;
  return false;
}

/** Words, conditions in brackets and moduli behind an item. */
function remarks(x: Node): Node {
  while (!broken) {
    const k = kind();
    if (k == T.WORD) {
      if (isClause(at(pos))) {
        clause();
        return x;
      }
      const note = unary(K.NOTED, x);
      note.from = at(pos).start;
      const start = pos;
      words();
      note.to = at(pos - 1).end;
      if (pos == start) return none();
      x = note;
      continue;
    }
    if (k == T.MOD) {
      pos++;
      const m = power();
      x = binary(K.MOD, x, m);
      continue;
    }
    if (k == T.LPAR) {
      const close = closing(pos);
      if (close < 0) return none();
      if (at(pos + 1).kind == T.MOD) {
        pos += 2;
        const m = sum();
        expect(T.RPAR);
        x = binary(K.MOD, x, m);
        continue;
      }
      // (k ∈ Z), (units), (x ≠ 1)
      for (let i = pos; i < close; i++) if (at(i).kind == T.BAD) return none();
      pos = close + 1;
      continue;
    }
    return x;
  }
  return none();
}

/** Unit words with their powers and quotients: cm^2, km/h, square metres. */
function words(): void {
  while (kind() != T.END) {
    const k = kind();
    if (k == T.WORD) {
      if (isClause(at(pos))) return;
      pos++;
    } else if (k == T.SLASH && (at(pos + 1).kind == T.WORD || at(pos + 1).kind == T.SYM)) pos += 2;
    else if (k == T.CARET) {
      pos++;
      if (kind() == T.LBRACE) {
        const close = closing(pos);
        if (close < 0) {
          broken = true;
          return;
        }
        pos = close + 1;
      } else if (kind() == T.NUM) pos++;
      else if (kind() == T.MINUS && at(pos + 1).kind == T.NUM) pos += 2;
      else {
        broken = true;
        return;
      }
    } else if (k == T.SYM && at(pos).flags & 2) pos++;
    else if ((k == T.TIMES || k == T.MINUS) && at(pos + 1).kind == T.WORD) pos += 2;
    else if (k == T.BANG || k == T.PRIME) pos++;
    else if (k == T.LBRACE && at(pos + 1).kind == T.RBRACE) pos += 2;
    else if (k == T.SYM && at(pos - 1).kind == T.WORD && at(pos).flags & 1) pos++;
    else if (k == T.REL && at(pos).aux == R.IN) pos++;
    else return;
  }
}

// --- Expressions

/** Unions, intersections and differences of sets. */
function operand(): Node {
  let x = ratio();
  while (!broken) {
    const k = kind();
    const op = k == T.CUP ? K.UNION : k == T.CAP ? K.INTERSECT : k == T.SETMINUS ? K.DIFFERENCE : -1;
    if (op < 0) break;
    pos++;
    x = binary(op, x, ratio());
  }
  return x;
}

function ratio(): Node {
  const first = sum();
  if (kind() != T.COLON || dividers || broken) return first;
  if (at(pos + 1).kind == T.END || at(pos + 1).kind == T.WORD) return first;
  const from = stackTop;
  pushNode(first);
  while (kind() == T.COLON && !broken) {
    pos++;
    pushNode(sum());
  }
  return seal(collect(K.RATIO, 0, from));
}

function sum(): Node {
  if (!enter()) return none();
  let from = stackTop;
  pushNode(product());
  while (!broken) {
    const k = kind();
    if (k == T.PLUS) {
      pos++;
      pushNode(product());
    } else if (k == T.MINUS) {
      pos++;
      pushNode(unary(K.NEG, product()));
    } else if (k == T.PLUSMINUS || k == T.MINUSPLUS) {
      pos++;
      const right = product();
      const left = stackTop - from == 1 ? popOne(from) : seal(collect(K.ADD, 0, from));
      pushNode(binary(K.PM, left, right, k == T.PLUSMINUS ? 1 : -1));
    } else break;
  }
  nesting--;
  if (stackTop - from == 1) return popOne(from);
  return seal(collect(K.ADD, 0, from));
}

function popOne(from: i32): Node {
  stackTop = from;
  return changetype<Node>(load<usize>(stack + ((<usize>from) << 2)));
}

function collapse(from: i32): Node {
  return stackTop - from == 1 ? popOne(from) : seal(collect(K.MUL, 0, from));
}

function product(): Node {
  const from = stackTop;
  pushNode(signed());
  while (!broken) {
    const k = kind();
    if (k == T.TIMES) {
      pos++;
      pushNode(signed());
    } else if (k == T.SLASH) {
      pos++;
      const right = signed();
      pushNode(binary(K.DIV, collapse(from), right));
    } else if (startsFactor()) {
      if (k == T.LPAR) {
        // a condition or modulus in brackets is no factor
        const after = at(pos + 1).kind;
        if (after == T.MOD || after == T.WORD) break;
        const save = pos;
        const top = stackTop;
        const right = power();
        if (!broken && (right.kind == K.REL || right.kind == K.TEXT || right.kind == K.NOTED)) {
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
  if (k == T.MINUS || k == T.PLUS || k == T.PLUSMINUS || k == T.MINUSPLUS) {
    if (!enter()) return none();
    pos++;
    let x = signed();
    nesting--;
    if (k == T.MINUS) x = unary(K.NEG, x);
    else if (k != T.PLUS) x = unary(K.PM, x, k == T.PLUSMINUS ? 1 : -1);
    return x;
  }
  return power();
}

function power(): Node {
  if (!enter()) return none();
  let x = postfix();
  while (kind() == T.CARET && !broken) {
    pos++;
    // ^\circ, ^{\circ}, ^\prime
    const braced = kind() == T.LBRACE;
    const inner = braced ? at(pos + 1).kind : kind();
    if (inner == T.DEGREE && (!braced || at(pos + 2).kind == T.RBRACE)) {
      pos += braced ? 3 : 1;
      x = unary(K.DEGREE, x);
      continue;
    }
    if (
      x.kind == K.SPACESET &&
      (inner == T.PLUS || inner == T.TIMES || inner == T.MINUS) &&
      (!braced || at(pos + 2).kind == T.RBRACE)
    ) {
      pos += braced ? 3 : 1;
      x = leaf(K.SPACESET, x.op | (inner == T.PLUS ? 8 : inner == T.MINUS ? 16 : 32));
      continue;
    }
    if (inner == T.PRIME && braced) {
      // only as part of a name; handled with symbols
      return none();
    }
    let e: Node;
    if (braced) e = group();
    else if (kind() == T.MINUS || kind() == T.PLUS) e = signed();
    else e = power();
    x = binary(K.POW, x, e);
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
    if (k == T.BANG) {
      if (at(pos + 1).kind == T.BANG) {
        pos += 2;
        x = unary(K.DFACT, x);
      } else {
        pos++;
        x = unary(K.FACT, x);
      }
    } else if (k == T.PERCENT) {
      pos++;
      x = unary(K.PERCENT, x);
    } else if (k == T.DEGREE) {
      pos++;
      // °C and °F are units
      if (kind() == T.SYM && (at(pos).aux == 67 || at(pos).aux == 70)) {
        const note = unary(K.NOTED, x);
        note.from = at(pos).start;
        note.to = at(pos).end;
        pos++;
        return note;
      }
      x = unary(K.DEGREE, x);
    } else if (k == T.CURRENCY && pos > 0 && !startsNumber(pos + 1)) {
      setCurrency(at(pos).aux);
      pos++;
    } else break;
  }
  return x;
}

function startsNumber(i: i32): bool {
  return at(i).kind == T.NUM;
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
  if (kind() == T.RBRACE) {
    pos++;
    x = none();
  } else {
    pushNode(item());
    if (kind() == T.BINOM && at(pos).aux == 1 && !broken) {
      pos++;
      x = binary(K.BINOM, popOne(from), sum());
    } else {
      while (kind() == T.COMMA && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : stackTop - from == 1 ? popOne(from) : seal(collect(K.SET, 0, from));
    }
    expect(T.RBRACE);
  }
  bars = savedBars;
  dividers = savedDividers;
  nesting--;
  return x;
}

/** An argument of \frac, \sqrt and the like: a group or a single token. */
function argument(): Node {
  const k = kind();
  if (k == T.LBRACE) return group();
  return primary();
}

function bracketCode(k: i32): i32 {
  return k == T.LPAR || k == T.RPAR ? 0 : k == T.LBRK || k == T.RBRK ? 1 : 2;
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
  const outward = open == T.RBRK;
  let x: Node;
  pushNode(item());
  while ((kind() == T.COMMA || kind() == T.SEMI) && !broken) {
    pos++;
    pushNode(item());
  }
  const close = kind();
  const closes = close == T.RPAR || close == T.RBRK || close == T.RANGLE || (close == T.LBRK && stackTop - from == 2);
  if (!closes || broken) x = none();
  else {
    pos++;
    const left = outward ? 0 : bracketCode(open);
    const right = close == T.LBRK ? 0 : bracketCode(close);
    if (stackTop - from == 1) x = left == right ? popOne(from) : none();
    else x = seal(collect(K.TUPLE, (left << 4) | right, from));
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
  if (kind() == T.RSET) {
    pos++;
    x = leaf(K.SPACESET, S.EMPTY);
  } else {
    pushNode(item());
    if ((kind() == T.BAR || kind() == T.COLON) && !broken) {
      pos++;
      dividers = false;
      pushNode(item());
      while ((kind() == T.COMMA || kind() == T.SEMI || kind() == T.AND) && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : seal(collect(K.BUILDER, 0, from));
    } else {
      dividers = false;
      while ((kind() == T.COMMA || kind() == T.SEMI) && !broken) {
        pos++;
        pushNode(item());
      }
      x = broken ? none() : seal(collect(K.SET, 0, from));
    }
    if (kind() == T.RSET || kind() == T.RBRACE) pos++;
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
  bars = close == T.BAR ? 1 : 0;
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
  if (at(i).kind != T.FRAC) return -1;
  i++;
  for (let k = 0; k < 2; k++) {
    if (at(i).kind == T.NUM && at(i).decimals < 0) i++;
    else if (at(i).kind == T.LBRACE && at(i + 1).kind == T.NUM && at(i + 1).decimals < 0 && at(i + 2).kind == T.RBRACE) i += 3;
    else return -1;
  }
  return i;
}

function numeral(): Node {
  const t = at(pos);
  pos++;
  if (kind() == T.UNDER) {
    pos++;
    let b: i32 = -1;
    if (kind() == T.NUM) b = smallValue(at(pos++));
    else if (kind() == T.LBRACE && at(pos + 1).kind == T.NUM && at(pos + 2).kind == T.RBRACE) {
      b = smallValue(at(pos + 1));
      pos += 3;
    }
    return based(t, b);
  }
  if (t.decimals < 0 && Q.isInteger(t.value)) {
    const before = pos > 1 ? at(pos - 2).kind : T.END;
    if (before != T.CARET && before != T.SLASH && before != T.UNDER) {
      if (kind() == T.VULGAR) {
        const v = at(pos).aux;
        pos++;
        return number(Q.add(t.value, Q.ofFraction(v >> 4, v & 15)));
      }
      const end = plainFraction(pos);
      if (end > 0) {
        // a mixed number: 1\frac{1}{2}
        const a = at(at(pos + 1).kind == T.LBRACE ? pos + 2 : pos + 1);
        const b = at(at(end - 1).kind == T.RBRACE ? end - 2 : end - 1);
        if (Z.sign(b.value.num) > 0 && Q.compare(a.value, b.value) < 0) {
          pos = end;
          return number(Q.add(t.value, Q.div(a.value, b.value)));
        }
      }
      // 1 1/2
      const a = at(pos);
      const slash = at(pos + 1);
      const b = at(pos + 2);
      if (
        a.kind == T.NUM &&
        a.flags & 1 &&
        slash.kind == T.SLASH &&
        b.kind == T.NUM &&
        a.decimals < 0 &&
        b.decimals < 0 &&
        Z.sign(b.value.num) > 0 &&
        Q.compare(a.value, b.value) < 0
      ) {
        pos += 3;
        return number(Q.add(t.value, Q.div(a.value, b.value)));
      }
    }
  }
  return number(t.value, t.decimals);
}

function smallValue(t: Token): i32 {
  if (t.decimals >= 0 || !Q.isInteger(t.value) || !Z.fitsI32(t.value.num)) return -1;
  return Z.toI32(t.value.num);
}

/** 204_5: the digits read in base b. */
function based(t: Token, b: i32): Node {
  if (b < 2 || b > 36) return none();
  for (let p = t.start; p < t.end; p++) {
    const c = byteAt(p);
    if (!isDigit(c) || c - 48 >= b) return none();
  }
  const x = number(Q.ofInt(Z.parseInt(t.start, <i32>(t.end - t.start), <u32>b)));
  x.aux = b;
  return x;
}

/** Symbols that are functions when a bracket follows: f g h F G H φ ψ. */
function isFunctionLetter(id: i32): bool {
  return id == 102 || id == 103 || id == 104 || id == 70 || id == 71 || id == 72 || id == 128 + 19 || id == 128 + 21;
}

function symbol(): Node {
  let id = at(pos).aux;
  const first = at(pos);
  pos++;
  // f', f'', f^{\prime}
  while (true) {
    if (kind() == T.PRIME) pos++;
    else if (kind() == T.CARET && at(pos + 1).kind == T.PRIME) pos += 2;
    else if (kind() == T.CARET && at(pos + 1).kind == T.LBRACE && at(pos + 2).kind == T.PRIME && at(pos + 3).kind == T.RBRACE)
      pos += 4;
    else break;
    id = nameId(id, changetype<usize>("'"), 1);
  }
  let x = leaf(K.SYM, id);
  if (kind() == T.UNDER) {
    pos++;
    if (kind() == T.LBRACE) {
      const close = closing(pos);
      if (close < 0) return none();
      const inside = at(pos + 1);
      if (inside.kind == T.WORD || (inside.flags & 2 && inside.kind == T.SYM)) {
        id = nameId(id, inside.start, <i32>(at(close - 1).end - inside.start));
        pos = close + 1;
        x = leaf(K.SYM, id);
      } else {
        const index = group();
        x = unary(K.CALL, index, id);
        x.aux = 1;
        seal(x);
      }
    } else if (kind() == T.NUM || kind() == T.SYM || kind() == T.FUNC || kind() == T.WORD || kind() == T.INF) {
      if (kind() == T.WORD || kind() == T.FUNC) {
        id = nameId(id, at(pos).start, <i32>(at(pos).end - at(pos).start));
        pos++;
        x = leaf(K.SYM, id);
      } else {
        const index = kind() == T.NUM ? number(at(pos).value) : kind() == T.INF ? leaf(K.INF) : leaf(K.SYM, at(pos).aux);
        pos++;
        x = unary(K.CALL, index, id);
        x.aux = 1;
        seal(x);
      }
    } else return none();
    while (kind() == T.PRIME) pos++;
  }
  if (kind() == T.LPAR && !(at(pos).flags & 2)) {
    let call = isFunctionLetter(first.aux);
    if (!call) {
      // P(x) = … defines a function whatever its letter
      const close = closing(pos);
      call = close > 0 && at(close + 1).kind == T.REL && at(close + 1).aux == R.EQ && holdsNames(pos + 1, close);
    }
    if (call) {
      const head = x;
      const arg = bracket();
      const made = node(K.CALL, head.kind == K.SYM ? head.op : id, arg.kind == K.TUPLE ? arg.n : 1);
      if (arg.kind == K.TUPLE) for (let i = 0; i < arg.n; i++) setKid(made, i, kid(arg, i));
      else setKid(made, 0, arg);
      if (head.kind == K.CALL) {
        // f_n(x): the index is one more argument
        const indexed = node(K.CALL, id, made.n + 1);
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
    if (k != T.SYM && k != T.COMMA && k != T.NUM && k != T.UNDER && k != T.PI && k != T.MINUS && k != T.DOTS) return false;
  }
  return true;
}

/** Factors that belong to a function written without brackets: \sin 2x, \ln \frac{1}{2}. */
function bareArgument(): Node {
  if (!enter()) return none();
  const from = stackTop;
  const negative = kind() == T.MINUS;
  if (negative) pos++;
  pushNode(power());
  while (!broken && startsFactor()) {
    const k = kind();
    if (k == T.FUNC || k == T.LPAR || k == T.LBRK || k == T.SUM || k == T.PROD || k == T.INTEGRAL || k == T.BEGIN) break;
    pushNode(power());
  }
  nesting--;
  const x = collapse(from);
  return negative ? unary(K.NEG, x) : x;
}

function inverseOf(f: i32): i32 {
  return f == F.SIN ? F.ASIN : f == F.COS ? F.ACOS : f == F.TAN ? F.ATAN : f == F.COT ? F.ACOT : -1;
}

function functionCall(): Node {
  let f = at(pos).aux;
  pos++;
  let exponent = changetype<Node>(0);
  let logBase = changetype<Node>(0);
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == T.UNDER && changetype<usize>(logBase) == 0) {
      pos++;
      logBase = argument();
    } else if (kind() == T.CARET && changetype<usize>(exponent) == 0) {
      pos++;
      if (kind() == T.MINUS) exponent = signed();
      else exponent = argument();
    }
  }
  if (broken) return none();
  if (changetype<usize>(logBase) != 0 && f != F.LOG && f != F.LG) return none();
  if (changetype<usize>(exponent) != 0 && inverseOf(f) >= 0 && isMinusOne(exponent)) {
    f = inverseOf(f);
    exponent = changetype<Node>(0);
  }
  let args: Node;
  let bracketed = true;
  if (kind() == T.LPAR || (kind() == T.LBRK && startsFactor())) args = bracket();
  else if (kind() == T.LSET && (f == F.MAX || f == F.MIN || f == F.GCD || f == F.LCM)) args = setLiteral();
  else if (f == F.CBRT) args = argument();
  else if (kind() == T.LBRACE && at(pos + 1).kind != T.RBRACE && closesCall()) args = group();
  else {
    args = bareArgument();
    bracketed = false;
  }
  if (broken) return none();
  const many = args.kind == K.TUPLE || args.kind == K.SET;
  const n = many ? args.n : 1;
  let x: Node;
  if (f == F.EXP && !many) x = binary(K.POW, leaf(K.SYM, SYM_E), args);
  else if (f == F.CBRT && !many) x = binary(K.ROOT, args, integer(3));
  else if (f == F.ABS && !many) x = unary(K.ABS, args);
  else if (f == F.FLOOR && !many) x = unary(K.FLOOR, args);
  else if (f == F.CEIL && !many) x = unary(K.CEIL, args);
  else {
    if (many && f != F.MAX && f != F.MIN && f != F.GCD && f != F.LCM && !(f == F.LOG && n == 2)) return none();
    const based = changetype<usize>(logBase) != 0;
    x = node(K.FUNC, f, based ? n + 1 : n);
    if (many) for (let i = 0; i < n; i++) setKid(x, i, kid(args, i));
    else setKid(x, 0, args);
    if (based) setKid(x, n, logBase);
    seal(x);
  }
  if (changetype<usize>(exponent) != 0) x = binary(K.POW, x, exponent);
  else if (!bracketed) return x;
  return x;
}

/** Whether the group at pos is the function's whole argument: \sin{x}, but not \sin{2}x. */
function closesCall(): bool {
  return closing(pos) > 0;
}

function isMinusOne(x: Node): bool {
  return x.kind == K.NEG && kid(x, 0).kind == K.NUM && Q.isOne(kid(x, 0).value);
}

/** \sum_{k=1}^{n} body, \prod … */
function series(isProduct: i32): Node {
  if (!enter()) return none();
  pos++;
  let low = changetype<Node>(0);
  let high = changetype<Node>(0);
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == T.UNDER) {
      pos++;
      if (kind() != T.LBRACE) return none();
      low = group();
    } else if (kind() == T.CARET) {
      pos++;
      high = argument();
    }
  }
  if (broken || changetype<usize>(low) == 0 || changetype<usize>(high) == 0) return none();
  if (low.kind != K.REL || low.n != 2 || load<i32>(low.ops) != R.EQ || kid(low, 0).kind != K.SYM) return none();
  const body = product();
  const x = node(K.SERIES, isProduct, 4);
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
  let low = changetype<Node>(0);
  let high = changetype<Node>(0);
  for (let turn = 0; turn < 2; turn++) {
    if (kind() == T.UNDER) {
      pos++;
      low = kind() == T.MINUS ? signed() : argument();
    } else if (kind() == T.CARET) {
      pos++;
      high = kind() == T.MINUS ? signed() : argument();
    }
  }
  if (broken || (changetype<usize>(low) != 0) != (changetype<usize>(high) != 0)) return none();
  differentials++;
  let body: Node;
  if (kind() == T.SYM && at(pos).aux == 100 && at(pos + 1).kind == T.SYM) body = integer(1);
  else body = sum();
  differentials--;
  if (broken || kind() != T.SYM || at(pos).aux != 100 || at(pos + 1).kind != T.SYM) return none();
  pos++;
  const variable = leaf(K.SYM, at(pos).aux);
  pos++;
  const bounded = changetype<usize>(low) != 0;
  const x = node(K.INTEGRAL, 0, bounded ? 4 : 2);
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
  while (!broken && kind() != T.CLOSE && kind() != T.END) {
    const k = kind();
    if (k == T.HLINE) {
      pos++;
      continue;
    }
    if (k == T.AMP) {
      pos++;
      if (matrix || cases) {
        // "& &" would be an empty cell
        if (kind() == T.AMP || kind() == T.ROW || kind() == T.CLOSE) broken = true;
      }
      continue;
    }
    if (k == T.ROW) {
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
    if (!matrix && !cases && inRow > 0 && kind() == T.REL) {
      // aligned: "x &= 5"
      const left = popOne(stackTop - 1);
      const op = at(pos).aux;
      pos++;
      if (kind() == T.AMP) pos++;
      const right = operand();
      const made = binary(K.REL, left, right);
      made.ops = alloc(4);
      store<i32>(made.ops, op);
      pushNode(remarks(seal(made)));
      continue;
    }
    pushNode(item());
    inRow++;
    if (kind() != T.AMP && kind() != T.ROW && kind() != T.CLOSE && (matrix || !isSeparator(kind())) && kind() != T.REL)
      broken = true;
  }
  if (inRow > 0) {
    if (columns >= 0 && inRow != columns && matrix) broken = true;
    if (columns < 0) columns = inRow;
    rows++;
  }
  expect(T.CLOSE);
  bars = savedBars;
  cells = savedCells;
  nesting--;
  if (broken || stackTop == from) return none();
  if (matrix) {
    const x = collect(K.MATRIX, columns, from);
    x.aux = env == 3 || env == 4 ? 1 : 0;
    return seal(x);
  }
  if (stackTop - from == 1) return popOne(from);
  if (cases && columns > 1) {
    const x = collect(K.CASES, columns, from);
    return seal(x);
  }
  const x = collect(K.LIST, 16, from);
  x.ops = alloc((<usize>x.n) << 2);
  for (let i = 0; i < x.n; i++) store<i32>(x.ops + ((<usize>i) << 2), 16);
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
    case T.NUM:
      return numeral();
    case T.VULGAR:
      pos++;
      return number(Q.ofFraction(t.aux >> 4, t.aux & 15));
    case T.SYM:
      return symbol();
    case T.PI:
      pos++;
      return leaf(K.PI);
    case T.INF:
      pos++;
      return leaf(K.INF);
    case T.SPACESET:
      pos++;
      return leaf(K.SPACESET, t.aux);
    case T.DOTS:
      pos++;
      return leaf(K.ELLIPSIS);
    case T.FUNC:
      return functionCall();
    case T.LPAR:
    case T.LBRK:
    case T.RBRK:
    case T.LANGLE:
      return bracket();
    case T.LBRACE:
      return group();
    case T.LSET: {
      if (at(pos + 1).kind != T.BEGIN) return setLiteral();
      // \left\{ \begin{array} … \right.
      pos++;
      at(pos).aux = 8;
      const x = environment();
      if (kind() == T.RSET) pos++;
      return x;
    }
    case T.BAR:
      return fence(T.BAR, K.ABS);
    case T.LBAR:
      return fence(T.RBAR, K.ABS);
    case T.NORM:
      return fence(T.NORM, K.NORM);
    case T.LFLOOR:
      return fence(T.RFLOOR, K.FLOOR);
    case T.LCEIL:
      return fence(T.RCEIL, K.CEIL);
    case T.FRAC: {
      pos++;
      const a = argument();
      if (broken) return a;
      return binary(K.DIV, a, argument());
    }
    case T.BINOM: {
      if (t.aux == 1) return none();
      pos++;
      const a = argument();
      if (broken) return a;
      return binary(K.BINOM, a, argument());
    }
    case T.SQRT: {
      pos++;
      let index = changetype<Node>(0);
      if (kind() == T.LBRK) {
        pos++;
        index = sum();
        expect(T.RBRK);
      }
      if (broken) return none();
      const radicand = kind() == T.LPAR ? bracket() : argument();
      return binary(K.ROOT, radicand, changetype<usize>(index) == 0 ? integer(2) : index);
    }
    case T.SUM:
      return series(0);
    case T.PROD:
      return series(1);
    case T.INTEGRAL:
      return integral();
    case T.BEGIN:
      return environment();
    case T.ACCENT: {
      pos++;
      const x = argument();
      if (broken) return x;
      if (isSegment(x)) return x;
      const made = unary(K.CALL, x, 1000 + t.aux);
      made.aux = 2;
      return seal(made);
    }
    case T.CURRENCY: {
      setCurrency(t.aux);
      pos++;
      return primary();
    }
  }
  return none();
}

/** AB under a bar: the segment, as plain letters. */
function isSegment(x: Node): bool {
  if (x.kind != K.MUL) return false;
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind != K.SYM || kid(x, i).op < 65 || kid(x, i).op > 90) return false;
  return true;
}
