// Golds changed by one character each, the same ones on every run: what a checker accepts that looks at too little.
import { closedForms } from './cases/closed-forms.js';
import { collections } from './cases/collections.js';
import { expressions } from './cases/expressions.js';
import { mixed } from './cases/mixed.js';
import { numbers } from './cases/numbers.js';
import { refusals } from './cases/refusals.js';
import { relations } from './cases/relations.js';
import { spellings } from './cases/spellings.js';

/** Characters that one of them may be replaced by. */
const CLASSES = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', '+-*/^', '<>='] as const;
const LONGEST = 60;
const PER_GOLD = 12;

export interface Mutant {
  readonly gold: string;
  readonly pred: string;
}

/** Numbers below n, from the text of the gold, so that a gold more or less changes no other's mutants. */
function numbersFrom(text: string): (n: number) => number {
  let state = 2166136261;
  for (const c of text) state = Math.imul(state ^ c.codePointAt(0)!, 16777619) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Places of digits, signs, relations and letters that stand alone, each with its class. */
function placesOf(gold: string): (readonly [at: number, characters: string])[] {
  const text = gold.replaceAll(/\\[a-zA-Z]+|[a-zA-Z]{2,}/g, (word) => '\0'.repeat(word.length));
  return [...text].flatMap((c, i) => CLASSES.filter((characters) => characters.includes(c)).map((all) => [i, all] as const));
}

/** Up to twelve mutants of every gold of the cases: a character left out, written twice or replaced by another of its kind. */
export function mutants(): Mutant[] {
  const golds = new Set(
    [numbers, closedForms, expressions, relations, collections, mixed, spellings, refusals].flatMap((forms) =>
      forms.flatMap(({ rows }) => rows.map(([gold]) => gold)),
    ),
  );
  return [...golds].flatMap((gold) => {
    const places = placesOf(gold);
    if (gold.length > LONGEST || places.length === 0) return [];
    const next = numbersFrom(gold);
    const found = new Set<string>();
    for (let i = 0; i < PER_GOLD; i++) {
      const [at, characters] = places[next(places.length)]!;
      const other = characters[next(characters.length)]!;
      const twice = characters === CLASSES[0] ? gold[at]! + gold[at]! : other;
      found.add(gold.slice(0, at) + ['', other, twice][next(3)]! + gold.slice(at + 1));
    }
    found.delete(gold);
    return [...found].map((pred) => ({ gold, pred }));
  });
}
