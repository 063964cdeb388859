// Builds the WebAssembly modules twice, joins every shader with what it includes, and prints their SHA-256: the same on every machine with the
// packages of the lock file. Fails where two builds differ.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { shaderText } from './plugins.mjs';
import { WASM_MODULES, targetOf } from './wasm-modules.mjs';

const root = path.resolve(import.meta.dirname, '..');
const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
const build = () => {
  execFileSync(process.execPath, [path.join(root, 'scripts/build-wasm.mjs')], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  return Object.keys(WASM_MODULES).map((name) => [targetOf(name), sum(readFileSync(path.join(root, targetOf(name))))]);
};
const [first, second] = [build(), build()];
const shaders = readdirSync(path.join(root, 'shaders'))
  .filter((file) => file.endsWith('.wgsl'))
  .sort()
  .map((file) => shaderText(path.join(root, 'shaders', file)));
for (const [file, digest] of first) console.log(`${digest}  ${file}`);
console.log(`${sum(shaders.join('\n'))}  shaders/*.wgsl (${shaders.length} files)`);
if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('two builds of the same sources differ');
