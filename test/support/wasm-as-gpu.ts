// Stands in for gpu.ts where the tests of kernels run on the WebAssembly device (test/wasm/kernels.test.ts): options of WebGPU devices
// mean nothing to it.
import { testDevice } from './device.js';
import type { testGpu as testWebGpu } from './gpu.js';

export const skipGpu = undefined;
export const isWasm = true;
export const testGpu = (() => testDevice()) as unknown as typeof testWebGpu;
