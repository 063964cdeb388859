import type { Form } from './case.js';

/** Kinds of wrong answers that look right, each with right answers of the same look. */
// prettier-ignore
export const refusals: readonly Form[] = [
  {
    name: 'equations that are no assignment',
    rows: [
      ['m = -6', ['-6', '-m = 6'], ['6', '-m = -6']],
      ['-m = 6', ['m = -6', '-6'], ['6', 'm = 6']],
      ['x + y = 7', ['y + x = 7', 'x = 7 - y'], ['7']],
      ['7', ['7', 'x = 7', 'x_1 = 7', 'f(2) = 7', 'AB = 7', '|AB| = 7', '\\angle ABC = 7', '2 + 5 = 7'], ['x + y = 7', 'xy = 7', '-x = 7', '|x| = 7', 'x - y = 7', '\\frac{x}{y} = 7', 'x^2 = 7', '2x = 7', '\\sin x = 7']],
      ['xy = 12', ['yx = 12'], ['12']],
      ['|x| = 3', [], ['3']],
      ['\\sin x = \\frac{1}{2}', [], ['\\frac{1}{2}']],
      ['(x, y) = (1, 2)', ['(1, 2)', 'x = 1, y = 2'], ['(2, 1)']],
      ['\\triangle ABC = 12', ['12'], ['-12']],
      ['a_5 = 10', ['10'], ['5']],
      ['\\frac{a}{b} = 3', ['a = 3b'], ['3']],
    ],
  },
  {
    name: 'clock times',
    rows: [
      ['3:30', ['3:30', '3:30 \\text{ PM}', '3 : 30'], ['7:60', '6:60', '1:10', '4:40', '0.1']],
      ['1:15', ['1:15'], ['2:30', '4:60', '\\frac{1}{15}']],
      ['12:00', ['12:00'], ['6:00', '1:0', '24:00']],
      ['2:3', ['4:6', '2/3', '10:15', '20:30'], ['3:2', '2:4']],
      ['4:5', ['12:15', '4:5'], ['5:4']],
      ['1:2:3', ['2:4:6'], ['1:2:4']],
      ['0:5', ['0:5'], ['0:7']],
      ['7:45 \\text{ AM}', ['7:45 \\text{ am}'], ['7:45 \\text{ PM}']],
    ],
  },
  {
    name: 'decimals longer than a printed double',
    rows: [
      ['5', ['5.0', '5.000000000000001', '4.999999999999999', '5.0000000000000000'], ['5.000000000000000001', '5.0000000000000000001', '4.99999999999999999999']],
      ['1/4', ['0.25', '0.2500000000000000'], ['0.2500000000000000000001', '0.24999999999999999999']],
      ['100', ['99.99999999999999', '100.00000000000001'], ['99.99999999999999999999', '100.00000000000000000001']],
      ['0.12345678901234567890123', ['0.12345678901234567890123', '0.12345678901234568'], ['0.12345678901234567890124', '0.12345678901234567890122']],
      ['12345678901234567890.123', ['12345678901234567890.1230'], ['12345678901234567890.124', '12345678901234567890.122']],
      ['2/3', ['0.6666666666666666', '0.66666666666666663', '0.66666666666666666667'], ['0.66666666666666666668', '0.66666666666666666661']],
      ['\\sqrt{2}', ['1.4142135623730951', '1.41421356237309505', '1.41421356237309504880'], ['1.41421356237309504881', '1.41421356237309504870']],
      ['\\frac{3}{10}', ['0.30000000000000004', '0.3'], ['0.30000000000000000004', '0.2999999999999999999']],
      ['\\pi', ['3.141592653589793', '3.14159265358979323846'], ['3.14159265358979323847', '3.14159265358979323850']],
    ],
  },
  {
    name: 'capital Greek letters',
    rows: [
      ['2\\pi r', ['2πr', '2 Pi r', '2 pi r'], ['2\\Pi r', '2Πr']],
      ['\\Pi', ['\\Pi'], ['\\pi', '3.141592653589793', 'π']],
      ['\\Pi/2', ['\\frac{\\Pi}{2}'], ['90^\\circ', '\\pi/2', '1.5707963267948966']],
      ['\\Gamma', ['Γ'], ['\\gamma']],
    ],
  },
  {
    name: 'words behind a number that change it',
    rows: [
      ['5', ['5 apples', '5 cm', '5 \\text{ units}', '5 square metres', '5 hours'], ['5 squared', '5 cubed', '5 is wrong', '5 is impossible', '5 halves', '5 thirds', '5 or less', '5 less than x', '5 more than 3', '5 at most', '5 at least', '5 below zero', '5 point 2', '5 times 3', '5 plus 2', '5 minus 2', '5 mod 3', '5 remainder 2', '5 if x is even', '5 when n is odd', '5 not', '5 no', '5 tenths', '5 hundredths', '5 are wrong']],
      ['5 \\text{ cm}', ['5'], ['5 \\text{ cm squared minus } 1']],
      ['3 \\text{ remainder } 2', ['3 \\text{ remainder } 2'], ['3', '3 \\text{ remainder } 1']],
      ['12', [], ['12 over 5', '12 under par', '12 percent below', '12 half']],
    ],
  },
  {
    name: 'functions with breaks',
    rows: [
      ['\\lfloor x \\rfloor', ['\\lfloor x \\rfloor'], ['x', '\\lceil x \\rceil', '\\lceil x \\rceil - 1', '\\lfloor x + \\frac{1}{1000} \\rfloor', '\\lfloor x \\rfloor + 1']],
      ['x', [], ['|x|', '\\max(x, -100)', '\\min(x, 1000)', '\\sqrt{x^2}', '\\max(x, -50)', '|x + 100| - 100', '\\gcd(x, 720720 x)']],
      ['|x|', ['|-x|', '\\sqrt{x^2}'], ['x', '\\max(x, 0)']],
      ['|x - 1|', ['|1 - x|'], ['x - 1', '1 - x', '|x + 1|']],
      ['n', [], ['\\gcd(n, 27720)', '\\lfloor n + 0.4 \\rfloor', '\\max(n, 1)']],
      ['x + 30', [], ['|x + 30|', '\\sqrt{(x+30)^2}']],
      ['\\lfloor 3.7 \\rfloor', ['3'], ['4']],
      ['\\max(2, 5)', ['5'], ['2']],
      ['\\sqrt{x} \\cdot \\sqrt{y}', ['\\sqrt{y} \\sqrt{x}'], ['\\sqrt{x + y}']],
    ],
  },
  {
    name: 'chains of equalities',
    rows: [
      ['6', ['2 \\cdot 3 = 6', '1 + 5 = 6', 'x = 2 \\cdot 3 = 6'], ['2 + 3 = 6', '5 = 6', 'x = 5 = 6', '2 \\cdot 4 = 6', 'x = 2 + 5 = 6']],
      ['2 + 3 = 5', ['5'], ['6']],
      ['x = 4', ['x = 8/2 = 4'], ['x = 9/2 = 4', 'x = 8/2 = 5']],
      ['\\frac{1}{2}', ['\\frac{2}{4} = \\frac{1}{2}', '\\frac{1}{2} = 0.5'], ['\\frac{1}{3} = \\frac{1}{2}', '0.4 = \\frac{1}{2}']],
    ],
  },
  {
    name: 'characters that hide or merge',
    rows: [
      ['5', ['5', ' 5\t', '5\n'], ['5\u0000', '5\u0000 or 6', '\u00005', '5\u0001', '5\u0338', '5\ufffd', '\ud800', '5\u007f']],
      ['a', ['a'], ['a\u0335', 'a\ufffd']],
      ['=', [], ['=']],
      ['\\boxed{}', [], ['\\boxed{}', '5', '\\boxed{ }']],
      ['x \\ne 5', ['x ≠ 5'], ['x = 5', 'x =\u0338 5']],
    ],
  },
  {
    name: 'conditions',
    rows: [
      ['2^n \\text{ where } n \\text{ is even}', ['2^n \\text{ where } n \\text{ is even}'], ['2^n \\text{ where } n \\text{ is odd}', '2^m \\text{ where } n \\text{ is even}']],
      ['2^n', ['2^n', '2^n \\text{ where } n \\text{ is an integer}', '2^n \\text{ for all real } n'], ['2^n \\text{ for } n > 5', '2^n \\text{ where } n \\text{ is even}', '2^n \\text{ only if } n \\text{ is prime}', '2^n \\text{ for even } n']],
      ['x^2 \\text{ for } x > 0', ['x^2 \\text{ for } x > 0'], ['x^2 \\text{ for } x < 0', 'x^2 \\text{ for } x > 1', 'x^2', 'f(x)=x^2']],
      ['6j \\text{ for } j\\ge 2', ['6j \\text{ for } j \\geq 2', '6j for $j \\ge 2$'], ['6j', '6j, j\\in\\mathbb{N}', '6j \\text{ for } j\\ge 3', '6j \\text{ for all } j\\ge 3']],
      ['6j', ['6j, j\\in\\mathbb{N}', '6j \\text{ for all } j \\ge 1', '6j \\text{ for } j \\ne 0'], ['6j \\text{ for } j\\ge 2', '6j \\text{ where } j > 0', '6j (j > 0)']],
      ['f(x)=x^2', ['x^2 \\text{ for all } x'], ['x^2 \\text{ for } x > 0', 'f(x)=x^2 \\text{ for } x > 0']],
      ['n \\text{ odd}', ['n \\text{ odd}'], ['n', 'n \\text{ even}', '\\lfloor n/2 \\rfloor + \\lceil n/2 \\rceil']],
      ['\\lfloor n/2 \\rfloor + \\lceil n/2 \\rceil', ['n'], ['n \\text{ odd}', 'n \\text{ even}', 'n \\text{ prime}']],
      ['3', ['3 \\text{ odd numbers}', '3 positive integers'], ['3n \\text{ odd}']],
      ['2x', ['2x \\text{ cm}'], ['2x \\text{ positive}']],
      ['5', ['5 \\text{ respectively}'], ['5 \\text{ when } x = 2', '5 \\text{ provided } x \\text{ is odd}']],
    ],
  },
  {
    name: 'records and sets',
    rows: [
      ['x=1, y=2', ['y=2, x=1', '(1, 2)', '1, 2', '(x, y) = (1, 2)'], ['\\{1,2\\}', '\\{2,1\\}', '2, 1']],
      ['(a, b, c) = (1, 2, 3)', ['(1, 2, 3)', 'a=1, b=2, c=3'], ['\\{1,2,3\\}', '(3, 2, 1)']],
      ['\\begin{cases} x=1 \\\\ y=2 \\end{cases}', ['(1, 2)', 'x=1, y=2'], ['\\{1,2\\}']],
      ['x = 1, x = 2', ['\\{1,2\\}', '\\{2,1\\}', '2, 1'], ['(1, 2)']],
      ['x_1 = 1, x_2 = 2', ['\\{1,2\\}', '2, 1'], ['\\{1,3\\}']],
    ],
  },
  {
    name: 'clocks, whole numbers, endless things',
    rows: [
      ['10:30', ['10:30', '10:30 a.m.'], ['\\frac{1}{3}', '1:3', '10:03']],
      ['12:15', ['12:15'], ['4:5', '0.8', '12:51']],
      ['4:5', ['8:10', '12:15', '0.8'], ['5:4']],
      ['1.000', ['1', '1.0'], ['\\frac{2021}{2022}', '\\frac{2999}{3000}']],
      ['1, 45', ['1 and 45', '45, 1'], ['1. 45', '1.45', '45']],
      ['1 45', ['1 45'], ['1. 45', '145', '1.45']],
      ['\\text{unbounded}', ['Unbounded', '\\infty', 'infinite'], ['infinitely many', '\\text{an infinite number}']],
      ['\\text{infinitely many}', ['infinitely many', 'infinite', '\\infty'], ['unbounded', '\\text{Unbounded}']],
      ['\\infty', ['unbounded', 'infinity'], ['0', 'none']],
    ],
  },
  {
    name: 'marks that say nothing',
    rows: [
      ['8', ['\\boxed{8}', '\\boxed{8}\\boxed{8}'], ['$\\boxed{6}\\boxed{8}$', '\\boxed{8}\\boxed{6}']],
      ['6, 8', ['$\\boxed{6}\\boxed{8}$', '\\boxed{8}, \\boxed{6}'], ['\\boxed{8}\\boxed{9}']],
      ['\\text{only } y = 3', ['y=3', '3', '\\text{only } y=3'], ['\\text{only } h=3', 'only h=3', 'h=3', 'y=2']],
      ['\\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix}', ['\\begin{bmatrix}1 & 0\\\\0 & 1\\end{bmatrix}'], ['\\begin{pmatrix}1 & 0\\x\\\\0 & 1\\end{pmatrix}']],
      ['0', ['0\\,', '-0'], ['0\\x', '0\\foo', '\\foo']],
    ],
  },
  {
    name: 'bounds on expressions',
    rows: [
      ['(-\\infty, 5)', ['x < 5', 'x \\in (-\\infty, 5)'], ['x + y < 5', 'xy < 5', 'a - b < 5']],
      ['x + y < 5', ['y + x < 5', 'x < 5 - y', '2x + 2y < 10'], ['x < 5', '(-\\infty, 5)', 'xy < 5']],
      ['[2, \\infty)', ['x \\ge 2', 'x_1 \\ge 2', 'f(x) \\ge 2'], ['a + b \\ge 2', 'ab \\ge 2']],
      ['ab > 1', ['1 < ba'], ['(1, \\infty)', 'a > 1']],
    ],
  },
  {
    name: 'two different units',
    rows: [
      ['\\$5', ['5 dollars', '5', '\\$5.00'], ['5 apples', '5 cm', '5 euros', '€5', '5^\\circ', '5\\%', '5 people']],
      ['5 apples', ['5', '5 apple'], ['\\$5', '5 pears', '5 cm', '€5']],
      ['90^\\circ', ['90', '90 degrees'], ['\\$90', '90 cm', '90 apples', '90\\%']],
      ['\\$1.50', ['1.50 dollars', '1.5'], ['1.5 h', '1.5 m', '1.5h', '-1.5 h']],
      ['1.5 h', ['1.5 \\text{ hours}'], ['\\$1.50', '€1.5', '1.5 m']],
      ['2:3', ['4:6', '\\frac{2}{3}'], ['\\frac{2}{3} \\text{ hours}', '\\frac{2}{3} \\text{ cm}']],
      ['\\frac{2}{3} \\text{ hours}', ['40 minutes', '\\frac{2}{3}'], ['2:3', '4:6']],
      ['€20', ['20 euros', '20'], ['\\$20', '20 dollars', '20 kg']],
      ['10\\%', ['10 percent'], ['\\$10', '10 cm', '10^\\circ']],
    ],
  },
];

