import { describe, expect, it } from 'vitest';
import { accuracyReward, countdownReward } from '../../src/reward/accuracy.js';
import { equal, extract, groupAnswers, parse, verify, verifyBatch } from '../../src/verify.js';
import type { ComparisonOptions, VerifyPair } from '../../src/verify.js';

/** A pair, what is asked for, and the verdict without and with it. */
type Case = readonly [options: ComparisonOptions, gold: string, pred: string, without: boolean, withIt: boolean];

const cases: readonly Case[] = [
  [{ percent: 'hundredths' }, '35', '35%', true, false],
  [{ percent: 'hundredths' }, '35\\%', '0.35', true, true],
  [{ percent: 'hundredths' }, '35, 40', '35%, 40%', true, false],
  [{ percent: 'asked' }, '35', '3500%', false, false],
  [{ precision: 'doubles' }, '1/3', '0.333333', true, false],
  [{ precision: 'doubles' }, '0.333', '1/3', true, false],
  [{ precision: 'doubles' }, '8.33\\%', '1/12', true, false],
  [{ precision: 'doubles' }, '2/3', '0.6666666666666666', true, true],
  [{ precision: 'doubles' }, '\\sqrt2', '1.4142135623730951', true, true],
  [{ precision: 'exact' }, '2/3', '0.6666666666666666', true, false],
  [{ precision: 'exact' }, '1/3', '0.333333', true, false],
  [{ precision: 'exact' }, '0.5', '1/2', true, true],
  [{ tolerance: 0.01 }, '1', '1.01', false, true],
  [{ tolerance: 0.01 }, '1', '1.0100001', false, false],
  [{ tolerance: 0.3 }, '1', '1.3', false, true],
  [{ tolerance: 0.3 }, '1', '0.7', false, true],
  [{ tolerance: 1e-6 }, '\\pi', '3.14159', false, false],
  [{ tolerance: 1e-5 }, '\\pi', '3.14159', false, true],
  [{ tolerance: 0.5 }, '3, 7', '7.2, 2.8', false, true],
  [{ tolerance: 0.5 }, '(3, 7)', '(7.2, 2.8)', false, false],
  [{ tolerance: 0.5 }, '3 \\text{ cm}', '3.4 cm', false, true],
  [{ tolerance: 0.5 }, '[1, 2)', '[1, 2.1)', false, true],
  [{ tolerance: 0.5 }, 'x + 3', 'x + 3.1', false, false],
  [{ tolerance: 1000 }, 'B', 'C', false, false],
  [{ tolerance: 2e6 }, '1000000', '3000000', false, true],
  [{ relativeTolerance: 0.02 }, '200', '204', false, true],
  [{ relativeTolerance: 0.02 }, '200', '204.1', false, false],
  [{ relativeTolerance: 0.02 }, '-200', '-196', false, true],
  [{ relativeTolerance: 0.02, tolerance: 5 }, '200', '195', false, true],
  [{ relativeTolerance: 0.02 }, '0', '0.001', false, false],
  [{ ordered: true }, '1, 2', '2, 1', true, false],
  [{ ordered: true }, '1, 2', '1, 2.0', true, true],
  [{ ordered: true }, '\\{1, 2\\}', '\\{2, 1\\}', true, true],
  [{ ordered: true }, 'x = 1, x = 2', 'x = 2, x = 1', true, false],
  [{ kinds: ['number'] }, '5', '5.0', true, true],
  [{ kinds: ['number'] }, '5', 'x = 5', true, true],
  [{ kinds: ['number'] }, 'x^2', 'x \\cdot x', true, false],
  [{ kinds: ['letter', 'words'] }, '4', '2+2', true, false],
  [{ kinds: ['letter', 'words'] }, 'B', '(B)', true, true],
  [{ kinds: ['interval'] }, 'x \\ge 2', '[2, \\infty)', true, true],
  [{ form: 'value' }, '132', '47 + 85', true, false],
];

