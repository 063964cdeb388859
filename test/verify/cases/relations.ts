import type { Form } from './case.js';

export const relations: readonly Form[] = [
  {
    name: 'assignments and equations',
    rows: [
      [
        'x=5',
        ['5', 'x=5', 'x = 5', '5=x', 'x=\\frac{10}{2}', 'x = 2+3 = 5', '$x=5$', 'x = 5.0', 'x-5=0', '2x=10'],
        ['x=6', 'y=5', '6', 'x=-5', 'x>5', 'x\\ne 5', 'x=5y', 'x+5=0', '2x=5', 'x = 5 = 6'],
      ],
      [
        '5',
        ['x=5', 'n = 5', 'f(2)=5', 'AB=5', '|AB|=5', '\\angle A=5', 'x+y=5', 'm+n=5', 'S = 2+3 = 5', 'a_1 = 5', 'k=5.'],
        ['x=6', 'x=5,6', 'x>5', '5=6', 'x^2=5', 'x=5y', 'x \\ge 5', 'x=-5', 'x=\\pm5', 'x=5 or x=6'],
      ],
      [
        'y=-x+3',
        ['x+y-3=0', 'y=3-x', 'x+y=3', '-x+3', '3-x', 'y = 3 - x', 'x = 3-y', 'y+x=3'],
        ['y=x+3', 'x+y+3=0', 'y=-x-3', 'x-y=3', 'y=-x', '3x', 'y=-3x', 'y=3x', 'x+3'],
      ],
      [
        '34x+45y-20z+100=0',
        ['-34x-45y+20z-100=0', '34x+45y+100=20z', '17x+22.5y-10z+50=0'],
        ['34x+45y-20z-100=0', '34x-45y-20z+100=0', '34x+45y-20z=0', '34x+45y-20z+100=1'],
      ],
      [
        'x + y - z + 2 = 0',
        ['x+y+2=z', '2x+2y-2z+4=0', 'z = x+y+2'],
        ['5x - 7y + 11z + 4 = 0', 'x+y-z-2=0', 'x+y+z+2=0', 'x-y-z+2=0', 'x+y-z+2=1'],
      ],
      [
        '3x-1y+13=0',
        ['3x-y+13=0', 'y=3x+13', 'y - 13 = 3x'],
        ['3x + 4y + 14=0', '3x+y+13=0', '3x-y-13=0', 'y=-3x+13', '3x - y + 13'],
      ],
      [
        '\\frac{x^2}{4}+\\frac{y^2}{3}=1',
        ['3x^2+4y^2=12', '\\frac{y^2}{3}+\\frac{x^2}{4}=1', '\\frac{x^2}{4}+\\frac{y^2}{3}-1=0'],
        [
          '\\frac{x^2}{3}+\\frac{y^2}{4}=1',
          '\\frac{x^2}{4}-\\frac{y^2}{3}=1',
          '4x^2+3y^2=12',
          '\\frac{x}{4}+\\frac{y}{3}=1',
          '3x^2+4y^2=1',
          '\\frac{x^2}{4}+\\frac{y^2}{3}=-1',
        ],
      ],
      [
        '(x-1)^2+(y+2)^2=25',
        ['x^2-2x+y^2+4y-20=0', '(y+2)^2+(x-1)^2=5^2', '(1-x)^2+(y+2)^2=25'],
        ['(x+1)^2+(y-2)^2=25', '(x-1)^2+(y+2)^2=5', 'x^2+y^2=25', '(x-1)^2-(y+2)^2=25', '(x-1)^2+(y+2)^2=24'],
      ],
      [
        'y^2=4x',
        ['4x=y^2', 'x=\\frac{y^2}{4}', 'y^2-4x=0'],
        ['y=4x', 'x^2=4y', 'y^2=-4x', 'y=2\\sqrt{x}', 'y^2=4x+1', '4x', 'y^2=x'],
      ],
      ['7 = 11a+c', ['11a+c=7', 'c=7-11a', '11a + c - 7 = 0'], ['11a+c', '7', '11a+c=8', '7=11a-c', '11a+c=-7']],
      [
        'x^2-5x+6=0',
        ['(x-2)(x-3)=0', 'x^2+6=5x', '2x^2-10x+12=0'],
        ['x^2+5x+6=0', 'x^2-5x-6=0', 'x^2-5x+6', 'x=2,3', 'x^2-6x+5=0'],
      ],
      ['xy=12', ['yx=12', 'y=\\frac{12}{x}', 'x=12/y'], ['xy=-12', 'x+y=12', 'x=12y', 'xy=13', 'x/y=12']],
      ['|AB|=1', ['1', 'AB=1', '|AB| = 1'], ['2', '|AB|=2', '-1', '|AB|=-1', '|CD|=3']],
      [
        '\\frac{NO}{BO}=\\frac{1}{\\sqrt{6}}',
        ['\\frac{1}{\\sqrt{6}}', '\\frac{\\sqrt6}{6}', '\\frac{NO}{BO} = 1/\\sqrt{6}'],
        ['\\sqrt{6}', '\\frac{BO}{NO}=\\frac{1}{\\sqrt{6}}', '\\frac{1}{6}', '\\frac{NO}{BO}=\\frac{1}{\\sqrt{5}}'],
      ],
      [
        'AB=4,CD=5',
        ['4,5', 'CD=5, AB=4', 'AB=4, CD=5', '(4,5)', 'AB = 4 \\text{ and } CD = 5'],
        ['5,4', 'AB=5,CD=4', '4', '4,6', '(5,4)', 'AB=4', 'AB=4,CD=5,EF=6', '\\{5,4,1\\}'],
      ],
      ['x = 11', ['x = 5+5+1 = 7 =11', '11', 'x=11'], ['x = 11 = 12', 'x = 111', 'x = 1', '1']],
      [
        'x = 1/3',
        ['x = 5+5+1 = 1/3 \\approx 11', 'x = 1/3 \\approx 0.33', '\\frac13'],
        ['x \\approx 0.33', 'x = 3', 'x = 1/4 \\approx 0.25', 'x=-1/3'],
      ],
      [
        '\\frac{\\sqrt{3}}{3}',
        ['\\frac{\\sqrt{3}}{3} \\approx 0.577', '\\frac{1}{\\sqrt3}\\approx 0.58', 'x = \\frac{\\sqrt3}{3}'],
        ['0.577', '\\sqrt{3} \\approx 1.73', '\\approx 0.577', '\\frac{\\sqrt{3}}{2} \\approx 0.866'],
      ],
      [
        'x \\ne 3',
        [
          'x != 3',
          'x \\neq 3',
          '3 \\ne x',
          'x ≠ 3',
          '(-\\infty,3)\\cup(3,\\infty)',
          'x<3 \\text{ or } x>3',
          '\\mathbb{R}\\setminus\\{3\\}',
        ],
        ['x=3', 'x \\ne 4', 'x<3', '3', 'x \\ne -3', '\\mathbb{R}', 'x\\neq 3, 4'],
      ],
      ['a=b', ['b=a', 'a-b=0', '2a=2b'], ['a=-b', 'a=c', 'a+b=0', 'a\\ne b', 'a=2b']],
    ],
  },
  {
    name: 'function definitions',
    rows: [
      [
        'f(x)=2x+1',
        [
          '2x+1',
          'f(x) = 1+2x',
          'f(t)=2t+1',
          'f(x)=2x+1 \\text{ for all } x',
          'f(x) = 2x+1 for all real x',
          'y=2x+1',
          'f(n)=2n+1',
          'f(x)=2\\left(x+\\frac12\\right)',
        ],
        ['f(x)=2x-1', '2x', 'f(x)=2(x+1)', 'f(t)=2x+1', 'g(x)=2x+1', 'f(x)=x+1', 'f(x)=3x+1', 'f(1)=3', 'f(x)=2x+1, f(x)=0'],
      ],
      [
        '2x',
        ['f(x)=2x', 'y = 2x', 'f(x)=x+x', 'f(x) = 2x \\text{ for all } x \\in \\mathbb{R}'],
        ['f(x)=x^2', 'f(x)=2', 'x=2', '2y', 'f(x)=2x+1', 'f(x) = -2x'],
      ],
      [
        'f(x)=x+c',
        ['f(x)=x+k', 'f(x)=x+C', 'f(x) = c + x', 'f(t) = t + c'],
        ['f(x)=cx', 'f(x)=x', 'f(x)=x-1', 'f(x)=2x+c', 'f(x)=x+1'],
      ],
      ['f(x)=0', ['0', 'f(x) = 0 \\text{ for all } x', 'f(x)=0', 'f \\equiv 0'], ['f(x)=1', 'f(x)=x', '1', 'f(x)=0, f(x)=x']],
      [
        'f(x)=x, f(x)=-x',
        ['f(x)=-x, f(x)=x', 'f(x)=x \\text{ or } f(x)=-x', 'f(x)=\\pm x', '\\pm x', 'f(t)=t \\text{ or } f(t)=-t', 'x, -x'],
        ['f(x)=x', 'f(x)=-x', 'f(x)=x, f(x)=0', 'f(x)=|x|', 'f(x)=x, f(x)=-x, f(x)=0', 'f(x) = x^2'],
      ],
      ['f(x,y)=x-y', ['f(a,b)=a-b', 'x-y', 'f(x,y) = -y+x'], ['f(x,y)=y-x', 'f(a,b)=b-a', 'f(y,x)=x-y', 'f(x,y)=x+y', 'x+y']],
      [
        'P(x)=x^2+1',
        ['P(x) = 1+x^2', 'x^2+1', 'P(t)=t^2+1'],
        ['P(x)=x^2-1', 'Q(x)=x^2+1', 'P(x)=x^2', 'P(x)=(x+1)^2', 'P(t)=x^2+1'],
      ],
      ["f'(x)=2x", ['2x', "f'(x) = x+x", "f'(t)=2t"], ['f(x)=2x', "f'(x)=2", 'x^2', "f''(x)=2x"]],
      ['a_n=2^n-1', ['2^n-1', 'a_n = -1+2^n', 'a_{n}=2^{n}-1'], ['2^n', 'a_n=2^{n-1}', 'b_n=2^n-1', 'a_n = 2^n+1', 'a_n=2n-1']],
      ['f(n)=n^2', ['f(n) = n \\cdot n', 'n^2', 'f(x)=x^2'], ['f(n)=n', 'f(n)=2n', 'f(n)=n^3', 'n^2+1', '2n', 'f(n)=2^n']],
    ],
  },
  {
    name: 'inequalities',
    rows: [
      [
        'x < 3',
        [
          'x \\lt 3',
          '3 > x',
          '(-\\infty, 3)',
          'x \\in (-\\infty,3)',
          '-x > -3',
          '2x<6',
          'x<3.',
          '\\{x \\mid x<3\\}',
          '\\left(-\\infty,3\\right)',
          'x < 3.0',
        ],
        ['x \\le 3', 'x > 3', 'x < 4', 'x < -3', '(-\\infty, 3]', '(3,\\infty)', '3', 'y<3', 'x=3', '2x<3', '-x<-3'],
      ],
      [
        'x \\leq 2',
        ['x <= 2', 'x ≤ 2', '2 \\geq x', '(-\\infty,2]', 'x\\leqslant 2', 'x \\in (-\\infty; 2]', '-x \\ge -2'],
        ['x < 2', 'x \\ge 2', 'x \\le 1', '[2,\\infty)', '(-\\infty,2)', '2', 'x \\leq -2'],
      ],
      [
        'k \\ge 3',
        ['k \\geq 3', '3 \\le k', '[3, \\infty)', 'k \\in [3,\\infty)', 'k>=3', '[3,+\\infty)'],
        ['k > 3', 'k \\ge 2', 'k \\le 3', '(3,\\infty)', '3', 'n \\ge 3', 'k = 3', '[-3,\\infty)'],
      ],
      [
        '-2 \\le x \\le 7',
        ['[-2,7]', 'x \\in [-2,7]', '7 \\ge x \\ge -2', 'x \\ge -2 \\text{ and } x \\le 7', '-2≤x≤7', '-4\\le 2x\\le 14'],
        [
          '(-2,7)',
          '-2 < x \\le 7',
          '-2 \\le x \\le 8',
          '[-2,7)',
          '-7 \\le x \\le 2',
          '-2 \\le y \\le 7',
          'x\\le 7',
          '(-\\infty,-2]\\cup[7,\\infty)',
        ],
      ],
      ['0<f(x)<1', ['(0,1)', '0 < f(x) < 1', '1>f(x)>0'], ['[0,1]', '0 \\le f(x) < 1', '0<f(x)<2', '(0,2)', '(-1,0)']],
      [
        'x<1 \\text{ or } x>3',
        [
          '(-\\infty,1)\\cup(3,\\infty)',
          'x>3 \\text{ or } x<1',
          'x<1, x>3',
          'x \\in (-\\infty,1) \\cup (3,+\\infty)',
          '(3,\\infty) \\cup (-\\infty,1)',
          '\\mathbb{R}\\setminus[1,3]',
        ],
        [
          '1<x<3',
          'x \\le 1 \\text{ or } x>3',
          '(1,3)',
          'x<1',
          '(-\\infty,1]\\cup(3,\\infty)',
          '(-\\infty,1)\\cup(4,\\infty)',
          'x<-1 \\text{ or } x>3',
          '(-\\infty,3)\\cup(1,\\infty)',
        ],
      ],
      ['|x|<2', ['-2<x<2', '(-2,2)', 'x \\in (-2,2)', '|x| < 2'], ['|x|\\le 2', 'x<2', '(-2,2]', '|x|>2', '|x|<3', '(0,2)']],
      ['a+b>c', ['c<a+b', 'b+a>c', 'a>c-b', '2a+2b>2c', 'a+b-c>0'], ['a+b<c', 'a+b\\ge c', 'a-b>c', 'a>c', 'a+b>-c', 'c>a+b']],
      [
        'a \\le b \\le c',
        ['c \\ge b \\ge a', 'a≤b≤c'],
        ['a \\le c \\le b', 'a<b<c', 'c \\le b \\le a', 'a \\le b < c', 'a \\le b'],
      ],
      [
        'm > \\frac{1}{2}',
        ['m>0.5', '(\\frac12,\\infty)', '2m>1', '\\frac12 < m', 'm \\in \\left(\\frac{1}{2}, +\\infty\\right)'],
        ['m<\\frac12', 'm \\ge \\frac12', 'm>2', 'm > -\\frac{1}{2}', '(\\frac12, 1)', 'm=\\frac12'],
      ],
      [
        '0 < a \\le \\sqrt{2}',
        ['(0,\\sqrt2]', '\\sqrt{2} \\ge a > 0', 'a \\in (0, \\sqrt{2}]'],
        ['(0,\\sqrt2)', '[0,\\sqrt{2}]', '0<a\\le 2', '(0,\\sqrt{3}]', '0<a<\\sqrt2'],
      ],
      ['x>0, y>0', ['y>0, x>0', 'x>0 \\text{ and } y>0'], ['x>0', 'x>0, y<0', 'x\\ge 0, y>0', 'x<0,y<0']],
    ],
  },
  {
    name: 'congruences and other relations',
    rows: [
      [
        'n \\equiv 1 \\pmod{4}',
        ['n\\equiv 5 \\pmod 4', 'n \\equiv 1 (mod 4)', 'n \\equiv -3 \\pmod{4}', 'n≡1 (\\bmod 4)'],
        ['n \\equiv 3 \\pmod 4', 'n \\equiv 1 \\pmod 3', 'n = 1', '1', 'm \\equiv 1 \\pmod{4}', 'n \\equiv 2 \\pmod 4'],
      ],
      ['AB \\parallel CD', ['CD \\parallel AB', 'AB \\parallel CD'], ['AB \\perp CD', 'AB \\parallel CE', 'AB=CD']],
      [
        'x \\in \\mathbb{Z}',
        ['x \\in \\mathbb{Z}', 'x∈ℤ', '\\mathbb{Z}'],
        ['x \\in \\mathbb{R}', 'x \\in \\mathbb{N}', '\\mathbb{Q}', 'x \\notin \\mathbb{Z}'],
      ],
    ],
  },
];
