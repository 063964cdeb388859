// Every case of test/kernels again, on the WebAssembly device: the same inputs, twins and bounds. What is about WGSL alone is left out.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runOnWasm } from '../support/tested.js';

runOnWasm();
const OF_WGSL = ['shaders', 'unroll', 'variant'];
const names = readdirSync(path.resolve(import.meta.dirname, '../kernels')).map((file) => file.replace('.test.ts', ''));
await Promise.all(names.filter((name) => !OF_WGSL.includes(name)).map((name) => import(`../kernels/${name}.test.ts`)));
