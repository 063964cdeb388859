/** A response with its gold, and whether it earns a reward in strict mode. */
export type Marked = readonly [gold: string, response: string, right: boolean];

/** Marked sentences that hedge, negate, contradict or reason. */
// prettier-ignore
export const marked: Readonly<Record<string, readonly Marked[]>> = {
  'hedged choices': [
    ['B', 'The answer is B.', true], ['B', 'The answer is (B).', true], ['B', 'Answer: B) 42', true], ['B', 'The answer is B. 42 metres', true], ['B', '\\boxed{B}', true], ['B', '<answer>B</answer>', true],
    ['B', 'The answer is B or D.', false], ['B', 'The answer is B, C or D.', false], ['B', 'The answer is B and C.', false], ['B', 'The answer is B/D.', false], ['B', '\\boxed{B \\text{ or } D}', false], ['B', '<answer>B, C, D</answer>', false],
    ['B', 'Answer: A, B, C, D', false], ['B', 'The answer is either B or C.', false], ['B', '<answer>B or C</answer>', false], ['B', 'The answer is B, or maybe C.', false], ['B', 'The answer is not A, it is B.', true], ['B', 'B or C', false], ['B', '#### B or C', false], ['A', 'The answer is A B C D', false],
  ],
  'what stands beside a choice': [
    ['B', 'Answer: B, which is 99', true], ['B', 'Answer: B) 99', true], ['B', '<answer>B. 99</answer>', true], ['B', 'The answer is B, the second.', true],
    ['B', '<answer>B?</answer>', false], ['B', 'Answer: B?', false], ['B', 'Answer: B, 99', false], ['B', 'Answer: B + 99', false], ['B', '<answer>B, 99</answer>', false], ['B', '<answer>B + C</answer>', false], ['17', '<answer>17?</answer>', false],
  ],
  'the article A': [
    ['A', 'The answer is A.', true], ['A', 'A', true], ['A', '(A)', true], ['A', 'The answer is A) a circle', true], ['A', 'The answer is A. A circle', true], ['A', 'Answer: A', true],
    ['A', 'A circle', false], ['A', 'The answer is A circle.', false], ['A', 'The answer is a circle.', false], ['A', 'A **circle**', false], ['A', 'The answer is A $45^\\circ$ angle', false], ['A', 'A triangle with three sides.', false], ['A', '<answer>A circle</answer>', false], ['I', 'I think so', false], ['A', '\\boxed{A circle}', false],
  ],
  'negated or withdrawn': [
    ['5', 'The answer is 5.', true], ['5', 'The answer is 5, not 6.', true], ['5', 'The final answer is 5 apples.', true],
    ['5', 'The answer is not 5.', false], ['5', "The answer isn't 5.", false], ['5', 'The answer is 5 or 6.', false], ['5', 'The answer is 5 is wrong.', false], ['5', 'The answer is 5, alternatively 7.', false], ['5', 'The answer is 5 if x is even, otherwise 6.', false], ['5', 'The answer is 5 when n is odd and 6 otherwise.', false], ['5', 'The answer is 5, or possibly 8.', false], ['5', 'The answer is 5\n6', false], ['5', 'The final answer is 5 - no, this is incorrect.', false], ['5', 'The answer cannot be 5.', false], ['13', 'The answer is 13 or 12.', false],
  ],
  'contradicting marks': [
    ['5', 'The answer is 5. \\boxed{5}', true], ['5', '\\boxed{5}\n#### 5', true], ['0.5', 'The answer is 1/2. \\boxed{0.5}', true],
    ['5', '\\boxed{5} The final answer is 6.', false], ['5', 'The answer is 5.\n\\boxed{6}', false], ['6', 'The answer is 5.\n\\boxed{6}', false], ['5', '<answer>5</answer> \\boxed{6}', false], ['5', '\\boxed{5}\n#### 6', false], ['5', '<answer>6</answer>\n#### 5', false], ['7', '\\boxed{7} so the final answer is 8', false], ['5', '\\boxed{5}\nSo the answer is clearly 6.', false], ['5', '\\boxed{6}\\boxed{5}', false],
    ['6', 'So the answer is clearly 6.', true], ['5', '\\boxed{5}\nThus the total is 6.', true], ['6', '\\boxed{5}\nThus the total is 6.', false],
  ],
  'numbers of a task': [
    ['17', 'So the number of problems is 17.', true], ['17', 'So the smallest number is 17.', true], ['17', 'So the problem number is 17.', false], ['17', 'Therefore, the exercise number is 17.', false],
  ],
  'reasoning under other names': [
    ['5', '<think>5</think> 5', true], ['5', '<reasoning>6</reasoning> \\boxed{5}', true], ['5', '<Think>\\boxed{6}</Think>\\boxed{5}', true], ['5', '<scratchpad>6</scratchpad>5', true], ['5', '<|begin_of_thought|>6<|end_of_thought|>\n5', true],
    ['5', '<reasoning>\\boxed{5}</reasoning>', false], ['5', '<Thinking>The answer is 5</Thinking>', false], ['5', '<scratchpad>\\boxed{5}', false], ['5', '<THINK>\\boxed{5}</THINK>', false], ['5', '< think >\\boxed{5}</ think >', false], ['5', '<reasoning>\\boxed{5}</reasoning>\\boxed{6}', false], ['5', '<|begin_of_thought|>\\boxed{5}', false], ['5', '<reflection>\\boxed{5}</reflection>', false],
  ],
};
