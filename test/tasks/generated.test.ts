import { describe, expect, it } from 'vitest';
import { ARITHMETIC_SIZES, arithmetic, arithmeticSft } from '../../src/tasks/arithmetic.js';
import { COUNTDOWN_SIZES, countdown, countdownSft } from '../../src/tasks/countdown.js';
import { MAZE_SIZES, maze, mazeSft } from '../../src/tasks/maze.js';
import { SIGNS_SIZES, signs, signsSft } from '../../src/tasks/signs.js';
import { verifyBatch } from '../../src/reward/verify.js';
import { drawProblems, type WrittenExample, type Split, type Task } from '../../src/tasks/task.js';
import { Rng } from '../../src/rng.js';

const guidingTexts = ['\nWait.\n'];

/** Value of a problem such as "47+85". */
function solve(question: string): number {
  const [, a, operation, b] = /^(\d+)([-+*])(\d+)$/.exec(question)!;
  return operation === '+' ? Number(a) + Number(b) : operation === '-' ? Number(a) - Number(b) : Number(a) * Number(b);
}

/** Value of an expression of digits, + - * and brackets. */
function evaluate(expression: string): number {
  expect(expression).toMatch(/^[-+*()\d]+$/);
  return Number(new Function(`return ${expression}`)());
}

const tasks: Task[] = [
  ...ARITHMETIC_SIZES.map((size) => arithmetic(size)),
  ...COUNTDOWN_SIZES.map((size) => countdown(size)),
  ...SIGNS_SIZES.map((size) => signs(size)),
  ...MAZE_SIZES.map((size) => maze(size)),
];

describe.each(tasks.map((task) => [task.name, task] as const))('%s', (_, task) => {
  it('gives the same rows for the same seed, others for another', () => {
    expect(task.rows('train', 20, 3)).toEqual(task.rows('train', 20, 3));
    expect(task.rows('train', 20, 3)).not.toEqual(task.rows('train', 20, 4));
  });

  it('shares no problem between its splits, and has none held out twice', () => {
    const questions = (split: Split, n: number): unknown[] => task.rows(split, n, 1).map((row) => row['question']);
    const held = [...questions('test', 50), ...questions('tuning', 50)];
    expect(new Set(held).size).toBe(100);
    const train = new Set(questions('train', 2000));
    expect(held.filter((question) => train.has(question))).toEqual([]);
  });

  it('has the columns that it names', () => {
    for (const row of task.rows('test', 5, 0))
      expect(Object.keys(row).sort()).toEqual([...task.columns, 'gold', 'prompt'].sort());
  });

  it('refuses a number of rows that is none, and more distinct problems than there are', () => {
    expect(() => task.rows('train', Infinity, 0)).toThrow(/whole number of rows/);
    const draw = (): string => '1+1'; // there is but one
    expect(() => drawProblems('test', 2, new Rng(1), draw, String)).toThrow(/ask for fewer/);
  });
});

