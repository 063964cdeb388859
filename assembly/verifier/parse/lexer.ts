// Tokens of a mathematical answer: LaTeX, plain text and Unicode give the same tokens.
//
// Numbers are read here, with every usual spelling of thousands separators; words, commands and symbols become kinds. What the lexer does
// not know becomes Tok.BAD, which no grammar rule accepts: nothing is salvaged from a span that does not parse.
import { isNull, nil } from '../memory';
import { Char } from '../read/characters';
import { alloc, fail, failed, spend } from '../arena';
import { lookup, spells } from '../read/names';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import {
  byteAt,
  codePoint,
  groupEnd,
  isDigit,
  isLetter,
  isLower,
  isOneOf,
  isSpace,
  isWordAt,
  sequenceLength,
  skipDigits,
  skipLetters,
  skipSpace,
  spaceAt,
  startsWith,
} from '../read/text';

/** Kinds of token. */
export const enum Tok {
  END,
  BAD,
  NUM,
  SYM,
  FUNC,
  WORD,
  PLUS,
  MINUS,
  PLUSMINUS,
  MINUSPLUS,
  TIMES,
  SLASH,
  CARET,
  UNDER,
  LPAR,
  RPAR,
  LBRK,
  RBRK,
  LBRACE,
  RBRACE,
  LSET,
  RSET,
  BAR,
  LBAR,
  RBAR,
  NORM,
  LFLOOR,
  RFLOOR,
  LCEIL,
  RCEIL,
  COMMA,
  SEMI,
  COLON,
  REL,
  BANG,
  PRIME,
  PERCENT,
  DEGREE,
  FRAC,
  BINOM,
  SQRT,
  CUP,
  CAP,
  SETMINUS,
  AND,
  OR,
  DOTS,
  AMP,
  ROW,
  BEGIN,
  CLOSE,
  SUM,
  PROD,
  INTEGRAL,
  LIMIT,
  PI,
  INF,
  SPACESET,
  VULGAR,
  MOD,
  ACCENT,
  CURRENCY,
  LANGLE,
  RANGLE,
  HLINE,
}

/** Relations, in `aux` of Tok.REL. */
export const enum Rel {
  EQ,
  NE,
  LT,
  GT,
  LE,
  GE,
  APPROX,
  IN,
  NOTIN,
  EQUIV,
  TO,
  IMPLIES,
  SUBSET,
  SUBSETEQ,
  SIMILAR,
  PARALLEL,
  PERP,
  DIVIDES,
  PROPTO,
  MAPS,
}

/** Known sets, in `aux` of Tok.SPACESET. */
export const enum Space {
  R,
  Z,
  N,
  Q,
  C,
  EMPTY,
}

/** Functions with a name, in the order of FUNCTIONS. */
export const enum Func {
  SIN,
  COS,
  TAN,
  COT,
  SEC,
  CSC,
  ASIN,
  ACOS,
  ATAN,
  ACOT,
  SINH,
  COSH,
  TANH,
  LN,
  LOG,
  LG,
  EXP,
  CBRT,
  ABS,
  FLOOR,
  CEIL,
  GCD,
  LCM,
  MAX,
  MIN,
  SGN,
  RE,
  IM,
  ARG,
  DET,
  COTH,
  ARCSEC,
  DEG,
  DIM,
  KER,
}

const FUNCTIONS: string =
  'sin|cos|tan/tg|cot/ctg|sec|csc/cosec|arcsin/asin|arccos/acos|arctan/atan/arctg|arccot/acot/arcctg|sinh|cosh|tanh|ln|log|lg|exp|cbrt|abs|floor|ceil|gcd|lcm|max|min|sgn/sign|Re|Im|arg|det|coth|arcsec|deg|dim|ker';
const RELATIONS: string =
  'eq|neq/ne|lt|gt|le/leq/leqslant/leqq|ge/geq/geqslant/geqq|approx/simeq/thickapprox/doteq|in/isin|notin|equiv|to/rightarrow/longrightarrow|implies/Rightarrow/Longrightarrow/iff/Leftrightarrow/Longleftrightarrow/therefore|subset/subsetneq|subseteq|sim/cong|parallel|perp|divides|propto|mapsto';
const GREEK: string =
  'alpha|beta|gamma|delta|epsilon/varepsilon|zeta|eta|theta/vartheta|iota|kappa|lambda|mu|nu|xi|omicron|rho/varrho|sigma/varsigma|tau|upsilon|phi/varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Upsilon|Phi|Psi|Omega|ell|hbar|partial|nabla|angle/measuredangle|triangle|square/Box|odot|ast|star|aleph|bigcirc|clubsuit|spadesuit|heartsuit|diamondsuit|circledast|oplus|otimes|wp|infinitesimal|top|bot|forall|exists|neg/lnot|wedge/land|vee/lor|blacksquare|checkmark';
const IGNORED: string =
  'left|right|middle|big|bigl|bigr|bigm|Big|Bigl|Bigr|bigg|biggl|biggr|Bigg|Biggl|Biggr|displaystyle|textstyle|scriptstyle|scriptscriptstyle|limits|nolimits|quad|qquad|rm|bf|it|sf|boldsymbol|mathbf|mathcal|mathit|mathscr|mathfrak|boxed|fbox|tiny|small|large|Large|vec|overrightarrow|overleftrightarrow|hat|widehat|bm|pmb|thinspace|enspace|medspace|negthinspace|strut|mathstrut|nonumber|cdotp|relax|noindent|centering|mathord|mathrel|mathbin|mathop|enclose|smash|allowbreak|newline|par|bold|Bold|roman|overset';
const TEXTUAL: string =
  'text|textbf|textit|textrm|texttt|textsf|textnormal|textup|textsc|mbox|hbox|mathrm|operatorname|emph|mathsf|mathtt|mathnormal|tt';
const ACCENTS: string =
  'overline/bar/widebar|tilde/widetilde|dot|ddot|underline|overparen/overarc/wideparen/stackrel|check|breve';

/** Two- and three-letter runs that are words, not products of letters. */
const SHORT_WORDS: string =
  'is|no|of|if|the|all|for|are|odd|yes|any|one|two|six|ten|not|day|per|red|non|has|can|who|win|see|may|but|its|use|let|get|his|her|was|our|you|how|now|men|boy|car|cow|dog|cat|pen|box|bus|man|set|nor|None/No|Yes/YES|The|All|For|Any|Odd|One|Two|Six|Ten|Not|DNE|dne|day|mod|via|ask|big|new|old|out|off|own|way|top|bag|egg|pie|cup|jar|bad|hot|ice|sum|end|due|era|few|lot|low|met|mid|net|nil|pay|put|run|sat|sun|mon|tue|wed|thu|fri|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|Sat|Sun|Mon|Tue|Wed|Thu|Fri|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Ann|Ben|Bob|Dan|Joe|Jim|Kim|Lee|Max|Meg|Ron|Sam|Tim|Tom|Amy|Eve|Ian|Jan|Mia|Zoe';
