// Makes the page, dist/web: static files that can be served as they are. Its packages are bundled and minified by rolldown, whose plugins are
// rollup's, so that shaders and wasm come in as in the package; rollup itself neither resolves packages nor minifies.
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { assets, bareStyle } from './plugins.mjs';

const root = path.resolve(import.meta.dirname, '..');

/** Packages whose code ends up in the page. */
const BUNDLED = ['preact', 'htm', 'fflate', 'wgpu-matrix', '@huggingface/jinja', '@huggingface/tokenizers'];

/** Licences of the bundled packages, as each has it. */
function licences() {
  return BUNDLED.map((name) => {
    const folder = path.join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(path.join(folder, file), 'utf8').trim() : ''}\n`;
  }).join(`\n${'-'.repeat(72)}\n\n`);
}

/** Builds the page into a folder. */
export async function buildWeb(folder) {
  const bundle = await rolldown({
    cwd: root,
    input: { main: 'web/main.ts', engine: 'web/engine.ts' },
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [assets()],
    // How long plugins take says how busy the machine is.
    checks: { bundlerTimings: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await bundle.write({
    dir: folder,
    format: 'es',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await bundle.close();
  cpSync(path.join(root, 'web/index.html'), path.join(folder, 'index.html'));
  const style = ['src/report/parts.css', 'web/style.css'].map((file) => readFileSync(path.join(root, file), 'utf8'));
  writeFileSync(path.join(folder, 'style.css'), style.map(bareStyle).join(''));
  const model = path.join(folder, 'models/signs-0.2m');
  mkdirSync(model, { recursive: true });
  cpSync(path.join(root, 'models/signs-0.2m'), model, { recursive: true });
  writeFileSync(path.join(folder, 'licences.txt'), licences());
}
