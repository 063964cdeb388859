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

const executable = {
  name: 'executable',
  writeBundle: ({ dir }) => chmodSync(path.join(dir, 'cli.js'), 0o755),
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
    banner: (chunk) => (chunk.name === 'cli' && chunk.isEntry ? '#!/usr/bin/env node' : ''),
  },
};
