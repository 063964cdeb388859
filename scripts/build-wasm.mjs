// Compiles the WebAssembly modules that are named on the command line, or all of scripts/wasm-modules.mjs, and prints their sizes. With
// --wat the text form lies beside each; --arrange SECONDS looks for a better order of the verifier's functions and their variables (scripts/arrange.mjs).
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { arrange, namesOf, numbered, rearrange } from './arrange.mjs';
import { DATA_BASE, packTexts, withUnveiling } from './pack-data.mjs';
import { WASM_MODULES, sourceOf, targetOf } from './wasm-modules.mjs';

const root = path.resolve(import.meta.dirname, '..');
// The optimiser that asc uses, run here: asc's own -O3 inlines functions of up to some 70 instructions wherever they are called. With a
// smaller limit the module is a fifth smaller and as fast.
const asOfAsc = createRequire(import.meta.resolve('assemblyscript/asc'));
const { default: binaryen } = await import(pathToFileURL(asOfAsc.resolve('binaryen')).href);
/**
 * The optimiser's level, passes left out, and the largest functions that are inlined: always, where they are small, where they have one caller.
 * The verifier is downloaded by pages: it is small. Without what level 3 adds and without simplify-locals it is as fast and a hundredth smaller.
 */
const OPTIMISER = {
  'assembly/verifier': { level: 2, without: ['simplify-locals'], inlining: [4, 4, 70] },
  'assembly/engine': { level: 3, without: [], inlining: [8, 30, 200] },
};
const { values, positionals } = parseArgs({
  options: { wat: { type: 'boolean' }, arrange: { type: 'string' } },
  allowPositionals: true,
});
mkdirSync(path.join(root, 'build'), { recursive: true });

for (const name of positionals.length > 0 ? positionals : Object.keys(WASM_MODULES)) {
  const target = targetOf(name);
  // Written under another name first, so that nobody ever loads half a module.
  const partial = `${target}.${process.pid}`;
  const { error, stderr } = await asc.main(
    [
      `${sourceOf(name)}/index.ts`,
      ...['--outFile', partial],
      // names, by which functions are arranged
      ...(name === 'verifier' ? ['--debug', '--memoryBase', String(DATA_BASE)] : []),
      ...(values.wat ? ['--textFile', target.replace('.wasm', '.wat')] : []),
      ...WASM_MODULES[name],
    ],
    { baseDir: root, readFile: source },
  );
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  writeFileSync(path.join(root, partial), optimised(readFileSync(path.join(root, partial)), name));
  // The list that was found came after this module: the next build is to see that.
  if (values.arrange) utimesSync(path.join(root, partial), 0, 0);
  renameSync(path.join(root, partial), path.join(root, target));
  const bytes = readFileSync(path.join(root, target));
  console.error(`${target}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
}

/** The text of a source file, or null. A function is inlined wherever it is called where `// @inline` stands above it: prettier knows no decorators there. */
function source(name, folder) {
  const file = path.resolve(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8').replaceAll(/^\/\/ @inline$/gm, '@inline') : null;
}

/** The module after binaryen's passes, with less inlining than asc's. */
function optimised(binary, name) {
  const { Features } = binaryen;
  const { level, without, inlining } = OPTIMISER[sourceOf(name)];
  const module = binaryen.readBinary(binary);
  module.setFeatures(Features.All & ~(Features.GC | Features.ReferenceTypes));
  binaryen.setOptimizeLevel(level);
  binaryen.setShrinkLevel(0);
  binaryen.clearPassesToSkip();
  for (const pass of without) binaryen.addPassToSkip(pass);
  const [always, flexible, oneCaller] = inlining;
  binaryen.setAlwaysInlineMaxSize(always);
  binaryen.setFlexibleInlineMaxSize(flexible);
  binaryen.setOneCallerInlineMaxSize(oneCaller);
  binaryen.setTrapsNeverHappen(sourceOf(name) === 'assembly/verifier');
  binaryen.setGenerateStackIR(true);
  binaryen.setOptimizeStackIR(true);
  for (let round = 0; round < 3; round++) module.optimize();
  if (name !== 'verifier') return emitted(module);
  arrange(module, binaryen);
  withUnveiling(module, binaryen);
  const names = namesOf(module, binaryen);
  const bytes = numbered(packTexts(emitted(module)), names);
  if (values.arrange) rearrange(bytes, names, Number(values.arrange));
  return bytes;
}

/** The bytes of a module, without names. */
function emitted(module) {
  binaryen.setDebugInfo(false);
  return module.emitBinary();
}