/** Units of two and more letters that are units only right after a number. */
const UNIT_RUNS: string =
  'cm|mm|km|dm|nm|kg|mg|ft|in|yd|mi|lb|lbs|oz|ml|mL|dl|cl|kL|ha|min|hr|hrs|sec|ms|mph|kph|kmh|rad|Hz|kHz|MHz|kJ|kW|kV|Pa|kPa|mol|mA|GB|MB|KB|kB|TB|rpm|gal|pts|pt|km/h|sq|cu|AM|PM|am|pm|cc|cal|USD|EUR|GBP|RMB|CNY|yr|yrs|wk|wks|mins|secs|in|BC|AD|th|st|nd|rd|ppm|psi|bps|fps|dB|eV|keV|MeV|atm|ohm|bar';
const LEXED_WORDS: string =
  'infinity/infty/inf/oo/Infinity/Inf|pi/Pi|sqrt|percent/pct/percentage/per cent|degrees/degree|times|cup/union/Union|cap/intersection|root|frac|binom|pm';

/** Set when a comma was taken as a thousands separator although it could divide a list. */
export let sawThousandsComma: bool = false;
/** Set when such a group starts with a zero, so that it is no item of a list. */
export let sawZeroGroup: bool = false;
/** 0: a comma before three digits groups thousands outside brackets; 1: it always divides; 2: a comma between digits is the decimal point. */
export let commaMode: i32 = 0;

export function setCommaMode(mode: i32): void {
  commaMode = mode;
  sawThousandsComma = false;
  sawZeroGroup = false;
}

@unmanaged
export class Token {
  kind: i32;
  /** relation, function, symbol id, …, by kind */
  aux: i32;
  /** 1: white space before; 2: inside \text{} */
  flags: i32;
  /** Tok.NUM: digits after the decimal point, -1 for an integer */
  decimals: i32;
  start: usize;
  end: usize;
  /** Tok.NUM: its exact value */
  value: Rat;
}

/** Largest number of tokens of one side. */
const MAX_TOKENS: i32 = 6000;

/** Tokens of the last `tokenize`; the last one is Tok.END. */
export let tokens: usize = 0;
export let tokenCount: i32 = 0;

export function tokenAt(base: usize, i: i32): Token {
  return changetype<Token>(base + <usize>i * offsetof<Token>());
}

let space: i32 = 0;
let inText: i32 = 0;

function push(kind: i32, start: usize, end: usize, aux: i32 = 0): Token {
  if (tokenCount >= MAX_TOKENS) {
    fail();
    tokenCount = MAX_TOKENS - 1;
  }
  spend(4);
  const t = tokenAt(tokens, tokenCount++);
  t.kind = kind;
  t.aux = aux;
  t.flags = space | inText;
  t.decimals = -1;
  t.start = start;
  t.end = end;
  t.value = nil<Rat>();
  space = 0;
  return t;
}

function lastKind(): i32 {
  return tokenCount > 0 ? tokenAt(tokens, tokenCount - 1).kind : Tok.END;
}

/** Whether the token before can be the left factor of a unit or a product. */
function afterOperand(): bool {
  const k = lastKind();
  return (
    k == Tok.NUM ||
    k == Tok.RBRACE ||
    k == Tok.RPAR ||
    k == Tok.PI ||
    k == Tok.SYM ||
    k == Tok.VULGAR ||
    k == Tok.PERCENT ||
    k == Tok.RBRK
  );
}

// --- Symbols: one id per name. Letters are their character code, Greek and other signs follow, composed names are interned.

const GREEK_BASE: i32 = 128;
const NAME_BASE: i32 = 512;
const MAX_NAMES: i32 = 256;
let names: usize = 0;
let nameCount: i32 = 0;

@unmanaged
class Name {
  start: usize;
  len: i32;
  parent: i32;
}

export function resetNames(): void {
  names = alloc(<usize>MAX_NAMES * offsetof<Name>());
  nameCount = 0;
}

/** Id of the name `parent` with the suffix [p, p+len): primes, a word as index, a multi-letter name. */
export function nameId(parent: i32, p: usize, len: i32): i32 {
  for (let i = 0; i < nameCount; i++) {
    const n = changetype<Name>(names + <usize>i * offsetof<Name>());
    if (n.parent == parent && n.len == len && memory.compare(n.start, p, len) == 0) return NAME_BASE + i;
  }
  spend(nameCount * 2 + len);
  if (nameCount == MAX_NAMES) {
    fail();
    return NAME_BASE;
  }
  const n = changetype<Name>(names + <usize>nameCount * offsetof<Name>());
  n.start = p;
  n.len = len;
  n.parent = parent;
  return NAME_BASE + nameCount++;
}

export const SYM_E: i32 = 101;
export const SYM_I: i32 = 105;

/** Ids of signs that stand before a name and do not change its meaning as the subject of an assignment (angle, triangle). */
export function isMarkSymbol(id: i32): bool {
  return id == GREEK_BASE + 37 || id == GREEK_BASE + 38;
}

// --- Numbers

let digitBuffer: usize = 0;

/** Length of a thousands separator at p that is followed by exactly three digits, or 0. */
function separatorAt(p: usize, e: usize, depth: i32): i32 {
  let q = p;
  const c = byteAt(p);
  let comma = false;
  if (c == Char.COMMA) {
    comma = true;
    q++;
    if (startsWith(q, e, '\\!')) {
      q += 2;
      comma = false;
      while (q < e && isSpace(byteAt(q))) q++;
    }
  } else if (startsWith(p, e, '{,}')) {
    q += 3;
    if (startsWith(q, e, '\\!')) q += 2;
  } else if (startsWith(p, e, '\\,') || startsWith(p, e, '\\;') || startsWith(p, e, '\\:') || startsWith(p, e, '\\ ')) q += 2;
  else if (c == Char.TILDE || c == Char.APOSTROPHE) q++;
  else if (c == Char.SPACE) q++;
  else if (startsWith(p, e, '’')) q += 3;
  else {
    const n = spaceAt(p, e);
    if (n < 2) return 0;
    q += n;
  }
  if (q + 3 > e || !isDigit(byteAt(q)) || !isDigit(byteAt(q + 1)) || !isDigit(byteAt(q + 2))) return 0;
  if (q + 3 < e && isDigit(byteAt(q + 3))) return 0;
  if (comma) {
    if (depth > 0 || commaMode != 0) return 0;
    // no list has an item 001
    if (byteAt(q) == Char.ZERO) sawZeroGroup = true;
    sawThousandsComma = true;
  }
  return <i32>(q - p);
}

/** Whether digits at p go on in lakhs: 12,34,567. Gives the end of the number, or 0. */
function lakhEnd(p: usize, e: usize): usize {
  let groups = 0;
  while (p + 3 <= e && byteAt(p) == Char.COMMA && isDigit(byteAt(p + 1)) && isDigit(byteAt(p + 2))) {
    if (p + 3 < e && isDigit(byteAt(p + 3))) {
      if (groups == 0 || (p + 4 < e && isDigit(byteAt(p + 4)))) return 0;
      return p + 4;
    }
    groups++;
    p += 3;
  }
  return 0;
}