describe('arithmetic', () => {
  it.each(ARITHMETIC_SIZES)('has the right answer and working in size %s', (size) => {
    for (const row of arithmetic(size).rows('train', 500, 7)) {
      expect(row.gold).toBe(String(solve(String(row.question))));
      expect(row.prompt).toEqual([{ role: 'user', content: row.question }]);
      for (const column of String(row.solution).split('|')[0]!.split(',')) {
        const [, x, operation, y, carry, digit] = /^(\d)([-+*])(\d)c(\d)=(\d)$/.exec(column)!;
        const signed = operation === '-' ? -Number(carry) : Number(carry);
        expect((solve(`${x}${operation}${y}`) + signed + 10) % 10).toBe(Number(digit));
      }
    }
  });

  const all = (['small', 'medium'] as const).flatMap((size) => [
    ...arithmetic(size).rows('train', 20_000, 1),
    ...arithmetic(size).rows('test', 1500, 1),
  ]);
  it.each([
    ['9+8', '9+8c0=7|17'],
    ['7*6', '7*6c0=2|42'],
    ['9-3', '9-3c0=6|6'],
    ['60+7', '0+7c0=7,6+0c0=6|67'],
    ['30-8', '0-8c0=2,3-0c1=2|22'],
  ])('writes %s as the recipe does', (question, solution) => {
    expect(all.find((row) => row.question === question)).toMatchObject({ solution });
  });

  const answerOf = (attempt: string): string => /<\/think>(\d+)$/.exec(attempt)![1]!;
  const share = <T>(items: T[], holds: (item: T) => boolean): number => items.filter(holds).length / items.length;

  it('writes first turns that are wrong at the rate of dropped carries, and second turns that repeat or correct', () => {
    const examples = arithmeticSft('medium', 4000, 5, { guidingTexts });
    const right = (example: WrittenExample, text: string): boolean =>
      Number(answerOf(text)) === solve(example.prompt[0]!.content);
    const first = examples.filter(({ prefix }) => prefix === '');
    const second = examples.filter(({ prefix }) => prefix !== '');
    expect(share(examples, ({ prefix }) => prefix !== '')).toBeCloseTo(0.5, 1);
    expect(share(first, (example) => right(example, example.completion))).toBeGreaterThan(0.6);
    expect(share(first, (example) => right(example, example.completion))).toBeLessThan(0.85);
    const wrongFirst = second.filter((example) => !right(example, example.prefix.replace(guidingTexts[0]!, '')));
    expect(share(wrongFirst, (example) => right(example, example.completion))).toBeCloseTo(0.4, 1);
    for (const example of second) {
      const [before, after] = example.prefix.split(guidingTexts[0]!);
      expect(after).toBe('');
      if (!right(example, example.completion)) expect(example.completion).toBe(before);
    }
  });

  it('writes only right answers with a careful writer', () => {
    for (const example of arithmeticSft('large', 200, 2, { guidingTexts, carelessAnswers: 0 })) {
      expect(Number(answerOf(example.completion))).toBe(solve(example.prompt[0]!.content));
    }
  });

  it('continues the open thought in mode open_think', () => {
    for (const example of arithmeticSft('small', 50, 2, { guidingTexts, mode: 'open_think', secondTurns: 1 })) {
      expect(example.prefix).toMatch(/^<think>[^<]+\nWait\.\n$/);
      expect(example.completion).toMatch(/^[^<]+<\/think>\d+$/);
    }
  });

  it('gives small problems no products', () => {
    const operations = (size: 'small' | 'medium'): unknown[] =>
      [
        ...new Set(
          arithmetic(size)
            .rows('train', 500, 1)
            .map((row) => row['operation']),
        ),
      ].sort();
    expect(operations('small')).toEqual(['+', '-']);
    expect(operations('medium')).toEqual(['*', '+', '-']);
  });

  it('trains on no test problem', () => {
    const test = new Set(
      arithmetic('small')
        .rows('test', 500, 1)
        .map((row) => row.question),
    );
    expect(arithmeticSft('small', 2000, 1, { guidingTexts }).filter(({ prompt }) => test.has(prompt[0]!.content))).toEqual([]);
  });

  it('needs a guiding text for second turns', () => {
    expect(() => arithmeticSft('small', 1, 1, { guidingTexts: [] })).toThrow(/guidingTexts/);
    expect(arithmeticSft('small', 1, 1, { guidingTexts: [], secondTurns: 0 })).toHaveLength(1);
  });
});

describe('countdown', () => {
  it.each(COUNTDOWN_SIZES)('can be solved with each number used once in size %s', (size) => {
    for (const row of countdown(size).rows('train', 300, 7)) {
      const solution = String(row.solution);
      expect(evaluate(solution)).toBe(row.target);
      const used = solution.match(/\d+/g)!.map(Number);
      expect(used.sort((a, b) => a - b)).toEqual([...(row.numbers as number[])].sort((a, b) => a - b));
      expect(row.gold).toBe(`${(row.numbers as number[]).join(' ')} = ${String(row.target)}`);
    }
  });

  it('writes attempts whose steps are right and of which the asked share hits the target', () => {
    const examples = countdownSft('small', 3000, 3, { guidingTexts });
    let solved = 0;
    for (const { completion, prompt } of examples) {
      const [, working, answer] = /^<think>([^<]+)<\/think>(.+)$/.exec(completion)!;
      for (const step of working!.split(',')) {
        const [left, right] = step.split('=');
        expect(evaluate(left!)).toBe(Number(right));
      }
      const value = evaluate(answer!);
      expect(value).toBe(Number(working!.split('=').at(-1)));
      if (value === Number(prompt[0]!.content.split(' = ')[1])) solved++;
    }
    // A random expression hits the target now and then, which adds a few hundredths.
    expect(solved / examples.length).toBeGreaterThan(0.28);
    expect(solved / examples.length).toBeLessThan(0.45);
  });

  it('checks what is shown: begins with its value, keeps what is right, and tries another answer where it is wrong', () => {
    const examples = countdownSft('small', 2000, 3, { guidingTexts, secondTurns: 1, repeats: 0, checks: 1 });
    const kinds = { kept: 0, replaced: 0, checkedBefore: 0 };
    for (const { prompt, prefix, completion } of examples) {
      const target = prompt[0]!.content.split(' = ')[1]!;
      const [, before, shown] = /^<think>([^<]+)<\/think>([^\n]+)/.exec(prefix)!;
      const [, value, verdict, found, rest, answer] = /^<think>(\d+)([=?])(\d+)(.*)<\/think>(.+)$/.exec(completion)!;
      expect(Number(value)).toBe(evaluate(shown!));
      expect(found).toBe(target);
      expect(verdict === '=').toBe(value === target);
      expect(answer === shown).toBe(verdict === '=');
      expect(rest === '').toBe(verdict === '=');
      if (verdict === '?') expect(Number(rest!.split('=').at(-1))).toBe(evaluate(answer!));
      kinds[verdict === '=' ? 'kept' : 'replaced']++;
      if (/^\d+[=?]/.test(before!)) kinds.checkedBefore++;
    }
    expect(Math.min(kinds.kept, kinds.replaced)).toBeGreaterThan(500);
    expect(kinds.checkedBefore).toBeGreaterThan(400);
    expect(kinds.checkedBefore).toBeLessThan(600);
  });
});

