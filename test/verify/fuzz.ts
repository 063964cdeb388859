import { existsSync, readFileSync } from 'node:fs';
import { OUTCOMES } from '../../src/reward/status.js';
import type { Outcome } from '../../src/reward/status.js';
import { verifierModule } from '../../src/reward/verify.js';
import type { Row } from '../../src/reward/wasm.js';
import { hostileSeeds } from './hostile.js';
import { differ, mutate, randomTree, rewrite, write } from './trees.js';

const BARE = 4;

/** What the pair must come to; `any`: only that it comes back at all. */
type Law = 'any' | 'reflexive' | 'equal' | 'different' | 'symmetric';

interface Trial {
  readonly law: Law;
  readonly row: Row;
}

/** What a run of the fuzzer found. */
export interface FuzzReport {
  readonly inputs: number;
  readonly seconds: number;
  readonly outcomes: Record<Outcome, number>;
  /** The slowest single pair among the batches that took over 100 ms; 0 where there was none. */
  readonly slowestMs: number;
  /** Memory after less memory before. */
  readonly growthBytes: number;
  /** The first broken laws, as text. */
  readonly broken: string[];
}

/** A small fast generator (xorshift32), so that a seed gives the same inputs everywhere. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 1;
  }
  below(n: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

// prettier-ignore
const fragments = [
  ...hostileSeeds, '\\frac{1}{2}', '\\dfrac34', '\\sqrt{2}', '\\pi', '\\infty', '\\%', '%', '\\circ', '^\\circ', '\\text{cm}', '\\left[', '\\right]', '\\{', '\\}', '\\cup', '\\in', '\\le', '\\ge', '<', '>',
  '\\pm', '\\cdot', '\\times', '\\div', '\\binom{5}{2}', '\\log_2', '\\sin', '\\cos', 'x', 'y', 'z', 'a', 'n', 'f(x)=', 'x=', ',', ';', ':', '+', '-', '*', '/', '^', '_', '!', '0', '1', '2', '3', '10', '100', '1,000', '0.5', '.25', '1e5',
  '\\begin{pmatrix}', '\\end{pmatrix}', '&', '\\\\', ' and ', ' or ', ' is ', '\\boxed{', '}', '(', ')', '[', ']', '|', '\\overline{3}', '\\int_0^1', '\\sum_{k=1}^{5}', 'i', 'e', '\\mathrm{e}', '_{8}', '$', '−', '×', '∪', '≤', '½', '²', '√', '°', '€',
];

const responses: string[] = existsSync('../shared/data/judge_gsm8k_model_solutions.jsonl')
  ? readFileSync('../shared/data/judge_gsm8k_model_solutions.jsonl', 'utf8')
      .trim()
      .split('\n')
      .slice(0, 1000)
      .map((line) => (JSON.parse(line) as { response: string }).response)
  : ['The final answer is $\\boxed{\\frac{1}{2}}$. I hope it is correct.', '<think>3+4=7</think>\n#### 7'];

function noise(r: Random): string {
  let text = '';
  const length = r.below(40);
  for (let i = 0; i < length; i++) text += String.fromCharCode(r.below(8) === 0 ? r.below(65_536) : 32 + r.below(95));
  return text;
}

function assembled(r: Random): string {
  let text = '';
  // Now and then a long one.
  const length = r.below(2000) === 0 ? 2000 : 1 + r.below(12);
  const repeated = r.below(20) === 0 ? r.pick(fragments) : null;
  for (let i = 0; i < length; i++) text += repeated ?? r.pick(fragments);
  return text;
}

function mutated(r: Random): string {
  let text = r.pick(responses);
  for (let k = 1 + r.below(4); k > 0; k--) {
    const at = r.below(text.length + 1);
    const to = Math.min(text.length, at + r.below(20));
    const choice = r.below(4);
    const insert =
      choice === 0 ? '' : choice === 1 ? r.pick(fragments) : choice === 2 ? text.slice(to, to + 10) : noise(r).slice(0, 5);
    text = text.slice(0, at) + insert + text.slice(to);
  }
  return text;
}

const small = (r: Random): number => 1 + r.below(99);
const prime = (r: Random): number => r.pick([2, 3, 5, 7, 11, 13, 17, 19, 23]);

/** A well-formed answer. */
function answer(r: Random, depth = 2): string {
  const sub = (): string => answer(r, depth - 1);
  if (depth === 0)
    return r.pick([
      String(small(r)),
      'x',
      'y',
      `${small(r)}.${small(r)}`,
      `\\frac{${small(r)}}{${small(r)}}`,
      `\\sqrt{${small(r)}}`,
      '\\pi',
    ]);
  switch (r.below(12)) {
    case 0:
      return `${sub()}+${sub()}`;
    case 1:
      return `${small(r)}(${sub()})`;
    case 2:
      return `\\frac{${sub()}}{${small(r)}}`;
    case 3:
      return `(${sub()})^${1 + r.below(3)}`;
    case 4:
      return `\\sqrt{${sub()}}`;
    case 5:
      return `(${sub()}, ${sub()})`;
    case 6:
      return `\\{${sub()}, ${sub()}\\}`;
    case 7:
      return `x=${sub()}`;
    case 8:
      return `[${small(r)}, ${100 + small(r)})`;
    case 9:
      return `x < ${sub()}`;
    case 10:
      return `${sub()} - ${sub()}`;
    default:
      return sub();
  }
}

