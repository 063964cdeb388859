import { describe, expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import type { AnswerForm } from '../../src/verify.js';
import type { Form } from './cases/case.js';
import { closedForms } from './cases/closed-forms.js';
import { collections } from './cases/collections.js';
import { expressions } from './cases/expressions.js';
import { forms as written } from './cases/forms.js';
import { notationsOfOne } from './cases/kinds.js';
import { mixed } from './cases/mixed.js';
import { numbers } from './cases/numbers.js';
import { refusals, unevaluated } from './cases/refusals.js';
import { relations } from './cases/relations.js';
import { spellings } from './cases/spellings.js';
import { twins } from './cases/twins.js';

const forms: readonly Form[] = [...numbers, ...closedForms, ...expressions, ...relations, ...collections, ...mixed, ...refusals];

/** Pairs whose verdict is not the one given. */
function wrong(pairs: readonly (readonly [gold: string, pred: string])[], expected: boolean, form: AnswerForm = 'any'): string[] {
  const found = verifyBatch(pairs.map(([gold, pred]) => ({ gold, pred, form })));
  return pairs.flatMap(([gold, pred], i) =>
    found[i]!.verdict === expected ? [] : [`${gold}  |  ${pred}  (${found[i]!.reason})`],
  );
}

describe('equal answers', () => {
  for (const { name, rows } of [...forms, ...spellings, ...twins, ...written, ...notationsOfOne]) {
    it(`accepts the spellings of ${name}`, () => {
      expect(
        wrong(
          rows.flatMap(([gold, same]) => same.map((pred) => [gold, pred] as const)),
          true,
        ),
      ).toEqual([]);
    });
    it(`refuses near misses of ${name}`, () => {
      expect(
        wrong(
          rows.flatMap(([gold, , different]) => different.map((pred) => [gold, pred] as const)),
          false,
        ),
      ).toEqual([]);
    });
  }

  it('has as many near misses as equal pairs, a thousand of each', () => {
    const same = forms.flatMap(({ rows }) => rows.flatMap((row) => row[1])).length;
    const different = forms.flatMap(({ rows }) => rows.flatMap((row) => row[2])).length;
    expect(same).toBeGreaterThan(900);
    expect(different).toBeGreaterThan(same * 0.9);
  });
});

describe("with form 'value'", () => {
  for (const { name, rows } of unevaluated) {
    it(`accepts what is worked out, refuses ${name}`, () => {
      const same = rows.flatMap(([gold, right]) => right.map((pred) => [gold, pred] as const));
      const different = rows.flatMap(([gold, , left]) => left.map((pred) => [gold, pred] as const));
      expect(wrong(same, true, 'value')).toEqual([]);
      expect(wrong(different, false, 'value')).toEqual([]);
      expect(wrong(same, true)).toEqual([]);
    });
  }
});

describe('laws of equality', () => {
  // A gold that nothing equals is none.
  const golds = [
    ...new Set(forms.flatMap(({ rows }) => rows.flatMap(([gold, same]) => (same.length > 0 ? [gold, ...same] : [])))),
  ];

  it('is reflexive, with space and formula marks around one side', () => {
    expect(
      wrong(
        golds
          .flatMap((text) => [[text, text] as const, [text, ` $${text}$ `] as const])
          .filter(([, pred]) => !/\$.*\$.*\$/.test(pred)),
        true,
      ),
    ).toEqual([]);
  });

  it('is symmetric where neither side is a rounded decimal, a choice or a unit', () => {
    const plain = forms.filter(({ name }) =>
      /expressions|radicals, powers and|congruences|intervals|matrices|complex|sums|lists/.test(name),
    );
    const loose = /[0-9]\.[0-9]|\\approx/;
    const accepted = plain.flatMap(({ rows }) => rows.flatMap(([gold, same]) => same.map((pred) => [pred, gold] as const)));
    const refused = plain.flatMap(({ rows }) =>
      rows.flatMap(([gold, , different]) => different.map((pred) => [pred, gold] as const)),
    );
    expect(wrong(accepted, true)).toEqual([]);
    expect(
      wrong(
        refused.filter(([a, b]) => !loose.test(a + b)),
        false,
      ),
    ).toEqual([]);
  });

  it('does not change when a fraction is scaled, and changes with its numerator', () => {
    const same: [string, string][] = [];
    const different: [string, string][] = [];
    for (let a = -9; a <= 9; a++)
      for (let b = 2; b <= 9; b++)
        for (const k of [2, 3, -5, 10 ** 12]) {
          same.push([`\\frac{${a}}{${b}}`, `\\frac{${a * k}}{${b * k}}`], [`${a}/${b}`, `\\dfrac{${a * k}x}{${b * k}x}`]);
          different.push([`\\frac{${a}}{${b}}`, `\\frac{${a * k + 1}}{${b * k}}`]);
        }
    expect(wrong(same, true)).toEqual([]);
    expect(wrong(different, false)).toEqual([]);
  });

  it('does not depend on the order of a set, and does on that of a tuple', () => {
    const items = ['1', '\\frac{2}{3}', '-\\sqrt{5}', 'x+1', '2^{n}', '\\pi'];
    const same: [string, string][] = [];
    const different: [string, string][] = [];
    for (let i = 1; i < items.length; i++) {
      const turned = [...items.slice(i), ...items.slice(0, i)].join(', ');
      same.push([`\\{${items.join(', ')}\\}`, `\\{${turned}\\}`], [items.join(', '), turned]);
      different.push([`(${items.join(', ')})`, `(${turned})`]);
    }
    expect(wrong(same, true)).toEqual([]);
    expect(wrong(different, false)).toEqual([]);
  });

  it('multiplies out products of linear factors, and sees any changed root', () => {
    const same: [string, string][] = [];
    const different: [string, string][] = [];
    for (let a = -4; a <= 4; a++)
      for (let b = -4; b <= 4; b++)
        for (const c of [-3, 1, 7]) {
          const factored = `(x - (${a}))(x - (${b}))(x - (${c}))`;
          const expanded = (s: number): string => `x^3 - (${a + b + c})x^2 + (${a * b + b * c + c * a})x - (${a * b * c + s})`;
          same.push([factored, expanded(0)], [expanded(0), factored]);
          different.push([factored, expanded(1)], [`${factored} = 0`, `${expanded(-1)} = 0`]);
        }
    expect(wrong(same, true)).toEqual([]);
    expect(wrong(different, false)).toEqual([]);
  });

  it('keeps equations under a factor, and inequalities under a positive one', () => {
    const same: [string, string][] = [];
    const different: [string, string][] = [];
    for (const k of [2, 3, 7])
      for (let a = 1; a <= 5; a++) {
        same.push(
          [`${a}x + 3y = 5`, `${a * k}x + ${3 * k}y = ${5 * k}`],
          [`${a}x + 3y = 5`, `-${a * k}x - ${3 * k}y = -${5 * k}`],
        );
        same.push(
          [`${a}x + 3y < 5`, `${a * k}x + ${3 * k}y < ${5 * k}`],
          [`${a}x + 3y < 5`, `-${a * k}x - ${3 * k}y > -${5 * k}`],
        );
        different.push([`${a}x + 3y < 5`, `-${a * k}x - ${3 * k}y < -${5 * k}`], [`${a}x + 3y = 5`, `${a * k}x + ${3 * k}y = 5`]);
      }
    expect(wrong(same, true)).toEqual([]);
    expect(wrong(different, false)).toEqual([]);
  });

  it('tells integers apart at any size', () => {
    const same: [string, string][] = [];
    const different: [string, string][] = [];
    for (let digits = 1; digits <= 3000; digits = Math.ceil(digits * 1.7)) {
      const n = (10n ** BigInt(digits) - 1n) / 7n + 3n;
      same.push([`${n}`, `${n}.0`], [`${n + 1n}`, `${n}+1`]);
      different.push([`${n}`, `${n + 1n}`], [`${n}`, `-${n}`], [`\\frac{1}{${n}}`, `\\frac{1}{${n + 1n}}`]);
    }
    expect(wrong(same, true)).toEqual([]);
    expect(wrong(different, false)).toEqual([]);
  });
});
