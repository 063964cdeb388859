import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, root } from '../support/cli.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-pack-'));
const run = (command: string, ...words: string[]): string =>
  execFileSync(command, words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const tool = (name: string): string => path.join(root, 'node_modules/.bin', name);
let tarball = '';
let packed: string[] = [];

beforeAll(() => {
  ensureBuilt();
  const listing = run('npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [info] = JSON.parse(listing) as [{ filename: string; files: { path: string }[] }];
  tarball = path.join(folder, info.filename);
  packed = info.files.map((file) => file.path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what package.json promises, and no sources or tests', () => {
    const { exports, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      exports: object;
      bin: Record<string, string>;
    };
    const targets = (value: unknown): string[] =>
      typeof value === 'string' ? [value] : Object.values(value as object).flatMap(targets);
    for (const target of [...targets(exports), ...Object.values(bin)].map((file) => file.replace(/^\.\//, ''))) {
      const [before, after] = target.split('*');
      const holds = (file: string): boolean =>
        after === undefined ? file === target : file.startsWith(before!) && file.endsWith(after);
      expect(packed.some(holds), target).toBe(true);
    }
    expect(packed.filter((file) => /^(src|test|assembly|shaders|scripts)\//.test(file))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md']));
  });

  it('passes publint without a remark', () => {
    expect(run(tool('publint'), '--strict', '--pack', 'false')).not.toMatch(/warning|error|suggestion/i);
  });

  it('has types that resolve under node16 and bundlers', () => {
    // Exits with 1, and so throws, where an entry has a problem. CommonJS cannot load the package, which is ESM only.
    expect(run(tool('attw'), tarball, '--profile', 'esm-only')).toContain('mgrpo/verify');
  });

  it('gives Node the platform and everybody else the library alone', async () => {
    const node = (await import(path.join(root, 'dist/node.js'))) as object;
    const index = (await import(path.join(root, 'dist/index.js'))) as object;
    expect(Object.keys(node)).toEqual(expect.arrayContaining([...Object.keys(index), 'NodeFiles', 'nodeGpu', 'resolveModel']));
    expect(index).not.toHaveProperty('nodeGpu');
    expect(
      run(
        process.execPath,
        '--input-type=module',
        '-e',
        'console.log(Object.keys(await import("mgrpo")).includes("nodeGpu"))',
      ).trim(),
    ).toBe('true');
  });

  it.each(['index.js', 'verify.js', 'browser/verify.js'])('reaches no Node module from %s', (entry) => {
    const reached = new Set([path.join(root, 'dist', entry)]);
    for (const file of reached) {
      const code = readFileSync(file, 'utf8');
      expect(code).not.toMatch(/from ['"]node:|import\(['"]node:|require\(/);
      for (const [, to] of code.matchAll(/(?:from|import) ?['"](\.[^'"]+)['"]/g))
        reached.add(path.resolve(path.dirname(file), to!));
    }
    expect(reached.size > 1).toBe(entry !== 'browser/verify.js');
  });

  it('carries the shaders and the verifiers inside the bundles', () => {
    const text = ['dist', 'dist/chunks'].flatMap((sub) =>
      readdirSync(path.join(root, sub))
        .filter((name) => name.endsWith('.js'))
        .map((name) => readFileSync(path.join(root, sub, name), 'utf8')),
    );
    expect(text.some((code) => code.includes('@compute'))).toBe(true);
    expect(text.some((code) => /import .* from ['"][^'"]+\.(wgsl|wasm)['"]/.test(code))).toBe(false);
  });

  it('has source maps that hold their sources', () => {
    for (const sub of ['dist', 'dist/chunks']) {
      for (const name of readdirSync(path.join(root, sub)).filter((file) => file.endsWith('.js.map'))) {
        const map = JSON.parse(readFileSync(path.join(root, sub, name), 'utf8')) as {
          sources: string[];
          sourcesContent?: string[];
        };
        expect(map.sourcesContent?.filter((text) => text.length > 0) ?? []).toHaveLength(map.sources.length);
      }
    }
  });

  it('lets the built-in model be reached by name', () => {
    const resolved = run(
      process.execPath,
      '--input-type=module',
      '-e',
      "console.log(import.meta.resolve('mgrpo/models/arithmetic-0.2m/config.json'))",
    ).trim();
    expect(resolved).toBe(pathToFileURL(path.join(root, 'models/arithmetic-0.2m/config.json')).href);
  });

  it('has an executable command line that starts with a shebang', () => {
    const file = path.join(root, 'dist/cli.js');
    expect(readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect(statSync(file).mode & 0o111).not.toBe(0);
    expect(existsSync(`${file}.map`)).toBe(true);
  });
});