/** Reads the number at p (a digit, or a point before one) and pushes it. Gives the position after it. */
function number(p: usize, e: usize, depth: i32): usize {
  const start = p;
  let n = 0;
  let decimals = -1;
  const out = digitBuffer;
  let q = skipDigits(p, e);
  const lead = <i32>(q - p);
  memory.copy(out, p, lead);
  n = lead;
  if (lead > 0 && lead <= 3 && byteAt(p) != Char.ZERO) {
    const lakh = lead <= 2 && depth == 0 && commaMode == 0 ? lakhEnd(q, e) : 0;
    if (lakh > 0) {
      sawThousandsComma = true;
      for (; q < lakh; q++) if (isDigit(byteAt(q))) store<u8>(out + n++, <u8>byteAt(q));
    } else if (startsWith(q, e, '.') && q + 8 <= e && byteAt(q + 4) == Char.POINT && europeanGroups(q, e) > 1) {
      for (let g = europeanGroups(q, e); g > 0; g--) {
        memory.copy(out + n, q + 1, 3);
        n += 3;
        q += 4;
      }
      if (q + 1 < e && byteAt(q) == Char.COMMA && isDigit(byteAt(q + 1))) {
        const end = skipDigits(q + 1, e);
        decimals = <i32>(end - q - 1);
        memory.copy(out + n, q + 1, decimals);
        n += decimals;
        q = end;
      }
    } else {
      while (q < e) {
        const gap = separatorAt(q, e, depth);
        if (gap == 0) break;
        memory.copy(out + n, q + gap, 3);
        n += 3;
        q += gap + 3;
      }
    }
  }
  const mark = q < e ? byteAt(q) : 0;
  if (decimals < 0 && q < e) {
    let frac: usize = 0;
    if (mark == Char.POINT && !(q + 1 < e && byteAt(q + 1) == Char.POINT)) {
      // "3." is a decimal point only before a digit; otherwise a full stop.
      if (q + 1 < e && isDigit(byteAt(q + 1))) frac = q + 1;
    } else if (mark == Char.COMMA && commaMode == 2 && q + 1 < e && isDigit(byteAt(q + 1))) frac = q + 1;
    if (frac > 0) {
      const end = skipDigits(frac, e);
      decimals = <i32>(end - frac);
      memory.copy(out + n, frac, decimals);
      n += decimals;
      q = end;
    } else if (
      mark == Char.POINT &&
      (startsWith(q, e, '.\\overline{') ||
        startsWith(q, e, '.\\dot{') ||
        startsWith(q, e, '.\\bar{') ||
        startsWith(q, e, '.\\dot') ||
        startsWith(q, e, '.\\overline'))
    ) {
      decimals = 0;
      q++;
    }
  }
  let repeat = 0;
  const spaced = skipSpace(q, e);
  if (decimals > 0 && startsWith(spaced, e, '\\overline{')) q = spaced;
  let tail = q;
  if (decimals >= 0 && q < e && byteAt(q) == Char.BACKSLASH) {
    const name = startsWith(q, e, '\\overline') ? 9 : startsWith(q, e, '\\bar') ? 4 : startsWith(q, e, '\\dot') ? 4 : 0;
    if (name > 0) {
      tail = q + name;
      if (tail < e && byteAt(tail) == Char.OPEN_BRACE) {
        const end = skipDigits(tail + 1, e);
        if (end > tail + 1 && end < e && byteAt(end) == Char.CLOSE_BRACE) {
          repeat = <i32>(end - tail - 1);
          memory.copy(out + n, tail + 1, repeat);
          tail = end + 1;
        }
      } else if (tail < e && isDigit(byteAt(tail))) {
        store<u8>(out + n, <u8>byteAt(tail));
        repeat = 1;
        tail++;
      }
      if (repeat > 0) q = tail;
    }
  }
  let exponent = 0;
  if (q + 1 < e && repeat == 0 && (byteAt(q) | 32) == Char.e) {
    let x = q + 1;
    const minus = byteAt(x) == Char.MINUS;
    if (minus || byteAt(x) == Char.PLUS) x++;
    const end = skipDigits(x, e);
    if (end > x && end - x <= 5 && !(end < e && isLetter(byteAt(end)))) {
      for (; x < end; x++) exponent = exponent * 10 + (byteAt(x) - 48);
      if (minus) exponent = -exponent;
      q = end;
    }
  }
  const digits = n > 0 ? int.parseInt(out, n, 10) : int.zero();
  const ten = int.fromU64(10);
  let value: Rat;
  if (repeat > 0) {
    // d.aR = (dR - d)·10^-a/(10^r - 1) over the digits without the point
    const nines = int.sub(int.powInt(ten, repeat), int.one());
    const whole = int.add(int.mul(digits, nines), int.parseInt(out + n, repeat, 10));
    value = rat.ratio(whole, int.mul(nines, int.powInt(ten, decimals)));
    decimals = -1;
  } else if (decimals > 0) value = rat.ratio(digits, int.powInt(ten, decimals));
  else value = rat.ofInt(digits);
  if (exponent != 0 && !failed) {
    value = rat.mul(value, rat.pow(rat.ofInt(ten), exponent));
    decimals = decimals - exponent;
    if (decimals <= 0) decimals = -1;
  }
  const t = push(Tok.NUM, start, q);
  t.value = value;
  t.decimals = decimals;
  return q;
}

function europeanGroups(q: usize, e: usize): i32 {
  let groups = 0;
  while (q + 4 <= e && byteAt(q) == Char.POINT && skipDigits(q + 1, e) == q + 4) {
    groups++;
    q += 4;
  }
  return groups;
}

function small(value: i32, start: usize, end: usize): void {
  push(Tok.NUM, start, end).value = rat.ofI32(value);
}

// --- Runs of letters

function isAscending(p: usize, q: usize): bool {
  for (let r = p + 1; r < q; r++) if (byteAt(r) <= byteAt(r - 1)) return false;
  return true;
}

function hasLower(p: usize, q: usize): bool {
  for (; p < q; p++) if (isLower(byteAt(p))) return true;
  return false;
}

