import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ANSWER_KINDS } from '../../src/config/verifier.js';
import {
  FLAG_BARE,
  FLAG_DOUBLES,
  FLAG_EXACT,
  FLAG_HUNDREDTHS,
  FLAG_KIND,
  FLAG_ORDERED,
  FLAG_TOLERANT,
  FLAG_IN_ORDER,
  FLAG_STRICT,
  FLAG_SUBSET,
  FLAG_TRUNCATED,
  FLAG_VALUE,
  OUTCOMES,
  RULES,
} from '../../src/reward/status.js';

const source = readFileSync('assembly/verifier/status.ts', 'utf8');

/** Members of one enum of assembly/verifier/status.ts, by name. */
const members = (name: string): Record<string, number> =>
  Object.fromEntries(
    [...source.match(new RegExp(`enum ${name} \\{(.*?)^\\}`, 'ms'))![1]!.matchAll(/^ {2}(\w+) = (\d+),$/gm)].map(
      ([, member, value]) => [member!, Number(value)],
    ),
  );

it('names every number of assembly/verifier/status.ts, and no other', () => {
  expect(members('Verdict')).toEqual(Object.fromEntries(OUTCOMES.map((name, i) => [name.toUpperCase(), i])));
  expect(members('Rule')).toEqual(
    Object.fromEntries(Object.entries(RULES).map(([value, [name]]) => [name.toUpperCase(), Number(value)])),
  );
  expect(members('Flag')).toEqual({
    STRICT: FLAG_STRICT,
    TRUNCATED: FLAG_TRUNCATED,
    BARE: FLAG_BARE,
    SUBSET: FLAG_SUBSET,
    VALUE: FLAG_VALUE,
    IN_ORDER: FLAG_IN_ORDER,
    ORDERED: FLAG_ORDERED,
    HUNDREDTHS: FLAG_HUNDREDTHS,
    DOUBLES: FLAG_DOUBLES,
    EXACT: FLAG_EXACT,
    TOLERANT: FLAG_TOLERANT,
    KIND: FLAG_KIND,
  });
  expect(members('AnswerKind')).toEqual(
    Object.fromEntries([['UNREAD', 0], ...ANSWER_KINDS.map((name, i) => [name.toUpperCase(), i + 1])]),
  );
});
