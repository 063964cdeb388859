import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FLAG_BARE, FLAG_STRICT, FLAG_SUBSET, FLAG_TRUNCATED, OUTCOMES, RULES } from '../../src/reward/status.js';

const constants = new Map(
  [...readFileSync('assembly/verifier/status.ts', 'utf8').matchAll(/export const (\w+): i32 = (\d+);/g)].map(
    ([, name, value]) => [name!, Number(value)],
  ),
);

it('names every number of assembly/verifier/status.ts, and no other', () => {
  const names = new Map<string, number>([
    ...OUTCOMES.map((name, i): [string, number] => [name.toUpperCase(), i]),
    ...Object.entries(RULES).map(([value, [name]]): [string, number] => [
      name.startsWith('countdown_') ? name.toUpperCase() : `RULE_${name.toUpperCase()}`,
      Number(value),
    ]),
    ['STRICT', FLAG_STRICT],
    ['TRUNCATED', FLAG_TRUNCATED],
    ['BARE', FLAG_BARE],
    ['SUBSET', FLAG_SUBSET],
  ]);
  expect(new Map([...names].sort())).toEqual(new Map([...constants].sort()));
});
