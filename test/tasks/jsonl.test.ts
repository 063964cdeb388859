import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonlRows, jsonlTask } from '../../src/tasks/jsonl.js';
import type { TaskRow } from '../../src/tasks/task.js';

const lines = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const user = (content: string): unknown[] => [{ role: 'user', content }];

describe('jsonl rows', () => {
  it('read GSM8K, with the answer alone or after ####', () => {
    const text = lines({ question: 'q1', answer: 'One is <<1=1>>1.\n#### 1,234' }, { question: 'q2', answer: '72', id: 7 });
    expect(jsonlRows(text, { name: 'f' })).toEqual([
      { prompt: user('q1'), gold: '1,234', question: 'q1', answer: 'One is <<1=1>>1.\n#### 1,234', id: null },
      { prompt: user('q2'), gold: '72', question: 'q2', answer: '72', id: 7 },
    ]);
  });

  it('read SVAMP as published', () => {
    const [row] = jsonlRows(lines({ Body: 'Dan had 3.', Question: 'How many?', Answer: 3 }), { name: 'f' });
    expect(row).toMatchObject({ prompt: user('Dan had 3. How many?'), gold: '3' });
  });

  it('read OlympiadBench, whose answers are lists: of one', () => {
    const read = (...answers: string[]): TaskRow[] => jsonlRows(lines({ question: 'q', final_answer: answers }), { name: 'f' });
    expect(read('$5$')[0]).toMatchObject({ gold: '$5$', final_answer: ['$5$'] });
    expect(() => read('$5$', '$-5$')).toThrow(/expected text or a number for column final_answer/);
  });

  it("read TRL's prompts, as text and as messages, with every column", () => {
    const messages = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
    ];
    const rows = jsonlRows(lines({ prompt: 'p', solution: 'x', level: 2 }, { prompt: messages, ground_truth: '5' }), {
      name: 'f',
      systemPrompt: 'not for these',
    });
    expect(rows[0]).toMatchObject({ prompt: 'p', gold: 'x', level: 2 });
    expect(rows[1]).toMatchObject({ prompt: messages, gold: '5', level: null });
  });

  it('take the problem itself as the gold of Countdown', () => {
    const [row] = jsonlRows(lines({ question: 'q', answer: '1+2', numbers: [1, 2], target: 3 }), { name: 'f' });
    expect(row).toMatchObject({ gold: '1 2 = 3', numbers: [1, 2], target: 3 });
  });

  it('put the system prompt before questions', () => {
    const [row] = jsonlRows(lines({ question: 'q', answer: '1' }), { name: 'f', systemPrompt: 'be brief' });
    expect(row!.prompt).toEqual([{ role: 'system', content: 'be brief' }, ...user('q')]);
  });

  it('can do without a right answer, and take it from a named column', () => {
    expect(jsonlRows(lines({ prompt: 'p' }), { name: 'f', goldOptional: true })[0]!.gold).toBe('');
    expect(jsonlRows(lines({ prompt: 'p', answer: 'a', label: 'b' }), { name: 'f', goldColumn: 'label' })[0]!.gold).toBe('b');
  });

  it.each([
    [
      'a missing question',
      lines({ question: 'q', answer: '1' }, { text: 'x', answer: '2' }),
      /f\.jsonl:2: expected a column prompt or question \(or messages, .*\), got columns text, answer/,
    ],
    ['a missing answer', lines({ question: 'q', id: 1 }), /f\.jsonl:1: expected a column answer .*got columns question, id/],
    ['a line that is no JSON', '{"question": 1', /f\.jsonl:1: expected one JSON object/],
    ['a line that is no object', '[1]', /f\.jsonl: row 1: expected a JSON object/],
    ['a question that is no text', lines({ question: 5, answer: '1' }), /f\.jsonl:1: expected text for column question, got 5/],
    ['a prompt that is neither text nor messages', lines({ prompt: [{ role: 'user' }], answer: '1' }), /column prompt/],
    ['an answer that is an object', lines({ question: 'q', answer: {} }), /column answer/],
    ['no row at all', '\n\n', /f\.jsonl: expected at least one row/],
    ['a column with a reserved name', lines({ question: 'q', answer: '1', completions: [] }), /got completions; rename/],
  ])('refuse %s and say where', (_, text, message) => {
    expect(() => jsonlRows(text, { name: 'f.jsonl' })).toThrow(message);
  });

  const data = path.resolve(import.meta.dirname, '../../../shared/data');
  it.skipIf(!existsSync(data)).each([
    ['gsm8k_test.jsonl', 1319, '18'],
    ['svamp.jsonl', 1000, '51'],
    ['countdown_test.jsonl', 1024, '47 76 55 60 = 24'],
  ])('read all of %s', (file, count, gold) => {
    const rows = jsonlRows(readFileSync(path.join(data, file), 'utf8'), { name: file });
    expect(rows).toHaveLength(count);
    expect(rows[0]!.gold).toBe(gold);
  });
});

describe('jsonl task', () => {
  const rows = jsonlRows(lines({ question: 'a', answer: '1' }, { question: 'b', answer: '2' }), { name: 'f' });

  it('gives the first rows of the split, in order, and no more than there are', () => {
    const task = jsonlTask('f', { train: rows });
    expect(task.rows('train', 1, 9)).toEqual([rows[0]]);
    expect(task.rows('train', Infinity, 9)).toEqual(rows);
    expect(task.columns).toEqual(['question', 'answer']);
    expect(() => task.rows('test', 1, 0)).toThrow(/f: expected a file for the test split/);
  });
});
