// What docs/verifiers.md says, as cases: `npm run docs:verifiers` writes the tables from them.
import type { VerifyOptions } from '../../../src/verify.js';

/** An answer, whether it equals the gold, and why. */
export type Equivalence = readonly [gold: string, answer: string, equal: boolean, why: string];

export const equivalences: readonly Equivalence[] = [
  ['1/2', '\\frac{1}{2}', true, 'exact rationals'],
  ['\\frac12', '0.5', true, 'a decimal is a fraction'],
  ['\\frac{1}{3}', '0.33', false, 'rounding is not equality'],
  ['5', '5.0', true, 'exact rationals'],
  ['5', '500', false, 'no factor of 100 is tried'],
  ['5', '5.001', false, 'integers have no tolerance'],
  ['10000', '10001', false, 'no relative tolerance either'],
  ['1000000', '1,000,000', true, 'thousands separators'],
  ['10000', '10{,}000', true, 'LaTeX thousands separators'],
  ['1.5e3', '1500', true, 'scientific notation'],
  ['3 \\times 10^5', '300000', true, 'powers of ten'],
  ['\\frac{1}{2^{99}}', '\\frac{1}{2^{98}}', false, 'exact; nothing is chopped to zero'],
  ['28\\%', '28%', true, 'percent signs'],
  ['28\\%', '0.28', true, 'a percentage is x/100'],
  ['5\\frac{1}{2}', '11/2', true, 'mixed numbers'],
  ['10', '\\$10', true, 'currency'],
  ['3', '3 \\text{ cm}', true, 'a unit after a number'],
  ['12', '12 apples', true, 'a unit in words'],
  ['4', '4\\sqrt2', false, 'the rest of a product is not a unit'],
  ['10\\sqrt3 + \\sqrt{4}', '10\\sqrt{3} + 2', true, 'radicals'],
  ['\\frac{\\sqrt3}{3}', '\\frac{1}{\\sqrt3}', true, 'denominators made rational'],
  ['1 - \\frac{1}{e}', '1 + \\frac{1}{e}', false, 'every sign counts'],
  ['5!', '120', true, 'factorials'],
  ['\\binom{5}{2}', '10', true, 'binomials'],
  ['\\log_2 8', '3', true, 'exact logarithms'],
  ['\\sin 30^\\circ', '\\frac12', true, 'trigonometry at exact angles'],
  ['x^2+2x+1', '(x+1)^2', true, 'expanded and factored forms'],
  ['2x+1', '2(x+1)', false, 'other polynomials'],
  ['\\tan^2(y)+1', '\\sec^2(y)', true, 'identities'],
  ['11', 'x=11', true, 'an assignment of the value'],
  ['x=11', '11', true, 'the value of the assignment'],
  ['y=2x+1', '2x+1=y', true, 'sides of an equation'],
  ['34x+45y-20z+100=0', '-34x-45y+20z-100=0', true, 'a multiple of an equation'],
  ['x + y - z + 2 = 0', '5x - 7y + 11z + 4 = 0', false, 'other planes'],
  ['x \\leq 5', '5 \\geq x', true, 'an inequality read from the right'],
  ['x > 5', 'x < 5', false, 'direction counts'],
  ['x < 1', '-x > -1', true, 'multiplied by −1'],
  ['[1,2)', '(1,2)', false, 'open and closed ends'],
  ['-2 \\le x \\le 7', 'x \\in [-2,7]', true, 'a chain is an interval'],
  ['(2,12) \\cup (12,102)', '(12,102) \\cup (2,12)', true, 'unions in any order'],
  ['\\{1,2,3\\}', '\\{3,1,2\\}', true, 'sets have no order'],
  ['(3,1)', '(1,3)', false, 'tuples have'],
  ['1, 2, 3', '3, 2, 1', true, 'a list of answers has no order'],
  ['1, 2', '1, 2, 2', false, 'nothing is said twice'],
  ['57', '57.00000000000001', true, 'a printed double: one unit in the last place'],
  ['\\sqrt{67},-\\sqrt{85}', '\\sqrt{67}', false, 'all answers are needed'],
  ['1 \\pm \\sqrt{19}', '1+\\sqrt{19}, 1-\\sqrt{19}', true, '± stands for both'],
  ['\\pm 2021', '2021', false, 'one of two'],
  [
    '\\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix}',
    '\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}',
    true,
    'matrices, whatever their brackets',
  ],
  ['\\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix}', '\\begin{pmatrix}1 & 2\\\\3 & 5\\end{pmatrix}', false, 'every entry counts'],
  ['204_5', '204_{5}', true, 'base-n numerals'],
  ['3+4i', '4i+3', true, 'complex numbers'],
  ['90^\\circ', '90', true, 'the degree sign may be left out'],
  ['B', '(B)', true, 'choice letters'],
  ['B', 'C', false, 'choice letters'],
  ['B', 'b', true, 'a choice written small'],
  ['b', 'B', false, 'a name is no choice'],
  ['\\text{odd}', 'odd', true, 'short text'],
  ['odd', 'even', false, 'short text'],
  ['3,5', '3.5', true, 'a decimal comma, where it groups no thousands'],
  ['1,000', '1', false, 'a comma before three digits groups thousands'],
  ['2\\pi k', '2\\pi n', true, 'a letter for integers beside π may have any name'],
  ['6k + 1', '6n + 1', false, 'elsewhere it may not'],
  ['x \\equiv 3 \\pmod 7', 'x = 7k + 3', true, 'a congruence, by a letter for integers'],
  ['x \\equiv 3 \\pmod 7', 'x = 7k + 3, k \\in \\mathbb{N}', false, 'not every number'],
  ['13', 'Length: 13', true, 'a label in words'],
  ['5^{\\text{th}}', '5', true, 'ordinal numbers'],
  ['1 + 2 + \\cdots + n', '\\frac{n(n+1)}{2}', true, 'dots stand for the terms between'],
  ['1, 3, \\ldots, 9', '1, 3, 5, 7, 9', true, 'dots in lists too'],
  ['n!', '\\Gamma(n+1)', true, 'functions, limits, derivatives, sums'],
  ['\\lceil n/2 \\rceil', '\\lfloor (n+1)/2 \\rfloor', true, 'floors of a whole number, proven rest by rest'],
  ['x^2 + 1', 'x<sup>2</sup> + 1', true, 'HTML, full-width and bold characters'],
  ['21', 'twenty-one', true, 'numbers in words'],
  ['\\sqrt{10}', '3.1622776601683795', true, 'a printed double: 15 to 17 digits, one unit in the last place'],
];