describe('what counts as the same', () => {
  it.each(cases)('%j: gold %s, answer %s: %s becomes %s', (options, gold, pred, without, withIt) => {
    expect(verify({ gold, pred }).verdict).toBe(without);
    const found = verify({ gold, pred, ...options });
    expect(found.verdict, found.reason).toBe(withIt);
  });

  it('holds for the pair that asks for it and for no other of its batch', () => {
    const pairs = cases.flatMap(([options, gold, pred]): VerifyPair[] => [
      { gold, pred },
      { gold, pred, ...options },
    ]);
    const found = verifyBatch(pairs).map(({ verdict }) => verdict);
    expect(found).toEqual(cases.flatMap(([, , , without, withIt]) => [without, withIt]));
  });

  it('is the same for equal, groupAnswers and the accuracy reward', () => {
    expect(equal('1', '1.01')).toBe(false);
    expect(equal('1', '1.01', { tolerance: 0.01 })).toBe(true);
    expect(groupAnswers(['1', '2', '1.01', '0.99'], { tolerance: 0.01 })).toEqual([[0, 2, 3], [1]]);
    const args = {
      prompts: ['', ''],
      completions: ['The answer is 1.01.', 'First, Tom paid 1.01'],
      completionIds: [[], []],
      gold: ['1', '1'],
    };
    expect(accuracyReward()(args)).toEqual([0, 0]);
    expect(accuracyReward({ tolerance: 0.01 })(args)).toEqual([1, 0]);
    expect(accuracyReward({ tolerance: 0.01, mode: 'lenient' })(args)).toEqual([1, 1]);
    expect(accuracyReward({ tolerance: 0.01, kinds: ['letter'] })(args)).toEqual([0, 0]);
  });

  it('names the kind of an answer that does not count', () => {
    expect(verify({ gold: '5', response: 'The answer is (1, 2).', kinds: ['number'] })).toMatchObject({
      outcome: 'other_kind',
      extracted: '(1, 2)',
      reason: 'what follows "answer", "(1, 2)", is of kind tuple, which does not count here',
    });
    expect(verify({ gold: '5', response: 'I do not know.', mode: 'strict', kinds: ['number'] }).outcome).toBe('no_answer');
  });
});

describe('several golds', () => {
  it('one of them is enough', () => {
    const gold = ['Istanbul', 'Constantinople'];
    expect(verify({ gold, response: 'The answer is Constantinople.' }).verdict).toBe(true);
    expect(verify({ gold, response: 'The answer is Byzantium.' })).toMatchObject({ verdict: false, outcome: 'not_equal' });
    expect(verify({ gold: ['', '7'], pred: '8' }).outcome).toBe('not_equal');
    expect(verify({ gold: ['', ' '], pred: '8' }).outcome).toBe('gold_unparsable');
  });

  it('two of them as contradicting answers are none', () => {
    const response = '\\boxed{Istanbul}\nThe answer is Constantinople.';
    expect(verify({ gold: ['Istanbul', 'Constantinople'], response, mode: 'strict' }).verdict).toBe(false);
  });

  it('stand in a column of lists', () => {
    const texts = ['The answer is 3.', 'The answer is 4.', 'The answer is 5.', 'The answer is 5.'];
    const gold = [
      ['3', '4'],
      ['3', 4],
      ['3', '4'],
      [null, ''],
    ];
    const scores = accuracyReward()({ prompts: texts, completions: texts, completionIds: texts.map(() => []), gold });
    expect(scores).toEqual([1, 1, 0, null]);
  });
});

