// Makes dist/: the WebAssembly modules, the bundles, the page and the type declarations. With --if-stale only where a source is newer.
// It is written under another name and then swapped in, so that nobody ever imports half a build.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';
import config, { checkerOfPages } from '../rollup.config.mjs';
import { buildWeb } from './web.mjs';
import { WASM_MODULES, sourceOf, targetOf } from './wasm-modules.mjs';

process.chdir(path.resolve(import.meta.dirname, '..'));
const SOURCES = ['src', 'web', 'shaders', 'assembly', 'scripts', 'package.json', 'rollup.config.mjs', 'tsconfig.json'];
const ENTRIES = ['index', 'node', 'verify', 'worker/connect', 'worker/serve'].map((name) => `src/${name}.ts`);

/** The time of the newest change in a file or folder. */
function newest(file) {
  const info = statSync(file);
  return info.isDirectory()
    ? Math.max(info.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))))
    : info.mtimeMs;
}

/** Whether a product is missing or older than one of its sources. */
function isStale(product, sources) {
  const built = statSync(product, { throwIfNoEntry: false });
  return !built || sources.some((source) => newest(source) > built.mtimeMs);
}

/** Compiles the WebAssembly modules that have changed, in a process of their own. */
async function buildWasm() {
  const tools = ['build-wasm.mjs', 'arrange.mjs', 'verifier-functions.json', 'pack-data.mjs', 'wasm-modules.mjs'].map(
    (file) => `scripts/${file}`,
  );
  const stale = Object.keys(WASM_MODULES).filter((name) => isStale(targetOf(name), [sourceOf(name), ...tools]));
  if (stale.length === 0) return;
  const [code] = await once(spawn(process.execPath, [tools[0], ...stale], { stdio: ['ignore', 2, 2] }), 'close');
  if (code !== 0) throw new Error(`${stale.join(', ')}: does not compile`);
}

/** Declarations of every module that the public entries reach (what is wrong with types is said by `npm run typecheck`). */
function declarations(entries, outDir) {
  const { config: tsconfig } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(tsconfig.compilerOptions, '.');
  const program = ts.createProgram([...entries, 'src/assets.d.ts'], {
    ...options,
    noEmit: false,
    isolatedDeclarations: false,
    emitDeclarationOnly: true,
    rootDir: 'src',
    outDir,
  });
  const { diagnostics } = program.emit();
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  // From TypeScript 6 on, the library of the DOM has WebGPU, and another declaration of it is an error; before, it comes from a package.
  const before6 = path.join(outDir, 'before-6.0');
  mkdirSync(before6);
  for (const name of ['index', 'node'])
    writeFileSync(
      path.join(before6, `${name}.d.ts`),
      `/// <reference types="@webgpu/types" />\nexport * from '../${name}.js';\n`,
    );
}

if (!process.argv.includes('--if-stale') || isStale('dist/cli.js', SOURCES)) {
  const start = performance.now();
  const fresh = `build/dist.${process.pid}`;
  try {
    const wasm = buildWasm();
    declarations(ENTRIES, path.join(fresh, 'types'));
    await wasm;
    const bundle = await rollup(config);
    await bundle.write({ ...config.output, dir: fresh });
    await bundle.close();
    const checker = await rollup(checkerOfPages);
    await checker.write({ ...checkerOfPages.output, file: path.join(fresh, checkerOfPages.output.file) });
    await checker.close();
    cpSync(targetOf('verifier'), path.join(fresh, 'browser/verifier.wasm'));
    await buildWeb(path.join(fresh, 'web'));
    rmSync('dist', { recursive: true, force: true });
    renameSync(fresh, 'dist');
    console.error(`dist: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
