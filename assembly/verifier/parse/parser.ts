// Recursive-descent parser of answers, from the lexer's tokens to the tree of tree.ts. Depth is capped; a span that does not fit the grammar
// gives no tree at all.
import { alloc, failed } from '../arena';
import { nil, setElement } from '../memory';
import { Char } from '../read/characters';
import { Names } from '../read/names';
import { Answer, QUANTIFIERS } from './answer';
import { Scope } from './cursor';
import { isSeparator, separatorOf } from './environments';
import { Expressions } from './expressions';
import { tokenize } from './lexer';
import { Rel, Sign, Tok } from './symbols';
import { isClosingToken, isOpeningToken, Symbols, Token } from './tokens';
import { binary, Kind, leaf, Node, relate, seal, unary } from './tree';

/** Words that may stand before the answer itself. */
const LEAD_WORDS = new Names(64).add(
  'the/answer/is/are/final/solution/solutions/value/values/thus/hence/so/therefore/either/exactly/we/get/equals/result/it/roots/correct/approximately/about/by/only/just/simply/precisely',
);
/** Words that start a remark about the answer, which runs to its end. */
const CLAUSE_WORDS = new Names(64).add(
  'for/where/with/such/since/because/provided/given/as/whenever/assuming/respectively/only/which/obtained/achieved/attained/when/if',
);

/** Words that say more about a number than a unit does: behind one, the span is no number with a unit. */
const CHANGING_WORDS = new Names(256).add(
  'is/are/was/were/be/not/no/nor/isn/aren/doesn/wrong/impossible/incorrect/false/invalid/squared/cubed/doubled/tripled/half/halves/third/thirds/quarter/quarters/fourth/fourths/fifth/fifths/sixth/sixths/seventh/sevenths/eighth/eighths/ninth/ninths/tenth/tenths/hundredth/hundredths/thousandth/thousandths/less/more/fewer/greater/smaller/most/least/than/below/above/under/over/point/if/when/unless/except/until/mod/modulo/remainder/times/plus/minus/divided/multiplied/subtracted/added/to/between/negative/lakh/crore/one/two/three/four/five/six/seven/eight/nine/ten/eleven/twelve/twenty/thirty/forty/fifty/sixty/seventy/eighty/ninety/otherwise/else/but/maybe/perhaps/possibly/alternatively/either/neither/cannot/could/might/instead/before/after/off/factorial/choose/permille/twice/raised/reduced/increased/decreased/away/short',
);

/** Most tokens of a label. */
const LABEL_TOKENS: i32 = 8;
/** Words that may stand in remarks beside those that name the domain of a variable (0), and those (1). */
const DOMAIN_WORDS = new Names(64).add(
  'is/are/an/a/the/be/some/each/denotes/represents/respectively/and/or,integer/integers/real/reals/natural/rational/complex/constant/constants/arbitrary/number/numbers/parameter/any/all/every',
);

class Parser extends Expressions {
  /** An arrow of implication was met: what stood before it is derivation. */
  restart: bool = false;
  /** the first token of a remark, or -1 */
  remarkFrom: i32 = -1;
  /** a remark starts with "if" */
  isConditional: bool = false;

  answer(): Node {
    this.restart = false;
    this.isConditional = false;
    this.remarkFrom = -1;
    while (isLead(this.token) || this.namesOption() || this.isLeadSign() || (this.pos > 0 && this.kind == Tok.COLON)) this.pos++;
    this.skipQuantifiers();
    if (this.kind == Tok.END) this.pos = 0;
    if (this.kind == Tok.END) return nil<Node>();
    const inWords = (this.kind == Tok.WORD && !isClause(this.token) && this.labelEnd() == 0) || this.isArticle();
    const x = inWords ? this.textUntilEnd() : this.list();
    return this.broken || failed || this.kind != Tok.END ? nil<Node>() : x;
  }

  get atClause(): bool {
    return isClause(this.token);
  }

  /** Passes over "all", "any real" before a name. */
  skipQuantifiers(): void {
    let i = this.pos;
    while (this.at(i).says(QUANTIFIERS)) i++;
    if (i > this.pos && this.at(i).kind == Tok.SYM && this.at(i + 1).kind == Tok.REL) this.pos = i;
  }

  /** "option" before a letter; option 17 is no 17, and root 17 neither. */
  namesOption(): bool {
    return this.token.says('option/choice/root') && this.peek(1) != Tok.NUM;
  }