/** Words that join items, stand for signs, or are known names. Gives whether it pushed. */
function namedRun(p: usize, q: usize, e: usize): bool {
  const len = <i32>(q - p);
  if (spells(p, len, 'and')) push(Tok.AND, p, q);
  else if (spells(p, len, 'or')) push(Tok.OR, p, q);
  else if (spells(p, len, 'mod')) push(Tok.MOD, p, q);
  else if (spells(p, len, 'in') && (lastKind() == Tok.SYM || lastKind() == Tok.RPAR) && nextOpens(q, e))
    push(Tok.REL, p, q, Rel.IN);
  else {
    const known = lookup(LEXED_WORDS, p, len);
    if (known == 0) push(Tok.INF, p, q);
    else if (known == 1) push(Tok.PI, p, q);
    else if (known == 2) push(Tok.SQRT, p, q);
    else if (known == 3) push(Tok.PERCENT, p, q);
    else if (known == 4) push(Tok.DEGREE, p, q);
    else if (known == 5) push(Tok.TIMES, p, q);
    else if (
      known == 6 &&
      (lastKind() == Tok.RPAR || lastKind() == Tok.RBRK || lastKind() == Tok.RSET || lastKind() == Tok.RBRACE)
    )
      push(Tok.CUP, p, q);
    else if (
      known == 7 &&
      (lastKind() == Tok.RPAR || lastKind() == Tok.RBRK || lastKind() == Tok.RSET || lastKind() == Tok.RBRACE)
    )
      push(Tok.CAP, p, q);
    else if (known == 9 && q < e && byteAt(q) == Char.OPEN_BRACE) push(Tok.FRAC, p, q);
    else {
      const f = lookup(FUNCTIONS, p, len);
      if (f >= 0) push(Tok.FUNC, p, q, f);
      else {
        const g = len > 1 ? lookup(GREEK, p, len) : -1;
        if (g < 0 || g > 32) return false;
        push(Tok.SYM, p, q, GREEK_BASE + g);
      }
    }
  }
  return true;
}

/** Whether an opening bracket follows at p. */
function nextOpens(p: usize, e: usize): bool {
  p = skipSpace(p, e);
  if (p >= e) return false;
  const c = byteAt(p);
  return isOneOf(c, '([{') || startsWith(p, e, '\\{') || startsWith(p, e, '\\left') || startsWith(p, e, '\\mathbb');
}

function letters(p: usize, e: usize): usize {
  const q = skipLetters(p, e);
  const len = <i32>(q - p);
  if (len == 1) {
    const c = byteAt(p);
    if (((c | 32) == Char.a || (c | 32) == Char.p) && startsWith(q, e, '.m') && !(q + 2 < e && isLetter(byteAt(q + 2)))) {
      // a.m., p.m.
      const end = q + 2 < e && byteAt(q + 2) == Char.POINT ? q + 3 : q + 2;
      push(Tok.WORD, p, end);
      return end;
    }
    const before =
      lastKind() == Tok.LBRACE && tokenCount > 1
        ? tokenAt(tokens, tokenCount - 2)
        : tokenCount > 0
          ? tokenAt(tokens, tokenCount - 1)
          : nil<Token>();
    if (!isNull(before) && before.kind == Tok.REL && before.aux == Rel.IN) {
      // k ∈ Z, k ∈ \mathbf{Z}
      const set =
        c == Char.R
          ? Space.R
          : c == Char.Z
            ? Space.Z
            : c == Char.N
              ? Space.N
              : c == Char.Q
                ? Space.Q
                : c == Char.C
                  ? Space.C
                  : -1;
      if (set >= 0) {
        push(Tok.SPACESET, p, q, set);
        return q;
      }
    }
    if (
      c == Char.U &&
      (lastKind() == Tok.RPAR || lastKind() == Tok.RBRK || lastKind() == Tok.RSET || lastKind() == Tok.RBRACE) &&
      nextOpens(q, e)
    )
      push(Tok.CUP, p, q);
    else if (inText && isLower(c) && c != SYM_E && c != SYM_I && c != Char.d && afterOperand()) push(Tok.WORD, p, q);
    else push(Tok.SYM, p, q, c);
    return q;
  }
  if (spells(p, len, 'min') && afterOperand() && !nextOpens(q, e)) {
    push(Tok.WORD, p, q);
    return q;
  }
  if (namedRun(p, q, e)) return q;
  const unit = lookup(UNIT_RUNS, p, len) >= 0;
  if (unit && (afterOperand() || inText)) {
    push(Tok.WORD, p, q);
    return q;
  }
  if (lookup(SHORT_WORDS, p, len) >= 0) {
    push(Tok.WORD, p, q);
    return q;
  }
  if (inText) {
    if (!hasLower(p, q) && len <= 4) for (let r = p; r < q; r++) push(Tok.SYM, r, r + 1, byteAt(r));
    else push(Tok.WORD, p, q);
    return q;
  }
  // sinx, lnn: a function name with one letter behind it
  if (len >= 3 && len <= 7) {
    const f = lookup(FUNCTIONS, p, len - 1);
    if (f >= 0 && f <= Func.LG) {
      push(Tok.FUNC, p, q - 1, f);
      push(Tok.SYM, q - 1, q, byteAt(q - 1));
      return q;
    }
  }
  const word = len >= 4 && hasLower(p, q) && !isAscending(p, q);
  if (word) push(Tok.WORD, p, q);
  else for (let r = p; r < q; r++) push(Tok.SYM, r, r + 1, byteAt(r));
  return q;
}

// --- Unicode

/** Digit of a superscript (0..9), 10 for minus, 11 for n, 12 for plus, 13 i, 14 x, -1 otherwise. */
function superscript(c: i32): i32 {
  if (c == 0xb2) return 2;
  if (c == 0xb3) return 3;
  if (c == 0xb9) return 1;
  if (c == 0x2070 || (c >= 0x2074 && c <= 0x2079)) return c - 0x2070;
  if (c == 0x207b) return 10;
  if (c == 0x207f) return 11;
  if (c == 0x207a) return 12;
  if (c == 0x2071) return 13;
  if (c == 0x02e3) return 14;
  return -1;
}

