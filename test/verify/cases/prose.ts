import type { ExtractionMode } from '../../../src/verify.js';

/** A response with its gold, whether it is right, and the mode of extraction; both where none is named. */
export type Told = readonly [gold: string, response: string, right: boolean, mode?: ExtractionMode];

/** Where the answer of a response stands. */
// prettier-ignore
export const told: Readonly<Record<string, readonly Told[]>> = {
  'links between "answer" and its value': [
    ['17', 'The answer to this problem is 17.', true], ['17', 'Final answer → 17', true], ['17', 'Answer -> 17', true], ['17', 'Answer => 17', true], ['17', 'The answer equals 17.', true], ['17', 'The answer comes out to 17.', true], ['17', 'The answer turns out to be 17.', true],
    ['17', 'The answer to question 17 is 5.', false, 'strict'], ['17', 'The answer is not 17.', false], ['17', 'The answer equals 18.', false], ['17', 'Final answer → 18', false], ['17', 'The answer comes out to 17 or 18.', false],
  ],
  'several boxes': [
    ['1, 2', 'The solutions are \\boxed{1} and \\boxed{2}.', true], ['1, 2', 'First root: \\boxed{1}. Second root: \\boxed{2}.', true], ['1, 2', 'x = \\boxed{1}\ny = \\boxed{2}', true], ['1, 2', '\\boxed{1} \\boxed{2}', true], ['1, 2', '\\boxed{1}\n\n\\boxed{2}', true],
    ['1, 2', 'The smaller one is $\\boxed{1}$, the larger one is $\\boxed{2}$.', true], ['x = 1, y = 2', '$x = \\boxed{1}$ and $y = \\boxed{2}$', true], ['(1, 2)', 'x = \\boxed{1}, y = \\boxed{2}', false], ['1, 2, 3', '\\boxed{1}, \\boxed{2}, \\boxed{3}', true],
    ['1, 2, 3', 'We get \\boxed{1}. Then \\boxed{2}. And last \\boxed{3}.', true], ['2', 'First \\boxed{1}. Then \\boxed{2}.', true, 'lenient'], ['1', 'First \\boxed{1}. Then \\boxed{2}.', false], ['1, 2', '\\boxed{1} or \\boxed{3}', false], ['1, 2', '\\boxed{1}. \\boxed{2}. \\boxed{3}.', false],
    ['1, 2', 'Length: \\boxed{1} cm; width: \\boxed{2} cm', true], ['5, 3', 'Alice has \\boxed{5} apples and Bob has \\boxed{3} apples.', true], ['5, 3', 'Alice has \\boxed{3} apples.', false], ['5, 3', 'Alice has \\boxed{5} apples and Bob has \\boxed{4} apples.', false],
    ['\\boxed{3} and \\boxed{4}', 'The answer is 3 and 4.', true], ['\\boxed{3} \\text{ apples and } \\boxed{4} \\text{ pears}', '\\boxed{3, 4}', true], ['$x = \\boxed{3}$, $y = \\boxed{4}$', '\\boxed{3, 4}', true], ['$x = \\boxed{3}$, $y = \\boxed{4}$', '\\boxed{4}', false], ['$x = \\boxed{3}$, $y = \\boxed{4}$', '\\boxed{3}', false],
    ['B', 'A: \\boxed{A} no. So \\boxed{B}', true, 'lenient'], ['10', '\\boxed{5} \\cdot 2 = \\boxed{10}', true],
  ],
  'a later mark behind one without an answer': [
    ['5', 'The final answer is: see below.\nAnswer: 5', true], ['5', '\\boxed{}\nThe answer is 5.', true], ['5', '\\boxed{\\text{see above}} The answer is 5.', true], ['5', '<answer></answer> The answer is 5.', true], ['5', '####\nThe answer is 5.', true],
    ['12', 'The final answer is the number of apples.\nAnswer: 12', true], ['5', '\\boxed{9^{9^{9^{9}}}}\nThe answer is 5.', true, 'lenient'], ['5', '<answer>see above</answer>\n#### 5', true], ['5', '\\boxed{?}\nAnswer: 5', true], ['5', '\\boxed{\\text{answer}}: 5', true, 'lenient'],
    ['5', '\\boxed{\\ldots} Answer: 5', true], ['5', 'Final answer: \\boxed{\\text{answer here}}\nAnswer: 5', true], ['5', 'Final Answer: below\n\\boxed{5}', true], ['5', '<answer>...</answer> \\boxed{5}', true], ['x^2', '\\boxed{\\text{the function}} Answer: $x^2$', true],
    ['5', '\\boxed{6}\nThe answer is 5.', false], ['5', '\\boxed{}\nThe answer is 6.', false], ['5', '\\boxed{\\text{not } 5} The answer is 5.', false], ['5', '\\boxed{x} The answer is 5.', false], ['odd', '\\boxed{\\text{even}} Answer: odd', false], ['5', '<answer>6</answer> Answer: 5', false],
    ['5', '\\boxed{\\text{your answer}}\n\nThe answer is 5.', true],
  ],
  'another number in the last sentence': [
    ['12', 'So 12 apples are left out of the 20.', true, 'lenient'], ['12', '12 of the 20 apples are left.', true, 'lenient'], ['18', 'She has $18 in pocket #4.', true, 'lenient'], ['6', 'So, he needs 6 boxes to hold 24 eggs.', true, 'lenient'],
    ['5', 'He sold 3 on day 1. So 5 remain after day 2.', true, 'lenient'], ['9', '3 + 6 = 9.\nSo she bought 9 in 2 weeks.', true, 'lenient'], ['7', 'Therefore, 7 of the 10 cups are full.', true, 'lenient'], ['7', 'Thus 7 cups out of 10.', true, 'lenient'], ['42', 'Hence 42 tickets were sold in 3 days.', true, 'lenient'],
    ['4', 'Everything adds up: 1 + 3 = 4', true, 'lenient'], ['4', 'So 1 + 3 = 4', true, 'lenient'], ['4', 'So 1 + 3 equals 4', true, 'lenient'], ['15', 'So the total is 3 * 5 = 15 for 2 people.', true, 'lenient'], ['15', 'So 3 * 5 = 15.', true, 'lenient'],
    ['3', '3 boxes for #4', true, 'lenient'], ['8', 'See problem #4: it is 8', true, 'lenient'], ['12', 'So 12.', true, 'lenient'], ['20', 'So 12 apples are left out of the 20.', false, 'lenient'], ['12', 'So 12 apples are left out of the 20.', false, 'strict'],
  ],
  'sentences inside an answer tag': [
    ['17', '<answer>The answer is 17</answer>', true], ['17', '<answer>The answer is 17.</answer>', true], ['17', '<answer>So the answer is: 17</answer>', true], ['17', '<answer>Final answer: 17</answer>', true], ['17', '<answer>Answer: 17</answer>', true], ['17', '<answer>x = 17</answer>', true],
    ['17', '<answer>The final answer is $17$.</answer>', true], ['17', '<answer>The answer is \\boxed{17}</answer>', true], ['17', '<answer>She has 17 apples.</answer>', true, 'lenient'], ['17', '<answer>There are 17 apples in total.</answer>', true, 'lenient'], ['17', '<answer>17 apples</answer>', true],
    ['17', '<answer>The answer is 18</answer>', false], ['17', '<answer>The answer is not 17</answer>', false], ['17', 'The answer is 17 <answer>18</answer>', false], ['17', '<answer>The answer is 17 or 18</answer>', false], ['B', '<answer>The answer is B</answer>', true], ['B', '<answer>The correct option is B.</answer>', true],
    ['17', '<ANSWER>The answer is 17</ANSWER>', true], ['17', '<answer>\nThe answer is 17\n</answer>', true], ['17', '<answer>The total is 17.</answer>', true], ['17', '<answer>Total = 17</answer>', true], ['17', '<answer> The number of apples is 17 </answer>', true],
  ],
};
