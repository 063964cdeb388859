import { describe, expect, it } from 'vitest';
import { verifyBatch } from '../../src/reward/verify.js';
import { evaluate } from '../../src/train/evaluate.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const rows = problems(12);
const options = { maxCompletionLength: 12, temperature: 1, numGenerations: 2 };

describe('an evaluation', () => {
  it('takes plain options, and corrects every answer once where it is asked to', async () => {
    const policy = await randomPolicy(await testDevice());
    const answers = await evaluate(policy, rows, options);
    expect(answers.records.map(({ layer }) => layer)).toEqual(new Array(24).fill(1));
    expect(answers.metrics).not.toHaveProperty('acc_t2');
    const both = await evaluate(policy, rows, { ...options, layer2: { answersPerQuery: 1 }, rewardFuncs: digitReward });
    expect(both.records.filter(({ layer }) => layer === 2)).toHaveLength(24);
    expect(both.records.slice(0, 24).map(({ completion }) => completion)).toEqual(
      answers.records.map(({ completion }) => completion),
    );
    expect(Object.keys(both.metrics)).toEqual(
      expect.arrayContaining(['acc_t2', 'delta_i_to_c', 'reward', 'layer2/reward', 'maj@2']),
    );
    for (const record of both.records.slice(24))
      expect(record).toMatchObject({ answerCorrect: false, answer: expect.any(String) as string });
  });

  it('builds queries as training does: truncated answers and the context are obeyed', async () => {
    const policy = await randomPolicy(await testDevice());
    const { records } = await evaluate(policy, rows, { ...options, layer2: { truncatedAnswers: 'skip' } });
    const answers = records.filter(({ layer }) => layer === 1);
    const ended = answers.filter(({ truncated }) => !truncated);
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.length).toBeLessThan(answers.length);
    const corrected = records.flatMap(({ layer, answer }) => (layer === 2 ? [answer] : []));
    expect(corrected).toEqual(ended.flatMap(({ completion }) => (completion === '' ? [] : [completion])));
    const tight = await evaluate(policy, rows, { ...options, layer2: {}, maxContextLength: 20 });
    expect(tight.records.every(({ layer }) => layer === 1)).toBe(true);
    expect(tight.metrics['acc_t2']).toEqual(tight.metrics['acc_t1']);
    expect(tight.metrics).not.toHaveProperty('layer2/reward');
  });

  it('gives the strict and the lenient verdicts of the verifier', async () => {
    const policy = await randomPolicy(await testDevice());
    const { records, metrics } = await evaluate(policy, problems(40), { ...options, numGenerations: 1 });
    const verdicts = (mode: 'strict' | 'lenient') =>
      verifyBatch(records.map(({ gold, completion, truncated }) => ({ gold, response: completion, mode, truncated })));
    expect(records.map(({ correct }) => correct)).toEqual(verdicts('strict').map(({ verdict }) => verdict));
    expect(records.map(({ extracted }) => extracted)).toEqual(verdicts('strict').map(({ extracted }) => extracted));
    const share = verdicts('lenient').filter(({ verdict }) => verdict).length / 40;
    expect(metrics['acc_t1_lenient']!.value).toBeCloseTo(share, 12);
  });

  it('refuses options and data that cannot be meant', async () => {
    const policy = await randomPolicy(await testDevice());
    await expect(evaluate(policy, rows, { rewards: [] } as never)).rejects.toThrow(/unknown option rewards; .* rewardFuncs/);
    await expect(evaluate(policy, rows, { layer2: { mode: 'eq6' } } as never)).rejects.toThrow(/layer2.mode/);
    await expect(evaluate(policy, [])).rejects.toThrow(/at least one row/);
    await expect(evaluate(policy, [{ prompt: '1+1=', gold: '' }])).rejects.toThrow(/right answer in every row.*row 0/);
  });
});
