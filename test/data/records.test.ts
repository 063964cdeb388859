import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readDataset } from '../../src/data/dataset.js';
import { readRecords } from '../../src/data/records.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { jsonlRows } from '../../src/tasks/jsonl.js';
import { takeRowOptions, taskRows } from '../../src/tasks/rows.js';
import { sftExamples } from '../../src/tasks/sft-rows.js';

const folder = path.join(import.meta.dirname, 'files');
const files = new NodeFiles(folder);
const first = { question: 'Tim has 2 apples, and "3" pears.\nHow many?', answer: '2+3=5\n#### 5', id: 1 };
const golds = ['5', '10', '1,234'];

describe('data files that other programs wrote', () => {
  it.each([
    'gsm8k-snappy.parquet',
    'gsm8k-zstd.parquet',
    'gsm8k-gzip.parquet',
    'gsm8k-none.parquet',
    'gsm8k-brotli.parquet',
    'problems.json',
    'problems.jsonl.gz',
  ])('%s holds the rows of pyarrow and Python', async (name) => {
    const records = await readRecords({ files, path: name });
    expect(records[0]!.values).toEqual(first);
    expect(taskRows(records, takeRowOptions('test', { name })).map(({ gold }) => gold)).toEqual(golds);
    expect(await readRecords({ files, path: name }, 1)).toHaveLength(1);
  });

  it.each(['problems.csv', 'problems.tsv'])('%s holds them as texts', async (name) => {
    const records = await readRecords({ files, path: name });
    expect(records.map(({ values }) => values)[0]).toEqual({ ...first, id: '1' });
    expect(records[2]!.values['question']).toBe(' spaces, kept ');
  });

  it('lists of structs are messages, and integers that no number holds stay exact', async () => {
    const records = await readRecords({ files, path: 'chats.parquet' });
    expect(records[0]!.values).toMatchObject({ big: '9007199254740993', none: null });
    expect(records[1]!.values).toMatchObject({ big: 7, none: 'x' });
    expect(sftExamples(records)[1]).toEqual({
      messages: [
        { role: 'user', content: '3+3?' },
        { role: 'assistant', content: '6' },
      ],
    });
    const [row] = taskRows(records, takeRowOptions('test', { name: 'chats' }));
    expect(row!.gold).toBe('4');
    expect(row!.prompt).toHaveLength(4);
  });

  it('of JSON keep integers that no number holds, and all texts', () => {
    const line =
      '{"question":"12345678901234567890 \\" 1","answer":9007199254740993,"x":[-12345678901234567,1.12345678901234567]}';
    for (const text of [line, `[${line}]`])
      expect(jsonlRows(text, { name: 'f' })[0]).toMatchObject({
        question: '12345678901234567890 " 1',
        gold: '9007199254740993',
        x: ['-12345678901234567', 1.1234567890123457],
      });
  });

  it.each([1, 2])('encodings and pages of kind %i are read', async (kind) => {
    const records = await readRecords({ files, path: `encodings-${kind}.parquet` });
    const row = (i: number): object => ({ question: `What is ${i} + ${i}?`, answer: i % 7 === 3 ? null : `${2 * i}` });
    expect(records.map(({ values }) => values)).toEqual(
      Array.from({ length: 40 }, (_, i) => ({ ...row(i), id: i * i, odd: i % 2 === 1, half: i / 2 })),
    );
  });

  // hyparquet alone ends the process on the first of them, and reads the second for ever.
  it.each([
    ['gsm8k-none', 187, [0xfe, 0xff, 0xff, 0x7f], /a run of more values than the page has: 134217727/],
    ['encodings-1', 415, [0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f], /blocks of an impossible size/],
    ['encodings-1', 33, [0], /blocks of an impossible size/],
    ['encodings-1', 969, Array<number>(20).fill(0x80), /a number of more than 10 bytes/],
    ['encodings-1', -8, [0xff, 0xff], /metadata of \d+ bytes in a file of 1377/],
  ])('%s.parquet with the bytes at %i changed is refused', async (name, at, bytes, said) => {
    const file = new Uint8Array(readFileSync(path.join(folder, `${name}.parquet`)));
    file.set(bytes, at < 0 ? file.length + at : at);
    await expect(readRecords({ files: new MemoryFiles('m', { 'a.parquet': file }), path: 'a.parquet' })).rejects.toThrow(said);
  });

  it('are known by their first bytes where the name says nothing', async () => {
    const bytes = readFileSync(path.join(folder, 'gsm8k-snappy.parquet'));
    const plain = new MemoryFiles('m', { data: new Uint8Array(bytes), other: 'hello' });
    expect(await readRecords({ files: plain, path: 'data' })).toHaveLength(3);
    await expect(readRecords({ files: plain, path: 'other' })).rejects.toThrow(
      /m\/other: expected a data file of a known kind.*\.parquet/,
    );
  });

  it.each([
    ['a.csv', 'q,a\n1\n', /m\/a\.csv: row 1: expected 2 cells \(columns q, a\), got 1; put/],
    ['a.csv', 'q,a\n"1,2\n', /row 1: expected a closing double quote/],
    ['a.csv', 'q,q\n1,2\n', /expected columns of different names, got "q" twice/],
    ['a.csv', 'q,a\n', /expected at least one row/],
    ['a.json', '[{"q":1}, 2]', /m\/a\.json: row 2: expected a JSON object, got 2/],
    ['a.json', '[{"q":1}', /expected a JSON array of objects/],
    ['a.parquet', 'PAR1 but no more PAR1', /m\/a\.parquet: expected a parquet file/],
    ['a.jsonl.gz', '\u001f', /m\/a\.jsonl\.gz/],
  ])('%s with %j is refused by place', async (name, text, message) => {
    await expect(readRecords({ files: new MemoryFiles('m', { [name]: text }), path: name })).rejects.toThrow(message);
  });
});

