/** Random expressions with their values: an oracle for the fuzzer that shares nothing with the engine. */

/** Draws a whole number in [0, n). */
export type Draw = (n: number) => number;

export type Tree =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: 'x' | 'y' }
  | { readonly kind: 'sqrt'; readonly of: Tree }
  | { readonly kind: 'power'; readonly of: Tree; readonly exponent: number }
  | { readonly kind: '+' | '-' | '*' | '/'; readonly left: Tree; readonly right: Tree };

const number = (value: number): Tree => ({ kind: 'number', value });

/** A random tree; roots only where `roots` is set, so that without them it is a rational function. */
export function randomTree(draw: Draw, depth: number, roots: boolean): Tree {
  if (depth === 0 || draw(6) === 0) {
    const leaf = draw(4);
    return leaf === 0 ? { kind: 'variable', name: 'x' } : leaf === 1 ? { kind: 'variable', name: 'y' } : number(1 + draw(12));
  }
  const sub = (): Tree => randomTree(draw, depth - 1, roots);
  switch (draw(roots ? 8 : 7)) {
    case 0:
    case 1:
      return { kind: '+', left: sub(), right: sub() };
    case 2:
      return { kind: '-', left: sub(), right: sub() };
    case 3:
    case 4:
      return { kind: '*', left: sub(), right: sub() };
    case 5:
      return { kind: '/', left: sub(), right: number(1 + draw(12)) };
    case 6:
      return { kind: 'power', of: sub(), exponent: 2 + draw(2) };
    default:
      return {
        kind: 'sqrt',
        of:
          draw(2) === 0
            ? number(2 + draw(30))
            : { kind: '+', left: { kind: 'power', of: sub(), exponent: 2 }, right: number(1 + draw(9)) },
      };
  }
}

/** Value at a point. */
export function evaluate(tree: Tree, x: number, y: number): number {
  switch (tree.kind) {
    case 'number':
      return tree.value;
    case 'variable':
      return tree.name === 'x' ? x : y;
    case 'sqrt':
      return Math.sqrt(evaluate(tree.of, x, y));
    case 'power':
      return evaluate(tree.of, x, y) ** tree.exponent;
  }
  const [a, b] = [evaluate(tree.left, x, y), evaluate(tree.right, x, y)];
  return tree.kind === '+' ? a + b : tree.kind === '-' ? a - b : tree.kind === '*' ? a * b : a / b;
}

/** LaTeX or plain text of a tree, in one of the ways that people write it. */
export function write(tree: Tree, draw: Draw): string {
  const atom = (t: Tree): string =>
    t.kind === 'number' || t.kind === 'variable' || t.kind === 'sqrt' ? write(t, draw) : brackets(write(t, draw), draw);
  switch (tree.kind) {
    case 'number':
      return String(tree.value);
    case 'variable':
      return tree.name;
    case 'sqrt':
      return `\\sqrt{${write(tree.of, draw)}}`;
    case 'power':
      return `${atom(tree.of)}^${draw(2) === 0 ? tree.exponent : `{${tree.exponent}}`}`;
    case '+':
      return `${write(tree.left, draw)} + ${write(tree.right, draw)}`;
    case '-':
      return `${write(tree.left, draw)} - ${tree.right.kind === '+' || tree.right.kind === '-' ? brackets(write(tree.right, draw), draw) : write(tree.right, draw)}`;
    case '*':
      return `${atom(tree.left)}${[' \\cdot ', ' \\times ', '*', ' \\cdot '][draw(4)]!}${atom(tree.right)}`;
    case '/':
      return draw(2) === 0
        ? `\\frac{${write(tree.left, draw)}}{${write(tree.right, draw)}}`
        : `${atom(tree.left)}/${atom(tree.right)}`;
  }
}

function brackets(text: string, draw: Draw): string {
  return draw(2) === 0 ? `(${text})` : `\\left(${text}\\right)`;
}

/** The same value, written from another tree: commuted, distributed, scaled, negated twice. */
export function rewrite(tree: Tree, draw: Draw): Tree {
  if (tree.kind === 'number' || tree.kind === 'variable') return tree;
  if (tree.kind === 'sqrt') return { ...tree, of: rewrite(tree.of, draw) };
  if (tree.kind === 'power') {
    const of = rewrite(tree.of, draw);
    return tree.exponent === 2 && draw(2) === 0 ? { kind: '*', left: of, right: of } : { ...tree, of };
  }
  const [left, right] = [rewrite(tree.left, draw), rewrite(tree.right, draw)];
  if (draw(3) === 0) return { ...tree, left, right };
  switch (tree.kind) {
    case '+':
      return { kind: '+', left: right, right: left };
    case '-':
      return { kind: '+', left: { kind: '*', left: { kind: '-', left: number(0), right: number(1) }, right }, right: left };
    case '*':
      if (left.kind === '+')
        return { kind: '+', left: { kind: '*', left: left.left, right }, right: { kind: '*', left: left.right, right } };
      return { kind: '*', left: right, right: left };
    case '/': {
      const k = number(2 + draw(8));
      return { kind: '/', left: { kind: '*', left: k, right: left }, right: { kind: '*', left: right, right: k } };
    }
  }
}

/** The tree with one leaf or operator changed. */
export function mutate(tree: Tree, draw: Draw): Tree {
  if (tree.kind === 'number') return number(Math.max(1, tree.value + (draw(2) === 0 ? 1 : -1) * (1 + draw(2))));
  if (tree.kind === 'variable') return { kind: 'variable', name: tree.name === 'x' ? 'y' : 'x' };
  if (tree.kind === 'sqrt') return draw(3) === 0 ? tree.of : { ...tree, of: mutate(tree.of, draw) };
  if (tree.kind === 'power')
    return draw(3) === 0 ? { ...tree, exponent: tree.exponent + 1 } : { ...tree, of: mutate(tree.of, draw) };
  switch (draw(4)) {
    case 0:
      return { ...tree, kind: tree.kind === '+' ? '-' : tree.kind === '-' ? '+' : tree.kind === '*' ? '+' : '*' };
    case 1:
      return { ...tree, left: mutate(tree.left, draw) };
    default:
      return { ...tree, right: mutate(tree.right, draw) };
  }
}

/** Whether two trees differ at one of three points by more than rounding can explain. */
export function differ(a: Tree, b: Tree): boolean {
  return [
    [1.37, 2.11],
    [0.73, 3.19],
    [2.91, 0.57],
  ].some(([x, y]) => {
    const [u, v] = [evaluate(a, x!, y!), evaluate(b, x!, y!)];
    return Number.isFinite(u) && Number.isFinite(v) && Math.abs(u - v) > 1e-6 * Math.max(Math.abs(u), Math.abs(v), 1e-9);
  });
}
