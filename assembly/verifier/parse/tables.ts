// Everything that is written with a name or a sign: LaTeX commands, words of plain text, characters outside ASCII. One row each.
import { Char } from '../read/characters';
import { characterOf, CodePoints, Names } from '../read/names';
import { byteAt, bytesOf, REPLACEMENT, sequenceLength } from '../read/text';
import { Accent, among, Func, Rel, Sign, Space, SYM_I, Tok } from './symbols';

/** What the lexer does where it meets a name or sign. An entry holds this, a kind of token, and a number for the token. */
export const enum Does {
  TOKEN,
  /** Layout: sizes, styles, boxes. */
  LAYOUT,
  /** \left, \right: a point behind is no bracket. */
  DELIMITER,
  /** White space. */
  SPACE,
  /** Fonts: their group is mathematics, and its letters are no words. */
  FONT,
  /** A group of text. */
  TEXT,
  BEGIN,
  END,
  /** \mathbb R */
  BLACKBOARD,
  /** \pmod{n} reads (mod n). */
  PMOD,
  NOT,
  /** A number and its unit as groups: \SI{5}{m}. */
  MEASURE,
  /** Two arguments, of which a digit alone is one: \frac12. */
  FRACTION,
  /** One argument, of which a digit alone is one: \sqrt2. */
  ROOT,
  /** Groups that show nothing, as many as the number says. */
  SKIP_GROUP,
  SUPERSCRIPT,
  SUBSCRIPT,
}

function entry(does: i32, kind: i32 = 0, aux: i32 = 0): i32 {
  return (does << 24) | (kind << 16) | aux;
}

function token(kind: i32, aux: i32 = 0): i32 {
  return entry(Does.TOKEN, kind, aux);
}

export function doesOf(entry: i32): i32 {
  return entry >> 24;
}

export function kindOf(entry: i32): i32 {
  return (entry >> 16) & 255;
}

export function auxOf(entry: i32): i32 {
  return entry & 0xffff;
}

/** Names of LaTeX commands. */
export const COMMANDS = new Names(1024);
/** Functions in plain text. */
export const FUNCTIONS = new Names(128);
/** Greek letters in plain text. */
export const GREEK = new Names(128);
/** Characters that are signs by themselves. */
export const CHARACTERS = new CodePoints();
/** Characters behind a backslash. */
export const ESCAPED = new CodePoints();
/** Signs of two and three characters. */
export const OPERATORS = new Names(64);

/** Names of commands that stand for layout, fonts or text: they are no part of what is said. */
export function isMarkup(p: usize, len: i32): bool {
  return among(doesOf(COMMANDS.find(p, len)), Does.LAYOUT, Does.TEXT);
}

/** Whether the letters of the command's group are no words of a sentence: text, fonts, names of environments. */
export function hasTextGroup(p: usize, len: i32): bool {
  return among(doesOf(COMMANDS.find(p, len)), Does.FONT, Does.END);
}

// --- Entries in a row, in the order of their enums: what commands do, kinds of token, relations, functions, letters and signs that are names, accents

/** From the entry of one kind of token to that of the next, and from what one command does to what the next does. */
const NEXT_KIND: i32 = 1 << 16;
const NEXT_DOES: i32 = 1 << 24;

/**
 * Rows divided by commas: the names of one entry, divided by `/`, and its characters behind a space. The first one has the entry `found`, each
 * one after it `step` more. Names that are known in plain text too go into `plain`.
 */
function consecutive(found: i32, step: i32, rows: string, plain: Names | null = null): void {
  let from = bytesOf(rows);
  let inNames = true;
  for (let p = from; ; p += <usize>sequenceLength(byteAt(p))) {
    const c = byteAt(p);
    const ends = c == 0 || c == Char.COMMA;
    if (!inNames) {
      if (!ends) CHARACTERS.put(characterOf(p), found);
    } else if (ends || c == Char.SLASH || c == Char.SPACE) {
      COMMANDS.insert(from, p, found);
      if (plain) plain.insert(from, p, auxOf(found));
      inNames = c != Char.SPACE;
      from = p + 1;
    }
    if (c == 0) return;
    if (ends) {
      inNames = true;
      from = p + 1;
      found += step;
    }
  }
}