describe('the sign puzzle', () => {
  const answerOf = (text: string): string => text.replace(/^<think>.*<\/think>/, '');

  it.each(SIGNS_SIZES)('has a solution in size %s', (size) => {
    for (const { numbers, target } of signs(size).rows('train', 200, 7)) {
      const list = numbers as number[];
      const values = Array.from({ length: 2 ** (list.length - 1) }, (_, bits) =>
        list.slice(1).reduce((sum, n, i) => sum + (bits & (1 << i) ? n : -n), list[0]!),
      );
      expect(values).toContain(target);
      expect(target).toBeGreaterThanOrEqual(0);
    }
  });

  it('is solved by one guess in six or so, and by check and flip more and more', () => {
    const examples = signsSft('small', 4000, 5, {
      guidingTexts,
      repeats: 0,
      secondTurns: 1,
      thirdTurns: 0.5,
      carelessAnswers: 0,
    });
    const right = (example: WrittenExample, text: string): boolean =>
      evaluate(answerOf(text)) === Number(example.prompt[0]!.content.split('=')[1]);
    const shown = (example: WrittenExample): string => example.prefix.split(guidingTexts[0]!)[0]!;
    const share = (items: WrittenExample[], text: (example: WrittenExample) => string): number =>
      items.filter((example) => right(example, text(example))).length / items.length;
    const second = examples.filter((example) => !shown(example).startsWith('<think>'));
    const third = examples.filter((example) => shown(example).startsWith('<think>'));
    expect(third.length / examples.length).toBeCloseTo(0.5, 1);
    expect(share(second, shown)).toBeCloseTo(0.154, 1);
    expect(share(second, ({ completion }) => completion)).toBeCloseTo(0.574, 1);
    expect(share(third, ({ completion }) => completion)).toBeCloseTo(0.843, 1);
    // A right answer is kept, and every check says what is true.
    for (const example of examples) {
      if (right(example, shown(example))) expect(answerOf(example.completion)).toBe(answerOf(shown(example)));
      const [, way, off, target] = /^<think>([-\d,]+?)([-+]\d+)?=(\d+)/.exec(example.completion)!;
      const terms = answerOf(shown(example))
        .match(/[-+]?\d+/g)!
        .map(Number);
      const partial = terms.slice(1).map((_, i) => terms.slice(0, i + 2).reduce((a, b) => a + b, 0));
      expect(way).toBe(partial.join(','));
      expect(partial.at(-1)! + Number(off ?? 0)).toBe(Number(target));
    }
  });

  it('repeats the answer alone, without the check before it', () => {
    for (const example of signsSft('small', 50, 5, {
      guidingTexts,
      repeats: 1,
      secondTurns: 1,
      thirdTurns: 1,
      carelessAnswers: 0,
    }))
      expect(example.completion).toBe(answerOf(example.prefix.split(guidingTexts[0]!)[0]!));
  });

  it('leaves the last number out where careless, and puts it in where checked', () => {
    for (const example of signsSft('small', 200, 5, { guidingTexts, repeats: 0, secondTurns: 1, carelessAnswers: 1 })) {
      const [numbers, target] = example.prompt[0]!.content.split('=') as [string, string];
      const before = example.prefix.split(guidingTexts[0]!)[0]!;
      expect(before.match(/\d+/g)).toEqual(numbers.split('?').slice(0, -1));
      const last = Number(numbers.split('?').at(-1));
      expect(
        example.completion.endsWith(`?${last}</think>${before}${evaluate(before) < Number(target) ? '+' : '-'}${last}`),
      ).toBe(true);
    }
  });

  it('has no second turn that goes on thinking', () => {
    expect(() => signsSft('small', 1, 1, { guidingTexts, mode: 'open_think' })).toThrow(/eq5/);
  });
});

