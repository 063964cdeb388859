import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { duplicates, sourceFiles } from '../scripts/duplicates.mjs';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/**
 * Who may import whom (docs/architecture.md): a layer may use those named here and whatever those may use. A layer is a folder of src, or a
 * file directly in it. Layers marked `type` may be imported for their types only.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  options: ['errors'],
  numbers: ['errors'],
  config: ['options', 'numbers'],
  rng: ['errors'],
  platform: ['errors'],
  ops: ['errors', 'config', 'numbers'],
  gpu: ['ops'],
  kernels: ['gpu', 'ops'],
  wasm: ['ops', 'platform'],
  nn: ['ops', 'config', 'rng'],
  formats: ['nn', 'platform', 'text'],
  sampling: ['nn'],
  optim: ['ops', 'config', 'rng', 'type nn/parameters'],
  text: ['errors'],
  reward: ['platform', 'config'],
  tasks: ['text', 'rng', 'reward'],
  data: ['tasks', 'platform'],
  algo: ['errors', 'config'],
  train: ['algo', 'formats', 'sampling', 'optim', 'text', 'reward', 'tasks'],
  verify: ['reward'],
  report: ['errors', 'type algo/evaluation', 'type train/events'],
  run: ['platform', 'report', 'type train/events'],
  study: ['train', 'run'],
  bench: ['train', 'kernels', 'report'],
  open: ['kernels', 'wasm', 'platform', 'options'],
  worker: ['train', 'run', 'open', 'bench'],
  index: ['study', 'bench', 'open', 'data'],
  node: ['index', 'open'],
  cli: ['index', 'config', 'options', 'platform', 'open', 'report', 'verify', 'type train/events'],
};

/** Layers that may name what only browsers or only Node have. */
const PLATFORM_LAYERS = ['platform', 'cli'];

