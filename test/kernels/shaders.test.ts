import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { sourceFiles } from '../../scripts/duplicates.mjs';

const shaders = sourceFiles(['shaders'], /\.wgsl$/).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
const overrides = new Set(shaders.flatMap(({ text }) => [...text.matchAll(/\boverride (\w+)/g)].map(([, name]) => name!)));

describe('the shaders', () => {
  it('declare no array whose length is an override: wgpu cannot make such pipelines', () => {
    const lengths = shaders.flatMap(({ file, text }) =>
      [...text.matchAll(/\barray<.*, ([^,<>]+)>/g)].map(([, length]) => ({ file, length: length! })),
    );
    expect(lengths.length).toBeGreaterThan(10);
    expect(lengths.filter(({ length }) => length.split(/\W+/).some((word) => overrides.has(word)))).toEqual([]);
  });
});
