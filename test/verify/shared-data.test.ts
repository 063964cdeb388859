import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { thinkFormatReward } from '../../src/reward/format.js';
import { scoreAll } from '../../src/reward/run.js';
import { verify, verifyBatch } from '../../src/verify.js';
import type { CountdownTask } from '../../src/verify.js';

const data = '../shared/data';

/** Cases of others that count a chain of equalities by its last side although the chain is false; here it says nothing (docs/verifiers.md). */
const FALSE_CHAINS = ['Answer $ \\frac{1}{2} \\$ = \\frac{10}{9} $', '$x = 5+5+1 = 7 =11$', '$x = 5+5+1 = 1/3 \\approx 11$'];

interface DevCase {
  readonly gold: string | null;
  readonly pred?: string;
  readonly response?: string;
  readonly expected: boolean | unknown[];
  readonly config?: { readonly kind?: string };
  readonly tier: string;
  readonly source: string;
}

function rows<T>(file: string): T[] {
  return readFileSync(`${data}/${file}`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe.skipIf(!existsSync(data))('shared data', () => {
  it('agrees with all 5,276 labels of the GSM8K model solutions, strict and lenient', () => {
    const solutions = rows<{ gold: string; response: string; label: boolean }>('judge_gsm8k_model_solutions.jsonl');
    expect(solutions).toHaveLength(5276);
    for (const mode of ['strict', 'lenient'] as const) {
      const verdicts = verifyBatch(solutions.map(({ gold, response }) => ({ gold, response, mode })));
      expect(solutions.filter(({ label }, i) => verdicts[i]!.verdict !== label)).toEqual([]);
    }
  });

  const cases = existsSync(data) ? rows<DevCase>('verify_dev_cases.jsonl') : [];

  for (const { gold, pred, response, expected, config, tier, source } of cases.filter((c) => c.tier === 'rule')) {
    const text = (pred ?? response)!;
    it(`${JSON.stringify(gold)} ${expected === true ? 'equals' : 'is not'} ${JSON.stringify(text.slice(-100))} (${tier}, ${source.split('::').pop()})`, async () => {
      if (config?.kind === 'format') {
        const { rewards } = await scoreAll([thinkFormatReward()], {
          prompts: [''],
          completions: [text],
          completionIds: [[]],
        });
        expect(rewards[0]![0] === 1).toBe(expected);
      } else if (config?.kind === 'extract_choice') {
        expect(verify({ gold: 'B', response: text }).extracted).toBe(null);
      } else {
        const task = config?.kind === 'countdown' ? (JSON.parse(gold!) as CountdownTask) : gold!;
        const found = verify({ gold: task, ...(pred === undefined ? { response: text } : { pred: text }), mode: 'lenient' });
        expect(found.verdict, found.reason).toBe(expected === true && !FALSE_CHAINS.includes(text));
      }
    });
  }

  it('gives no false accept on any tier', () => {
    const negatives = cases.filter(
      ({ gold, expected, config, tier }) =>
        expected === false && gold !== null && config?.kind === undefined && tier !== 'policy_rounding',
    );
    const accepted = negatives.filter(
      ({ gold, pred, response, tier }) =>
        tier !== 'policy' && verify({ gold: gold!, ...(pred === undefined ? { response: response! } : { pred }) }).verdict,
    );
    expect(accepted).toEqual([]);
  });
});
