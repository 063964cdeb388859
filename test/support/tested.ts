// The device that the cases of test/kernels run on: WebGPU, with the profile that a case asks for, or WebAssembly, which has none, where
// test/wasm/kernels.test.ts says so before it imports them. One list of cases: both devices and the twins in f64 pass all of it.
import type { GpuOptions } from '../../src/gpu/device.js';
import type { Device } from '../../src/ops/device.js';
import { testDevice } from './device.js';
import { skipGpu, testGpu } from './gpu.js';

/** Whether the cases run on WebAssembly. */
export let isWasm = false;
/** Why they cannot run here, or undefined where they can. */
export let skipTested: string | undefined = skipGpu;

/** From now on cases run on WebAssembly. */
export function runOnWasm(): void {
  isWasm = true;
  skipTested = undefined;
}

/** The test file's device, opened once and closed after the last test. */
export function testedDevice(options: GpuOptions = {}): Promise<Device> {
  return isWasm ? testDevice() : testGpu(options);
}