/** Rows of one kind of token with consecutive numbers from `aux` on. */
function numbered(kind: i32, aux: i32, rows: string, plain: Names | null = null): void {
  consecutive(token(kind, aux), 1, rows, plain);
}

// commands without meaning of their own, and those that read what follows them
consecutive(
  entry(Does.LAYOUT),
  NEXT_DOES,
  'middle/big/bigl/bigr/bigm/Big/Bigl/Bigr/bigg/biggl/biggr/Bigg/Biggl/Biggr/displaystyle/textstyle/scriptstyle/scriptscriptstyle/limits/nolimits/underline/underbrace/overbrace/ensuremath/framebox/tcbox/num/boldmath/boxed/fbox/tiny/small/large/Large/thinspace/mathstrut/mathop/newline/overset,left/right,quad/qquad/hfill "`~\u00a0\u200b\ufeff\u3000\u202f\u2060\u2061。“”‘又\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a,rm/bf/it/sf/boldsymbol/mathbf/mathcal/mathit/mathscr/mathfrak/bm,text/textbf/textit/textrm/texttt/textsf/textnormal/textup/textsc/mbox/hbox/mathrm/operatorname/emph/mathsf/mathtt/mathnormal/tt,begin,end,mathbb/Bbb,pmod,not,SI/qty',
);
consecutive(
  entry(Does.SKIP_GROUP),
  1,
  'bbox,hspace/vspace/phantom/hphantom/vphantom/label/tag/color/textcolor/colorbox/mspace/ref,fcolorbox',
);
consecutive(entry(Does.FRACTION, Tok.FRAC), NEXT_KIND, 'frac/dfrac/tfrac/cfrac/sfrac/nicefrac/flatfrac,binom/dbinom/tbinom');
consecutive(entry(Does.ROOT, Tok.SQRT), 0, 'sqrt');
COMMANDS.add('cancel/bcancel/xcancel/sout/st', token(Tok.BAD));
numbered(
  Tok.REL,
  Rel.EQ,
  'eq =＝,neq/ne ≠,lt <＜,gt >＞,le/leq/leqslant/leqq ≤⩽≦,ge/geq/geqslant/geqq ≥⩾≧,approx/simeq/thickapprox/doteq ≈≃≅,in/isin ∈,notin ∉,equiv ≡,to/rightarrow/longrightarrow →,implies/Rightarrow/Longrightarrow/iff/Leftrightarrow/Longleftrightarrow/therefore ⇒⟹⇔∴,subset/subsetneq ⊂,subseteq ⊆,sim ∼,cong,parallel ∥,perp ⊥,divides,propto,mapsto',
);
numbered(
  Tok.FUNC,
  Func.SIN,
  'sin,cos,tan/tg,cot/ctg,sec,csc/cosec,arcsin/asin,arccos/acos,arctan/atan/arctg,arccot/acot/arcctg,sinh,cosh,tanh,ln,log,lg,exp,cbrt ∛,abs,floor,ceil,gcd,lcm,max,min,sgn/sign,Re,Im,arg,det,coth,arcsec,deg,dim,ker,cis',
  FUNCTIONS,
);
FUNCTIONS.add('binom/nCr,nPr', Func.WAYS);
numbered(
  Tok.SYM,
  Sign.ALPHA,
  'alpha α,beta β,gamma γ,delta δ,epsilon/varepsilon ε,zeta ζ,eta η,theta/vartheta θϑ,iota ι,kappa κ,lambda λ,mu μµ,nu ν,xi ξ,omicron ο,rho/varrho ρ,sigma/varsigma σς,tau τ,upsilon υ,phi/varphi φϕ,chi χ,psi ψ,omega ω,Gamma Γ,Delta Δ,Theta Θ,Lambda Λ,Xi Ξ,Sigma Σ,Upsilon Υ,Phi Φ,Psi Ψ,Omega Ω',
  GREEK,
);
numbered(
  Tok.SYM,
  Sign.ELL,
  'ell,hbar,partial,nabla,angle/measuredangle ∠,triangle △,square/Box,odot,ast,star,aleph,bigcirc,clubsuit,spadesuit,heartsuit,diamondsuit,,oplus,otimes,wp,,top,bot,forall,exists,neg/lnot,wedge/land ∧,vee/lor ∨,blacksquare,checkmark',
);
COMMANDS.add('imath', token(Tok.SYM, SYM_I));
// accents that make another name
numbered(
  Tok.ACCENT,
  Accent.OVERLINE,
  'overline/bar/widebar,tilde/widetilde,dot,ddot,overparen/overarc/wideparen/stackrel,check,breve,overleftrightarrow,hat/widehat,vec/overrightarrow',
);
COMMANDS.add('dollar', token(Tok.CURRENCY, Char.DOLLAR)).add('pounds', token(Tok.CURRENCY, Currency.POUND));