function unicode(p: usize, e: usize): usize {
  const c = codePoint(p, e);
  let q = p + sequenceLength(byteAt(p));
  if (q > e) q = e;
  const sup = superscript(c);
  if (sup >= 0) {
    push(Tok.CARET, p, p);
    push(Tok.LBRACE, p, p);
    let at = p;
    let value = -1;
    while (at < e) {
      const v = superscript(codePoint(at, e));
      if (v < 0) break;
      if (v < 10) value = value < 0 ? v : min(value, 10000000) * 10 + v;
      else {
        if (value >= 0) small(value, p, at);
        value = -1;
        if (v == 10) push(Tok.MINUS, at, at);
        else if (v == 12) push(Tok.PLUS, at, at);
        else push(Tok.SYM, at, at, v == 11 ? 110 : v == 13 ? SYM_I : 120);
      }
      at += sequenceLength(byteAt(at));
    }
    if (value >= 0) small(value, p, at);
    push(Tok.RBRACE, at, at);
    return min(at, e);
  }
  if (c >= 0x2080 && c <= 0x2089) {
    let value = 0;
    let at = p;
    while (at < e) {
      const v = codePoint(at, e) - 0x2080;
      if (<u32>v > 9) break;
      value = min(value, 10000000) * 10 + v;
      at += 3;
    }
    push(Tok.UNDER, p, p);
    small(value, p, at);
    return at;
  }
  if (c >= 0x391 && c <= 0x3d5) {
    const lower = c >= 0x3b1;
    if (c == 0x3c0) push(Tok.PI, p, q);
    else if (c == 0x3d5) push(Tok.SYM, p, q, GREEK_BASE + 19);
    else if (c == 0x3d1) push(Tok.SYM, p, q, GREEK_BASE + 7);
    else if (c == 0x3a0) push(Tok.PROD, p, q);
    else if (c == 0x3a3) push(Tok.SYM, p, q, GREEK_BASE + 28);
    else if (lower && c <= 0x3c9) {
      // ς shares the place of σ; the table has no π
      let i = c - 0x3b1;
      if (i > 17) i--;
      if (i >= 16) i--;
      push(Tok.SYM, p, q, GREEK_BASE + (c < 0x3c0 ? c - 0x3b1 : i));
    } else {
      const u =
        c == 0x393
          ? 23
          : c == 0x394
            ? 24
            : c == 0x398
              ? 25
              : c == 0x39b
                ? 26
                : c == 0x39e
                  ? 27
                  : c == 0x3a5
                    ? 29
                    : c == 0x3a6
                      ? 30
                      : c == 0x3a8
                        ? 31
                        : c == 0x3a9
                          ? 32
                          : -1;
      if (u < 0) push(Tok.BAD, p, q);
      else push(Tok.SYM, p, q, GREEK_BASE + u);
    }
    return q;
  }
  let kind: i32 = Tok.BAD;
  let aux = 0;
  switch (c) {
    case 0xa0:
    case 0x200b:
    case 0xfeff:
    case 0x3000:
    case 0x202f:
    case 0x2060:
    case 0x2061:
      space = 1;
      return q;
    case 0xd7:
    case 0xb7:
    case 0x22c5:
    case 0x2219:
    case 0x2217:
    case 0x2062:
      kind = Tok.TIMES;
      break;
    case 0xf7:
    case 0x2215:
    case 0x2044:
      kind = Tok.SLASH;
      break;
    case 0x2212:
    case 0x2010:
    case 0x2011:
    case 0x2013:
    case 0x2014:
    case 0xff0d:
      kind = Tok.MINUS;
      break;
    case 0xff0b:
      kind = Tok.PLUS;
      break;
    case 0xb1:
      kind = Tok.PLUSMINUS;
      break;
    case 0x2213:
      kind = Tok.MINUSPLUS;
      break;
    case 0x2264:
    case 0x2a7d:
    case 0x2266:
      kind = Tok.REL;
      aux = Rel.LE;
      break;
    case 0x2265:
    case 0x2a7e:
    case 0x2267:
      kind = Tok.REL;
      aux = Rel.GE;
      break;
    case 0x2260:
      kind = Tok.REL;
      aux = Rel.NE;
      break;
    case 0x2248:
    case 0x2243:
    case 0x2245:
      kind = Tok.REL;
      aux = Rel.APPROX;
      break;
    case 0xff1d:
      kind = Tok.REL;
      aux = Rel.EQ;
      break;
    case 0xff1c:
      kind = Tok.REL;
      aux = Rel.LT;
      break;
    case 0xff1e:
      kind = Tok.REL;
      aux = Rel.GT;
      break;
    case 0x2261:
      kind = Tok.REL;
      aux = Rel.EQUIV;
      break;
    case 0x2208:
      kind = Tok.REL;
      aux = Rel.IN;
      break;
    case 0x2209:
      kind = Tok.REL;
      aux = Rel.NOTIN;
      break;
    case 0x2192:
      kind = Tok.REL;
      aux = Rel.TO;
      break;
    case 0x21d2:
    case 0x21d4:
    case 0x2234:
      kind = Tok.REL;
      aux = Rel.IMPLIES;
      break;
    case 0x2282:
      kind = Tok.REL;
      aux = Rel.SUBSET;
      break;
    case 0x2286:
      kind = Tok.REL;
      aux = Rel.SUBSETEQ;
      break;
    case 0x2223:
      kind = Tok.BAR;
      break;
    case 0x2225:
      kind = Tok.REL;
      aux = Rel.PARALLEL;
      break;
    case 0x22a5:
      kind = Tok.REL;
      aux = Rel.PERP;
      break;
    case 0x223c:
      kind = Tok.REL;
      aux = Rel.SIMILAR;
      break;
    case 0x221a:
      kind = Tok.SQRT;
      break;
    case 0x221b:
      kind = Tok.FUNC;
      aux = Func.CBRT;
      break;
    case 0x221e:
      kind = Tok.INF;
      break;
    case 0x222a:
    case 0x22c3:
      kind = Tok.CUP;
      break;
    case 0x2229:
    case 0x22c2:
      kind = Tok.CAP;
      break;
    case 0x2216:
      kind = Tok.SETMINUS;
      break;
    case 0x2205:
    case 0xd8:
    case 0xf8:
      kind = Tok.SPACESET;
      aux = Space.EMPTY;
      break;
    case 0x211d:
      kind = Tok.SPACESET;
      aux = Space.R;
      break;
    case 0x2124:
      kind = Tok.SPACESET;
      aux = Space.Z;
      break;
    case 0x2115:
      kind = Tok.SPACESET;
      aux = Space.N;
      break;
    case 0x211a:
      kind = Tok.SPACESET;
      aux = Space.Q;
      break;
    case 0x2102:
      kind = Tok.SPACESET;
      aux = Space.C;
      break;
    case 0xb0:
    case 0xba:
    case 0x2103:
    case 0x2109:
      kind = Tok.DEGREE;
      break;
    case 0x2032:
      kind = Tok.PRIME;
      break;
    case 0x2019:
      kind = Tok.PRIME;
      break;
    case 0x2026:
    case 0x22ef:
      kind = Tok.DOTS;
      break;
    case 0x2211:
      kind = Tok.SUM;
      break;
    case 0x220f:
      kind = Tok.PROD;
      break;
    case 0x222b:
      kind = Tok.INTEGRAL;
      break;
    case 0x2220:
      kind = Tok.SYM;
      aux = GREEK_BASE + 37;
      break;
    case 0x25b3:
      kind = Tok.SYM;
      aux = GREEK_BASE + 38;
      break;
    case 0x230a:
      kind = Tok.LFLOOR;
      break;
    case 0x230b:
      kind = Tok.RFLOOR;
      break;
    case 0x2308:
      kind = Tok.LCEIL;
      break;
    case 0x2309:
      kind = Tok.RCEIL;
      break;
    case 0x27e8:
      kind = Tok.LANGLE;
      break;
    case 0x27e9:
      kind = Tok.RANGLE;
      break;
    case 0xa3:
    case 0x20ac:
    case 0xa5:
    case 0x20b9:
    case 0xa2:
      kind = Tok.CURRENCY;
      aux = c;
      break;
    case 0xff08:
      kind = Tok.LPAR;
      break;
    case 0xff09:
      kind = Tok.RPAR;
      break;
    case 0xff0c:
    case 0x3001:
      kind = Tok.COMMA;
      break;
    case 0xff1b:
      kind = Tok.SEMI;
      break;
    case 0xff1a:
    case 0x2236:
      kind = Tok.COLON;
      break;
    case 0xff05:
      kind = Tok.PERCENT;
      break;
    case 0x3002:
    case 0x201c:
    case 0x201d:
    case 0x2018:
      space = 1;
      return q;
    case 0xbd:
      kind = Tok.VULGAR;
      aux = 0x12;
      break;
    case 0xbc:
      kind = Tok.VULGAR;
      aux = 0x14;
      break;
    case 0xbe:
      kind = Tok.VULGAR;
      aux = 0x34;
      break;
    case 0x2153:
      kind = Tok.VULGAR;
      aux = 0x13;
      break;
    case 0x2154:
      kind = Tok.VULGAR;
      aux = 0x23;
      break;
    case 0x2155:
      kind = Tok.VULGAR;
      aux = 0x15;
      break;
    case 0x2156:
      kind = Tok.VULGAR;
      aux = 0x25;
      break;
    case 0x2157:
      kind = Tok.VULGAR;
      aux = 0x35;
      break;
    case 0x2158:
      kind = Tok.VULGAR;
      aux = 0x45;
      break;
    case 0x2159:
      kind = Tok.VULGAR;
      aux = 0x16;
      break;
    case 0x215a:
      kind = Tok.VULGAR;
      aux = 0x56;
      break;
    case 0x215b:
      kind = Tok.VULGAR;
      aux = 0x18;
      break;
    case 0x215c:
      kind = Tok.VULGAR;
      aux = 0x38;
      break;
    case 0x215d:
      kind = Tok.VULGAR;
      aux = 0x58;
      break;
    case 0x215e:
      kind = Tok.VULGAR;
      aux = 0x78;
      break;
    default:
      if (c >= 0x2000 && c <= 0x200a) {
        space = 1;
        return q;
      }
      // Letters of other scripts make words.
      if (c >= 0xc0 && c != 0xfffd && !(c >= 0x2000 && c < 0x2c00)) {
        while (q < e && byteAt(q) >= 0xc0 && codePoint(q, e) < 0x2000) q = min(e, q + sequenceLength(byteAt(q)));
        kind = Tok.WORD;
      }
  }
  push(kind, p, q, aux);
  return q;
}

