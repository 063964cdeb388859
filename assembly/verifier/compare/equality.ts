// Equality of two items, as a forward declaration: the rooms for lists, relations and quantities compare items whose forms are known to
// answer.ts only.
import { failed, spend } from '../arena';
import { identical, kid, Node } from '../parse/tree';

/** Deepest nesting of answers in answers. */
const MAX_DEPTH: i32 = 60;

/** Compares two items: given by answer.ts, which knows all forms. */
let rule: (g: Node, p: Node) => bool = identical;
let depth: i32 = 0;

/** Sets the rule by which items are compared. */
export function useRule(compare: (g: Node, p: Node) => bool): void {
  rule = compare;
}

/** Starts a pair. */
export function beginPair(): void {
  depth = 0;
}

/** Whether the prediction's item is accepted for the gold's. */
export function equalItem(g: Node, p: Node): bool {
  if (failed || !spend(80)) return false;
  depth++;
  const r = depth <= MAX_DEPTH && rule(g, p);
  depth--;
  return r && !failed;
}

/** Whether two nodes have as many kids, equal one by one. */
export function sameKids(g: Node, p: Node): bool {
  if (g.n != p.n) return false;
  for (let i = 0; i < g.n; i++) if (!equalItem(kid(g, i), kid(p, i))) return false;
  return true;
}