  /** "= 5", "≈ 5", "⇒ x = 5" */
  isLeadSign(): bool {
    const t = this.token;
    return t.kind == Tok.REL && (t.aux == Rel.EQ || t.aux == Rel.APPROX || t.aux == Rel.IMPLIES);
  }

  /** Whether the article "a" stands here: the letter, and a word behind it; or another name before "is": f is even. */
  isArticle(): bool {
    const t = this.token;
    const next = this.at(this.pos + 1);
    const isName = t.kind == Tok.SYM && ((t.aux | 32) == Char.a || next.says('is'));
    return isName && next.kind == Tok.WORD && next.spaced && !isClause(next);
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
      } else if (depth == 0 && (this.endsCell() || (this.atSeparator() && !toEnd))) return;
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

  /** Notes a remark ("for all real x", "where k is an integer"); one that holds an equation makes the span unparsable. */
  clause(): void {
    const first = this.token;
    const start = this.pos;
    this.skipRemark(true);
    const end = first.says('for') ? this.endOfQuantifier(start, this.pos) : this.pos;
    this.pos = end;
    // "if n is even" and "where n is even" say the same
    this.noteRemark(start + 1, end);
    if (first.says('if')) this.isConditional = true;
    if (first.says('where')) return;
    for (let i = start; i < end; i++) if (this.at(i).kind == Tok.REL && this.at(i).aux == Rel.EQ) this.broken = true;
  }

  /** Where the quantifier that starts at `from` ends: before a separator with an equation of its own behind it, or at `to`. */
  endOfQuantifier(from: i32, to: i32): i32 {
    const next = this.at(from + 1);
    if (!next.says('all/any/every/each')) return to;
    for (let i = from; i < to; i++) {
      if (!isSeparator(this.at(i).kind)) continue;
      let j = i;
      while (j < to && isSeparator(this.at(j).kind)) j++;
      // f(x) = …, y = …
      for (let k = j; k < to && !isSeparator(this.at(k).kind) && this.at(k).kind != Tok.WORD; k++)
        if (this.at(k).kind == Tok.REL && this.at(k).aux == Rel.EQ) return i;
    }
    return to;
  }

  /** Notes that the tokens [from, to) are a remark. */
  noteRemark(from: i32, to: i32): void {
    if (this.remarkFrom < 0) this.remarkFrom = from;
    for (; from < to; from++) this.at(from).noteRemark();
  }

  /** Whether the remarks only name the domain of a variable: no equation, and no word but of domains. */
  get isHarmless(): bool {
    if (this.remarkFrom < 0) return true;
    let naming = false;
    let said = false;
    for (let i = this.remarkFrom; i < this.tokens.count; i++) {
      const t = this.at(i);
      if (!t.inRemark) continue;
      if (t.kind == Tok.REL && t.aux == Rel.EQ) return false;
      if (t.kind == Tok.SPACESET || t.kind == Tok.REL) naming = true;
      said = true;
      if (t.kind != Tok.WORD || isClause(t)) continue;
      const found = DOMAIN_WORDS.find(t.start, t.length, true);
      if (found < 0) return false;
      if (found > 0) naming = true;
    }
    // "only", "respectively"
    return naming || !said;
  }

  item(): Node {
    if (!this.enter()) return this.none();
    const link = this.kind == Tok.WORD || this.kind == Tok.SYM ? this.labelEnd() : 0;
    if (this.kind == Tok.WORD && link == 0) {
      const t = this.text();
      this.nesting--;
      return t;
    }
    let x = link > 0 ? this.labelled(link) : this.operand();
    if (this.kind == Tok.REL && !this.broken) x = this.chain(x);
    if (!this.broken) x = this.remarks(x);
    this.nesting--;
    return this.broken ? this.none() : x;
  }

  /** The place of the sign that links a label in words to its value ("total cost = 5", "Alice: 5"), or 0. */
  labelEnd(): i32 {
    let words = 0;
    for (let i = this.pos; i < this.pos + LABEL_TOKENS; i++) {
      const t = this.at(i);
      const next = this.at(i + 1).kind;
      const isLink = t.kind == Tok.COLON || (t.kind == Tok.REL && t.aux == Rel.EQ) || t.says('is');
      if (isLink && words > 0) return next == Tok.END || next == Tok.WORD ? 0 : i;
      if (t.kind == Tok.WORD) {
        if (isClause(t) || changes(t)) return 0;
        words++;
      } else if (t.kind != Tok.SYM || !(i == this.pos || t.spaced) || words + this.pos < i) return 0;
    }
    return 0;
  }