// --- Commands

/** Position of the closing brace of the text group being read, or 0. */
let textEnd: usize = 0;
let environments: i32 = 0;
let brackets: i32 = 0;

/** Marks a digit after \frac and its like as a number of its own: \frac12 is 1/2. */
function shortArgument(p: usize, e: usize): usize {
  p = skipSpace(p, e);
  if (p < e && isDigit(byteAt(p))) {
    small(byteAt(p) - 48, p, p + 1);
    return p + 1;
  }
  return p;
}

/** Where the second argument of \frac starts with a digit right after a group, so that \frac{a}2x takes the digit only; 0 else. */
let digitAt: usize = 0;

function fraction(kind: i32, start: usize, p: usize, e: usize): usize {
  push(kind, start, p);
  let q = shortArgument(p, e);
  if (q > skipSpace(p, e)) return shortArgument(q, e);
  q = skipSpace(p, e);
  if (q < e && byteAt(q) == Char.OPEN_BRACE) {
    const close = groupEnd(q, e);
    if (close > 0) {
      const second = skipSpace(close, e);
      if (second < e && isDigit(byteAt(second))) digitAt = second;
    }
  }
  return p;
}

function command(p: usize, e: usize): usize {
  // p is at the backslash
  const name = p + 1;
  if (name >= e) return e;
  const c = byteAt(name);
  let q = skipLetters(name, e);
  if (q == name) {
    q = name + 1;
    if (c == Char.BACKSLASH) {
      // "\\": a new row; before a command name outside an environment it is an escaped backslash
      if (environments == 0 && q < e && isKnownAfterDouble(q, e)) return q - 1;
      push(Tok.ROW, p, q);
      if (q < e && byteAt(q) == Char.OPEN_BRACKET && environments > 0) {
        // \\[2pt]
        let r = q;
        while (r < e && r < q + 12 && byteAt(r) != Char.CLOSE_BRACKET) r++;
        if (
          r < e &&
          byteAt(r) == Char.CLOSE_BRACKET &&
          (isDigit(byteAt(q + 1)) || byteAt(q + 1) == Char.POINT) &&
          isLetter(byteAt(r - 1))
        )
          q = r + 1;
      }
      return q;
    }
    if (c == Char.OPEN_BRACE) {
      brackets++;
      push(Tok.LSET, p, q);
    } else if (c == Char.CLOSE_BRACE) {
      brackets--;
      push(Tok.RSET, p, q);
    } else if (c == Char.PERCENT) push(Tok.PERCENT, p, q);
    else if (c == Char.DOLLAR) push(Tok.CURRENCY, p, q, 36);
    else if (c == Char.BAR) push(Tok.NORM, p, q);
    else if (c == Char.UNDERSCORE) push(Tok.UNDER, p, q);
    else if (c == Char.AMPERSAND) push(Tok.AND, p, q);
    else if (c == Char.HASH) push(Tok.BAD, p, q);
    else if (c >= 128) return name;
    else if (isOneOf(c, ',;:!>()[]/\'"`') || isSpace(c)) space = 1;
    else push(Tok.BAD, p, q);
    return q;
  }
  const len = <i32>(q - name);
  if (lookup(IGNORED, name, len) >= 0) {
    if (q < e && byteAt(q) == Char.POINT && (spells(name, len, 'left') || spells(name, len, 'right'))) q++;
    if (spells(name, len, 'quad') || spells(name, len, 'qquad')) space = 1;
    return q;
  }
  if (lookup(TEXTUAL, name, len) >= 0) {
    const open = skipSpace(q, e);
    if (open < e && byteAt(open) == Char.OPEN_BRACE) {
      const close = groupEnd(open, e);
      if (close > 0 && textEnd == 0) {
        const inner = <i32>(close - 1 - open - 1);
        // \operatorname{lcm}, \mathrm{e}
        textEnd = close - 1;
        inText = 2;
        if (inner == 0) space = 1;
        return open + 1;
      }
    }
    return q;
  }
  const rel = lookup(RELATIONS, name, len);
  if (rel >= 0) {
    push(Tok.REL, p, q, rel);
    return q;
  }
  const f = lookup(FUNCTIONS, name, len);
  if (f >= 0) {
    push(Tok.FUNC, p, q, f);
    return q;
  }
  const g = lookup(GREEK, name, len);
  if (g >= 0) {
    push(Tok.SYM, p, q, GREEK_BASE + g);
    return q;
  }
  const accent = lookup(ACCENTS, name, len);
  if (accent >= 0) {
    push(Tok.ACCENT, p, q, accent);
    return q;
  }
  switch (lookup(COMMANDS, name, len)) {
    case 0:
      return fraction(Tok.FRAC, p, q, e);
    case 1:
      return fraction(Tok.BINOM, p, q, e);
    case 2: {
      push(Tok.SQRT, p, q);
      return shortArgument(q, e);
    }
    case 3:
      push(Tok.PI, p, q);
      return q;
    case 4:
      push(Tok.INF, p, q);
      return q;
    case 5:
      push(Tok.TIMES, p, q);
      return q;
    case 6:
      push(Tok.SLASH, p, q);
      return q;
    case 7:
      push(Tok.PLUSMINUS, p, q);
      return q;
    case 8:
      push(Tok.MINUSPLUS, p, q);
      return q;
    case 9:
      push(Tok.CUP, p, q);
      return q;
    case 10:
      push(Tok.CAP, p, q);
      return q;
    case 11:
      push(Tok.SETMINUS, p, q);
      return q;
    case 12:
      push(Tok.SPACESET, p, q, Space.EMPTY);
      return q;
    case 13:
      push(Tok.DOTS, p, q);
      return q;
    case 14:
      push(Tok.DEGREE, p, q);
      return q;
    case 15:
      push(Tok.PRIME, p, q);
      return q;
    case 16:
      push(Tok.LBAR, p, q);
      return q;
    case 17:
      push(Tok.RBAR, p, q);
      return q;
    case 18:
      push(Tok.BAR, p, q);
      return q;
    case 19:
      push(Tok.LFLOOR, p, q);
      return q;
    case 20:
      push(Tok.RFLOOR, p, q);
      return q;
    case 21:
      push(Tok.LCEIL, p, q);
      return q;
    case 22:
      push(Tok.RCEIL, p, q);
      return q;
    case 23:
      push(Tok.LSET, p, q);
      return q;
    case 24:
      push(Tok.RSET, p, q);
      return q;
    case 25:
      push(Tok.SUM, p, q);
      return q;
    case 26:
      push(Tok.PROD, p, q);
      return q;
    case 27:
      push(Tok.INTEGRAL, p, q);
      return q;
    case 28:
      push(Tok.LIMIT, p, q);
      return q;
    case 29:
    case 30: {
      const begins = spells(name, len, 'begin');
      const open = skipSpace(q, e);
      if (open >= e || byteAt(open) != Char.OPEN_BRACE) {
        push(Tok.BAD, p, q);
        return q;
      }
      let end = open + 1;
      while (end < e && byteAt(end) != Char.CLOSE_BRACE && end < open + 20) end++;
      if (end >= e || byteAt(end) != Char.CLOSE_BRACE) {
        push(Tok.BAD, p, q);
        return q;
      }
      const env = lookup(ENVIRONMENTS, open + 1, <i32>(end - open - 1));
      if (begins) environments++;
      else if (environments > 0) environments--;
      push(env < 0 ? Tok.BAD : begins ? Tok.BEGIN : Tok.CLOSE, p, end + 1, env);
      q = end + 1;
      if (begins && env == 7) {
        // column format of an array
        const format = skipSpace(q, e);
        if (format < e && byteAt(format) == Char.OPEN_BRACE) {
          const close = groupEnd(format, e);
          if (close > 0) q = close;
        }
      }
      return q;
    }
    case 31: {
      // \mathbb{R}, \Bbb R, \mathbf handled above
      let at = skipSpace(q, e);
      const braced = at < e && byteAt(at) == Char.OPEN_BRACE;
      if (braced) at = skipSpace(at + 1, e);
      if (at >= e) return e;
      const set = byteAt(at);
      let kind =
        set == Char.R
          ? Space.R
          : set == Char.Z
            ? Space.Z
            : set == Char.N
              ? Space.N
              : set == Char.Q
                ? Space.Q
                : set == Char.C
                  ? Space.C
                  : -1;
      at++;
      if (braced) {
        at = skipSpace(at, e);
        if (at >= e || byteAt(at) != Char.CLOSE_BRACE) kind = -1;
        else at++;
      }
      if (kind < 0) {
        return q;
      }
      push(Tok.SPACESET, p, at, kind);
      return at;
    }
    case 32:
      push(Tok.MOD, p, q);
      return q;
    case 33: {
      // \pmod{n} reads "(mod n)"
      push(Tok.LPAR, p, p);
      push(Tok.MOD, p, q);
      const open = skipSpace(q, e);
      if (open < e && byteAt(open) == Char.OPEN_BRACE) {
        const close = groupEnd(open, e);
        if (close > 0) pmodEnd = close;
      } else pmodEnd = open + 1;
      return q;
    }
    case 34:
      push(Tok.LANGLE, p, q);
      return q;
    case 35:
      push(Tok.RANGLE, p, q);
      return q;
    case 36: {
      // \hspace{…}, \vspace{…}, \phantom{…}, \label{…}, \tag{…}, \color{…}
      const open = skipSpace(q, e);
      if (open < e && byteAt(open) == Char.OPEN_BRACE) {
        const close = groupEnd(open, e);
        if (close > 0) q = close;
      }
      space = 1;
      return q;
    }
    case 37:
      push(Tok.HLINE, p, q);
      return q;
    case 38:
      push(Tok.NORM, p, q);
      return q;
    case 39: {
      // \not
      const next = skipSpace(q, e);
      if (next < e && byteAt(next) == Char.EQUALS) {
        push(Tok.REL, p, next + 1, Rel.NE);
        return next + 1;
      }
      if (startsWith(next, e, '\\in')) {
        push(Tok.REL, p, next + 3, Rel.NOTIN);
        return next + 3;
      }
      push(Tok.BAD, p, q);
      return q;
    }
    case 40:
      push(Tok.SYM, p, q, SYM_I);
      return q;
    case 41:
      push(Tok.LBRK, p, q);
      return q;
    case 42:
      push(Tok.RBRK, p, q);
      return q;
    case 43:
      push(Tok.CURRENCY, p, q, 36);
      return q;
    case 44:
      push(Tok.CURRENCY, p, q, 0xa3);
      return q;
    case 45:
      push(Tok.LPAR, p, q);
      return q;
    case 46:
      push(Tok.RPAR, p, q);
      return q;
    case 47:
      push(Tok.BINOM, p, q, 1);
      return q;
    case 48:
      push(Tok.SPACESET, p, q, Space.R);
      return q;
    case 49:
      push(Tok.SPACESET, p, q, Space.Z);
      return q;
    case 50:
      push(Tok.SPACESET, p, q, Space.N);
      return q;
    case 51:
      push(Tok.COLON, p, q);
      return q;
  }
  push(Tok.BAD, p, q);
  return q;
}

