// Compiles the WebAssembly modules that are named on the command line, or all of scripts/wasm-modules.mjs, and prints their sizes. With
// --wat the text form lies beside each.
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { WASM_MODULES, sourceOf, targetOf } from './wasm-modules.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({ options: { wat: { type: 'boolean' } }, allowPositionals: true });
mkdirSync(path.join(root, 'build'), { recursive: true });

for (const name of positionals.length > 0 ? positionals : Object.keys(WASM_MODULES)) {
  const target = targetOf(name);
  // Written under another name first, so that nobody ever loads half a module.
  const partial = `${target}.${process.pid}`;
  const { error, stderr } = await asc.main(
    [
      `${sourceOf(name)}/index.ts`,
      ...['--outFile', partial],
      ...(values.wat ? ['--textFile', target.replace('.wasm', '.wat')] : []),
      ...WASM_MODULES[name],
    ],
    { baseDir: root },
  );
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  renameSync(path.join(root, partial), path.join(root, target));
  const bytes = readFileSync(path.join(root, target));
  console.error(`${target}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
}
