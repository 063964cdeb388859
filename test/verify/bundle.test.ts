import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { rollup } from 'rollup';
import type { Plugin } from 'rollup';
import { expect, it } from 'vitest';

it('mgrpo/verify is one file without imports that runs where there is no Node and no browser, only WebAssembly and text codecs', async () => {
  const plugins = (await import(new URL('../../scripts/plugins.mjs', import.meta.url).href)) as Record<
    'assets' | 'typescript',
    () => Plugin
  >;
  const bundle = await rollup({ input: 'src/verify.ts', plugins: [plugins.assets(), plugins.typescript()] });
  const { output } = await bundle.generate({ format: 'iife', name: 'mgrpo' });
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  const { code } = output[0];
  const context = vm.createContext({ WebAssembly, TextEncoder, TextDecoder, Uint8Array, Int32Array });
  vm.runInContext(code, context);
  const verdict: unknown = vm.runInContext("mgrpo.verify({ gold: '18', response: 'The answer is 18.' }).verdict", context);
  expect(verdict).toBe(true);
});

it('the module is at most 64 KiB gzipped', () => {
  expect(gzipSync(readFileSync('build/verifier.wasm'), { level: 9 }).length).toBeLessThanOrEqual(65_536);
});
