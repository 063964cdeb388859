// Build plugins shared by rollup and vitest: TypeScript by the compiler's own transpiler; WGSL, wasm, styles and scripts of pages as text.
import { readFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/**
 * `import source from './x.wgsl'` gives the file's text without comments and indents, with shaders/lib/name.wgsl where it says `#include "name"`;
 * `x.wasm` gives its bytes as text (src/platform/embedded.ts) or, with `wasm: 'file'`, the address of the file that lies beside the script;
 * `x.css` gives its text without comments and indents; `x.ts?script` gives a script for a page, with all that it imports.
 */
export function assets({ wasm = 'text' } = {}) {
  return {
    name: 'assets',
    enforce: 'pre',
    // Under names of their own, so that no other plugin takes them for styles or modules of the bundle.
    resolveId(source, importer) {
      if (SHADER_PIECE.test(source)) return source;
      if (!importer || !/\.css$|\?script$/.test(source)) return null;
      return `${path.resolve(path.dirname(importer), source).replace('?', '.')}.text`;
    },
    async load(id) {
      const [file, piece] = id.split('?');
      if (file.endsWith('.css.text'))
        return `export default ${JSON.stringify(bareStyle(readFileSync(file.slice(0, -5), 'utf8')))};`;
      if (file.endsWith('.script.text')) return `export default ${JSON.stringify(await bundled(file.slice(0, -12)))};`;
      if (SHADER_PIECE.test(id)) return `export default ${JSON.stringify(ownPieces(file)[piece])};`;
      if (file.endsWith('.wgsl')) return shaderModule(file);
      if (file.endsWith('.wasm') && wasm === 'file')
        return `export default new URL('./${path.basename(file)}', import.meta.url);`;
      if (file.endsWith('.wasm')) return `export default ${JSON.stringify(embedded(readFileSync(file)))};`;
      return null;
    },
  };
}

/** A piece of a file of shaders/lib, by its place in it: a module of its own, which all that include it share. */
const SHADER_PIECE = /\.wgsl\?\d+$/;

/** The texts of a WGSL file (at even places), without comments and indents, and the names of what it includes between them. */
function ownPieces(file) {
  return readFileSync(file, 'utf8')
    .split(/^#include "([\w-]+)"$/gm)
    .map((text) =>
      text
        .replace(/ *\/\/.*$/gm, '')
        .replace(/\s*\n\s*/g, '\n')
        .trim(),
    );
}

/** The pieces of a shader in order, as {file, piece, text}; of what is included more than once only the first stands there. */
function shaderPieces(file, seen = new Set()) {
  return ownPieces(file).flatMap((text, piece) => {
    if (piece % 2 === 0) return text === '' ? [] : [{ file, piece, text }];
    const lib = path.resolve(import.meta.dirname, `../shaders/lib/${text}.wgsl`);
    if (seen.has(lib)) return [];
    seen.add(lib);
    return shaderPieces(lib, seen);
  });
}

/** The text of a shader with all that it includes, without comments. */
export function shaderText(file) {
  return shaderPieces(file)
    .map(({ text }) => text)
    .join('\n');
}

/** A module that exports {@link shaderText}, put together from the pieces when it is loaded. */
function shaderModule(file) {
  const imports = [];
  const parts = shaderPieces(file).map((piece) => {
    if (piece.file === file) return JSON.stringify(piece.text);
    const name = `piece${imports.length}`;
    imports.push(`import ${name} from ${JSON.stringify(`${piece.file}?${piece.piece}`)};`);
    return name;
  });
  return `${imports.join('\n')}\nexport default ${parts.join(" + '\\n' + ")};`;
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
