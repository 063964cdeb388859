// Laws of floors and ceilings for whole numbers: two expressions in a whole n are equal where they are for n = d·m + r, for every rest r
// modulo the denominators d under the floors.
import { isNull } from '../memory';
import * as int from '../number/integer';
import { Sign } from '../parse/symbols';
import { binary, hasKind, integer, kid, Kind, leaf, Node, substitute } from '../parse/tree';
import { isOneOf } from '../read/text';
import { decide, Decision, hasForm, normalForm } from './normal-form';
import { freeSymbols } from './sampling';

/** Largest modulus that is gone through. */
const MAX_MODULUS: i32 = 24;

/** Common multiple of the denominators in x, or 0 where it is too large. */
function modulus(x: Node): i32 {
  let m = 1;
  if (x.kind == Kind.NUM) m = x.decimals <= 0 && int.fitsI32(x.value.den) ? int.toI32(x.value.den) : 0;
  else if (x.kind == Kind.DIV && kid(x, 1).isInteger)
    m = int.fitsI32(kid(x, 1).value.num) ? abs(int.toI32(kid(x, 1).value.num)) : 0;
  for (let i = 0; i < x.n && m > 0; i++) m = common(m, modulus(kid(x, i)));
  return m;
}

function common(a: i32, b: i32): i32 {
  if (a == 0 || b == 0 || a > MAX_MODULUS || b > MAX_MODULUS) return 0;
  let x = a;
  let y = b;
  while (y != 0) {
    const r = x % y;
    x = y;
    y = r;
  }
  const m = (a / x) * b;
  return m > MAX_MODULUS ? 0 : m;
}

/** Whether floors or ceilings of one whole number (i, j, k, l, m, n, p, q, N) make x and y equal. */
export function equalForWhole(x: Node, y: Node): bool {
  if (!hasKind(x, Kind.FLOOR) && !hasKind(x, Kind.CEIL) && !hasKind(y, Kind.FLOOR) && !hasKind(y, Kind.CEIL)) return false;
  const free = freeSymbols(binary(Kind.ADD, x, y));
  if (free.count != 1 || !isOneOf(free.id(0), 'ijklmnpqN')) return false;
  const n = free.id(0);
  const d = common(modulus(x), modulus(y));
  for (let r = 0; r < d; r++) {
    const place = binary(Kind.ADD, binary(Kind.MUL, integer(d), leaf(Kind.SYM, Sign.WHOLE)), integer(r));
    const a = normalForm(substitute(x, n, place));
    const b = hasForm(a) ? normalForm(substitute(y, n, place)) : a;
    if (isNull(b) || !hasForm(b) || decide(a, b) != Decision.SAME) return false;
  }
  return d > 0;
}