describe('columns of the usual data sets', () => {
  const read = (row: object, columns?: Record<string, string>): object =>
    jsonlRows(JSON.stringify(row), { name: 'f', ...(columns && { columns }) })[0]!;
  const asked = (content: string): object => ({ prompt: [{ role: 'user', content }] });

  it.each([
    ['MATH', { problem: 'p', solution: 'so \\boxed{3}' }, { ...asked('p'), gold: 'so \\boxed{3}' }],
    ['NuminaMath', { problem: 'p', solution: 's', answer: '3' }, { ...asked('p'), gold: '3' }],
    ['Alpaca', { instruction: 'i', input: 'x', output: 'o' }, { ...asked('i\n\nx'), gold: 'o' }],
    ['DAPO', { prompt: [{ role: 'user', content: 'p' }], reward_model: { ground_truth: '34' } }, { ...asked('p'), gold: '34' }],
    [
      'ShareGPT',
      {
        conversations: [
          { from: 'human', value: 'h' },
          { from: 'gpt', value: '7' },
        ],
      },
      { ...asked('h'), gold: '7' },
    ],
  ])('%s', (_, row, expected) => {
    expect(read(row)).toMatchObject(expected);
  });

  it('columns can be given other names, and a name that is missing is named', () => {
    expect(read({ task: 'p', key: 4 }, { question: 'task', answer: 'key' })).toMatchObject({ ...asked('p'), gold: '4' });
    expect(() => read({ task: 'p' }, { question: 'tasks' })).toThrow(/f:1: expected a column tasks, got columns task;.*--column/);
  });

  it('for supervised fine-tuning too', () => {
    const of = (values: Record<string, unknown>): unknown => sftExamples([{ where: 'f:1', values }])[0];
    const turn = { role: 'assistant', content: 'a' };
    expect(of({ prompt: 'p', completion: 'c' })).toEqual({ prompt: 'p', prefix: '', completion: 'c' });
    expect(of({ prompt: [{ role: 'user', content: 'p' }], completion: [turn] })).toMatchObject({ completion: 'a' });
    expect(of({ instruction: 'i', input: '', output: 'o' })).toMatchObject({ ...asked('i'), completion: 'o' });
    expect(() => of({ prompt: 'p' })).toThrow(
      /f:1: expected a column messages, or completion or output or response, got columns prompt/,
    );
    expect(() => of({ messages: [turn] })).toThrow(/assistant's turns follow others/);
  });
});

describe('a data set of the hub', () => {
  let stop: () => Promise<void> = () => Promise.resolve();
  afterEach(() => stop());

  /** A hub with openai/gsm8k, and a second host that holds its files and takes no token. */
  async function openHub(): Promise<{ hubUrl: string; seen: string[] }> {
    const seen: string[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      const url = request.url!;
      seen.push(`${url} ${request.headers.range ?? ''} ${request.headers.authorization ?? ''}`.trim());
      const hubUrl = `http://${request.headers.host!}`;
      if (url === '/api/datasets/openai/gsm8k/parquet') {
        const split = (name: string): object => ({
          train: [`${hubUrl}/${name}/train/0.parquet`, `${hubUrl}/${name}/train/1.parquet`],
          test: [`${hubUrl}/${name}/test/0.parquet`],
        });
        response.end(JSON.stringify({ main: split('main'), socratic: split('socratic') }));
        return;
      }
      if (!/^\/(main|socratic)\/(train|test)\/\d\.parquet$/.test(url)) {
        response.writeHead(404).end();
        return;
      }
      const content = readFileSync(path.join(folder, 'gsm8k-zstd.parquet'));
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const [start, end] = [Number(from), Math.min(Number(to) + 1, content.length)];
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}` })
        .end(content.subarray(start, end));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    stop = () => new Promise((done) => server.close(() => done()));
    return { hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }

  it('is not asked for with a token that no header holds, and no error shows it', async () => {
    await expect(readDataset('openai/gsm8k', { hubUrl: 'http://127.0.0.1:9', token: 'two\nlines' })).rejects.toThrow(
      /^hub: expected a token of letters, digits and signs, got one with spaces, line ends or other characters in it; copy it again$/,
    );
  });

  it('is read by ranges, file after file, with the token', async () => {
    const { hubUrl, seen } = await openHub();
    const records = await readDataset('openai/gsm8k', { hubUrl, token: 'hf_x' });
    expect(records).toHaveLength(6);
    expect(records[5]!.where).toBe(`${hubUrl}/main/train/1.parquet: row 3`);
    expect(seen.slice(1).every((line) => /bytes=\d+-\d+ Bearer hf_x$/.test(line))).toBe(true);
  });

  it('gives the config and split that the name asks for, and no more files than the limit needs', async () => {
    const { hubUrl, seen } = await openHub();
    expect(await readDataset('openai/gsm8k:socratic:test', { hubUrl, limit: 2 })).toHaveLength(2);
    expect(await readDataset('openai/gsm8k', { hubUrl, limit: 3 })).toHaveLength(3);
    expect(seen.some((line) => line.includes('/socratic/test/0.parquet'))).toBe(true);
    expect(seen.some((line) => line.includes('/train/1.parquet'))).toBe(false);
  });

  it.each([
    ['openai/gsm8k:none', /openai\/gsm8k: config: expected one of main, socratic, got none; name it/],
    ['openai/gsm8k:main:dev', /openai\/gsm8k: split: expected one of train, test, got dev/],
    ['me/nothing', /me\/nothing: expected a file, or a data set of the hub, found neither/],
    ['nothing', /nothing: expected a data file, an address, or owner\/name/],
  ])('%s is refused by name', async (name, message) => {
    const { hubUrl } = await openHub();
    await expect(readDataset(name, { hubUrl })).rejects.toThrow(message);
  });

  it('a file behind an address is read the same way', async () => {
    const { hubUrl } = await openHub();
    expect(await readDataset(`${hubUrl}/main/test/0.parquet`)).toHaveLength(3);
  });
});
