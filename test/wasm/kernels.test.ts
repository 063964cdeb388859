// Every test of a kernel again, on the WebAssembly device: the same cases, twins and bounds.
import { vi } from 'vitest';

vi.mock('../support/gpu.js', () => import('../support/wasm-as-gpu.js'));

await Promise.all(
  ['adamw', 'attention', 'elementwise', 'embedding', 'glu', 'head', 'kv', 'matmul', 'norm', 'rope', 'sampling'].map(
    (name) => import(`../kernels/${name}.test.ts`),
  ),
);