  /** The label that ends before the token at `link`, set equal to the value behind it. */
  labelled(link: i32): Node {
    const label = leaf(Kind.TEXT);
    label.from = this.token.start;
    label.to = this.at(link - 1).end;
    this.pos = link;
    if (this.kind == Tok.REL) return this.chain(label);
    this.pos++;
    const value = this.operand();
    return this.broken ? value : relate(label, Rel.EQ, value);
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
        case Tok.SYM:
        case Tok.WORD:
          if (isClause(this.token)) {
            this.clause();
            return x;
          }
          if (this.kind == Tok.SYM) return x;
          x = this.noted(x);
          break;
        case Tok.NUM:
          // 1 hour 30 minutes
          if (x.kind != Kind.NOTED && x.kind != Kind.ADD) return x;
          return this.measures(x);
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

  /** A measure in parts, the first of which is x: 5 feet 6 inches. */
  measures(x: Node): Node {
    const from = this.top;
    this.push(x);
    while (this.kind == Tok.NUM && !this.broken) {
      const part = this.power();
      if (this.kind != Tok.WORD || isClause(this.token)) return this.none();
      this.push(this.noted(part));
    }
    return this.collapse(Kind.ADD, from);
  }

  /** x with the words behind it. */
  noted(x: Node): Node {
    if (this.saysIsAnswer()) {
      this.pos = this.tokens.count - 1;
      return x;
    }
    const note = unary(Kind.NOTED, x);
    note.from = this.token.start;
    this.words();
    note.to = this.at(this.pos - 1).end;
    return note;
  }

  /** Whether "is the answer", "is the only solution" follows up to the end. */
  saysIsAnswer(): bool {
    if (!this.token.says('is') || this.pos + 5 < this.tokens.count) return false;
    for (let i = this.pos + 1; i < this.tokens.count - 2; i++) if (!this.at(i).says('the/only/correct')) return false;
    const last = this.at(this.tokens.count - 2);
    return last.says('answer/correct/solution');
  }

  /** (k ∈ Z), (units), (x ≠ 1) */
  skipCondition(): void {
    const close = this.closing(this.pos);
    if (close < 0) this.broken = true;
    for (let i = this.pos; i < close; i++) if (this.at(i).kind == Tok.BAD || changes(this.at(i))) this.broken = true;
    if (this.broken) return;
    for (let i = this.pos; i < close; i++)
      if (this.at(i).kind == Tok.REL && this.at(i).aux != Rel.IN && this.at(i).aux != Rel.NE)
        this.noteRemark(this.pos, close + 1);
    this.pos = close + 1;
  }

  /** Unit words with their powers and quotients: cm^2, km/h, square metres. */
  words(): void {
    while (this.kind != Tok.END && !this.broken) {
      const t = this.token;
      const k = t.kind;
      const next = this.peek(1);
      if (k == Tok.WORD) {
        if (isClause(t)) return;
        if (changes(t)) this.broken = true;
        this.pos++;
      } else if (k == Tok.CARET) {
        this.pos++;
        this.unitPower();
      } else if (
        (k == Tok.SYM && (t.inText || (t.spaced && this.at(this.pos - 1).kind == Tok.WORD))) ||
        k == Tok.BANG ||
        k == Tok.PRIME ||
        (k == Tok.REL && t.aux == Rel.IN)
      )
        this.pos++;
      else if (
        (k == Tok.SLASH && (next == Tok.WORD || next == Tok.SYM)) ||
        ((k == Tok.TIMES || k == Tok.MINUS) && (next == Tok.WORD || (next == Tok.SYM && this.at(this.pos + 1).inText))) ||
        (k == Tok.LBRACE && next == Tok.RBRACE)
      )
        this.pos += 2;
      else if (k == Tok.SLASH && next == Tok.LPAR && this.closing(this.pos + 1) > 0) this.pos = this.closing(this.pos + 1) + 1;
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

/** Whether the token is a word that changes the number before it. */
function changes(t: Token): bool {
  return t.kind == Tok.WORD && CHANGING_WORDS.has(t.start, t.length, true);
}

function isLead(t: Token): bool {
  return t.kind == Tok.WORD && LEAD_WORDS.has(t.start, t.length, true);
}

function isClause(t: Token): bool {
  return t.kind == Tok.WORD ? CLAUSE_WORDS.has(t.start, t.length, true) : t.kind == Tok.SYM && t.aux == Sign.FORALL;
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
  x.tokens = tokens;
  x.hasRemark = parser.remarkFrom >= 0;
  x.isConditional = parser.isConditional;
  x.isHarmless = parser.isHarmless;
  return x;
}