let pmodEnd: usize = 0;

const COMMANDS: string =
  'frac/dfrac/tfrac/cfrac|binom/dbinom/tbinom|sqrt|pi/Pi|infty|times/cdot/bullet/centerdot|div|pm|mp|cup/bigcup|cap/bigcap|setminus/smallsetminus/backslash|emptyset/varnothing/O|ldots/dots/cdots/dotsc/dotsb/vdots/ddots|circ/degree/deg|prime|lvert|rvert|vert/mid|lfloor|rfloor|lceil|rceil|lbrace|rbrace|sum|prod|int|lim|begin|end|mathbb/Bbb|mod/bmod|pmod|langle|rangle|hspace/vspace/phantom/hphantom/vphantom/label/tag/color/mspace/ref|hline|Vert/lVert/rVert|not|imath|lbrack|rbrack|dollar|pounds|lparen|rparen|choose|R/Reals/reals|Z/integers|N/naturals|colon';
const ENVIRONMENTS: string =
  'pmatrix|bmatrix|Bmatrix|vmatrix|Vmatrix|matrix|smallmatrix|array|cases|aligned|align|align*|gathered|gather|gather*|split|equation|equation*|rcases|alignat|dcases';

/** Whether a name known to the lexer stands at p: "\\frac" in doubly escaped text. */
function isKnownAfterDouble(p: usize, e: usize): bool {
  const q = skipLetters(p, e);
  const len = <i32>(q - p);
  if (len == 0) return p < e && (byteAt(p) == Char.OPEN_BRACE || isOneOf(byteAt(p), '}%$'));
  if (len == 1) return false;
  return (
    lookup(COMMANDS, p, len) >= 0 ||
    lookup(IGNORED, p, len) >= 0 ||
    lookup(TEXTUAL, p, len) >= 0 ||
    lookup(RELATIONS, p, len) >= 0 ||
    lookup(FUNCTIONS, p, len) >= 0 ||
    lookup(GREEK, p, len) >= 0
  );
}