interface Import {
  readonly from: string;
  /** Path in the project, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = sourceFiles(['src'], /\.ts$/).filter((file) => !file.endsWith('.d.ts'));

/** Imports and re-exports of a file, dynamic ones too. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const to = specifier.startsWith('.') ? path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts') : specifier;
    found.push({ from: file, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const names = clause?.namedBindings;
      const eachIsType =
        names !== undefined && ts.isNamedImports(names) && !clause?.name && names.elements.every((e) => e.isTypeOnly);
      add((node.moduleSpecifier as ts.StringLiteral).text, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || eachIsType);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add((node.moduleSpecifier as ts.StringLiteral).text, node.isTypeOnly);
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      ts.isStringLiteral(node.arguments[0]!)
    ) {
      add(node.arguments[0].text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const imports = files.flatMap(importsOf);
const inner = imports.filter(({ to }) => to.startsWith('src/'));

/** Folder of src, or the file's own name where it lies in src itself. */
const layerOf = (file: string): string => file.split('/')[1]!.replace(/\.ts$/, '');

/** Layers that a layer may import; a name with a slash is one file of a layer. */
function allowed(layer: string): { readonly values: ReadonlySet<string>; readonly types: ReadonlySet<string> } {
  const values = new Set<string>();
  const types = new Set<string>();
  const add = (name: string): void => {
    if (name.startsWith('type ')) types.add(name.slice(5));
    else if (!values.has(name)) {
      values.add(name);
      // The public index stands for the library: who may use it may not reach behind it.
      if (name !== 'index' && name !== 'verify') MAY_IMPORT[name]?.forEach(add);
    }
  };
  MAY_IMPORT[layer]?.forEach(add);
  values.add('errors');
  return { values, types };
}

/** Every way in which a file imports itself through others. */
function cyclesIn(edges: readonly Import[]): string[] {
  const graph = new Map<string, string[]>();
  for (const { from, to } of edges) graph.set(from, [...(graph.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'open') cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

describe('the layers', () => {
  it('every file of src belongs to a layer of the table', () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  it('no file imports a layer that its own may not use', () => {
    const wrong = inner.filter(({ from, to, typeOnly }) => {
      const [layer, target] = [layerOf(from), layerOf(to)];
      const { values, types } = allowed(layer);
      const name = to.slice('src/'.length).replace(/\.ts$/, '');
      return layer !== target && !values.has(target) && !(typeOnly && (types.has(target) || types.has(name)));
    });
    expect(wrong).toEqual([]);
  });

  it('shaders are imported by kernels only, and modules of WebAssembly each by one layer', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        (to.endsWith('.wgsl') && layerOf(from) !== 'kernels') ||
        (to.endsWith('/verifier.wasm') && layerOf(from) !== 'reward') ||
        (/\/engine(-relaxed)?\.wasm$/.test(to) && layerOf(from) !== 'wasm'),
    );
    expect(wrong).toEqual([]);
  });

  it('no module imports itself through others, types included', () => {
    expect(cyclesIn(inner)).toEqual([]);
  });

  it('a cycle of types is found', () => {
    const edge = (from: string, to: string, typeOnly: boolean): Import => ({ from, to, typeOnly });
    const planted = [
      edge('a.ts', 'b.ts', false),
      edge('b.ts', 'c.ts', true),
      edge('c.ts', 'a.ts', true),
      edge('d.ts', 'a.ts', false),
    ];
    expect(cyclesIn(planted)).toEqual(['a.ts -> b.ts -> c.ts -> a.ts']);
  });

  it('docs/architecture.md has the table', () => {
    const rows = [...read('docs/architecture.md').matchAll(/^\| (`[\w/`, ]+`) \|([^|]*)\| [^|]+ \|$/gm)].flatMap(
      ([, names, text]) => {
        const [plain, types] = text!
          .replaceAll('`', '')
          .trim()
          .split(/[;,]? ?the types of /);
        const imports = [...plain!.split(/, /), ...(types ? types.split(' and ').map((name) => `type ${name}`) : [])].filter(
          Boolean,
        );
        return [...names!.matchAll(/`(\w+)\/?`/g)].map(([, name]) => [name!, imports.map((item) => item.trim()).sort()] as const);
      },
    );
    const documented = Object.fromEntries(rows.filter(([name]) => name in MAY_IMPORT));
    expect(Object.keys(documented).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    const stated = Object.entries(documented).filter(([, imports]) => imports.join() !== 'all above');
    for (const [name, imports] of stated) expect([name, imports]).toEqual([name, [...MAY_IMPORT[name]!].sort()]);
  });

  it('no folder has a barrel', () => {
    const barrels = files.filter((file) => file.split('/').length > 2 && path.basename(file) === 'index.ts');
    const reexporting = files.filter((file) => file.split('/').length > 2 && /^export (\*|\{[^}]*\}) from/m.test(read(file)));
    expect([...barrels, ...reexporting]).toEqual([]);
  });

  it('only platform and cli name navigator, fetch, process or a Node module', () => {
    const named = files
      .filter((file) => !PLATFORM_LAYERS.includes(layerOf(file)))
      .flatMap((file) => [...globalsIn(file)].map((name) => `${file}: ${name}`));
    const modules = imports.filter(({ from, to }) => to.startsWith('node:') && !PLATFORM_LAYERS.includes(layerOf(from)));
    expect([...named, ...modules]).toEqual([]);
  });

  it('the algorithms know nothing of time and chance', () => {
    const wrong = files.filter((file) => layerOf(file) === 'algo' && /\b(Math\.random|performance|Date)\b/.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });
});

/** Names of platform globals that a file reads (not properties or locals of that name). */
function globalsIn(file: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    if (ts.isIdentifier(node) && ['navigator', 'fetch', 'process', 'require', 'Buffer'].includes(node.text)) {
      const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
      const isName =
        (ts.isPropertyAssignment(parent) ||
          ts.isPropertySignature(parent) ||
          ts.isMethodDeclaration(parent) ||
          ts.isParameter(parent)) &&
        parent.name === node;
      if (!isMember && !isName) found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return found;
}

/** A file without its comments. */
function codeOf(file: string): string {
  return read(file)
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\/\/.*$/gm, '');
}

describe('the sources', () => {
  it('every file begins with a line that says what it is', () => {
    const places = ['src', 'web', 'assembly', 'shaders', 'scripts', 'bench'];
    const bare = sourceFiles(places, /\.(ts|mjs|wgsl)$/).filter((file) => !/^(\/\/|#!|#include)/.test(read(file)));
    expect(bare).toEqual([]);
  });

  it('no file is longer than 500 lines', () => {
    const long = sourceFiles(['src', 'web', 'assembly', 'shaders', 'scripts', 'bench'], /\.(ts|mjs|wgsl)$/).filter(
      (file) => read(file).split('\n').length > 501,
    );
    expect(long).toEqual([]);
  });

  it('what is private is private to the language too, and a recorder is called rec', () => {
    const wrong = files.filter(
      (file) =>
        /^\s+(private|protected) (?!constructor)/m.test(read(file)) || /\b(r|recorder): (Gpu)?Recorder\b/.test(codeOf(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('what computes is called device above the devices', () => {
    const above = ['nn', 'formats', 'sampling', 'optim', 'algo', 'train', 'run', 'study'];
    expect(files.filter((file) => above.includes(layerOf(file)) && /\bgpu\b/i.test(codeOf(file)))).toEqual([]);
  });

  it('an adapter is PEFT’s, or WebGPU’s where a device is opened', () => {
    const places = ['src/kernels', 'src/ops', 'src/wasm', 'src/sampling', 'src/optim', 'src/algo', 'shaders', 'assembly'];
    const naming = sourceFiles(places, /\.(ts|wgsl)$/).filter((file) => /adapter/i.test(read(file)));
    expect(naming).toEqual(['src/kernels/executor.ts']);
  });

  it('no WGSL entry point is called main', () => {
    const wrong = sourceFiles(['shaders'], /\.wgsl$/).filter((file) => /\bfn\s+main\b/.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  it('WGSL entry points are in shaders only', () => {
    expect(files.filter((file) => /@compute|@workgroup_size/.test(codeOf(file)))).toEqual([]);
  });

  it('every document that a source names exists', () => {
    const wrong = sourceFiles(['src', 'shaders', 'assembly', 'scripts', 'bench', 'test'], /\.(ts|mjs|wgsl)$/).flatMap((file) =>
      [...read(file).matchAll(/(?<![\w$}/])[\w/-]+\.md\b/g)]
        .map(([name]) => name)
        .filter((name) => ![name, `docs/${name}`].some((place) => existsSync(path.join(root, place))))
        .map((name) => `${file}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('no block of eight lines stands in two places', () => {
    const all = sourceFiles().map((name) => ({ name, text: read(name) }));
    expect(duplicates(all)).toEqual([]);
  });

  it('a block that stands in two places is found', () => {
    const block = Array.from({ length: 9 }, (_, i) => `const value${i} = compute(${i});`).join('\n');
    const found = duplicates([
      { name: 'a.ts', text: `// head\n${block}\n` },
      { name: 'b.ts', text: `let other = 1;\n${block.replaceAll('const', '  const')}\nreturn;\n` },
    ]);
    expect(found).toEqual([{ lines: 9, first: 'a.ts:2', second: 'b.ts:2' }]);
  });
});
