import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { jsonlRows } from '../../src/tasks/jsonl.js';
import { ChatTemplate } from '../../src/text/chat-template.js';
import { hasNestedRepeats } from '../../src/text/patterns.js';
import { MgrpoError, show } from '../../src/errors.js';
import { fuzz, readers } from '../support/hostile.js';
import { LARGE } from '../support/large.js';

const all = await readers();

/** Sixty times a value that is made of the one before. */
const GROWS = (next: string): string =>
  `{% set ns = namespace(s=[1, 2]) %}{% for i in range(60) %}{% set ns.s = ${next} %}{% endfor %}`;

describe('files that mean no good', () => {
  it.each(all.map((reader) => [reader.name, reader] as const))('%s: read, or named, in bounded time', async (_, reader) => {
    for (const seed of reader.seeds) await reader.read(typeof seed === 'string' ? new TextEncoder().encode(seed) : seed, 5000);
    const { faults, read, named } = await fuzz(reader, 3000, 1);
    expect(faults.slice(0, 3)).toEqual([]);
    expect(read).toBeGreaterThan(0);
    expect(named).toBeGreaterThan(0);
  });

  const render = (source: string): string => new ChatTemplate(source).render([{ role: 'user', content: 'x' }]);

  it.each([
    ['{% for i in range(1000000000) %}x{% endfor %}', /range of 1000000000 numbers/],
    ['{% for i in range(1, 2, 0) %}x{% endfor %}', /range of Infinity numbers/],
    ['{{ messages.constructor.constructor("return process")() }}', /expected messages that the template takes/],
    // A loop with nothing in it takes time but no steps.
    [`${'{% for i in range(99999) %}'.repeat(2)}${'{% endfor %}'.repeat(2)}`, /takes more than 5000 ms/],
    [`${GROWS('ns.s + ns.s')}{{ ns.s }}`, /a list of more than 100000 values/],
    // Lists of lists that are the same take little room, until they are written or compared.
    [`${GROWS('[ns.s, ns.s]')}{{ ns.s | tojson }}`, /a text of more than 16777216 letters/],
    [`${GROWS('{"a": ns.s, "b": ns.s}')}{{ ns.s == [ns.s] }}`, /a text of more than 16777216 letters/],
    [`${GROWS('namespace(a=ns.s, b=ns.s)')}{{ ns.s | tojson }}`, /more than (16777216 letters|5000 ms)/],
    ['{% set ns = namespace(s=0) %}{% set ns.s = [ns] %}{{ ns.s | tojson }}', /more than 1000 values in each other/],
  ])('a template %s is refused', (source, said) => {
    expect(() => render(source)).toThrow(said);
  });

  it.each([
    ['(a+)+b', true],
    ['(?:[a-z]*)*', true],
    ['((ab)+c){2,}', true],
    ['(a{1,})*?', true],
    [
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      false,
    ],
    ['[(+)*]+', false],
    ['(\\+)+', false],
    ['.*\\.(q|v)_proj', false],
    ['(ab)+', false],
    ['(a|a)*b', true],
    ['(a|ab)+$', true],
    ['(?:a?){30}a{30}', true],
    ['(.*)(.*)(.*)(.*)b', true],
    ['.*.*.*.*b', true],
    ['(?:\\r\\n|\\n)+', false],
    ["(?i:'s|'t|'re)?", false],
    [
      '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+',
      false,
    ],
  ])('the repetitions of %s lie in each other: %s', (pattern, nested) => {
    expect(hasNestedRepeats(pattern)).toBe(nested);
  });

  it('settings that would take all memory are refused by name', () => {
    expect(() =>
      parseModelConfig({ model_type: 'llama', vocab_size: 9, hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1e9 }),
    ).toThrow(/up to 10000 for num_hidden_layers/);
    const rows = Array.from({ length: 1200 }, (_, i) => `{"prompt":"a","gold":"1","c${i}":1}`).join('\n');
    expect(() => jsonlRows(rows, { name: 'wide' })).toThrow(/at most 1000 columns, got 120/);
    const deep = `{"prompt":${'['.repeat(50_000)}${']'.repeat(50_000)},"gold":"1"}`;
    expect(() => jsonlRows(deep, { name: 'deep' })).toThrow(/at most 1000 values in each other/);
    expect(show(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)))).toBe('a list');
  });

  it('a prototype in a row stays data, and half a character is kept', () => {
    const [row] = jsonlRows('{"prompt":"a\\ud800","gold":"1","__proto__":{"polluted":1}}', { name: 'x' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(row!.prompt).toBe('a\ud800');
  });
});

describe('large and deep inputs', () => {
  it.each(LARGE.map((large) => [large.name, large] as const))('%s: read, or named', async (_, { make, says }) => {
    const read = make(2 ** 20);
    const ended = await (async () => read())().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (says === undefined) expect(ended).toBeUndefined();
    else {
      expect(ended).toBeInstanceOf(MgrpoError);
      expect(String(ended)).toMatch(says);
    }
  });
});