/** A choice that another checker could make otherwise. */
export interface Choice {
  readonly name: string;
  readonly reason: string;
  /** `answer`: the texts are answers; `response`: the answer is looked for in them. */
  readonly texts: 'answer' | 'response';
  readonly cases: readonly (readonly [
    gold: string | readonly string[],
    text: string,
    counts: boolean,
    options?: VerifyOptions,
  ])[];
}

export const choices: readonly Choice[] = [
  {
    name: 'Percent',
    reason:
      '"What percent …?" has the plain number as its gold in GSM8K and its like, and models answer with the sign: of 2,638 right answers 28 would be refused. So for a plain gold above 1 the sign may stand, and then 3500% does not count as well: one reading, never both. A gold with the sign is x/100.',
    texts: 'answer',
    cases: [
      ['35', '35%', true],
      ['35', '3500%', false],
      ['35\\%', '0.35', true],
      ['0.35', '35\\%', true],
      ['35', '0.35', false],
      ['35', '35%', false, { percent: 'hundredths' }],
    ],
  },
  {
    name: 'Precision',
    reason:
      'A value without a finite decimal can only be written rounded. Six places and more are accepted for it, and a gold of three digits or more is taken as rounded itself; a computer prints 15 to 17 digits, which may miss the correctly rounded decimal by one unit in the last place. A value that has a finite decimal, an integer before all, is never rounded: 0.250001 is not a quarter, and a gold of 1.000 is 1.',
    texts: 'answer',
    cases: [
      ['\\frac{1}{3}', '0.333333', true],
      ['\\frac{1}{3}', '0.33', false],
      ['0.333', '\\frac{1}{3}', true],
      ['8.33\\%', '\\frac{1}{12}', true],
      ['\\frac{2}{3}', '0.6666666666666666', true],
      ['\\sqrt{2}', '1.4142135623730951', true],
      ['\\frac{1}{4}', '0.250001', false],
      ['5', '5.0000001', false],
      ['5', '5.0000000000000000001', false],
      ['1.000', '\\frac{2021}{2022}', false],
      ['\\frac{1}{3}', '0.333333', false, { precision: 'doubles' }],
      ['\\frac{2}{3}', '0.6666666666666666', true, { precision: 'doubles' }],
      ['\\frac{2}{3}', '0.6666666666666666', false, { precision: 'exact' }],
    ],
  },
  {
    name: 'Times and ratios',
    reason:
      'A ratio is written in lowest terms and a time with two digits of minutes. So a gold in the form of a clock is a time even where it would reduce; an answer in that form is a time only where it does not, since ratios are answered unreduced too.',
    texts: 'answer',
    cases: [
      ['10:30', '10:30', true],
      ['10:30', '\\frac{1}{3}', false],
      ['1:3', '10:30', true],
      ['2:3', '\\frac{2}{3}', true],
      ['2:3', '\\frac{2}{3} \\text{ hours}', false],
    ],
  },
  {
    name: 'Conditions',
    reason:
      'A condition ("for j ≥ 2") makes another answer of a formula, so it may neither be dropped nor added; the domain of a variable ("j ∈ ℕ", "for all j ≥ 1", "x ≠ 0") goes without saying.',
    texts: 'answer',
    cases: [
      ['6j', '6j \\text{ for } j \\ge 2', false],
      ['6j \\text{ for } j \\ge 2', '6j', false],
      ['6j \\text{ for all } j \\ge 1', '6j', true],
      ['n', 'n \\text{ odd}', false],
    ],
  },
  {
    name: 'Tolerance',
    reason:
      'None by default: a tolerance that suits measurements accepts 10001 for 10000. Where answers are measured it is asked for, as a difference or a share of the gold.',
    texts: 'answer',
    cases: [
      ['9.81', '9.8', false],
      ['9.81', '9.8', true, { relativeTolerance: 0.01 }],
      ['1', '1.01', true, { tolerance: 0.01 }],
      ['1', '1.02', false, { tolerance: 0.01 }],
      ['3, 7', '2.9, 7.1', true, { tolerance: 0.1 }],
    ],
  },
  {
    name: 'Order',
    reason:
      'Solutions of an equation have no order and people write them in any; coordinates have one. So the form of the gold decides, and a list in order is asked for.',
    texts: 'answer',
    cases: [
      ['1, 2', '2, 1', true],
      ['(1, 2)', '(2, 1)', false],
      ['1, 2', '2, 1', false, { ordered: true }],
      ['\\{1, 2\\}', '\\{2, 1\\}', true, { ordered: true }],
    ],
  },
  {
    name: 'Form',
    reason:
      'What is equal counts for a metric. As a reward it can be cheated: copying "47 + 85" from the question would earn as much as adding. So in strict mode the answer must be worked out where the gold is; a computation that ends in its value is.',
    texts: 'answer',
    cases: [
      ['132', '47 + 85', true],
      ['132', '47 + 85', false, { form: 'value' }],
      ['132', '47 + 85 = 132', true, { form: 'value' }],
      ['5', '2x = 10', false, { form: 'value' }],
      ['x > 2', '2x > 4', false, { form: 'value' }],
      ['\\frac{1}{2}', '0.5', true, { form: 'value' }],
      ['x^2 + 2x + 1', '(x+1)^2', true, { form: 'value' }],
    ],
  },
  {
    name: 'Conflicts',
    reason:
      'A response that marks two answers gives none: a reader would not know which is meant, and a policy that could mark both would be paid for a guess. In lenient mode only a later wrong mark counts against an earlier right one, since models correct themselves. Boxes with nothing between them are two answers of one list; answer tags with nothing between them, and a box and the number that it is set equal to, contradict each other in both modes. A last sentence without a mark contradicts none: it is read only where nothing is marked, so it is never paid for either.',
    texts: 'response',
    cases: [
      ['5', '\\boxed{5}\nThe answer is 6.', false, { mode: 'strict' }],
      ['5', 'The answer is 6.\n\\boxed{5}', false, { mode: 'strict' }],
      ['5', 'The answer is 6.\n\\boxed{5}', true, { mode: 'lenient' }],
      ['5', '\\boxed{5}\nThe answer is 6.', false, { mode: 'lenient' }],
      ['5', '\\boxed{5}\nThe answer is 5.', true, { mode: 'strict' }],
      ['5', '\\boxed{5}\nThus the total is 6.', true, { mode: 'strict' }],
      ['6', '\\boxed{5}\nThus the total is 6.', false, { mode: 'strict' }],
      ['5', '\\boxed{6}\\boxed{5}', false, { mode: 'strict' }],
      ['5', '<answer>6</answer><answer>5</answer>', false],
      ['5', '\\boxed{5} = 6', false],
      ['5', 'The answer is 5 or possibly 6.', false, { mode: 'strict' }],
      ['5', 'The answer is not 5.', false, { mode: 'strict' }],
      ['B', 'The answer is B or D.', false, { mode: 'strict' }],
    ],
  },
  {
    name: 'What stands beside a value',
    reason:
      'A sentence that goes on may say another value, and one that begins with a condition says its value only under it: neither is the answer. What is boxed is the answer by convention, so that a condition before it counts for nothing, but not where the box is only a part of an expression. "About 17" counts for 17: golds are often rounded, and the number said is the gold itself. "A or C" leaves open which, "A, C" says both. Lenient mode still takes the last value of the text where its mark is none.',
    texts: 'response',
    cases: [
      ['17', 'The answer is 17 of them less 3.', false],
      ['17', 'The answer is 17 because 20 minus 3 is 17.', true],
      ['17', 'If x = 2, the answer is 17.', false, { mode: 'strict' }],
      ['17', 'If x = 2, the answer is \\boxed{17}.', true, { mode: 'strict' }],
      ['17', '\\boxed{17}{18}', false],
      ['17', '2\\boxed{17}', false],
      ['17', '\\boxed{17} cm', true],
      ['17', 'Answer choices: 17', false],
      ['17', 'The answer is option 17.', false],
      ['17', '\\boxed{\\text{Answer } 17}', true],
      ['17', '\\boxed{\\approx 17}', true],
      ['17', 'The answer is almost 17.', false],
      ['17', 'We get 17 equations.', false],
      ['A or C', 'The answer is A, C.', false],
    ],
  },
  {
    name: 'What strict mode refuses',
    reason:
      'The last sentence of a response without a mark counts where it states one number, and says of it neither that it was given or comes first, nor that it is a bound, a part or a guess. A reward for any last number would pay for numbers that happen to stand last, for an intermediate value where the text was cut, and for thoughts. Whoever trains asks the model for a mark; lenient mode measures the rest.',
    texts: 'response',
    cases: [
      ['4', 'So it is 4', true, { mode: 'strict' }],
      ['4', 'Tom has 4 pens', true, { mode: 'strict' }],
      ['4', 'First, Tom buys 4 pens', false, { mode: 'strict' }],
      ['4', 'We know that Tom has 4 pens', false, { mode: 'strict' }],
      ['4', 'Tom has 4 pens and 3 books', false, { mode: 'strict' }],
      ['4', 'We add 4', false, { mode: 'strict' }],
      ['4', 'We add 4', true, { mode: 'lenient' }],
      ['4', 'Tom has 4 pens', false, { mode: 'lenient', truncated: true }],
      ['4', 'I get \\boxed{4', false, { mode: 'strict' }],
      ['4', '<think>The answer is 4.', false, { mode: 'strict' }],
      ['4', '<think>The answer is 4.</think>', false, { mode: 'lenient' }],
      ['4', '4', true, { mode: 'strict' }],
      ['4', 'The answer is 4.\n\nQuestion: 2+3?\nThe answer is 5.', true, { mode: 'strict' }],
    ],
  },
  {
    name: 'Several golds, kinds, other tags',
    reason:
      'Data sets have golds with several spellings, tasks with one kind of answer, models with tags of their own. Nothing of this is guessed.',
    texts: 'response',
    cases: [
      [['colour', 'color'], 'The answer is color.', true],
      ['(1, 2)', 'The answer is (1, 2).', false, { kinds: ['number'] }],
      ['5', '◁think▷The answer is 6.◁/think▷The answer is 5.', true, { reasoningTags: ['◁think▷'], mode: 'strict' }],
    ],
  },
];
