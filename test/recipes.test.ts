// The recipes of CONTRIBUTING: what is there already stands in the files that its recipe names, and in no others.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../scripts/duplicates.mjs';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const codeOf = (file: string): string => read(file).replace(/\/\*.*?\*\/|\/\/.*?$/gms, '');

/** What a recipe was followed for, and the files that this touched. */
interface Example {
  readonly recipe: string;
  /** Names that came with it. */
  readonly words: readonly RegExp[];
  readonly files: readonly string[];
  /** Files in which the words mean something else, or are only used. */
  readonly apart?: RegExp;
}

const EXAMPLES: readonly Example[] = [
  { recipe: 'A loss', words: [/\bluspo\b/], files: ['src/algo/losses.ts', 'src/config/grpo.ts'] },
  { recipe: 'A loss', words: [/\btopr\b/], files: ['src/algo/losses.ts', 'src/config/grpo.ts'] },
  { recipe: 'A reward', words: [/soft_overlong/], files: ['src/reward/length.ts', 'src/reward/registry.ts'] },
  { recipe: 'A reward', words: [/tag_count/], files: ['src/reward/format.ts', 'src/reward/registry.ts'] },
  { recipe: 'A task', words: [/'maze'/], files: ['src/tasks/registry.ts', 'src/tasks/maze.ts'] },
  ...[/\b(minP|log_?min_?p)\b/i, /\b(topK|top_k)\b/].map((word) => ({
    recipe: 'An option of sampling',
    words: [word],
    files: ['src/config/sampling.ts', 'shaders/sampling.wgsl', 'assembly/engine/sampling.ts'],
  })),
  {
    recipe: 'A format of weights',
    words: [/\bf16\b/, /\bF16: u32/],
    // Choices and names of the command line; the cache of keys and values has a format of its own, products on GPUs a precision.
    apart: /^src\/(cli|gpu|open)\/|^src\/config\/policy|^src\/kernels\/attention|\/kv|matmul[-/]matrix/,
    files: ['src/numbers/weights.ts', 'shaders/lib/weights.wgsl', 'assembly/engine/weights.ts'],
  },
  ...['smollm3|SmolLM3ForCausalLM', 'gemma3_text|Gemma3ForCausalLM'].map((names) => ({
    recipe: 'An architecture',
    words: [new RegExp(names)],
    files: ['src/nn/architectures.ts'],
  })),
  {
    recipe: 'An operation',
    words: [/\bgluBackward\b/, /\bglu_bwd\b/],
    apart: /^src\/nn\//,
    files: [
      ...['src/ops/glu.ts', 'src/ops/operations.ts', 'src/kernels/glu.ts', 'shaders/glu.wgsl'],
      ...['src/wasm/executor.ts', 'src/wasm/module.ts', 'assembly/engine/glu.ts', 'assembly/engine/kernels.ts'],
    ],
  },
  {
    recipe: 'A kernel',
    words: [/\bmatmul_tile\b/, /'tile'/],
    apart: /attention/,
    files: ['src/kernels/matmul/tile.ts', 'shaders/matmul-tile.wgsl'],
  },
];

const contributing = read('CONTRIBUTING.md');
/** Recipes by title. */
const recipes = new Map(
  [...contributing.matchAll(/^\*\*(A[^*]*)\.\*\*(.*?)(?=^\*\*A|^## )/gms)].map(([, title, text]) => [
    title!,
    text!.replace(/\s+/g, ' '),
  ]),
);
const sources = sourceFiles(['src', 'shaders', 'assembly'], /\.(ts|wgsl)$/).map((file) => ({ file, code: codeOf(file) }));

describe('the recipes', () => {
  it('have an example each', () => {
    expect([...recipes.keys()].filter((title) => title !== 'An option')).toEqual([
      ...new Set(EXAMPLES.map(({ recipe }) => recipe)),
    ]);
  });

  it.each([...recipes])('%s: names files that exist', (_, text) => {
    const named = [...text.matchAll(/`((?:src|shaders|assembly|test)\/[\w./-]+)`/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it.each(EXAMPLES)('$recipe: $words.0 stands in the files of the recipe alone', ({ words, files, apart }) => {
    const found = sources.filter(({ file, code }) => !apart?.test(file) && words.some((word) => word.test(code)));
    expect(found.map(({ file }) => file).sort()).toEqual([...files].sort());
  });
});
