import type { Form } from './case.js';

export const expressions: readonly Form[] = [
  {
    name: 'polynomials and rational expressions',
    rows: [
      [
        '2x+1',
        ['1+2x', '2*x+1', '2 x + 1', 'x+x+1', '2\\left(x+\\frac12\\right)', '2\\cdot x+1', '2x + 1', '(2x+1)'],
        ['2(x+1)', '2x-1', 'x+1', '2x', '2x+2', '2y+1', '3x+1', '2x^2+1', '2^x+1', '-2x-1', '2X+1'],
      ],
      [
        'x^2+2x+1',
        ['(x+1)^2', 'x^2 + 2*x - (-1)', '(1+x)(x+1)', 'x(x+2)+1', 'x**2+2*x+1', 'x²+2x+1'],
        ['x^3+2x+1', 'x^2-2x+1', '(x-1)^2', 'x^2+1', 'x^2+2x', '(x+1)^3', '(x+2)^2', 'x^2+2x+2'],
      ],
      [
        '(x-2)(x+2)',
        ['\\left(x-2\\right)\\left(x+2\\right)', 'x^2-4', '(x+2)(x-2)', '-(2-x)(2+x)', '(x - 2) \\cdot (x + 2)'],
        ['(x-2)^2', 'x^2+4', '(x-2)(x-2)', 'x^2-2', '(2-x)(x+2)', '(x-2)+(x+2)'],
      ],
      [
        '(a+5)(b+2)',
        ['ab+2a+5b+10', '(b+2)(a+5)', '(5+a)(2+b)'],
        ['(+5)(b+2)', 'ab+10', '(a+5)(b-2)', '(a+2)(b+5)', '(a+5)+(b+2)', 'a+5(b+2)'],
      ],
      [
        '\\frac{x+1}{x-1}',
        [
          '\\frac{1+x}{x-1}',
          '1+\\frac{2}{x-1}',
          '-\\frac{x+1}{1-x}',
          '(x+1)/(x-1)',
          '\\frac{x^2-1}{(x-1)^2}',
          '\\frac{2x+2}{2x-2}',
        ],
        ['\\frac{x-1}{x+1}', '\\frac{x+1}{1-x}', 'x+1/x-1', '-1', '\\frac{x+1}{x-2}', '1+\\frac{1}{x-1}', '\\frac{x+1}{x}-1'],
      ],
      [
        '\\frac{\\pi r}{h+r}',
        ['\\frac{r\\pi}{r+h}', '\\pi\\cdot\\frac{r}{h+r}', '\\frac{\\pi}{1+h/r}'],
        ['\\frac{\\pi r}{h-r}', '\\frac{\\pi h}{h+r}', '\\frac{r}{h+r}', '\\frac{\\pi}{h}+\\pi', '\\pi r (h+r)'],
      ],
      ['a^2b+ab^2', ['ab(a+b)', 'b^2a+a^2b', 'a b^2 + b a^2'], ['a^2b^2', 'ab(a-b)', '(ab)^2', 'a^2b-ab^2', 'ab+ab', 'a^2+b^2']],
      [
        '\\frac{n(n-1)}{2}',
        ['\\binom{n}{2}', 'n(n-1)/2', '\\frac{n^2-n}{2}', '\\frac{1}{2}n(n-1)', '\\frac{n!}{2(n-2)!}', '\\frac{n}{2}(n-1)'],
        ['\\frac{n(n+1)}{2}', 'n(n-1)', '\\binom{n}{3}', '\\frac{n^2-1}{2}', '\\binom{n-1}{2}', '\\frac{n(n-1)}{3}'],
      ],
      ['x^{100}-1', ['(x^{50}-1)(x^{50}+1)', '-1+x^{100}'], ['x^{100}+1', 'x^{99}-1', '(x-1)^{100}', '(x^{50}-1)^2']],
      ['(r+5)^2', ['(r+5)(r+5)', 'r^2+10r+25', '(5+r)^2'], ['(r-5)^2', 'r^2+25', '(r+5)^3', 'r^2+5r+25', '2(r+5)']],
      ['abc', ['bca', 'a b c', 'a\\cdot b\\cdot c', 'cba'], ['ab', 'abcd', 'a+b+c', 'abC', 'a^2bc', '\\frac{ab}{c}']],
      [
        '\\frac{1}{x}+\\frac{1}{y}',
        ['\\frac{x+y}{xy}', 'x^{-1}+y^{-1}', '1/x+1/y'],
        ['\\frac{1}{x+y}', '\\frac{2}{x+y}', '\\frac{xy}{x+y}', '\\frac{1}{xy}', '\\frac{x-y}{xy}'],
      ],
      ['x-y', ['-(y-x)', '-y+x', 'x+(-y)'], ['y-x', 'x+y', '-x-y', 'xy', 'x']],
      ['\\frac{x^2-1}{x-1}', ['x+1', '\\frac{(x-1)(x+1)}{x-1}'], ['x-1', 'x^2+1', 'x+2', '\\frac{x^2+1}{x-1}']],
      ['3x^2y', ['3yx^2', 'x\\cdot 3xy', '3 x^{2} y'], ['3xy^2', '3x^2', '(3x)^2y', 'x^2y', '3x^{2y}', '9x^2y']],
    ],
  },
  {
    name: 'radicals, powers and functions of symbols',
    rows: [
      [
        '\\sqrt{1/n}',
        ['\\frac{1}{\\sqrt{n}}', 'n^{-1/2}', '\\frac{\\sqrt{n}}{n}'],
        ['\\sqrt{n}', '\\frac{1}{n}', '-\\frac{1}{\\sqrt{n}}', '\\frac{1}{\\sqrt{n+1}}', '\\sqrt{2/n}'],
      ],
      [
        '2^{n+1}',
        ['2\\cdot 2^n', '2^{1+n}', '4\\cdot 2^{n-1}', '2^n+2^n', '4^{(n+1)/2}'],
        ['2^n+1', '2^{n-1}', '2^{2n}', '2(n+1)', '3\\cdot 2^n', '2^{n+2}', '2n+2', '4^n'],
      ],
      ['4^n', ['2^{2n}', '(2^n)^2', '2^n\\cdot 2^n', '16^{n/2}'], ['2^{n^2}', '2^{n+2}', '4n', 'n^4', '2\\cdot 2^n', '8^n']],
      ['(-1)^n', ['(-1)^{n+2}', '(-1)^{-n}', '-(-1)^{n+1}', '(-1)^{n}'], ['(-1)^{n+1}', '-1^n', '1', '(-1)^{2n}', '-1', '1^n']],
      ['n!', ['n\\cdot (n-1)!', '(n)!', '\\frac{(n+1)!}{n+1}'], ['(n-1)!', '(n+1)!', 'n', 'n^n', 'n!!', '2n!']],
      ['(n+1)!-1', ['(n+1)\\cdot n!-1', '-1+(n+1)!'], ['n!-1', '(n+1)!', '(n+1)!+1', '(n+2)!-1']],
      [
        '\\tan^2(y)+1',
        ['\\sec^2(y)', '\\frac{1}{\\cos^2 y}', '1+\\tan^2 y', '\\sec^2 y'],
        ['\\sec y', '\\tan^2(y)-1', '\\tan(y^2)+1', '\\csc^2 y', '\\sec^2 x', '\\cos^2 y'],
      ],
      [
        '2 \\sin b \\cos a',
        ['2\\cos a\\sin b', '2 \\cos(a) \\sin(b)', '\\sin(a+b)-\\sin(a-b)'],
        ['2 \\sin a \\cos b', '\\sin b \\cos a', '2\\sin b \\sin a', '\\sin 2b \\cos a', '-2\\sin b\\cos a', '2\\sin(b\\cos a)'],
      ],
      [
        '\\sin 2x',
        ['2\\sin x\\cos x', '\\sin(2x)', '\\sin{2x}', '-\\sin(-2x)'],
        ['2\\sin x', '\\sin x', '\\sin^2 x', '\\cos 2x', '2\\sin 2x', '\\sin(x)2', '\\sin x \\cos x'],
      ],
      [
        '\\cos^2 x',
        ['1-\\sin^2 x', '\\frac{1+\\cos 2x}{2}', '(\\cos x)^2', '\\cos(x)^2'],
        ['\\cos x^2', '1+\\sin^2 x', '\\sin^2 x', '\\frac{1-\\cos 2x}{2}', '\\cos 2x', '\\cos x'],
      ],
      [
        '\\ln x',
        ['\\ln(x)', '\\log_e x', '-\\ln\\frac{1}{x}', '\\frac{1}{2}\\ln(x^2)'],
        ['\\log_2 x', '\\ln x^2', '\\ln(x+1)', '\\frac{1}{x}', '\\ln 2x', '-\\ln x'],
      ],
      ['e^{x}', ['\\exp(x)', '\\exp x', 'e^x', '\\frac{1}{e^{-x}}'], ['e^{-x}', 'ex', 'e^{2x}', 'x^e', 'e^{x}+1', '2^x']],
      [
        'x^{2/3}',
        ['\\sqrt[3]{x^2}', '(\\sqrt[3]{x})^2', '\\sqrt[3]{x}^2', 'x^{\\frac{2}{3}}'],
        ['x^{3/2}', '\\frac{x^2}{3}', '\\sqrt{x^3}', 'x^{1/3}', '\\sqrt[3]{x}'],
      ],
      ['\\sqrt{x^2}', ['|x|', '\\left|x\\right|', '\\sqrt{(-x)^2}'], ['x', '-x', 'x^2', '\\sqrt{x}', '|x|+1']],
      ['|x-1|', ['|1-x|', '\\sqrt{(x-1)^2}', '\\left|x-1\\right|'], ['x-1', '|x+1|', '1-x', '|x|-1', '|x|+1']],
      [
        'a\\sqrt{b}',
        ['\\sqrt{b}a', 'a b^{1/2}', '\\sqrt b \\cdot a'],
        ['\\sqrt{ab}', 'b\\sqrt{a}', 'a\\sqrt{b}+1', '\\sqrt{a}b', 'ab', '\\sqrt{a^2b}+a'],
      ],
      [
        '\\sqrt{a^2+b^2}',
        ['\\sqrt{b^2+a^2}', '(a^2+b^2)^{1/2}', '\\sqrt{(a+b)^2-2ab}'],
        ['a+b', '\\sqrt{a^2-b^2}', '\\sqrt{a^2}+\\sqrt{b^2}', 'a^2+b^2', '\\sqrt{a+b}'],
      ],
      [
        '\\frac{1}{3\\sqrt[3]{x}^2}',
        ['\\frac{1}{3x^{2/3}}', '\\frac{1}{3}x^{-2/3}'],
        ['\\frac{1}{3x^{3/2}}', '\\frac{3}{x^{2/3}}', '\\frac{1}{x^{2/3}}', '\\frac{1}{3x^2}'],
      ],
      ["f'(x)", ["f'(x)", 'f^{\\prime}(x)'], ['f(x)', "f''(x)", "g'(x)"]],
      [
        '\\lfloor n/2 \\rfloor',
        ['\\left\\lfloor\\frac{n}{2}\\right\\rfloor', '\\lfloor \\frac{n}{2} \\rfloor', '⌊n/2⌋', '\\lfloor 0.5n\\rfloor'],
        ['\\lceil n/2 \\rceil', 'n/2', '\\lfloor n/3 \\rfloor', '\\lfloor n \\rfloor/2', '\\lfloor (n+1)/2 \\rfloor'],
      ],
      [
        '\\frac{2^{n+1}-1}{n+1}',
        ['\\frac{2\\cdot 2^n-1}{1+n}', '(2^{n+1}-1)/(n+1)'],
        [
          '\\frac{2^{n}-1}{n+1}',
          '\\frac{2^{n+1}-1}{n}',
          '\\frac{2^{n+1}}{n+1}',
          '2^{n+1}-\\frac{1}{n+1}',
          '\\frac{2^{n+1}+1}{n+1}',
        ],
      ],
      [
        '\\binom{2n}{n}',
        ['\\frac{(2n)!}{n!n!}', '\\frac{(2n)!}{(n!)^2}', '{2n \\choose n}'],
        ['\\binom{n}{2}', '\\binom{2n}{n-1}', '\\frac{(2n)!}{n!}', '2^n', '\\binom{2n+1}{n}', '4^n'],
      ],
      [
        '\\max(a,b)',
        ['\\max\\{a,b\\}', '\\max(b,a)', '\\frac{a+b+|a-b|}{2}'],
        ['\\min(a,b)', '\\max(a,c)', 'a+b', '\\frac{a+b-|a-b|}{2}'],
      ],
      ['x_1+x_2', ['x_2+x_1', 'x_{1}+x_{2}', 'x₁+x₂'], ['x_1-x_2', 'x_1x_2', 'x+x', '2x_1', 'x_1+x_3', 'x^1+x_2']],
      ['\\theta', ['\\theta', 'θ', 'theta'], ['\\phi', '\\Theta', 'o', '2\\theta', '\\beta']],
    ],
  },
];
