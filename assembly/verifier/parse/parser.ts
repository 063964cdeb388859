// Recursive-descent parser of answers, from the lexer's tokens to the tree of tree.ts. Depth is capped; a span that does not fit the grammar
// gives no tree at all.
import { alloc, failed } from '../arena';
import { isNull, nil, setElement } from '../memory';
import { Names } from '../read/names';
import { isClosingToken, isOpeningToken, Scope } from './cursor';
import { isSeparator, separatorOf } from './environments';
import { Expressions } from './expressions';
import { tokenize } from './lexer';
import { Rel, Tok } from './symbols';
import { Symbols, Token } from './tokens';
import { binary, Kind, leaf, Node, seal, unary } from './tree';

/** Words that may stand before the answer itself. */
const LEAD_WORDS = new Names(64)
  .add('the/answer/is/are/final/solution/solutions/value/values/thus/hence/so/therefore/either/exactly/we/get/equals/result/it')
  .add('roots/root/correct/option/choice/approximately/about/by');
/** Words that start a remark about the answer, which runs to its end. */
const CLAUSE_WORDS = new Names(64)
  .add('for/where/with/such/since/because/provided/given/as/whenever/assuming/respectively/only/which/obtained/achieved/attained')
  .add('when');

/** A parsed side. */
@unmanaged
export class Answer {
  /** null where it is no answer that the grammar knows */
  tree: Node;
  start: usize;
  end: usize;
  /** currency sign, or 0 */
  currency: i32;
  /** see Tokens */
  grouped: bool;
  zeroGroup: bool;

  get isParsed(): bool {
    return !isNull(this.tree);
  }
}

class Parser extends Expressions {
  /** An arrow of implication was met: what stood before it is derivation. */
  restart: bool = false;

  answer(): Node {
    this.restart = false;
    while (isLead(this.token) || this.isLeadSign() || (this.pos > 0 && this.kind == Tok.COLON)) this.pos++;
    if (this.kind == Tok.END) this.pos = 0;
    if (this.kind == Tok.END) return nil<Node>();
    const x = this.kind == Tok.WORD && !isClause(this.token) ? this.textUntilEnd() : this.list();
    return this.broken || failed || this.kind != Tok.END ? nil<Node>() : x;
  }

  /** "= 5", "≈ 5", "⇒ x = 5" */
  isLeadSign(): bool {
    const t = this.token;
    return t.kind == Tok.REL && (t.aux == Rel.EQ || t.aux == Rel.APPROX || t.aux == Rel.IMPLIES);
  }

  textUntilEnd(): Node {
    const x = leaf(Kind.TEXT);
    x.from = this.token.start;
    this.pos = this.tokens.count - 1;
    x.to = this.token.end;
    return x;
  }

  /** Words up to the next separator. */
  text(): Node {
    const x = leaf(Kind.TEXT);
    const start = this.pos;
    x.from = this.token.start;
    this.skipRemark(false);
    x.to = this.at(max(start, this.pos - 1)).end;
    return x;
  }

  /** Skips to the next separator or the end, over brackets. */
  skipRemark(toEnd: bool): void {
    let depth = 0;
    while (this.kind != Tok.END) {
      const k = this.kind;
      if (isOpeningToken(k)) depth++;
      else if (isClosingToken(k)) {
        if (depth == 0) return;
        depth--;
      } else if (depth == 0 && (k == Tok.AMP || k == Tok.ROW || k == Tok.CLOSE || (this.atSeparator() && !toEnd))) return;
      if (k == Tok.BAD) this.broken = true;
      this.pos++;
    }
  }

  atSeparator(): bool {
    return isSeparator(this.kind) || (this.kind == Tok.ROW && !this.inScope(Scope.ROWS));
  }

  list(): Node {
    const from = this.top;
    const separators = alloc((<usize>(this.tokens.count + 1)) << 2);
    let all = 0;
    let between = 0;
    while (!this.broken && this.kind != Tok.END) {
      if (this.atSeparator()) {
        between |= separatorOf(this.kind);
        this.pos++;
        continue;
      }
      // a remark as an item of its own runs to the end
      if (this.top > from && isClause(this.token)) {
        this.clause();
        continue;
      }
      const x = this.item();
      if (this.broken) break;
      if (this.restart) {
        this.top = from;
        all = 0;
        between = 0;
        this.restart = false;
      }
      if (this.top > from) {
        setElement<i32>(separators, this.top - from - 1, between);
        all |= between;
      }
      between = 0;
      this.push(x);
      if (!this.atSeparator()) break;
    }
    if (this.broken || this.top == from) return this.none();
    if (this.top - from == 1) return this.pop(from);
    const x = this.collect(Kind.LIST, all, from);
    x.ops = separators;
    return seal(x);
  }

  /** A remark ("for all real x", "where k is an integer") is dropped; one that holds an equation makes the span unparsable. */
  clause(): void {
    const first = this.token;
    const start = this.pos;
    this.skipRemark(true);
    if (first.says('where')) return;
    for (let i = start; i < this.pos; i++) if (this.at(i).kind == Tok.REL && this.at(i).aux == Rel.EQ) this.broken = true;
  }

