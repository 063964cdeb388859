// Names of items: which mean the same, and how they repeat through a list.
import { sameValue } from '../algebra/scalar';
import { isNull } from '../memory';
import { Call, identical, isNaming, isSegment, kid, Kind, leaf, Node, node, seal, setKid } from '../parse/tree';
import { Char } from '../read/characters';
import { sameText } from '../read/plain';
import { byteAt, isOneOf, toLower } from '../read/text';
import { Items, newItems } from './items';

/** A symbol with a numeric index stands for the symbol: x_1 = 2, x_2 = 3 are two values of x. */
export function baseLabel(l: Node): Node {
  if (!isNull(l) && l.kind == Kind.CALL && l.role == Call.INDEX && kid(l, 0).kind == Kind.NUM) return leaf(Kind.SYM, l.symbol);
  return l;
}

export function sameLabel(a: Node, b: Node): bool {
  if (isNull(a) || isNull(b)) return isNull(a) && isNull(b);
  return (
    identical(a, b) ||
    (a.kind == Kind.TEXT && b.kind == Kind.TEXT && sameText(a.from, a.to, b.from, b.to, true)) ||
    isInitial(a, b) ||
    isInitial(b, a) ||
    (a.kind == b.kind && !isNaming(a) && sameValue(a, b))
  );
}

/** Whether the name a is the first letter of the words b: A and "area". */
function isInitial(a: Node, b: Node): bool {
  return a.kind == Kind.SYM && b.kind == Kind.TEXT && toLower(a.symbol) == toLower(byteAt(b.from));
}

function labelled(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (isNull(x.label(i))) return false;
  return x.n > 0;
}

export function unlabelled(x: Items): bool {
  for (let i = 0; i < x.n; i++) if (!isNull(x.label(i))) return false;
  return true;
}

/** Number of distinct labels that repeat in the same order through the list (1 for a single name), or 0. */
export function period(x: Items): i32 {
  if (!labelled(x)) return 0;
  let k = 1;
  while (k < x.n && !sameLabel(x.label(k), x.label(0))) k++;
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) if (sameLabel(x.label(i), x.label(j))) return 0;
  if (x.n % k != 0) return 0;
  for (let i = k; i < x.n; i++) if (!sameLabel(x.label(i), x.label(i - k))) return 0;
  return k;
}

/** Groups the items of a list with period k into tuples. */
export function intoTuples(x: Items, k: i32): Items {
  const out = newItems();
  for (let i = 0; i + k <= x.n; i += k) {
    const t = node(Kind.TUPLE, 0, k);
    for (let j = 0; j < k; j++) setKid(t, j, x.at(i + j));
    out.push(seal(t));
  }
  return out;
}

/** Whether the letter is one that functions are called by. */
export function isFunctionName(id: i32): bool {
  return isOneOf(id, 'fgh');
}

export function isDefinition(l: Node): bool {
  return !isNull(l) && l.kind == Kind.CALL && l.role == Call.FUNCTION;
}

/** Whether two names can be of the same quantity: equal, or a function's value under any of its usual names. */
export function compatibleLabels(a: Node, b: Node): bool {
  if (isNull(a) || isNull(b) || sameLabel(a, b)) return true;
  const x = baseLabel(a);
  const y = baseLabel(b);
  // a_3 and a_5
  if (identical(x, y)) return x == a || y == b;
  // f(x) and f(t)
  if (isDefinition(a) && isDefinition(b))
    return (a.symbol == b.symbol || (isFunctionName(a.symbol) && isFunctionName(b.symbol))) && a.n == b.n;
  return standsFor(a, b) || standsFor(b, a);
}

/** Whether b is another way to write the name a: AB for |AB|, f or y for f(x). */
function standsFor(a: Node, b: Node): bool {
  if (a.kind == Kind.ABS) return isSegment(kid(a, 0)) && identical(kid(a, 0), b);
  return isDefinition(a) && b.kind == Kind.SYM && (b.symbol == a.symbol || b.symbol == Char.y);
}
