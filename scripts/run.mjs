// Runs a TypeScript file of this project in Node: node scripts/run.mjs FILE.ts [words]
// It is bundled with the build's own plugins, so shaders and wasm are imported as in the package.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { rollup } from 'rollup';
import { assets, typescript } from './plugins.mjs';

const root = path.resolve(import.meta.dirname, '..');
const [file, ...words] = process.argv.slice(2);
if (!file) throw new Error('usage: node scripts/run.mjs <file.ts> [words]');
const input = path.resolve(file);
/** What a file finds beside itself it finds from the bundle too. */
const inPlace = {
  name: 'in-place',
  resolveImportMeta: (property, { moduleId }) => (property === 'dirname' ? JSON.stringify(path.dirname(moduleId)) : null),
};
const bundle = await rollup({
  input,
  external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
  plugins: [assets(), typescript(), inPlace],
  onLog: (level, log) => level === 'warn' && console.error(log.message),
});
const output = path.join(root, 'build', `run.${process.pid}.mjs`);
await bundle.write({ file: output, format: 'es', inlineDynamicImports: true });
await bundle.close();
// In a process of its own: what bundled it takes memory that is none of the file's.
const child = spawn(process.execPath, [output, ...words], { stdio: 'inherit' });
child.on('exit', (code) => {
  rmSync(output, { force: true });
  process.exitCode = code ?? 1;
});
