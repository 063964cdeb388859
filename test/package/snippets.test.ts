// Every code block of README and docs is what it claims to be: type-checked strictly and run, in an empty project that has the package installed.
// The language after the fence says where a block runs: `ts` in Node, `ts browser` in a page. A block that begins with `// name.mjs` is that file.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'puppeteer';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { root } from '../support/cli.js';
import { serveSite } from '../support/page.js';
import { emptyProject, type Project } from '../support/project.js';

interface Snippet {
  /** Document and line. */
  readonly name: string;
  readonly place: 'node' | 'browser';
  readonly code: string;
}

const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];
const snippets = documents
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => snippetsOf(name, readFileSync(path.join(root, name), 'utf8')));

function snippetsOf(document: string, text: string): Snippet[] {
  return [...text.matchAll(/^```([jt]s)( \w+)?\n(.*?)^```/gms)].map(({ index, 2: place, 3: code }) => ({
    name: `${document}:${text.slice(0, index).split('\n').length}`,
    place: place?.trim() === 'browser' ? 'browser' : 'node',
    code: code!,
  }));
}

/** Name of a snippet's file in the project. */
const fileOf = ({ name, code }: Snippet): string =>
  /^\/\/ ([\w-]+\.mjs)$/m.exec(code.split('\n')[0]!)?.[1] ?? `${name.replace(/\W/g, '-')}.ts`;

const STRICT: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

function problems(files: readonly string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, { ...STRICT, ...options });
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

function transpiled(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

let project: Project;
beforeAll(() => {
  project = emptyProject();
  for (const snippet of snippets) {
    const file = fileOf(snippet);
    project.write(file, snippet.code);
    if (file.endsWith('.ts')) project.write(file.replace(/\.ts$/, '.mjs'), transpiled(snippet.code));
  }
});
afterAll(() => project.remove());

describe('the code blocks of README and docs', () => {
  it('are found', () => {
    expect(snippets.filter(({ place }) => place === 'node').length).toBeGreaterThan(2);
    expect(snippets.filter(({ place }) => place === 'browser').length).toBeGreaterThan(0);
  });

  it.each([
    ['nodenext', { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }],
    ['bundler', { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
  ])('have no type error under %s', (_, options) => {
    const files = snippets
      .map(fileOf)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(project.folder, file));
    expect(problems(files, options)).toEqual([]);
    project.write('wrong.ts', "import { verify } from 'mgrpo/verify';\nverify(1);\n");
    expect(problems([path.join(project.folder, 'wrong.ts')], options)).toHaveLength(1);
  });

  it.each(snippets.filter(({ place }) => place === 'node'))('$name runs in Node', async (snippet) => {
    const file = fileOf(snippet).replace(/\.ts$/, '.mjs');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: project.folder });
    for (const [, wanted] of snippet.code.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gm)) expect(stdout).toContain(wanted);
    expect(stderr).not.toMatch(/error/i);
  });

  it.each(snippets.filter(({ place }) => place === 'browser'))('$name runs in a page', async ({ code }) => {
    const browser = existsSync(path.join(root, 'dist/index.js')) ? await startChromium() : 'no dist/';
    if (typeof browser === 'string') return expect(process.platform, browser).not.toBe('linux');
    const site = await serveSite();
    try {
      const page = await (browser as Browser).newPage();
      await page.goto(site.url);
      const failed = await page.evaluate(
        (text) =>
          new Promise((resolve) => {
            const script = document.createElement('script');
            script.type = 'module';
            Object.assign(window, { finished: resolve });
            addEventListener('error', (event) => resolve(event.message));
            addEventListener('unhandledrejection', (event) => resolve(String(event.reason)));
            script.textContent = `${text}\nfinished(null);`;
            document.head.append(script);
          }),
        transpiled(code),
      );
      expect(failed).toBeNull();
    } finally {
      site.close();
      await browser.close();
    }
  });
});
