/** Units that, repeated, have sent other graders into quadratic time, deep recursion or an eval. Shared by the safety test and the fuzzer. */
// prettier-ignore
export const hostileSeeds: readonly string[] = [
  '(', ')', '[', '{', '}', '( ', '(1 ', '$', '$$', '$ ', '$1 $', '$x$ and ', '\\', '\\(', '\\( ', '\\[', '\\left(', '\\right)',
  '\\boxed{', '\\boxed{} ', '\\boxed{1}', '\\boxed{1} and ', '\\boxed{((((', 'answer is ', 'final answer is ', 'answer: x ', 'answer is $',
  'final answer: a b c d e f g ', 'answer is \\begin{', '####', '#### ', '####\n', '<answer>', '<answer>1', '<think>', '</think>', '<|im_start|>', '<|', '<',
  '1', '9', '1 ', '1 000 ', '1/2 ', '1,', '1+', '-', '- ', '+ ', '^', '2^', '2^{', '9^9^', '9!', '!', '10^{10^', '\\frac{', '\\frac1', '\\sqrt{', '\\sqrt[3]{',
  '\\begin{', '\\begin{a}\\end{a}', '\\begin{pmatrix}', '&', '\\\\', '\\text{', '\\int_', '\\sum_{k=1}^{', '\\binom{9', '\\log_', '\\sin(', 'f(', '|', '|x', '(x+1)',
  '(x+1)^9', '(x+y)^{99}', 'x^', 'x_', 'x=', 'x<', 'x = ', '=', '\\pm', '±', '\\cup', '(-\\infty,', '[1,2)', '1_', '_2', '1:', '0.', '.', '. ', '1. ', '1e9', 'e', 'i', 'π',
  '%', '5% ', 'A ', 'A: ', '**', '* ', '_', '"', "'", '```', '\n', '1\n', ' ', '\u00a0', 'a', 'ab ', 'word ', 'is ', 'and ', 'or ', '√', '×', '∞', '\u{1F600}', '是', '答案', 'because a ', 'I mean. ', 'But wait ', 'x 5 ', '$5/h ', '：', '\ud800', '\udc00', '\0',
];