  item(): Node {
    if (!this.enter()) return this.none();
    if (this.kind == Tok.WORD) {
      const t = this.text();
      this.nesting--;
      return t;
    }
    let x = this.operand();
    if (this.kind == Tok.REL && !this.broken) x = this.chain(x);
    if (!this.broken) x = this.remarks(x);
    this.nesting--;
    return this.broken ? this.none() : x;
  }

  /** A chain of relations that starts with x. */
  chain(x: Node): Node {
    const from = this.top;
    const ops = alloc((<usize>(this.tokens.count - this.pos + 2)) << 2);
    this.push(x);
    while (this.kind == Tok.REL && !this.broken) {
      const op = this.token.aux;
      this.pos++;
      if (op == Rel.IMPLIES) {
        this.restart = true;
        this.top = from;
        if (this.kind == Tok.WORD) this.pos++;
        this.push(this.operand());
        continue;
      }
      setElement<i32>(ops, this.top - from - 1, op);
      // "x = 5 =" ends nowhere
      this.push(this.kind == Tok.WORD && !isClause(this.token) ? this.text() : this.operand());
    }
    if (this.broken) return this.none();
    if (this.top - from == 1) return this.pop(from);
    const made = this.collect(Kind.REL, 0, from);
    made.ops = ops;
    // f(x) ≡ 0 without a modulus is an identity
    if (made.n == 2 && load<i32>(ops) == Rel.EQUIV && !this.hasModulus()) store<i32>(ops, Rel.EQ);
    return seal(made);
  }

  hasModulus(): bool {
    for (let i = 0; i < this.tokens.count; i++) if (this.at(i).kind == Tok.MOD) return true;
    return false;
  }

  remarks(x: Node): Node {
    while (!this.broken) {
      switch (this.kind) {
        case Tok.WORD:
          if (isClause(this.token)) {
            this.clause();
            return x;
          }
          x = this.noted(x);
          break;
        case Tok.MOD:
          this.pos++;
          x = binary(Kind.MOD, x, this.power());
          break;
        case Tok.LPAR:
          if (this.peek(1) == Tok.MOD && this.closing(this.pos) >= 0) {
            this.pos += 2;
            x = binary(Kind.MOD, x, this.sum());
            this.expect(Tok.RPAR);
          } else this.skipCondition();
          break;
        default:
          return x;
      }
    }
    return this.none();
  }

  /** x with the words behind it. */
  noted(x: Node): Node {
    const note = unary(Kind.NOTED, x);
    note.from = this.token.start;
    this.words();
    note.to = this.at(this.pos - 1).end;
    return note;
  }

  /** (k ∈ Z), (units), (x ≠ 1) */
  skipCondition(): void {
    const close = this.closing(this.pos);
    if (close < 0) this.broken = true;
    for (let i = this.pos; i < close; i++) if (this.at(i).kind == Tok.BAD) this.broken = true;
    if (!this.broken) this.pos = close + 1;
  }

  /** Unit words with their powers and quotients: cm^2, km/h, square metres. */
  words(): void {
    while (this.kind != Tok.END && !this.broken) {
      const t = this.token;
      const k = t.kind;
      const next = this.peek(1);
      if (k == Tok.WORD) {
        if (isClause(t)) return;
        this.pos++;
      } else if (k == Tok.SLASH && (next == Tok.WORD || next == Tok.SYM)) this.pos += 2;
      else if (k == Tok.CARET) {
        this.pos++;
        this.unitPower();
      } else if (k == Tok.SYM && t.inText) this.pos++;
      else if ((k == Tok.TIMES || k == Tok.MINUS) && next == Tok.WORD) this.pos += 2;
      else if (k == Tok.BANG || k == Tok.PRIME) this.pos++;
      else if (k == Tok.LBRACE && next == Tok.RBRACE) this.pos += 2;
      else if (k == Tok.SYM && this.at(this.pos - 1).kind == Tok.WORD && t.spaced) this.pos++;
      else if (k == Tok.REL && t.aux == Rel.IN) this.pos++;
      else return;
    }
  }

  unitPower(): void {
    if (this.kind == Tok.LBRACE) {
      const close = this.closing(this.pos);
      if (close < 0) this.broken = true;
      else this.pos = close + 1;
    } else if (this.kind == Tok.NUM) this.pos++;
    else if (this.kind == Tok.MINUS && this.peek(1) == Tok.NUM) this.pos += 2;
    else this.broken = true;
  }
}

function isLead(t: Token): bool {
  return t.kind == Tok.WORD && LEAD_WORDS.has(t.start, t.length, true);
}

function isClause(t: Token): bool {
  return t.kind == Tok.WORD && CLAUSE_WORDS.has(t.start, t.length, true);
}

const parser = new Parser();

/** Parses the bytes [p, e) under one reading of commas (Commas.*); `symbols` are the composed names of the pair. */
export function parseAnswer(p: usize, e: usize, commas: i32, symbols: Symbols): Answer {
  const tokens = tokenize(p, e, commas);
  parser.start(tokens, symbols);
  const x = changetype<Answer>(alloc(offsetof<Answer>()));
  x.tree = failed ? nil<Node>() : parser.answer();
  x.start = p;
  x.end = e;
  x.currency = parser.currency;
  x.grouped = tokens.grouped;
  x.zeroGroup = tokens.zeroGroup;
  return x;
}
