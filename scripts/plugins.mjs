// Build plugins shared by rollup and vitest: TypeScript by the compiler's own transpiler; WGSL, wasm, styles and scripts of pages as text.
import { readFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/**
 * `import source from './x.wgsl'` gives the file's text without comments, with every `#include "name"` line replaced by shaders/lib/name.wgsl;
 * `x.wasm` gives its bytes as text (src/platform/embedded.ts) or, with `wasm: 'file'`, the address of the file that lies beside the script;
 * `x.css` gives its text without comments and indents; `x.ts?script` gives a script for a page, with all that it imports.
 */
export function assets({ wasm = 'text' } = {}) {
  const included = (file, seen = new Set()) =>
    readFileSync(file, 'utf8').replace(/^#include "([\w-]+)"$/gm, (_, name) => {
      const lib = path.resolve(import.meta.dirname, `../shaders/lib/${name}.wgsl`);
      if (seen.has(lib)) return '';
      seen.add(lib);
      return included(lib, seen);
    });
  // Comments are for who reads the sources; a page need not load them.
  const bare = (text) =>
    text
      .replace(/ *\/\/.*$/gm, '')
      .replace(/\n{2,}/g, '\n')
      .trim();
  return {
    name: 'assets',
    enforce: 'pre',
    // Under names of their own, so that no other plugin takes them for styles or modules of the bundle.
    resolveId(source, importer) {
      if (!importer || !/\.css$|\?script$/.test(source)) return null;
      return `${path.resolve(path.dirname(importer), source).replace('?', '.')}.text`;
    },
    async load(id) {
      const file = id.split('?')[0];
      if (file.endsWith('.css.text'))
        return `export default ${JSON.stringify(bareStyle(readFileSync(file.slice(0, -5), 'utf8')))};`;
      if (file.endsWith('.script.text')) return `export default ${JSON.stringify(await bundled(file.slice(0, -12)))};`;
      if (file.endsWith('.wgsl')) return `export default ${JSON.stringify(bare(included(file)))};`;
      if (file.endsWith('.wasm') && wasm === 'file')
        return `export default new URL('./${path.basename(file)}', import.meta.url);`;
      if (file.endsWith('.wasm')) return `export default ${JSON.stringify(embedded(readFileSync(file)))};`;
      return null;
    },
  };
}

/** A style sheet without comments and indents. */
export function bareStyle(text) {
  return text.replace(/\/\*.*?\*\//gs, '').replace(/\s*\n\s*/g, '').replace(/: /g, ':').replace(/ \{/g, '{'); // prettier-ignore
}

/** A script with all that it imports, minified, that runs by itself. */
async function bundled(file) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: file, platform: 'browser', resolve: { extensionAlias: { '.js': ['.ts', '.js'] } } });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return output[0].code.trim();
}

/** Bytes as text, a character each: the printable ones of ASCII from # on, then those from U+00A1 on. */
function embedded(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte < 92 ? byte + 35 : byte + 69);
  return text;
}

/** Strips types with the compiler itself; `./x.js` in an import of a TypeScript file means `./x.ts`. */
export function typescript() {
  return {
    name: 'typescript',
    resolveId(source, importer) {
      if (!importer || !source.startsWith('.') || !source.endsWith('.js')) return null;
      const file = path.resolve(path.dirname(importer), source.replace(/\.js$/, '.ts'));
      return existsSync(file) ? file : null;
    },
    transform(code, id) {
      if (!id.endsWith('.ts')) return null;
      const { outputText, sourceMapText } = ts.transpileModule(code, {
        fileName: id,
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          sourceMap: true,
        },
      });
      return { code: outputText, map: sourceMapText };
    },
  };
}