describe('responses', () => {
  const message = { role: 'assistant', content: 'The answer is 7.' };
  it('may be a message, its parts, or a conversation that the assistant ends', () => {
    expect(verify({ gold: '7', response: message }).verdict).toBe(true);
    expect(verify({ gold: '7', response: [{ role: 'user', content: 'The answer is 8.' }, message] }).verdict).toBe(true);
    const parts = [
      { type: 'text', text: 'The answer ' },
      { type: 'text', text: 'is 7.' },
    ];
    expect(extract([{ role: 'assistant', content: parts }])).toBe('7');
  });

  it.each([
    [[message, { role: 'user', content: 'Sure?' }]],
    [[]],
    [{ role: 'assistant' }],
    [{ role: 'assistant', content: [{ type: 'image' }] }],
    [7],
  ])('refuses %j', (response) => {
    expect(() => verify({ gold: '7', response: response as unknown as string })).toThrow(
      /^verify: pair 0: expected a text, or a message/,
    );
  });
});

describe('parse', () => {
  it.each([
    ['The answer is 12 cm.', '12 cm', 'number', 'answer_is'],
    ['\\boxed{x^2 + 1}', 'x^2 + 1', 'expression', 'boxed'],
    ['\\boxed{x + y = 3}', 'x + y = 3', 'relation', 'boxed'],
    ['\\boxed{x = 3}', 'x = 3', 'number', 'boxed'],
    ['\\boxed{[1, 2)}', '[1, 2)', 'interval', 'boxed'],
    ['\\boxed{(1, \\infty)}', '(1, \\infty)', 'interval', 'boxed'],
    ['\\boxed{(1, 2)}', '(1, 2)', 'tuple', 'boxed'],
    ['\\boxed{1, 2}', '1, 2', 'list', 'boxed'],
    ['\\boxed{\\{1, 2\\}}', '\\{1, 2\\}', 'list', 'boxed'],
    ['\\boxed{1 \\pm \\sqrt2}', '1 \\pm \\sqrt2', 'list', 'boxed'],
    ['\\boxed{\\begin{pmatrix}1&2\\end{pmatrix}}', '\\begin{pmatrix}1&2\\end{pmatrix}', 'matrix', 'boxed'],
    ['\\boxed{\\text{odd}}', '\\text{odd}', 'words', 'boxed'],
    ['\\boxed{\\text{(B)}}', '\\text{(B)}', 'letter', 'boxed'],
    ['\\boxed{3^^}', '3^^', null, 'boxed'],
    ['', null, null, 'empty'],
  ])('%s: %s is of kind %s, found by %s', (response, extracted, kind, rule) => {
    expect(parse(response)).toMatchObject({ extracted, kind, rule });
  });

  it('reads a cut text as such', () => {
    expect(parse('so it is 4').extracted).toBe('4');
    expect(parse('so it is 4', { truncated: true })).toMatchObject({ extracted: null, rule: 'truncated' });
  });
});

describe('reasoningTags', () => {
  const thought = (open: string, close: string): string => `${open}The answer is 5.${close}\nThe answer is 6.`;
  it.each([
    ['◁think▷', '◁think▷', '◁/think▷'],
    ['[THINK]', '[THINK]', '[/THINK]'],
    ['work', '<work>', '</work>'],
    ['work', '< Work >', '</WORK>'],
    ['seed:think', '<seed:think>', '</seed:think>'],
    ['<|START_THINKING|>...<|END_THINKING|>', '<|START_THINKING|>', '<|END_THINKING|>'],
    ['$$...^^', '$$', '^^'],
  ])('%s', (tag, open, close) => {
    expect(extract(thought(open, close), { reasoningTags: [tag], mode: 'strict' })).toBe('6');
    const inside = `${open}The answer is 5.${close}`;
    expect(verify({ gold: '5', response: inside, reasoningTags: [tag], mode: 'strict' }).verdict).toBe(false);
    const unended = `${open}The answer is 5.`;
    expect(parse(unended, { reasoningTags: [tag] }).rule).toBe('open_think');
    const args = { prompts: [''], completions: [inside], completionIds: [[]], gold: ['5'], numbers: [[5]], target: [5] };
    expect(accuracyReward({ reasoningTags: [tag] })(args)).toEqual([0]);
    expect(countdownReward({ reasoningTags: [tag] })(args)).toEqual([0]);
  });

  it('leave other tags and names alone', () => {
    expect(parse('<work>The answer is 5.', { reasoningTags: ['works'] })).toMatchObject({ extracted: '5', rule: 'answer_is' });
  });

  it.each(['...', 'a...', '...b', 'a...b...c', '5', ' x'])('refuses %j', (tag) => {
    expect(() => extract('5', { reasoningTags: [tag] })).toThrow(
      /^parse: expected a name, an opening mark or OPEN\.\.\.CLOSE in/,
    );
  });
});

