import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/cli/flags.js';
import { verifyCommand } from '../../src/cli/verify.js';

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-verify-'));
  stdout = stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text, done) => {
    stdout += String(text);
    if (typeof done === 'function') (done as () => void)();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** The whole command: checks, then work. */
const verifyNow = async (argv: readonly string[]): Promise<number | null> => {
  const work = await verifyCommand(argv);
  return work === null ? null : work();
};
const last = (): Record<string, unknown> => JSON.parse(stdout.trim().split('\n').pop()!) as Record<string, unknown>;

describe('mgrpo verify', () => {
  it('judges one pair and says what was extracted and why', async () => {
    expect(await verifyNow(['--gold', '1/2', '--response', 'I think the answer is 0.5.'])).toBe(0);
    expect(last()).toMatchObject({ verdict: true, extracted: '0.5', rule: 'answer_is' });
    expect(stderr).toMatch(/equal.*0\.5.*1\/2/);
  });

  it('takes --pred as the answer itself', async () => {
    await verifyNow(['--gold', '4', '--pred', 'so it is 4']);
    expect(last()['verdict']).toBe(false);
  });

  it('obeys --mode and --truncated', async () => {
    await verifyNow(['--gold', '4', '--response', 'We add 4', '--mode', 'strict']);
    expect(last()).toMatchObject({ verdict: false, extracted: null });
    await verifyNow(['--gold', '4', '--response', 'We add 4']);
    expect(last()).toMatchObject({ verdict: true });
    await verifyNow(['--gold', '4', '--response', 'We add 4', '--truncated']);
    expect(last()).toMatchObject({ verdict: false, rule: 'truncated' });
  });

  it('takes a countdown task as gold', async () => {
    await verifyNow(['--gold', '{"numbers":[1,2],"target":3}', '--response', '<think>x</think>1+2']);
    expect(last()).toMatchObject({ verdict: true, rule: 'countdown_ok' });
  });

  it('writes the same rows with verdict, extracted and reason, and counts those it cannot read by line number', async () => {
    const input = path.join(folder, 'in.jsonl');
    const output = path.join(folder, 'out.jsonl');
    const lines = [
      '{"id":1,"gold":"18","response":"#### 18","extra":[1]}',
      '{"id":2,"gold":"18","pred":"19"}',
      'not json',
      '',
      '{"id":3,"gold":null,"pred":"1"}',
      '{"id":4,"gold":"1"}',
      '{"id":5,"gold":7,"pred":7}',
      '[1]',
      '{"id":6,"gold":"4","response":"so it is 4","truncated":true}',
    ];
    writeFileSync(input, lines.join('\r\n'));
    expect(await verifyNow(['--input', input, '--output', output])).toBe(0);
    const rows = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map(({ id = 'no id', verdict }) => [id, verdict])).toEqual([
      [1, true],
      [2, false],
      ['no id', false],
      [3, false],
      [4, false],
      [5, true],
      ['no id', false],
      [6, false],
    ]);
    expect(rows[0]).toMatchObject({ extra: [1], extracted: '18' });
    expect(rows.every(({ reason }) => typeof reason === 'string' && reason.length > 0)).toBe(true);
    expect(last()).toMatchObject({
      rows: 8,
      equal: 2,
      not_equal: 2,
      unreadable: 4,
      unreadable_at: ['line 3', 'line 5', 'line 6', 'line 8'],
      accuracy: 0.25,
    });
    expect(stderr).toMatch(/in.jsonl:3: expected one JSON object.*\n.*:5: .* for gold, .*\n.*:6: .* for response, got undefined/);
    expect(stderr).toMatch(/ rows +8 +100.0 %\n +equal +2 +25.0 %\n[^]* unreadable +4 +50.0 %\n/);
    expect(stderr).toContain('4 of 8 rows cannot be read: the accuracy counts them as wrong');
    expect(readdirSync(folder).sort()).toEqual(['in.jsonl', 'out.jsonl']);
  });

  it.each([
    ['csv', 'id,answer,said\n1,18,So the answer is 18.\n2,"1,800",The answer is 18.\n3,18\n'],
    ['tsv', 'id\tanswer\tsaid\n1\t18\tSo the answer is 18.\n2\t1,800\tThe answer is 18.\n3\t18\n'],
    ['json', '[{"id":1,"answer":18,"said":"So the answer is 18."},{"id":2,"answer":1800,"said":"The answer is 18."},{"id":3}]'],
  ])('reads %s, its columns by the names that are given', async (ending, text) => {
    const input = path.join(folder, `in.${ending}`);
    writeFileSync(input, text);
    await verifyNow(['--input', input, '--column', 'gold=answer', '--column', 'response=said', '--mode', 'strict']);
    expect(last()).toMatchObject({ rows: 3, equal: 1, not_equal: 1, unreadable: 1, unreadable_at: ['row 3'], accuracy: 1 / 3 });
    expect(readdirSync(folder)).toEqual([`in.${ending}`]);
  });

  it('reads gzip, several golds and chats', async () => {
    const input = path.join(folder, 'in.jsonl.gz');
    const chat = [
      { role: 'user', content: 'The answer is 4?' },
      { role: 'assistant', content: 'The answer is 5.' },
    ];
    const rows = [
      { gold: ['4', 5], response: chat },
      { gold: [], response: chat },
      { gold: '4', response: chat.slice(0, 1) },
    ];
    writeFileSync(input, gzipSync(rows.map((row) => JSON.stringify(row)).join('\n')));
    await verifyNow(['--input', input]);
    expect(last()).toMatchObject({ rows: 3, equal: 1, unreadable_at: ['line 2', 'line 3'] });
  });

  it('reads parquet', async () => {
    const input = path.join(import.meta.dirname, '../data/files/gsm8k-snappy.parquet');
    await verifyNow(['--input', input, '--column', 'gold=answer', '--column', 'response=answer', '--mode', 'strict']);
    expect(last()).toMatchObject({ rows: 3, equal: 3, accuracy: 1 });
  });

  it('takes every option of the checker', async () => {
    const near = ['--gold', '9.81', '--response', 'The answer is 9.8.'];
    const verdict = async (...flags: string[]): Promise<unknown> => {
      await verifyNow([...near, ...flags]);
      return last()['verdict'];
    };
    expect(await verdict()).toBe(false);
    expect(await verdict('--relative-tolerance', '0.01')).toBe(true);
    expect(await verdict('--tolerance', '0.01')).toBe(true);
    expect(await verdict('--tolerance', '0.01', '--kinds', 'letter')).toBe(false);
    expect(await verdict('--tolerance', '0.01', '--kinds', 'letter', '--kinds', 'number')).toBe(true);
    await verifyNow(['--gold', '5', '--response', '◁think▷5◁/think▷The answer is 6.', '--reasoning-tags', '◁think▷']);
    expect(last()).toMatchObject({ verdict: false, extracted: '6' });
  });

  it('gives more rows than one batch in order', async () => {
    const input = path.join(folder, 'in.jsonl');
    const output = path.join(folder, 'out.jsonl');
    writeFileSync(input, Array.from({ length: 9000 }, (_, i) => `{"gold":"${i % 3}","pred":"${i % 2}","i":${i}}`).join('\n'));
    await verifyNow(['--input', input, '--output', output]);
    const rows = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { i: number; verdict: boolean });
    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map((_, i) => i % 3 === i % 2));
  });

  const bad: [string, string[], RegExp][] = [
    ['an unknown flag', ['--golden', '5'], /--golden; the nearest known one is --gold\n.*--response or --pred[^]*--help/],
    ['a missing partner', ['--gold', '5'], /--response or --pred/],
    ['both kinds', ['--gold', '5', '--response', '5', '--input', 'x', '--output', 'y'], /got both/],
    ['an output without input', ['--output', 'x'], /--input with --output/],
    [
      'a column that is none',
      ['--input', 'x', '--column', 'golden=answer'],
      /gold, pred, response, truncated before the =, got golden/,
    ],
    ['a kind that is none', ['--gold', '5', '--pred', '5', '--kinds', 'numbers'], /a list of number, expression.*numbers/],
    ['an unknown mode', ['--gold', '5', '--response', '5', '--mode', 'soft'], /lenient, strict.*soft/],
    ['a stray word', ['5'], /--help/],
  ];
  for (const [what, argv, message] of bad)
    it(`refuses ${what} as a wrong call`, async () => {
      const call = verifyNow(argv);
      await expect(call).rejects.toThrow(UsageError);
      await expect(call).rejects.toThrow(message);
      expect(stdout).toBe('');
    });

  it('refuses an input that is not there, or an output that cannot be written, and leaves nothing behind', async () => {
    const input = path.join(folder, 'in.jsonl');
    const output = path.join(folder, 'out.jsonl');
    await expect(verifyNow(['--input', input, '--output', output])).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('in.jsonl') as string,
    });
    writeFileSync(input, '{"gold":"1","pred":"1"}\n');
    await expect(verifyNow(['--input', input, '--output', path.join(input, 'out.jsonl')])).rejects.toThrow(
      /in\.jsonl\/out\.jsonl.*give another path/,
    );
    await expect(verifyNow(['--input', folder, '--output', output])).rejects.toMatchObject({ code: 'bad_file' });
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder)).toEqual(['in.jsonl']);
  });

  it('gives null where help is asked for', async () => {
    expect(await verifyNow(['--help'])).toBeNull();
    expect(stdout).toBe('');
  });

  it('takes an answer that starts with a minus', async () => {
    expect(await verifyNow(['--gold', '-5', '--pred', '-5'])).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: true });
  });
});
