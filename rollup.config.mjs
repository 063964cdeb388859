// Bundles of the package: index (browser and everywhere else, no Node module in its graph), node, verify, both sides of the worker, and the
// command line.
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assets, typescript } from './scripts/plugins.mjs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const packages = Object.keys({ ...dependencies, ...peerDependencies });

/** Modules that are left to be imported at run time: what package.json names, and Node's own. */
const external = (id) => id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`));

/** The bundle for browsers must not reach a Node module, nor a package that only Node has. */
const browserSafe = {
  name: 'browser-safe',
  generateBundle(_, bundle) {
    const reached = new Set(['index.js', 'verify.js', 'worker/connect.js', 'worker/serve.js']);
    for (const file of reached) {
      for (const id of [...bundle[file].imports, ...bundle[file].dynamicImports]) {
        if (id in bundle) reached.add(id);
        else if (id.startsWith('node:') || id in peerDependencies)
          this.error(`${file} imports ${id}, which browsers do not have; it belongs behind src/node.ts`);
      }
    }
  },
};

/**
 * One chunk for each layer of src, and one for all that mgrpo/verify is made of: who imports one function gets its layer, the others fall away.
 * What only Node reaches is left to rollup, which keeps it out of what browsers load.
 */
function chunkOf(id, { getModuleInfo }) {
  closures ??= { library: reachableFrom(LIBRARY, getModuleInfo), checker: reachableFrom(['src/verify.ts'], getModuleInfo) };
  if (!closures.library.has(id)) return null;
  const [folder, name] = path.relative(import.meta.dirname, id).split(path.sep);
  if (folder === 'build') return path.basename(name, '.wasm');
  if (closures.checker.has(id)) return 'checker';
  return folder === 'src' ? path.basename(name, '.ts') : folder;
}

/** All modules that some modules import, directly or not, without these themselves. */
function reachableFrom(files, getModuleInfo) {
  const entries = files.map((file) => path.resolve(import.meta.dirname, file));
  const reached = new Set(entries);
  for (const id of reached) {
    const { importedIds = [], dynamicallyImportedIds = [], isExternal } = getModuleInfo(id) ?? {};
    if (!isExternal) for (const next of [...importedIds, ...dynamicallyImportedIds]) if (path.isAbsolute(next)) reached.add(next);
  }
  for (const id of entries) reached.delete(id);
  return reached;
}
let closures;

const executable = {
  name: 'executable',
  writeBundle: ({ dir }) => chmodSync(path.join(dir, 'cli.js'), 0o755),
};

/** What browsers may load. */
const LIBRARY = ['src/index.ts', 'src/verify.ts', 'src/worker/connect.ts', 'src/worker/serve.ts'];

/** mgrpo/verify for the bundlers of pages: one script, and the module as a file beside it. */
export const checkerOfPages = {
  input: 'src/verify.ts',
  plugins: [assets({ wasm: 'file' }), typescript()],
  onwarn(warning) {
    throw new Error(warning.message);
  },
  output: { file: 'browser/verify.js', format: 'es', sourcemap: true },
};

export default {
  input: {
    index: 'src/index.ts',
    node: 'src/node.ts',
    verify: 'src/verify.ts',
    'worker/connect': 'src/worker/connect.ts',
    'worker/serve': 'src/worker/serve.ts',
    cli: 'src/cli/main.ts',
  },
  external,
  plugins: [assets(), typescript(), browserSafe, executable],
  onwarn(warning) {
    throw new Error(warning.message);
  },
  output: {
    dir: 'dist',
    format: 'es',
    sourcemap: true,
    chunkFileNames: 'chunks/[name].js',
    manualChunks: chunkOf,
    banner: (chunk) => (chunk.name === 'cli' && chunk.isEntry ? '#!/usr/bin/env node' : ''),
  },
};