describe('maze', () => {
  /** Where moves lead, cell by cell; null where one goes through a wall. */
  const follow = (question: string, moves: string): string | null => {
    const [grid = '', ends = ''] = question.split(' ');
    const rows = grid.split('/').map((row) => [...row].map(Number));
    const side = rows.length;
    let cell = ends.charCodeAt(0) - 97;
    let cells = ends[0]!;
    for (const move of moves) {
      const [row, column] = [Math.floor(cell / side), cell % side];
      const isOpen = {
        '6': (rows[row]![column]! & 1) > 0,
        '2': (rows[row]![column]! & 2) > 0,
        '4': column > 0 && (rows[row]![column - 1]! & 1) > 0,
        '8': row > 0 && (rows[row - 1]![column]! & 2) > 0,
      }[move];
      if (!isOpen) return null;
      cell += { '6': 1, '2': side, '4': -1, '8': -side }[move as '6'];
      cells += String.fromCharCode(97 + cell);
    }
    return cells;
  };

  it.each(MAZE_SIZES)('has one way without turning back, which the gold goes, in size %s', (size) => {
    const side = { small: 3, medium: 4, large: 5 }[size];
    for (const { question, gold, solution } of maze(size).rows('train', 300, 7)) {
      const cells = follow(String(question), gold);
      expect(cells).toBe(solution);
      expect(cells!.at(-1)).toBe(String(question).at(-1));
      expect(new Set(cells).size).toBe(gold.length + 1);
      expect(gold.length).toBeGreaterThanOrEqual(side);
      // A connected maze with one door fewer than cells is a tree.
      const doors = [...String(question).split(' ')[0]!].filter((c) => c !== '/').map(Number);
      expect(doors.reduce((sum, d) => sum + (d & 1) + (d >> 1), 0)).toBe(side * side - 1);
    }
  });

  it('is paid for the moves in their order, and for nothing else', () => {
    const rows = maze('medium').rows('test', 40, 1);
    const verdict = (answer: (row: (typeof rows)[number]) => string): number =>
      verifyBatch(
        rows.map((row) => ({ gold: row.gold, response: `<think>x</think>${answer(row)}`, mode: 'strict', truncated: false })),
      ).filter((v) => v.verdict).length;
    expect(verdict(({ gold }) => gold)).toBe(40);
    for (const cheat of [
      (row: (typeof rows)[number]) => String(row['question']),
      (row: (typeof rows)[number]) => String(row['question']).at(-1)!,
      (row: (typeof rows)[number]) => `${row.gold}8`,
      (row: (typeof rows)[number]) => row.gold.slice(1),
      () => '2468',
      (row: (typeof rows)[number]) => `${row.gold} 6222 2666`,
      // The way back is another one, unless it happens to be spelt alike.
      ({ gold }: (typeof rows)[number]) => ([...gold].reverse().join('') === gold ? '' : [...gold].reverse().join('')),
    ])
      expect(verdict(cheat)).toBe(0);
  });

  it('writes walks, checks that say where they end, and the right way after a wrong one', () => {
    const examples = mazeSft('small', 2000, 3, { guidingTexts, secondTurns: 0.5 });
    const seconds = examples.filter(({ prefix }) => prefix !== '');
    const kinds = { repeated: 0, kept: 0, corrected: 0 };
    for (const { prompt, prefix, completion } of seconds) {
      const question = prompt[0]!.content;
      const [, cells, answer] = /^<think>([a-i]+)<\/think>(\d+)\nWait\.\n$/.exec(prefix)!;
      expect(follow(question, answer!)).toBe(cells);
      if (completion === prefix.replace(guidingTexts[0]!, '')) kinds.repeated++;
      else {
        const [, again, sign, way, last] = /^<think>([a-i]+)([=!])([a-i]*)<\/think>(\d+)$/.exec(completion)!;
        expect(again).toBe(cells);
        expect(sign).toBe(cells!.at(-1) === question.at(-1) ? '=' : '!');
        expect(follow(question, last!)).toBe(sign === '=' ? cells : way);
        expect(follow(question, last!)!.at(-1)).toBe(question.at(-1));
        kinds[sign === '=' ? 'kept' : 'corrected']++;
      }
    }
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(seconds.length / 10);
  });
});
