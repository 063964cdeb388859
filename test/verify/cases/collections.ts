import type { Form } from './case.js';

export const collections: readonly Form[] = [
  {
    name: 'intervals, unions, set builder',
    rows: [
      [
        '[1,2)',
        ['[1,2)', '\\left[1,2\\right)', '1 \\le x < 2', 'x \\in [1,2)', '[1, 2)', '[1;2)', '\\{x : 1 \\le x < 2\\}', '[1, 2['],
        ['(1,2)', '[1,2]', '(1,2]', '[1,3)', '1,2', '\\{1,2\\}', '[2,1)', '1', '[-1,2)', '[1,2)\\cup(2,3)'],
      ],
      [
        '(1,2)',
        ['(1,2)', '\\left(1,2\\right)', '(1, 2)', '(1, \\frac{4}{2})'],
        ['[1,2]', '(2,1)', '(1,3)', '\\{1,2\\}', '1,2', '[1,2)', '(-1,2)', '(1,2,3)', '(1,2]'],
      ],
      [
        '(2, 12) \\cup (12, 102)',
        [
          '(2,12)\\cup(12,102)',
          'x \\in (2,12) \\cup (12,102)',
          '(12,102) \\cup (2,12)',
          '(2,12) ∪ (12,102)',
          '(2,102)\\setminus\\{12\\}',
          '(2,12) U (12,102)',
        ],
        ['(2,102)', '[2,12)\\cup(12,102)', '(2,12)\\cap(12,102)', '(2,12)\\cup(12,103)', '(2,12]\\cup(12,102)', '(2,12)'],
      ],
      [
        '\\{-1\\} \\cup [0,7)',
        ['[0,7)\\cup\\{-1\\}', 'x \\in \\{-1\\} \\cup [0,7)'],
        ['[0,7)', '\\{1\\}\\cup[0,7)', '\\{-1\\}\\cup[0,7]', '[-1,7)', '\\{-1\\}\\cup(0,7)'],
      ],
      [
        '(-\\infty,0)\\cup(0,\\infty)',
        [
          '\\mathbb{R}\\setminus\\{0\\}',
          'x \\ne 0',
          '(0,\\infty)\\cup(-\\infty,0)',
          '(-∞,0)∪(0,∞)',
          'x<0 \\text{ or } x>0',
          '(-\\infty, 0) \\cup (0, +\\infty)',
        ],
        [
          '\\mathbb{R}',
          '(-\\infty,\\infty)',
          '(-\\infty,0]\\cup(0,\\infty)',
          '(0,\\infty)',
          'x>0',
          '(-\\infty,0)\\cup(1,\\infty)',
        ],
      ],
      [
        '(1, +\\infty)',
        ['(1,\\infty)', 'x>1', '(1, ∞)', 'x \\in (1,+\\infty)', '\\{x \\mid x > 1\\}', '(1; +\\infty)'],
        ['[1,\\infty)', '(-\\infty,1)', '(1,-\\infty)', 'x \\ge 1', '(0,\\infty)', '(-1,\\infty)', '1'],
      ],
      [
        '[0,1]\\cup[2,3]',
        ['[2,3]\\cup[0,1]', '0\\le x\\le 1 \\text{ or } 2\\le x\\le 3'],
        ['[0,3]', '[0,1]\\cap[2,3]', '[0,1)\\cup[2,3]', '[0,1]', '[0,1]\\cup[2,4]'],
      ],
      ['(0,1]\\cup(1,2]', ['(0,2]', '(0,\\frac{1}{2}]\\cup(\\frac12,2]'], ['(0,1)\\cup(1,2]', '(0,2)', '[0,2]', '(0,1]']],
      [
        '\\mathbb{R}',
        ['(-\\infty,\\infty)', 'ℝ', '\\text{all real numbers}', 'x \\in \\mathbb{R}', '(-\\infty,+\\infty)', '\\mathbb R'],
        ['\\mathbb{Z}', '(0,\\infty)', '\\emptyset', 'x>0', '\\mathbb{Q}', '\\mathbb{R}\\setminus\\{0\\}'],
      ],
      [
        '\\{x \\mid x > 2\\}',
        ['(2,\\infty)', 'x>2', '\\{x : x>2\\}', '\\{x \\in \\mathbb{R} \\mid x>2\\}', '\\{y \\mid y > 2\\}'],
        ['\\{x \\mid x \\ge 2\\}', '\\{x \\mid x<2\\}', '\\{2\\}', '2', '(2,3)'],
      ],
      [
        '\\left(-\\frac{1}{2}, \\sqrt{3}\\right]',
        ['(-0.5, \\sqrt{3}]', '-\\frac12 < x \\le \\sqrt3', '\\left(-\\frac12,\\sqrt3\\right]'],
        ['\\left(-\\frac{1}{2}, \\sqrt{3}\\right)', '(\\frac12,\\sqrt3]', '(-\\frac12,3]', '[-\\frac12,\\sqrt3]'],
      ],
      ['(a,b)', ['(a,b)', '(a, b)'], ['[a,b]', '(b,a)', '(a,c)', '(a,b]', 'ab', 'a,b']],
      [
        '(-\\infty,-2]\\cup[2,\\infty)',
        ['|x|\\ge 2', 'x\\le -2 \\text{ or } x \\ge 2', '\\mathbb{R}\\setminus(-2,2)', '[2,\\infty)\\cup(-\\infty,-2]'],
        ['[-2,2]', '|x|>2', '(-\\infty,-2)\\cup(2,\\infty)', '(-\\infty,2]\\cup[2,\\infty)', '[2,\\infty)'],
      ],
      [
        '\\emptyset',
        ['\\varnothing', '∅', '\\{\\}', '\\text{no solution}', '\\text{empty set}', 'no solutions'],
        ['0', '\\{0\\}', '\\mathbb{R}', '1', '\\{\\emptyset, 1\\}'],
      ],
    ],
  },
  {
    name: 'tuples and vectors',
    rows: [
      [
        '(3,1)',
        [
          '(3,1)',
          '(3, 1)',
          '\\left(3,1\\right)',
          'x=3, y=1',
          '(x,y)=(3,1)',
          '(3,\\frac{2}{2})',
          '(p,q) = (3, 1)',
          '\\begin{pmatrix}3\\\\1\\end{pmatrix}',
        ],
        ['(1,3)', '\\{1,3\\}', '{1,3}', '(3,2)', '(3,1,0)', '(-3,1)', '3,1,1', '31', '[3,1]', '(3)'],
      ],
      [
        '(1,\\frac{9}{2})',
        ['(1,4.5)', '(1, 4\\frac{1}{2})', '\\left(1, 9/2\\right)'],
        ['(1,9)', '(4.5,1)', '(1,4)', '(1,\\frac{2}{9})', '1'],
      ],
      [
        '(p,q)=(3,2)',
        ['(3,2)', 'p=3,q=2', 'p=3, q=2', 'q=2, p=3', '(p,q)=(3,2)', '(q,p)=(2,3)', 'p=3 \\text{ and } q=2'],
        ['(2,3)', 'p=2,q=3', '(p,q)=(2,3)', '(3,3)', 'q=3,p=2', '(q,p)=(3,2)', 'p=3', '(3,2,1)'],
      ],
      [
        '(1,2,3)',
        ['(1, 2, 3)', '1,2,3', '\\begin{pmatrix}1\\\\2\\\\3\\end{pmatrix}', '\\langle 1,2,3\\rangle', '(x,y,z)=(1,2,3)'],
        ['(3,2,1)', '(1,2)', '(1,2,4)', '\\{3,2,1\\}', '(1,3,2)', '(-1,2,3)', '3,2,1', '[1,2,3]'],
      ],
      [
        '(a,b)=(1,2),(3,4)',
        [
          '(1,2),(3,4)',
          '(3,4),(1,2)',
          'a=1,b=2; a=3,b=4',
          '\\{(1,2),(3,4)\\}',
          '(a,b) = (3,4) \\text{ or } (1,2)',
          '(a,b)=(1,2) \\text{ and } (a,b)=(3,4)',
          '(1,2) \\text{ and } (3,4)',
        ],
        ['(1,2)', '(2,1),(3,4)', '(1,2),(4,3)', '(1,2),(3,5)', '(1,2),(3,4),(5,6)', '(1,4),(3,2)', '1,2,3,4'],
      ],
      [
        '\\{(1,2),(2,1)\\}',
        [
          '(1,2),(2,1)',
          '(2,1),(1,2)',
          '\\{(2,1),(1,2)\\}',
          '(1,2) \\text{ or } (2,1)',
          '(x,y) = (1,2), (2,1)',
          '(x,y)\\in\\{(1,2),(2,1)\\}',
          '(1, 2), (2, 1)',
        ],
        ['(1,2)', '(1,2),(1,2)', '\\{1,2\\}', '(1,2),(2,2)', '\\{(1,2),(2,1),(3,3)\\}', '(1,1),(2,2)'],
      ],
      [
        '(11,7)or(7,11)',
        ['(7,11),\\ (11,7)', '(11,7), (7,11)', '\\{(7,11),(11,7)\\}'],
        ['(11,7)', '(7,11),(7,11)', '(11,7),(7,12)', '7,11'],
      ],
      [
        'p = 5, q = 2 \\quad \\text{and} \\quad p = 7, q = 2',
        ['p=5,q=2;p=7,q=2', '(p,q)=(5,2),(7,2)', '(5,2),(7,2)', '(p,q) = (7,2), (5,2)'],
        ['p=5,q=2', 'p=5,q=7;p=2,q=2', '(5,2),(2,7)', '(5,2)', 'p=5,q=2;p=7,q=3'],
      ],
    ],
  },
  {
    name: 'lists and finite sets',
    rows: [
      [
        '1, 2, 3',
        [
          '1,2,3',
          '3, 2, 1',
          '\\{1,2,3\\}',
          '1; 2; 3',
          '1, 2 and 3',
          'x=1,2,3',
          '1, 2, \\text{ and } 3',
          'x=1, x=2, x=3',
          'x = 1 \\text{ or } 2 \\text{ or } 3',
          '{1,2,3}',
        ],
        ['1,2', '1,2,4', '1,2,3,4', '123', '6', '1,2,-3', '(1,2)', '\\{1,2\\}', '1,3', '1,1,2'],
      ],
      ['4, 12, 2', ['2, 4, 12', '12,4,2', '4,2,12'], ['10, 4, 2', '4, 12', '4,12,2,1', '4, 1.2, 2', '412,2']],
      [
        '\\sqrt{67},-\\sqrt{85}',
        ['-\\sqrt{85},\\sqrt{67}', '\\{\\sqrt{67},-\\sqrt{85}\\}'],
        ['\\sqrt{67}', '\\sqrt{67},\\sqrt{85}', '-\\sqrt{67},\\sqrt{85}', '\\sqrt{67}-\\sqrt{85}', '\\pm\\sqrt{67}'],
      ],
      ['21,16 \\text{ or } 11', ['21,16,11', '11, 16, 21', '21,16 or 11'], ['21,16', '21,16,12', '21 or 11', '2116,11']],
      [
        '19, 46, and 82',
        ['19, 46, \\text{ and } 82', '19,46,82', '82, 46, 19'],
        ['19, 46', '19,46,83', '19, 46, 82, 90', '194682'],
      ],
      [
        'x = 1 \\text{ or } x = 2',
        [
          '1,2',
          'x=1,2',
          'x=2, x=1',
          '\\{1,2\\}',
          'x \\in \\{1,2\\}',
          'x_1=1, x_2=2',
          '1 \\text{ and } 2',
          '1 or 2',
          'x=1 \\text{ and } x=2',
          'x=1;x=2',
        ],
        ['1', 'x=1', 'x=1 \\text{ or } x=3', 'x=-1,-2', '(1,2)', 'y=1 \\text{ or } y=2', 'x=1,2,3', '[1,2]', '1<x<2', 'x=12'],
      ],
      [
        '\\{-2, 3\\}',
        ['-2, 3', '3,-2', 'x=-2 \\text{ or } x=3', 'x = 3, -2', '\\{3,-2\\}'],
        ['\\{2,-3\\}', '(-2,3)', '\\{-2\\}', '\\{-2,3,4\\}', '[-2,3]', '2,3', '-2', '-6'],
      ],
      [
        '\\{1\\pm\\sqrt{5},-2\\}',
        ['\\{-2, 1+\\sqrt{5}, 1-\\sqrt{5}\\}', '-2, 1\\pm\\sqrt5', '1-\\sqrt{5}, 1+\\sqrt5, -2'],
        ['\\{1\\pm\\sqrt{5},2\\}', '1\\pm\\sqrt{5}', '\\{1+\\sqrt5,-2\\}', '\\{-1\\pm\\sqrt{5},-2\\}'],
      ],
      [
        '1 \\pm \\sqrt{19}',
        [
          '1+\\sqrt{19}, 1-\\sqrt{19}',
          '\\{1-\\sqrt{19},1+\\sqrt{19}\\}',
          'x=1\\pm\\sqrt{19}',
          '1±√19',
          '\\sqrt{19}+1, -\\sqrt{19}+1',
          'x = 1+\\sqrt{19} \\text{ or } x=1-\\sqrt{19}',
        ],
        [
          '1+\\sqrt{19}',
          '1-\\sqrt{19}',
          '-1\\pm\\sqrt{19}',
          '1\\pm\\sqrt{17}',
          '\\pm\\sqrt{19}',
          '1 \\pm 19',
          '\\sqrt{19} \\pm 2',
        ],
      ],
      [
        '\\pm 2021',
        ['2021, -2021', '-2021, 2021', '\\{-2021,2021\\}', '\\pm2021', 'x=\\pm 2021', '+2021, -2021'],
        ['2021', '-2021', '\\pm 2020', '\\mp 2022', '2021, 2021', '0'],
      ],
      [
        'x=\\pm 2',
        ['x=2,-2', '\\pm 2', 'x = 2 \\text{ or } x=-2', '2,-2', '\\{-2,2\\}'],
        ['2', 'x=2', 'x=\\pm 3', 'x=-2', 'x^2=2', '|x|=3'],
      ],
      [
        'n=1, 2, 3',
        ['1,2,3', 'n=1,2,3', 'n=1, n=2, n=3', 'n \\in \\{1,2,3\\}'],
        ['n=1,2', 'n=1', 'm=1,2,4', 'n=1,2,3,4', 'n \\ge 1'],
      ],
      [
        'k = 45, n = 2',
        ['n=2, k=45', 'k = 45 \\quad \\text{and} \\quad n = 2', '45, 2', '(45,2)'],
        ['k=2,n=45', '2,45', 'k=45', '45', 'k=45,n=3', '(2,45)'],
      ],
      [
        'p = -1 \\text{ and } p = \\dfrac{15}{8}',
        ['p=-1,p=\\frac{15}{8}', '-1, \\frac{15}{8}', 'p = \\frac{15}{8}, -1', '\\{-1, 1.875\\}'],
        ['p=1, p=\\frac{15}{8}', '-1', '\\frac{15}{8}', 'p=-1,p=\\frac{8}{15}', '(-1, \\frac{15}{9})'],
      ],
      [
        '1, 2, \\ldots, n',
        ['1, 2, \\dots, n', '1,2,...,n'],
        ['1, 3, 5, \\ldots, 2n-1', '1,2,\\ldots,n-1', '0,1,\\ldots,n', 'n', '1, 2, n'],
      ],
      ['\\{5\\}', ['5', 'x=5', '\\{5\\}'], ['\\{6\\}', '\\{5,6\\}', '(5,5)', '-5']],
      [
        '\\frac{1}{2}, 1, 2',
        ['0.5, 1, 2', '1/2, 1, 2', '2, 1, \\frac12', '\\{0.5,1,2\\}', 'x=\\frac12, x=1, x=2'],
        ['\\frac{1}{2}, 2', '\\frac12,1,3', '\\frac{1}{2},-1,2', '1, 2', '\\frac{1}{3},1,2'],
      ],
      [
        'x = \\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}',
        [
          'x=\\frac{\\pi}{4}+n\\pi, n\\in\\mathbb{Z}',
          'x = k\\pi + \\frac{\\pi}{4}',
          '\\frac{\\pi}{4}+k\\pi, k \\in \\mathbb{Z}',
          'x = \\frac{\\pi}{4} + k\\pi (k \\in \\mathbb{Z})',
        ],
        [
          'x=\\frac{\\pi}{4}',
          'x=\\frac{\\pi}{3}+k\\pi, k\\in\\mathbb{Z}',
          'x=\\frac{\\pi}{4}+2k\\pi, k\\in\\mathbb{Z}',
          'x = k\\pi',
        ],
      ],
      [
        '2, 3, 5, 7',
        ['7, 5, 3, 2', '\\{2,3,5,7\\}', '2,3,5 and 7', '2; 3; 5; 7'],
        ['2,3,5', '2,3,5,8', '2357', '2,3,5,7,11', '(2,3)', '17'],
      ],
    ],
  },
  {
    name: 'matrices',
    rows: [
      [
        '\\begin{pmatrix} 0 & 3 \\\\ 0 & -1 \\end{pmatrix}',
        [
          '\\begin{pmatrix}0&3\\\\0&-1\\end{pmatrix}',
          '\\begin{bmatrix}0&3\\\\0&-1\\end{bmatrix}',
          '\\left(\\begin{array}{cc}0&3\\\\0&-1\\end{array}\\right)',
          '\\left[\\begin{matrix}0&3\\\\0&-1\\\\\\end{matrix}\\right]',
          '\\begin{pmatrix}0&\\frac{6}{2}\\\\0&-1\\end{pmatrix}',
        ],
        [
          '\\begin{pmatrix}0&3\\\\0&1\\end{pmatrix}',
          '\\begin{pmatrix}0&0\\\\3&-1\\end{pmatrix}',
          '\\begin{pmatrix}0&3\\end{pmatrix}',
          '0,3,0,-1',
          '\\begin{pmatrix}3&0\\\\-1&0\\end{pmatrix}',
          '\\begin{vmatrix}0&3\\\\0&-1\\end{vmatrix}',
        ],
      ],
      [
        '\\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix}',
        [
          '\\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix} \\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix}',
          '\\frac{1}{2}\\begin{pmatrix}2&0\\\\0&2\\end{pmatrix}',
          '\\begin{pmatrix}1&0\\\\0&0\\end{pmatrix}+\\begin{pmatrix}0&0\\\\0&1\\end{pmatrix}',
        ],
        [
          '\\begin{pmatrix}1 & 0 \\\\ 0 & -1\\end{pmatrix}',
          '\\begin{pmatrix}0 & 1 \\\\ 1 & 0\\end{pmatrix}',
          '2\\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix}',
          '1',
        ],
      ],
      [
        '\\begin{pmatrix}1\\\\2\\end{pmatrix}',
        ['\\begin{bmatrix}1\\\\2\\end{bmatrix}', '(1,2)', '\\left(\\begin{array}{c}1\\\\2\\end{array}\\right)'],
        [
          '\\begin{pmatrix}1&2\\end{pmatrix}',
          '(2,1)',
          '\\begin{pmatrix}2\\\\1\\end{pmatrix}',
          '\\begin{pmatrix}1\\\\3\\end{pmatrix}',
          '\\{1,2\\}',
        ],
      ],
      [
        '\\begin{pmatrix}\\frac{1}{3\\sqrt[3]{x}^2}&0&0\\\\0&1&0\\\\-\\sin(x)&0&0\\\\\\end{pmatrix}',
        ['(\\begin{pmatrix}\\frac{1}{3x^{2/3}}&0&0\\\\0&1&0\\\\-\\sin(x)&0&0\\end{pmatrix})'],
        [
          '\\begin{pmatrix}\\frac{1}{3x^{2/3}}&0&0\\\\0&1&0\\\\\\sin(x)&0&0\\end{pmatrix}',
          '\\begin{pmatrix}\\frac{1}{3x^{2/3}}&0\\\\0&1\\end{pmatrix}',
        ],
      ],
      [
        '\\begin{cases} x=1 \\\\ y=2 \\end{cases}',
        ['x=1, y=2', '(x,y)=(1,2)', 'y=2, x=1', '\\begin{cases} y=2 \\\\ x=1 \\end{cases}'],
        ['x=2,y=1', '(2,1)', 'x=1', '\\begin{cases} x=1 \\\\ y=3 \\end{cases}', 'x=1,y=-2'],
      ],
    ],
  },
  {
    name: 'choices and text',
    rows: [
      [
        'A',
        ['A', '(A)', '\\text{A}', '\\textbf{A}', 'A.', '\\text{(A)}', '$A$', '(A) 5'],
        ['B', 'a', '(B)', '\\text{(C)}', 'AB', '1', 'A+B', '(A),(B)'],
      ],
      ['(D) Alina', ['D', '(D)', '(D) Alina', '\\text{D}', 'D. Alina'], ['A', '(C) Alina', 'E', '(D) Boris', 'Boris']],
      ['\\text{odd}', ['odd', '\\text{odd}', 'Odd', '\\mathrm{odd}'], ['even', '\\text{not odd}', 'add', '1', 'oddly']],
      ['\\text{Yes}', ['yes', 'Yes', '\\textbf{Yes}', 'YES', 'true'], ['no', 'No', '\\text{Yes, but}', '1', 'false']],
      [
        '\\text{The midpoints form a regular hexagon}',
        ['The midpoints form a regular hexagon.', '\\text{the midpoints form a regular hexagon}'],
        ['The midpoints form a regular octagon', 'hexagon', '\\text{The midpoints form a hexagon}'],
      ],
      [
        '\\text{no solution}',
        ['No solution', '\\emptyset', 'no solutions', '\\text{None}', 'no real solutions'],
        ['0', '\\text{one solution}', 'infinitely many', '\\mathbb{R}'],
      ],
      ['\\text{Tuesday}', ['Tuesday', 'tuesday', '\\textbf{Tuesday}'], ['Thursday', 'Tues', '2', 'Wednesday']],
      ['Alice, Bob', ['Alice, Bob', '\\text{Alice, Bob}'], ['Alice', 'Alice, Carol', 'Bob']],
    ],
  },
];