// --- Operators, brackets and constants
consecutive(
  token(Tok.PLUS),
  NEXT_KIND,
  " +＋, -−‐‑–—－,pm ±,mp ∓,times/cdot/bullet/centerdot *×·⋅∙∗\u2062,cup/bigcup ∪⋃,cap/bigcap ∩⋂,setminus/smallsetminus/backslash ∖,ldots/dots/cdots/dotsc/dotsb/vdots/ddots …⋯,circ/degree/deg °º℃℉,prime '′’,infty/infinity ∞, !,,, √, ^, _,div /÷∕⁄, ，、, ;；, 和, 或,, &,,vert/mid |∣｜,lvert,colon :：∶,rvert,Vert/lVert/rVert,lfloor ⌊,rfloor ⌋,lceil ⌈,rceil ⌉,sum ∑,prod ∏Π,int ∫,lim,choose,mod/bmod,hline,langle ⟨,rangle ⟩,lbrace, {,lparen (（,lbrack [,rbrace, },rparen )）,rbrack ],pi π, %％",
);
// this one divides the rows
CHARACTERS.put(Char.COMMA, token(Tok.COMMA));
numbered(Tok.SPACESET, Space.R, 'R/Reals/reals ℝ,Z/integers ℤ,N/naturals ℕ, ℚ, ℂ,emptyset/varnothing/O ∅Øø');
currencies('£€¥₹¢');
ESCAPED.add('{', token(Tok.LSET))
  .add('}', token(Tok.RSET))
  .add('%', token(Tok.PERCENT))
  .add('$', token(Tok.CURRENCY, Char.DOLLAR))
  .add('|', token(Tok.NORM))
  .add('_', token(Tok.UNDER))
  .add('&', token(Tok.AND));
OPERATORS.add('==/:=,!=/<>,,,<=/=<,>=,,,,,->,=>', token(Tok.REL, Rel.EQ))
  .add('**', token(Tok.CARET))
  .add('+-', token(Tok.PLUSMINUS))
  .add('||', token(Tok.NORM))
  // this one holds the sign that divides spellings
  .insert(bytesOf('+/-'), bytesOf('+/-') + 3, token(Tok.PLUSMINUS));

/** Currency signs: their code points. */
export const enum Currency {
  NONE = 0,
  DOLLAR = 36,
  CENT = 0xa2,
  POUND = 0xa3,
  YEN = 0xa5,
  EURO = 0x20ac,
  RUPEE = 0x20b9,
}

// --- Digits that are written small, and fractions of one character
digits('⁰¹²³⁴⁵⁶⁷⁸⁹', Does.SUPERSCRIPT);
digits('₀₁₂₃₄₅₆₇₈₉', Does.SUBSCRIPT);
CHARACTERS.add('⁻', entry(Does.SUPERSCRIPT, Tok.MINUS))
  .add('⁺', entry(Does.SUPERSCRIPT, Tok.PLUS))
  .add('ⁿ', entry(Does.SUPERSCRIPT, Tok.SYM, Char.n))
  .add('ⁱ', entry(Does.SUPERSCRIPT, Tok.SYM, SYM_I))
  .add('ˣ', entry(Does.SUPERSCRIPT, Tok.SYM, Char.x));
vulgar('½12⅓13⅔23¼14¾34⅕15⅖25⅗35⅘45⅙16⅚56⅛18⅜38⅝58⅞78');

function digits(characters: string, does: i32): void {
  let digit = 0;
  for (let p = bytesOf(characters); byteAt(p) != 0; p += <usize>sequenceLength(byteAt(p)))
    CHARACTERS.put(characterOf(p), entry(does, Tok.NUM, digit++));
}

/** Signs of money, whose numbers are their code points. */
function currencies(signs: string): void {
  for (let p = bytesOf(signs); byteAt(p) != 0; p += <usize>sequenceLength(byteAt(p)))
    CHARACTERS.put(characterOf(p), token(Tok.CURRENCY, characterOf(p)));
}

