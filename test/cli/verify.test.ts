import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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
    await verifyNow(['--gold', '4', '--response', 'so it is 4', '--mode', 'strict']);
    expect(last()).toMatchObject({ verdict: false, extracted: null });
    await verifyNow(['--gold', '4', '--response', 'so it is 4']);
    expect(last()).toMatchObject({ verdict: true });
    await verifyNow(['--gold', '4', '--response', 'so it is 4', '--truncated']);
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
    expect(rows.map(({ id, line, verdict }) => [id ?? `line ${String(line)}`, verdict])).toEqual([
      [1, true],
      [2, false],
      ['line 3', false],
      [3, false],
      [4, false],
      [5, true],
      ['line 8', false],
      [6, false],
    ]);
    expect(rows[0]).toMatchObject({ extra: [1], extracted: '18' });
    expect(rows.every(({ reason }) => typeof reason === 'string' && reason.length > 0)).toBe(true);
    expect(last()).toMatchObject({
      rows: 8,
      equal: 2,
      not_equal: 2,
      unreadable: 4,
      unreadable_lines: [3, 5, 6, 8],
      accuracy: 0.25,
    });
    expect(stderr).toMatch(/line 3: expected one JSON object.*\nline 5: .*"gold".*\nline 6: .*"pred" or "response"/);
    expect(readdirSync(folder).sort()).toEqual(['in.jsonl', 'out.jsonl']);
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
    ['an unknown flag', ['--golden', '5'], /--golden; the nearest known one is --gold;.*--help/],
    ['a missing partner', ['--gold', '5'], /--response or --pred/],
    ['both kinds', ['--gold', '5', '--response', '5', '--input', 'x', '--output', 'y'], /got both/],
    ['an input without output', ['--input', 'x'], /both --input and --output/],
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
    await expect(verifyNow(['--input', input, '--output', path.join(folder, 'no', 'out.jsonl')])).rejects.toThrow(
      /no\/out\.jsonl.*check the path/,
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
