import { describe, expect, it } from 'vitest';
import { verifierModule } from '../../src/reward/verify.js';
import { verify, verifyBatch } from '../../src/verify.js';
import { hostileSeeds } from './hostile.js';

const SIZE = 65_536;
/** On a machine at rest none takes 10; a busy one needs twice as much of the processor for the same work. */
const LIMIT_MS = 25;

const filled = (unit: string): string => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);

/** The least of up to ten of the processor's time, in ms, so that a busy machine does not decide. */
function fastest(work: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 10 && best >= LIMIT_MS; i++) {
    const from = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(from);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

describe('safety', () => {
  const partners = ['', '1', '$', '(', '{', '\\boxed{', 'answer is '];
  for (const seed of hostileSeeds)
    it(`judges 64 KiB of ${JSON.stringify(seed)} within ${LIMIT_MS} ms, as response, answer and gold`, () => {
      for (const partner of partners) {
        const text = filled(seed + partner);
        for (const gold of ['5', 'B', '1, 2.5'])
          expect(
            fastest(() => verify({ gold, response: text })),
            `response ${partner}, gold ${gold}`,
          ).toBeLessThan(LIMIT_MS);
        // arithmetic that is tried from each of its numbers and brackets
        expect(
          fastest(() => verify({ gold: '5', response: `${text.slice(4)} = 5` })),
          `sum ${partner}`,
        ).toBeLessThan(LIMIT_MS);
        expect(
          fastest(() => verify({ gold: '5', pred: text })),
          `pred ${partner}`,
        ).toBeLessThan(LIMIT_MS);
        expect(
          fastest(() => verify({ gold: text, pred: text })),
          `gold ${partner}`,
        ).toBeLessThan(LIMIT_MS);
        expect(
          fastest(() => verify({ gold: { numbers: [5, 1], target: 6 }, pred: text })),
          `countdown ${partner}`,
        ).toBeLessThan(LIMIT_MS);
      }
    });

  // Every mark of the response is compared for itself: all draw on the fuel of the row.
  const heavy: Record<string, (i: number) => string> = {
    'sums of sines': (i) => `+\\sin(x+${i})`,
    'products in three letters': (i) => `(x+${i + 1}y+${i + 2}z)`,
    'products of roots': (i) => `(\\sqrt{${i * i + 2}}+\\sqrt{${i + 3}})`,
    'sums of logarithms': (i) => `+\\log_{${i + 2}}{${i + 3}}`,
    'lists of roots': (i) => `,\\sqrt{${i + 2}}+1`,
  };
  it.each(Object.keys(heavy))(`judges five marks with %s within ${LIMIT_MS} ms`, (kind) => {
    for (const size of [500, 3000, 8000]) {
      const fill = (from: number): string => {
        let text = 'x';
        for (let i = from; text.length < size; i++) text += heavy[kind]!(i);
        return text;
      };
      const answer = fill(1);
      const response = `The final answer is $${answer}$. So \\boxed{${answer}}\n<answer>${answer}</answer>\n#### ${answer}\nThe answer is $${answer}$.`;
      for (const mode of ['strict', 'lenient'] as const)
        expect(
          fastest(() => verify({ gold: fill(0), response, mode })),
          `${size} bytes`,
        ).toBeLessThan(LIMIT_MS);
    }
  });

  it('gives the same verdicts after hostile input as before, in the same memory', () => {
    const pairs = [
      { gold: '1/2', response: 'The answer is 0.5.' },
      { gold: '4', response: 'The answer is 4\\sqrt{2}.' },
    ];
    const before = verifyBatch(pairs);
    const bytes = verifierModule().memoryBytes;
    for (const seed of hostileSeeds) verify({ gold: filled(seed), response: filled(seed) });
    expect(verifyBatch(pairs)).toEqual(before);
    expect(verifierModule().memoryBytes).toBe(bytes);
  });

  it('refuses a text of more than 2 MiB by name and judges those around it', () => {
    const outcomes = verifyBatch([
      { gold: '5', response: '5' },
      { gold: '5', response: 'x'.repeat(3 << 20) },
      { gold: '5', response: `${'a '.repeat(900_000)} \\boxed{5}` },
      { gold: '5', response: '5' },
    ]).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['equal', 'too_long', 'equal', 'equal']);
  });

  it('judges 20,000 pairs in one call, each as it does alone', () => {
    const pairs = Array.from({ length: 20_000 }, (_, i) => ({
      gold: String(i % 7),
      response: `So ${i} and then the answer is ${i % 5}.`,
    }));
    const verdicts = verifyBatch(pairs);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(pairs.map((_, i) => i % 7 === i % 5));
    expect(verdicts[12_345]).toEqual(verify(pairs[12_345]!));
  });

  it('reads lone surrogates, NUL and other planes as ordinary characters', () => {
    for (const bad of ['\ud800', '\udc00', '\0', '\u{10ffff}', '\ufeff', '\ufffe'])
      for (const text of [bad, `${bad}5`, `5${bad}`, `\\boxed{${bad}}`, `The answer is ${bad}.`])
        expect(verify({ gold: '7', response: text }).verdict).toBe(false);
    expect(verify({ gold: '7', response: '\ud800 the answer is 7.' }).verdict).toBe(true);
  });
});
