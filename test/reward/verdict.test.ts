import { describe, expect, it } from 'vitest';
import { rewardRow } from '../../src/reward/registry.js';
import { scoreAll } from '../../src/reward/run.js';
import { ownVerdict, standingText, verdictReward } from '../../src/reward/verdict.js';
import { arithmeticSft } from '../../src/tasks/arithmetic.js';
import { countdownSft } from '../../src/tasks/countdown.js';
import { mazeSft } from '../../src/tasks/maze.js';
import { signsSft } from '../../src/tasks/signs.js';

describe('ownVerdict', () => {
  it.each<[string, boolean | null]>([
    ['<think>The answer 7 is wrong.</think>8', false],
    ["The sum isn't right, since 3+4 is 7.", false],
    ['<think>So it is not correct.</think>8', false],
    ['<think>It looks wrong at first. 3+4=7, so the answer is indeed correct.</think>7', true],
    ['<think>That is right, is it not?</think>7', true],
    ['<think>The right side is 7.</think>7', null],
    ['<think>3+4=7</think>The answer is correct.', null],
    ['7', null],
    ['', null],
  ])('reads the last sentence that says one: %j: %s', (text, verdict) => expect(ownVerdict(text)).toBe(verdict));

  it.each([
    ['signs', signsSft('small', 600, 1, { guidingTexts: ['\n'], secondTurns: 1, repeats: 0 }), 0.5],
    ['countdown', countdownSft('small', 600, 1, { guidingTexts: ['\n'], secondTurns: 1, repeats: 0, checks: 1 }), 0.5],
    ['maze', mazeSft('small', 600, 1, { guidingTexts: ['\n'], secondTurns: 1, repeats: 0 }), 0.99],
  ])('reads the checks of %s: kept is right, changed is wrong', (_, examples, least) => {
    const answerOf = (text: string): string => text.trim().split('</think>').at(-1)!;
    const read = examples.map(({ completion, prefix }) => {
      const verdict = ownVerdict(completion);
      if (verdict !== null) expect(verdict).toBe(answerOf(completion) === answerOf(prefix));
      return verdict;
    });
    expect(read.filter((verdict) => verdict !== null).length / read.length).toBeGreaterThan(least);
    expect(new Set(read)).toContain(true);
    expect(new Set(read)).toContain(false);
  });

  it('reads none in first answers and in work done anew', () => {
    const options = { guidingTexts: ['\n'], secondTurns: 0.5, repeats: 0 };
    const anew = [...countdownSft('small', 400, 1, options), ...arithmeticSft('small', 400, 1, options)];
    const first = [...signsSft('small', 200, 1, options), ...mazeSft('small', 200, 1, options)].filter(
      ({ prefix }) => prefix === '',
    );
    expect([...anew, ...first].filter(({ completion }) => ownVerdict(completion) !== null)).toEqual([]);
  });
});

describe('verdictReward', () => {
  const completions = ['<think>5=5</think>9', '<think>5=5</think>9', '<think>4?5</think>9', '<think>4?5</think>9', '5'];
  const first = ['5', '6', '5', '6', '5'];
  const columns = {
    gold: first.map(() => '5'),
    firstCompletions: first,
    firstCompletionIds: first.map(() => [1]),
    firstTruncated: first.map(() => false),
  };
  const score = async (reward: ReturnType<typeof verdictReward>, given: object): Promise<unknown> => {
    const args = { prompts: completions, completions, completionIds: completions.map(() => [1]) };
    return (await scoreAll([reward], { ...args, ...given })).rewards.flat();
  };

  it('pays a right verdict on the answer before, whatever is answered then; S2R’s takes it back for a wrong one', async () => {
    expect(await score(verdictReward(), columns)).toEqual([1, 0, 0, 1, 0]);
    const { make } = rewardRow('verification', 'test');
    expect(await score(make({ maxCompletionLength: 8 }), columns)).toEqual([1, -1, -1, 1, 0]);
  });
  it('is 0 in layer 1', async () => {
    expect(await score(verdictReward(), { gold: columns.gold })).toEqual([0, 0, 0, 0, 0]);
  });
  it('refuses to pay for wrong verdicts', () => {
    expect(() => verdictReward({ wrong: 1 })).toThrow(/wrong/);
  });
});

describe('standingText', () => {
  it('is the thought of the correction and the answer before it', () => {
    expect(standingText('<think>5=5</think>6', '<think>x</think>5')).toBe('<think>5=5</think>5');
    expect(standingText('It is correct: 6', 'The answer is 5.')).toBe('<think>It is correct: 6</think>The answer is 5.');
  });
});
