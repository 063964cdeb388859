// Tokens, and the list of them that the lexer writes and the parser reads.
import { alloc, fail, spend } from '../arena';
import { nil } from '../memory';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { byteAt, sameBytes, toLower, wordAt } from '../read/text';
import { among, Sign, Tok } from './symbols';

/** Largest number of tokens of one side. */
const MAX_TOKENS: i32 = 6000;

/** Bits of a token's flags. */
const SPACE_BEFORE: i32 = 1;
const IN_TEXT: i32 = 2;
const IN_REMARK: i32 = 4;

/** What a comma between digits may be. */
export const enum Commas {
  /** before three digits, outside brackets, it groups thousands */
  GROUP,
  /** it always divides */
  DIVIDE,
  /** it is the decimal point */
  POINT,
}

@unmanaged
export class Token {
  kind: i32;
  /** relation, function, symbol id, …, by kind */
  aux: i32;
  flags: i32;
  /** Tok.NUM: digits after the decimal point, -1 for an integer */
  decimals: i32;
  start: usize;
  end: usize;
  /** Tok.NUM: its exact value */
  value: Rat;

  /** Whether white space stands before it. */
  get spaced(): bool {
    return (this.flags & SPACE_BEFORE) != 0;
  }

  /** Whether it stands in a group of text. */
  get inText(): bool {
    return (this.flags & IN_TEXT) != 0;
  }

  /** Whether it belongs to what is said about the answer ("where n is even"). */
  get inRemark(): bool {
    return (this.flags & IN_REMARK) != 0;
  }

  noteRemark(): void {
    this.flags |= IN_REMARK;
  }

  get isInteger(): bool {
    return this.kind == Tok.NUM && this.decimals < 0;
  }

  get length(): i32 {
    return <i32>(this.end - this.start);
  }

  /** Whether it says the same as another: the same sign, number or word, letter case aside. */
  isSame(other: Token): bool {
    if (this.kind != other.kind || this.aux != other.aux) return false;
    if (this.kind == Tok.NUM) return rat.equal(this.value, other.value);
    if (this.kind != Tok.WORD && this.aux != Sign.OPAQUE) return true;
    if (this.length != other.length) return false;
    for (let i: usize = 0; i < <usize>this.length; i++)
      if (toLower(byteAt(this.start + i)) != toLower(byteAt(other.start + i))) return false;
    return true;
  }

  /** Whether it is a word that spells `word` (lower case), letter case aside. */
  says(words: string): bool {
    return this.kind == Tok.WORD && wordAt(this.start, this.end, words) == this.length;
  }
}

/** The tokens of one side; the last one is Tok.END. */
@unmanaged
export class Tokens {
  base: usize;
  count: i32;
  /** Commas.* */
  commas: i32;
  /** a comma was taken as a thousands separator although it could divide a list */
  grouped: bool;
  /** such a group starts with a zero, so that it is no item of a list */
  zeroGroup: bool;
  /** a command stands there that is not known */
  opaque: bool;
  /** flags of the next token */
  flags: i32;

  @inline
  at(i: i32): Token {
    return changetype<Token>(this.base + <usize>i * offsetof<Token>());
  }

  /** The last token, or null. */
  get last(): Token {
    return this.count > 0 ? this.at(this.count - 1) : nil<Token>();
  }

  get lastKind(): i32 {
    return this.count > 0 ? this.last.kind : Tok.END;
  }

  /** Whether the last token can be the left factor of a unit or a product. */
  get endsOperand(): bool {
    return among(this.lastKind, Tok.RBRACE, Tok.SYM);
  }

  /** Whether the last token closes a set, so that an operation on sets may follow. */
  get endsSet(): bool {
    return isClosingToken(this.lastKind);
  }

  /** Notes white space before the next token. */
  space(): void {
    this.flags |= SPACE_BEFORE;
  }

  set inText(on: bool) {
    this.flags = on ? this.flags | IN_TEXT : this.flags & ~IN_TEXT;
  }

  get inText(): bool {
    return (this.flags & IN_TEXT) != 0;
  }

  push(kind: i32, start: usize, end: usize, aux: i32 = 0): Token {
    if (this.count >= MAX_TOKENS) {
      fail();
      this.count = MAX_TOKENS - 1;
    }
    spend(4);
    const t = this.at(this.count);
    this.count++;
    t.kind = kind;
    t.aux = aux;
    t.flags = this.flags;
    t.decimals = -1;
    t.start = start;
    t.end = end;
    t.value = nil<Rat>();
    this.flags &= ~SPACE_BEFORE;
    return t;
  }

  /** Pushes a small integer. */
  integer(value: i32, start: usize, end: usize): void {
    this.push(Tok.NUM, start, end).value = rat.ofI32(value);
  }
}

/** An empty list with room for what `size` bytes can hold. */
export function newTokens(size: i32, commas: i32): Tokens {
  const list = changetype<Tokens>(alloc(offsetof<Tokens>()));
  const room = min(MAX_TOKENS, size * 3 + 8);
  list.base = alloc(<usize>(room + 8) * offsetof<Token>());
  list.count = 0;
  list.commas = commas;
  list.grouped = false;
  list.zeroGroup = false;
  list.opaque = false;
  list.flags = 0;
  return list;
}

export function isOpeningToken(k: i32): bool {
  return among(k, Tok.LSET, Tok.LBRK);
}

export function isClosingToken(k: i32): bool {
  return among(k, Tok.RSET, Tok.RBRK);
}

/** Names put together from parts: primes, a word as index, a multi-letter name. */
const MAX_NAMES: i32 = 256;

@unmanaged
class Composed {
  start: usize;
  len: i32;
  parent: i32;
}

/** The composed names of one pair; the same parts give the same id on both sides. */
@unmanaged
export class Symbols {
  names: usize;
  count: i32;

  /** Id of the name `parent` with the suffix [p, p+len), counted from 0. */
  index(parent: i32, p: usize, len: i32): i32 {
    for (let i = 0; i < this.count; i++) {
      const n = this.at(i);
      if (n.parent == parent && n.len == len && sameBytes(n.start, p, <usize>len)) return i;
    }
    spend(this.count * 2 + len);
    if (this.count == MAX_NAMES) {
      fail();
      return 0;
    }
    const n = this.at(this.count);
    n.start = p;
    n.len = len;
    n.parent = parent;
    this.count++;
    return this.count - 1;
  }

  at(i: i32): Composed {
    return changetype<Composed>(this.names + <usize>i * offsetof<Composed>());
  }
}

export function newSymbols(): Symbols {
  const symbols = changetype<Symbols>(alloc(offsetof<Symbols>()));
  symbols.names = alloc(<usize>MAX_NAMES * offsetof<Composed>());
  symbols.count = 0;
  return symbols;
}