describe('wrong options are refused by name', () => {
  const wrong: readonly (readonly [options: object, message: string])[] = [
    [{ mode: 'Strict' }, 'verify: pair 1: expected one of lenient, strict for mode, got "Strict"'],
    [{ moode: 'strict' }, 'verify: pair 1: unknown option moode; the nearest known one is mode'],
    [{ form: 'values' }, 'verify: pair 1: expected one of value, any or null for form, got "values"'],
    [{ percent: true }, 'verify: pair 1: expected one of asked, hundredths for percent, got true'],
    [{ precision: 15 }, 'verify: pair 1: expected one of rounded, doubles, exact for precision, got 15'],
    [{ tolerance: -1 }, 'verify: pair 1: expected a number >= 0 for tolerance, got -1'],
    [{ tolerance: NaN }, 'verify: pair 1: expected a number >= 0 for tolerance, got NaN'],
    [{ relativeTolerance: 1 }, 'verify: pair 1: expected a number >= 0 and < 1 for relativeTolerance, got 1'],
    [{ ordered: 'yes' }, 'verify: pair 1: expected true or false for ordered, got "yes"'],
    [{ kinds: ['numbers'] }, 'verify: pair 1: expected a list of number, expression, relation'],
    [{ reasoningTags: 'think' }, 'verify: pair 1: expected a list of texts or null for reasoningTags, got "think"'],
    [{ truncated: 1 }, 'verify: pair 1: expected true or false for truncated, got 1'],
    [{ gold: 7 }, 'verify: expected a text, a list of texts or a countdown task for gold of pair 1, got 7'],
    [{ gold: [] }, 'verify: expected a text, a list of texts or a countdown task for gold of pair 1, got []'],
    [{ pred: 7 }, 'verify: expected a text for pred of pair 1, got 7'],
  ];
  it.each(wrong)('%j', (options, message) => {
    const call = (): unknown =>
      verifyBatch([
        { gold: '1', pred: '1' },
        { gold: '1', pred: '1', ...options },
      ]);
    expect(call).toThrow(message);
  });

  it('by the other functions too', () => {
    const bad = (name: string): never => ({ [name]: 1 }) as never;
    expect(() => equal('1', '1', bad('mode'))).toThrow(/^equal: unknown option mode/);
    expect(() => groupAnswers([], bad('tolerances'))).toThrow(/^groupAnswers: unknown option tolerances; the nearest.*tolerance/);
    expect(() => parse('1', bad('gold'))).toThrow(/^parse: expected a text for gold, got 1/);
    expect(() => extract('1', bad('percent'))).toThrow(/^parse: unknown option percent/);
    expect(() => accuracyReward(bad('tolerance2'))).toThrow(/^accuracyReward: unknown option tolerance2/);
    expect(() => countdownReward({ tolerance: 1 } as never)).toThrow(/^countdownReward: unknown option tolerance/);
    expect(() => verify(null as never)).toThrow(/^verify: expected an object in place of pair 0, got null/);
    expect(() => verify({ gold: '1' })).toThrow(/^verify: expected a text for pred or response of pair 0/);
  });
});

it('a reason holds gold and answer as they stand there, their backslashes single', () => {
  const { reason } = verify({ gold: '\\frac{1}{2}', response: 'The answer is $\\frac{1}{3}$.' });
  expect(reason).toContain('"$\\frac{1}{3}$", does not equal the gold "\\frac{1}{2}"');
});
