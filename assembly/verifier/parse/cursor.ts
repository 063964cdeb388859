// Where the parser stands: the tokens, the scope, and the stack on which lists of nodes grow.
import { alloc, fail, failed, spend } from '../arena';
import { elementAt, setElement } from '../memory';
import { Sign } from './symbols';
import { isClosingToken, isOpeningToken, Symbols, Token, Tokens } from './tokens';
import { Kind, leaf, Node, node, seal } from './tree';

/** Deepest nesting of brackets, groups and signs. */
const MAX_NESTING: i32 = 60;

/** What signs mean where the parser stands, as bits. */
export const enum Scope {
  /** inside |…|: a bar closes */
  BAR_CLOSES = 1,
  /** inside a set's first element: a bar or colon divides */
  BAR_DIVIDES = 2,
  /** inside a matrix, an aligned environment or brackets: a row divides no list */
  ROWS = 4,
  /** inside an integral: d with a symbol behind it ends the integrand */
  DIFFERENTIAL = 8,
}

export abstract class Cursor {
  tokens: Tokens = changetype<Tokens>(0);
  symbols: Symbols = changetype<Symbols>(0);
  pos: i32 = 0;
  /** the span does not fit the grammar */
  broken: bool = false;
  scope: i32 = 0;
  /** currency sign of the side, or 0 */
  currency: i32 = 0;
  nesting: i32 = 0;
  stack: usize = 0;
  stackSize: i32 = 0;
  top: i32 = 0;

  /** Starts at the first of the tokens. */
  start(tokens: Tokens, symbols: Symbols): void {
    this.tokens = tokens;
    this.symbols = symbols;
    this.stackSize = tokens.count * 2 + 64;
    this.stack = alloc((<usize>this.stackSize) << 2);
    this.rewind();
    this.currency = 0;
  }

  rewind(): void {
    this.pos = 0;
    this.broken = false;
    this.scope = 0;
    this.nesting = 0;
    this.top = 0;
  }

  /** The i-th token; the last one past the end. */
  at(i: i32): Token {
    return this.tokens.at(min(i, this.tokens.count - 1));
  }

  get token(): Token {
    return this.at(this.pos);
  }

  get kind(): i32 {
    return this.token.kind;
  }

  /** The kind of the token `ahead` places on. */
  peek(ahead: i32): i32 {
    return this.at(this.pos + ahead).kind;
  }

  expect(kind: i32): void {
    if (this.kind == kind) this.pos++;
    else this.broken = true;
  }

  /** What a function gives that could not read on. */
  none(): Node {
    this.broken = true;
    return leaf(Kind.ELLIPSIS);
  }

  /** Counts one level of nesting. False where it is too deep, or work has run out. */
  enter(): bool {
    this.nesting++;
    if (this.nesting > MAX_NESTING) {
      fail();
      this.broken = true;
    }
    spend(4);
    if (failed) this.broken = true;
    return !this.broken;
  }

  /** Changes the scope; gives the one before, which the caller sets again. */
  enterScope(clear: i32, set: i32): i32 {
    const outer = this.scope;
    this.scope = (outer & ~clear) | set;
    return outer;
  }

  inScope(bit: i32): bool {
    return (this.scope & bit) != 0;
  }

  // --- The stack

  push(x: Node): void {
    if (this.top >= this.stackSize) {
      fail();
      this.broken = true;
      return;
    }
    setElement<Node>(this.stack, this.top, x);
    this.top++;
  }

  /** Takes the nodes from `from` up off the stack as one node's kids. */
  collect(kind: i32, op: i32, from: i32): Node {
    const n = this.top - from;
    const x = node(kind, op, n);
    memory.copy(x.kids, this.stack + ((<usize>from) << 2), (<usize>n) << 2);
    this.top = from;
    return x;
  }

  /** Takes the one node from `from` up off the stack. */
  pop(from: i32): Node {
    this.top = from;
    return elementAt<Node>(this.stack, from);
  }

  /** One node as it is, several as the kids of a new one. */
  collapse(kind: i32, from: i32, op: i32 = 0): Node {
    return this.top - from == 1 ? this.pop(from) : seal(this.collect(kind, op, from));
  }

  // --- Brackets

  /** Position of the token that closes the bracket at i, or -1. */
  closing(i: i32): i32 {
    let depth = 0;
    for (; i < this.tokens.count; i++) {
      const k = this.at(i).kind;
      spend(1);
      if (isOpeningToken(k)) depth++;
      else if (isClosingToken(k)) {
        depth--;
        if (depth == 0) return i;
      }
    }
    return -1;
  }

  /** Id of the name `parent` with the suffix [p, p+len). */
  compose(parent: i32, p: usize, len: i32): i32 {
    return Sign.COMPOSED + this.symbols.index(parent, p, len);
  }

  /** Id of the name that a token of kind SYM is. */
  nameOf(t: Token): i32 {
    return t.aux == Sign.OPAQUE ? this.compose(Sign.OPAQUE, t.start, t.length) : t.aux;
  }

  // --- What the layers above read
  /** A signed product of powers, and what is made of it up to sums. */
  abstract sum(): Node;
  abstract product(): Node;
  abstract signed(): Node;
  abstract power(): Node;
  abstract primary(): Node;
  /** A set expression or ratio: one side of a relation. */
  abstract operand(): Node;
  /** A relation, a value with remarks, or words. */
  abstract item(): Node;
  /** An item with the words and conditions behind it. */
  abstract remarks(x: Node): Node;
  /** Whether the token can start a factor that is multiplied without a sign. */
  abstract startsFactor(): bool;
}