/** Fractions of one character, each with its numerator and denominator behind it. */
function vulgar(rows: string): void {
  for (let p = bytesOf(rows); byteAt(p) != 0; p += 2) {
    const sign = characterOf(p);
    p += <usize>sequenceLength(byteAt(p));
    CHARACTERS.put(sign, token(Tok.VULGAR, ((byteAt(p) & 15) << 4) | (byteAt(p + 1) & 15)));
  }
}

/** Environments: what they are read as, in the order of Env. */
export const ENVIRONMENTS = new Names(64).add(
  'pmatrix/bmatrix/Bmatrix/matrix/smallmatrix,vmatrix/Vmatrix,array,cases/rcases/dcases,aligned/align/align*/gathered/gather/gather*/split/equation/equation*/alignat',
);

/** Names in plain text that are signs: kinds of token, in their order. */
export const PLAIN_NAMES = new Names(64).add(
  'times,cup/union/Union,cap/intersection,,,degrees/degree,,infinity/infty/inf/oo/Infinity/Inf,,frac,,sqrt,,,,,,and,or,,,,,,,,,,,,,,,,,,mod,,,,,,,,,,,,pi/Pi,percent/pct/percentage',
  Tok.TIMES,
);

/** Two- and three-letter runs that are words, not products of letters. */
export const SHORT_WORDS = new Names(512).add(
  'forty/first/most/almost/cost/city/below/begin/best/door/hint/is/no/of/if/the/all/for/are/odd/yes/any/one/two/six/ten/not/day/per/red/non/has/can/who/win/see/may/but/its/use/let/get/his/her/was/our/you/how/now/men/boy/car/cow/dog/cat/pen/box/bus/man/set/nor/None/YES/DNE/dne/via/ask/big/new/old/out/off/own/way/top/bag/egg/pie/cup/jar/bad/ray/arc/hot/ice/sum/end/due/era/few/lot/low/met/mid/net/nil/pay/put/run/sat/sun/mon/tue/wed/thu/fri/jan/feb/mar/apr/jun/jul/aug/sep/oct/nov/dec/Ann/Ben/Bob/Dan/Joe/Jim/Kim/Lee/Max/Meg/Ron/Sam/Tim/Tom/Amy/Eve/Ian/Mia/Zoe',
);

/** Words of two letters, where another word follows. */
export const PHRASE_WORDS = new Names(32).add('it/an/on/we/he/at/by/to/as');

/** Currencies before an amount. */
export const CURRENCIES = new Names(8).add('USD', Currency.DOLLAR).add('EUR', Currency.EURO).add('Rs/INR', Currency.RUPEE);

/** Units of two and more letters that are units only right after a number. */
export const UNIT_RUNS = new Names(256).add(
  'cm/mm/km/dm/nm/kg/mg/ft/in/yd/mi/lb/lbs/oz/ml/mL/dl/cl/kL/ha/min/hr/hrs/sec/ms/mph/kph/kmh/rad/Hz/kHz/MHz/GHz/kJ/kW/kWh/mW/MW/mV/kN/MPa/ns/kV/Pa/kPa/mol/mA/GB/MB/KB/kB/TB/rpm/gal/pts/pt/sq/cu/AM/PM/am/pm/cc/cal/USD/EUR/GBP/RMB/CNY/yr/yrs/wk/wks/mins/secs/th/st/nd/rd/ppm/psi/bps/fps/dB/eV/keV/MeV/atm/ohm/bar',
);

/** The known set of a capital letter, or -1. */
export function spaceOf(c: i32): i32 {
  switch (c) {
    case Char.R:
      return Space.R;
    case Char.Z:
      return Space.Z;
    case Char.N:
      return Space.N;
    case Char.Q:
      return Space.Q;
    case Char.C:
      return Space.C;
  }
  return -1;
}

/** Whether a character that is no known sign can be part of a word: letters outside ASCII, but no Greek and no symbols. */
export function isWordCharacter(c: i32): bool {
  if (c < 0xc0 || c == REPLACEMENT) return false;
  const isGreek = c >= 0x391 && c <= 0x3d5;
  const isSymbol = c >= 0x2000 && c < 0x2c00;
  return !isGreek && !isSymbol;
}
