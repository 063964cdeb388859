// Compiles assembly/index.ts to build/verifier.wasm (with build/verifier.wat beside it under --wat) and prints its size.
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = path.resolve(import.meta.dirname, '..');
mkdirSync(path.join(root, 'build'), { recursive: true });

// stub: nothing is ever freed, because nothing is ever allocated after start. noAssert: model text yields a status, never a trap.
const target = 'build/verifier.wasm';
const partial = `${target}.${process.pid}`;
const { error, stderr } = await asc.main(
  [
    'assembly/index.ts',
    ...['--outFile', partial],
    ...(process.argv.includes('--wat') ? ['--textFile', 'build/verifier.wat'] : []),
    ...['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--use', 'abort='],
    ...['--enable', 'bulk-memory', '--enable', 'sign-extension', '--disable', 'simd'],
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