function shuffled<T>(r: Random, items: readonly T[]): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = r.below(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

/** A pair whose relation is known, by a law: scaling, reordering, rewriting; and near misses of the same forms. */
function related(r: Random): [Law, string, string] {
  const a = small(r);
  const b = small(r);
  const k = 2 + r.below(50);
  const items = [a, a + b, a + b + k, a + b + k + 7];
  switch (r.below(36)) {
    case 0:
      return ['equal', `\\frac{${a}}{${b}}`, `\\frac{${a * k}}{${b * k}}`];
    case 1:
      return ['equal', `${a}/${b}`, `\\dfrac{${a * k}}{${b * k}}`];
    case 2:
      return ['different', `\\frac{${a}}{${b}}`, `\\frac{${a * k + 1}}{${b * k}}`];
    case 3:
      return ['equal', `\\{${items.join(', ')}\\}`, `\\{${shuffled(r, items).join(',')}\\}`];
    case 4:
      return ['different', `\\{${items.join(', ')}\\}`, `\\{${items.slice(1).join(', ')}\\}`];
    case 5:
      return ['different', `(${a}, ${a + b})`, `(${a + b}, ${a})`];
    case 6:
      return ['different', `[${a}, ${a + b})`, `(${a}, ${a + b})`];
    case 7:
      return ['equal', `${a}x+${b}`, `${b}+x*${a}`];
    case 8:
      return ['equal', `(x+${a})(x-${b})`, `x^2+${a}x-${b}x-${a * b}`];
    case 9:
      return ['different', `(x+${a})(x-${b})`, `x^2+${a}x-${b}x-${a * b + 1}`];
    case 10:
      return ['different', String(a * 1000), String(a * 1000 + 1)];
    case 11:
      return ['equal', String(a * 1_000_000 + b), `${a},${'000'},${String(b).padStart(3, '0')}`];
    case 12:
      return ['equal', `${a}\\sqrt{${prime(r)}}`.replace(/^1\\/, '\\'), ''];
    case 13:
      return ['different', String(a), `${a}\\sqrt{${prime(r)}}`];
    case 14:
      return ['equal', `x=${a}`, `${a}=x`];
    case 15:
      return ['different', `x<${a}`, `x>${a}`];
    case 16:
      return ['equal', `${a}\\%`, `${a} percent`];
    case 17:
      return ['different', `${a}\\%`, String(a * k)];
    case 18:
      return ['equal', `x \\in [${a}, ${a + b})`, `${a} \\le x < ${a + b}`];
    case 19:
      return ['different', `[${a}, ${a + b}]`, `[${a}, ${a + b + 1}]`];
    case 20:
      return ['equal', `(-\\infty, ${a}) \\cup (${a + b}, \\infty)`, `(${a + b}, \\infty) \\cup (-\\infty, ${a})`];
    case 21:
      return ['different', `(-\\infty, ${a}) \\cup (${a + b}, \\infty)`, `(-\\infty, ${a}] \\cup (${a + b}, \\infty)`];
    case 22:
      return [
        'equal',
        `\\begin{pmatrix}${a} & ${b}\\\\${k} & 0\\end{pmatrix}`,
        `\\begin{bmatrix} ${a} & ${b} \\\\ ${k} & 0 \\end{bmatrix}`,
      ];
    case 23:
      return [
        'different',
        `\\begin{pmatrix}${a} & ${b}\\\\${k} & 0\\end{pmatrix}`,
        `\\begin{pmatrix}${a} & ${b}\\\\${k} & 1\\end{pmatrix}`,
      ];
    case 24:
      return ['equal', `${a} \\pm \\sqrt{${prime(r)}}`, ''];
    case 25:
      return ['different', `\\pm ${a}`, String(a)];
    case 26:
      return ['equal', `${a}+${b}i`, `${b}i + ${a}`];
    case 27:
      return ['different', `${a}+${b}i`, `${a}-${b}i`];
    case 28:
      return ['different', `\\frac{1}{2^{${90 + a}}}`, `\\frac{1}{2^{${90 + a + 1}}}`];
    case 29:
      return ['equal', `2^{${90 + a}} \\cdot 2`, `2^{${91 + a}}`];
    case 30:
      return ['different', `1+\\frac{1}{${k}}`, `1-\\frac{1}{${k}}`];
    case 31:
      return ['equal', `${a}x + ${b}y = ${k}`, `${2 * a}x + ${2 * b}y = ${2 * k}`];
    case 32:
      return ['different', `${a}x + ${b}y = ${k}`, `${2 * a}x + ${2 * b}y = ${2 * k + 1}`];
    case 33:
      return ['different', `${a}\\pi`, String(a)];
    case 34:
      return ['different', `${a}^\\circ`, `${a + 1}^\\circ`];
    default:
      return ['equal', String(a / 8), `\\frac{${a}}{8}`];
  }
}

/** Two expressions of which values at three points say whether they are equal: a rewriting, or a mutation. */
function valued(r: Random): [Law, string, string] {
  const draw = (n: number): number => r.below(n);
  const roots = r.below(3) === 0;
  const tree = randomTree(draw, 1 + r.below(3), roots);
  const rewritten = r.below(2) === 0;
  const other = rewritten ? rewrite(tree, draw) : mutate(tree, draw);
  // A mutation may leave the value as it was; a rewriting with roots may be beyond the normal form.
  const law = rewritten ? (roots ? 'any' : 'equal') : differ(tree, other) ? 'different' : 'any';
  return [law, write(tree, draw), write(other, draw)];
}

/** The trials of one step: one input, with its partner where a law needs two. */
function trials(r: Random): Trial[] {
  const choice = r.below(10);
  if (choice < 2) {
    const text = r.below(2) === 0 ? noise(r) : assembled(r);
    return [{ law: 'any', row: { gold: r.below(2) === 0 ? noise(r) : assembled(r), text, flags: r.below(8) } }];
  }
  if (choice < 4) {
    const text = assembled(r);
    return [{ law: 'reflexive', row: { gold: text, text, flags: BARE } }];
  }
  if (choice < 6)
    return [{ law: 'any', row: { gold: r.pick(['18', 'B', '1/2', '1, 2', 'x+1']), text: mutated(r), flags: r.below(4) } }];
  if (choice < 7) {
    const text = answer(r);
    return [{ law: 'reflexive', row: { gold: text, text, flags: BARE } }];
  }
  if (choice < 8) {
    const [one, other] = [answer(r, 1), answer(r, 1)];
    // Twice in a row: a pair and its mirror image.
    return [
      { law: 'symmetric', row: { gold: one, text: other, flags: BARE } },
      { law: 'symmetric', row: { gold: other, text: one, flags: BARE } },
    ];
  }
  const [law, one, other] = r.below(2) === 0 ? related(r) : valued(r);
  const partner = other === '' ? `(${one})` : other;
  return [
    { law, row: { gold: one, text: partner, flags: BARE } },
    { law, row: { gold: partner, text: one, flags: BARE } },
  ];
}

/** Whether symmetry is due: the gold decides the form, so only pairs of the same plain form (no comma, no relation) are held to it. */
const isScalar = (text: string): boolean => !/[,=<[{]/.test(text.replaceAll(/\\(frac|sqrt)\{[^{}]*\}(\{[^{}]*\})?/g, '1'));

/**
 * Feeds `inputs` generated pairs to the module and checks that nothing traps, hangs or grows, and that the laws hold.
 * @throws whatever the module throws: a trap is a failure
 */
export function fuzz(inputs: number, seed: number): FuzzReport {
  const module = verifierModule();
  const r = new Random(seed);
  const counts = OUTCOMES.map(() => 0);
  const broken: string[] = [];
  let slowest = 0;
  module.run('grade', [{ gold: '1', text: '1', flags: 0 }], () => undefined);
  const before = module.memoryBytes;
  const started = performance.now();
  let done = 0;
  while (done < inputs) {
    const batch: Trial[] = [];
    while (batch.length < 2048) batch.push(...trials(r));
    const outcomes: Outcome[] = [];
    const from = performance.now();
    const rows = batch.map(({ row }) => row);
    module.run('grade', rows, (i, { outcome }) => {
      outcomes[i] = OUTCOMES[outcome]!;
      counts[outcome]!++;
    });
    const perBatch = performance.now() - from;
    if (perBatch > 100) {
      // Something in it was slow: which?
      for (const row of rows) {
        // The processor's time, the least of three: a busy machine is not a slow pair.
        let ms = Infinity;
        for (let k = 0; k < 3; k++) {
          const t = process.cpuUsage();
          module.run('grade', [row], () => undefined);
          const { user, system } = process.cpuUsage(t);
          ms = Math.min(ms, (user + system) / 1000);
        }
        if (ms > slowest) slowest = ms;
        if (ms > 50) broken.push(`slow: ${ms.toFixed(0)} ms for ${JSON.stringify(row).slice(0, 300)}`);
      }
    }
    for (const [i, { law, row }] of batch.entries()) {
      if (broken.length >= 50) break;
      const outcome = outcomes[i]!;
      const say = (): number =>
        broken.push(`${law}: gold ${JSON.stringify(row.gold)}, answer ${JSON.stringify(row.text)} gives ${outcome}`);
      if (law === 'equal' && outcome !== 'equal') say();
      else if (law === 'different' && outcome === 'equal') say();
      else if (law === 'reflexive' && outcome === 'not_equal') say();
      else if (law === 'symmetric' && batch[i + 1]?.row.gold === row.text && batch[i + 1]?.row.text === row.gold) {
        if (isScalar(row.gold) && isScalar(row.text) && (outcome === 'equal') !== (outcomes[i + 1] === 'equal')) say();
      }
    }
    // A verdict does not depend on the row before.
    for (let k = 0; k < 128; k++) {
      const [before, i] = [r.below(rows.length), r.below(rows.length)];
      module.run('grade', [rows[before]!, rows[i]!], (place, { outcome }) => {
        if (place === 0 || OUTCOMES[outcome] === outcomes[i] || broken.length >= 50) return;
        broken.push(
          `order: ${JSON.stringify(rows[i])} gives ${OUTCOMES[outcome]} after ${JSON.stringify(rows[before])}, else ${outcomes[i]}`,
        );
      });
    }
    // The countdown checker sees the same texts.
    module.run(
      'countdown',
      rows.slice(0, 256).map(({ text, flags }) => ({ gold: r.below(4) === 0 ? text : '3 7 25 = 32', text, flags })),
      () => undefined,
    );
    done += batch.length;
  }
  return {
    inputs: done,
    seconds: (performance.now() - started) / 1000,
    outcomes: Object.fromEntries(OUTCOMES.map((name, i) => [name, counts[i]!])) as Record<Outcome, number>,
    slowestMs: slowest,
    growthBytes: module.memoryBytes - before,
    broken,
  };
}
