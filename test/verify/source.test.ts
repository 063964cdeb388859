import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';

const files = sourceFiles(['assembly/verifier'], /\.ts$/).map((name) => ({ name, text: readFileSync(name, 'utf8') }));

/** Lines that match, without comments, as file:line: text. */
const linesWith = (pattern: RegExp, of = files): string[] =>
  of.flatMap(({ name, text }) =>
    text.split('\n').flatMap((line, i) => {
      const code = line.replace(/\/\/.*|\/?\*\*?.*/, '');
      return pattern.test(code) ? [`${name}:${i + 1}: ${line.trim()}`] : [];
    }),
  );

const readers = files.filter(({ name }) => /verifier\/(read|parse|compare)\//.test(name) && !name.endsWith('read/text.ts'));

describe('the source of the verifier', () => {
  it('compares ASCII characters with names, not with codes', () => {
    expect(linesWith(/(\)|\w) (==|!=|<=?|>=?) (0x[0-7]?[0-9a-f]|[1-9]\d{1,2})\b/, readers)).toEqual([]);
  });

  it('has no case that is a number', () => {
    expect(linesWith(/\bcase (0x|\d)/).filter((line) => !line.includes('algebra/functions.ts'))).toEqual([]);
  });

  it('exports no name of one letter', () => {
    expect(linesWith(/^export (abstract )?(const enum|enum|class|function|const|let) \w\b/)).toEqual([]);
    expect(linesWith(/^import \* as \w\b/)).toEqual([]);
  });

  it('has no file over 500 lines, and each begins with what it is', () => {
    expect(files.filter(({ text }) => text.split('\n').length > 501).map(({ name }) => name)).toEqual([]);
    expect(files.filter(({ text }) => !text.startsWith('// ')).map(({ name }) => name)).toEqual([]);
  });

  it('keeps state in the module for memory, its budget, and what an object cannot hold', () => {
    expect(linesWith(/^(export )?let /).map((line) => line.replace(/:\d+: (export )?let /, ' ').replace(/[:=].*/, ''))).toEqual([
      'assembly/verifier/algebra/forms.ts depth',
      'assembly/verifier/arena.ts top',
      'assembly/verifier/arena.ts fuel',
      'assembly/verifier/arena.ts granted',
      'assembly/verifier/arena.ts left',
      'assembly/verifier/arena.ts failed',
      'assembly/verifier/arena.ts undecided',
      'assembly/verifier/arena.ts pair',
      'assembly/verifier/compare/equality.ts rule',
      'assembly/verifier/compare/equality.ts depth',
      'assembly/verifier/read/joined.ts top',
    ]);
  });

  it('has rooms without circles', () => {
    const imports = new Map(
      files.map(({ name, text }) => [
        name,
        [...text.matchAll(/from '(\.[^']*)'/g)].map(([, path]) => new URL(`${path}.ts`, `file:///${name}`).pathname.slice(1)),
      ]),
    );
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === 'open') circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const next of imports.get(file) ?? []) visit(next, [...trail, file]);
      state.set(file, 'done');
    };
    for (const file of imports.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });
});