/** Echoes of a question, and right answers to it: with `form: 'value'`, an answer must be worked out. */
// prettier-ignore
export const unevaluated: readonly Form[] = [
  {
    name: 'unevaluated expressions',
    rows: [
      ['132', ['132', '132.0', 'x = 132', '47 + 85 = 132', '132 apples', '\\$132', '1.32 \\times 10^2', '-(-132)'], ['47+85', '47 + 85', '85 + 47', '12 \\cdot 11', '264/2', '\\frac{264}{2}', '\\sqrt{17424}', '5! + 12', 'x = 47 + 85', '2^7 + 4', '\\binom{12}{2} \\cdot 2', '\\sum_{k=1}^{2} 66', '133 - 1', '|{-132}|', '\\lfloor 132.5 \\rfloor']],
      ['\\frac{1}{2}', ['0.5', '\\frac{1}{2}', '1/2', '50\\%'], ['\\frac{1}{4} + \\frac{1}{4}', '1 - \\frac{1}{2}', '\\sin 30^\\circ', '\\frac{1}{3} \\cdot \\frac{3}{2}']],
      ['2 + \\sqrt{3}', ['\\sqrt{3} + 2'], ['1 + 1 + \\sqrt{3}', '\\sqrt{3} + 5 - 3']],
      ['x = 5', ['5', 'x = 5', '5 = x'], ['2x = 10', 'x + 1 = 6', '3x - 2 = 13']],
      ['5', ['x = 5'], ['2x = 10']],
      ['(2, \\infty)', ['x > 2', '2 < x', '(2, \\infty)'], ['2x > 4', 'x + 1 > 3']],
      ['1, 2', ['1, 2', 'x = 1, x = 2', '2 and 1'], ['1, 1 + 1', '0 + 1, 2']],
      ['(3, 4)', ['(3, 4)'], ['(1 + 2, 4)', '(3, 2 \\cdot 2)']],
      ['x^2 + 2x + 1', ['x^2 + 2x + 1', '1 + 2x + x^2'], ['x^2 + 2x + 2 - 1', 'x^2 + (1 + 1)x + 1']],
      ['2^{10}', ['2^{10}', '1024'], []],
      ['120', ['120'], ['5!', '\\binom{10}{3}', '2^3 \\cdot 15', '\\gcd(240, 360)']],
      ['3\\pi', ['3\\pi'], ['\\pi \\cdot 3 \\cdot 1']],
    ],
  },
];