/** Whether the dollar at p is the only one in [s, e). */
function onlyDollar(p: usize, s: usize, e: usize): bool {
  for (let q = s; q < e; q++) if (byteAt(q) == Char.DOLLAR && q != p) return false;
  return true;
}

/** Tokens of the bytes [p, e), into `tokens` and `tokenCount`. */
export function tokenize(p: usize, e: usize): void {
  const size = <i32>(e - p);
  const room = min(MAX_TOKENS, size * 3 + 8);
  tokens = alloc(<usize>(room + 8) * offsetof<Token>());
  digitBuffer = alloc(<usize>size + 16);
  tokenCount = 0;
  space = 0;
  inText = 0;
  textEnd = 0;
  environments = 0;
  brackets = 0;
  digitAt = 0;
  pmodEnd = 0;
  const textStart = p;
  while (p < e && !failed) {
    if (textEnd > 0 && p >= textEnd) {
      // the brace that closes \text{…}
      textEnd = 0;
      inText = 0;
      p++;
      space = 1;
      continue;
    }
    if (pmodEnd > 0 && p >= pmodEnd) {
      pmodEnd = 0;
      push(Tok.RPAR, p, p);
    }
    const c = byteAt(p);
    if (isSpace(c)) {
      space = 1;
      p++;
      continue;
    }
    spend(2);
    if (isDigit(c)) {
      if (p == digitAt) {
        small(c - 48, p, p + 1);
        p++;
      } else p = number(p, e, brackets);
      continue;
    }
    if (isLetter(c)) {
      p = letters(p, e);
      continue;
    }
    if (c >= 128) {
      p = unicode(p, e);
      continue;
    }
    const next = p + 1 < e ? byteAt(p + 1) : 0;
    const start = p++;
    switch (c) {
      case 92:
        p = command(start, e);
        break;
      case 36: // $: a delimiter of mathematics, or the only one, before a number
        if (isDigit(next) && onlyDollar(start, textStart, e)) push(Tok.CURRENCY, start, p, 36);
        space = 1;
        break;
      case 34:
      case 96:
        space = 1;
        break;
      case 33:
        if (next == Char.EQUALS) {
          push(Tok.REL, start, ++p, Rel.NE);
        } else push(Tok.BANG, start, p);
        break;
      case 37:
        push(Tok.PERCENT, start, p);
        break;
      case 38:
        push(Tok.AMP, start, p);
        break;
      case 39:
        push(Tok.PRIME, start, p);
        break;
      case 40:
        brackets++;
        push(Tok.LPAR, start, p);
        break;
      case 41:
        brackets--;
        push(Tok.RPAR, start, p);
        break;
      case 42:
        if (next == Char.STAR) push(Tok.CARET, start, ++p);
        else push(Tok.TIMES, start, p);
        break;
      case 43:
        if (next == Char.MINUS) push(Tok.PLUSMINUS, start, ++p);
        else if (next == Char.SLASH && p + 1 < e && byteAt(p + 1) == Char.MINUS) {
          p += 2;
          push(Tok.PLUSMINUS, start, p);
        } else push(Tok.PLUS, start, p);
        break;
      case 44:
        push(Tok.COMMA, start, p);
        break;
      case 45:
        if (next == Char.GREATER) push(Tok.REL, start, ++p, Rel.TO);
        else push(Tok.MINUS, start, p);
        break;
      case 46:
        if (isDigit(next) && lastKind() != Tok.NUM) p = number(start, e, brackets);
        else if (next == Char.POINT) {
          while (p < e && byteAt(p) == Char.POINT) p++;
          push(Tok.DOTS, start, p);
        } else if (skipSpace(p, e) >= e) space = 1;
        else if (isSpace(next) || next == Char.DOLLAR || next == Char.BACKSLASH || inText) push(Tok.SEMI, start, p);
        else push(Tok.BAD, start, p);
        break;
      case 47:
        push(Tok.SLASH, start, p);
        break;
      case 58:
        if (next == Char.EQUALS) push(Tok.REL, start, ++p, Rel.EQ);
        else push(Tok.COLON, start, p);
        break;
      case 59:
        push(Tok.SEMI, start, p);
        break;
      case 60:
        if (next == Char.EQUALS) push(Tok.REL, start, ++p, Rel.LE);
        else if (next == Char.GREATER) push(Tok.REL, start, ++p, Rel.NE);
        else push(Tok.REL, start, p, Rel.LT);
        break;
      case 61:
        if (next == Char.LESS) push(Tok.REL, start, ++p, Rel.LE);
        else if (next == Char.GREATER) push(Tok.REL, start, ++p, Rel.IMPLIES);
        else {
          if (next == Char.EQUALS) p++;
          push(Tok.REL, start, p, Rel.EQ);
        }
        break;
      case 62:
        if (next == Char.EQUALS) push(Tok.REL, start, ++p, Rel.GE);
        else push(Tok.REL, start, p, Rel.GT);
        break;
      case 91:
        brackets++;
        push(Tok.LBRK, start, p);
        break;
      case 93:
        brackets--;
        push(Tok.RBRK, start, p);
        break;
      case 94:
        push(Tok.CARET, start, p);
        break;
      case 95:
        push(Tok.UNDER, start, p);
        break;
      case 123:
        push(Tok.LBRACE, start, p);
        break;
      case 124:
        if (next == Char.BAR) push(Tok.NORM, start, ++p);
        else push(Tok.BAR, start, p);
        break;
      case 125:
        push(Tok.RBRACE, start, p);
        break;
      case 126:
        space = 1;
        break;
      default:
        push(Tok.BAD, start, p);
    }
  }
  if (pmodEnd > 0) push(Tok.RPAR, e, e);
  inText = 0;
  push(Tok.END, e, e);
}

/** True when the token holds a word that spells `word` in lower case. */
export function isWord(t: Token, word: string): bool {
  return t.kind == Tok.WORD && isWordAt(t.start, t.end, word) && <i32>(t.end - t.start) == word.length;
}
