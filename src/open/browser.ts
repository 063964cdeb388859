// Devices of a page or worker.
import type { Gpu, GpuOptions } from '../gpu/device.js';
import type { Device } from '../ops/device.js';
import { browserThreads } from '../platform/threads-browser.js';
import { browserAdapter } from '../platform/webgpu-browser.js';
import { WasmDevice, type WasmOptions } from '../wasm/device.js';
import { openOn, type DeviceChoice, type Machine } from './choice.js';

const machine: Machine = {
  threads: browserThreads,
  waysOut: 'a browser with WebGPU switched on, in a page over https or from localhost.',
  findAdapter: (software) => browserAdapter(software),
};

/** Opens the best device there is: a GPU, else WebAssembly. @throws MgrpoError `no_adapter` where another one was asked for */
export function openDevice(options: { readonly device?: DeviceChoice } = {}): Promise<Device> {
  return openOn(machine, options);
}

/** Opens the GPU. @throws MgrpoError `no_adapter` with the ways out */
export function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  return openOn(machine, { device: 'gpu', ...options }) as Promise<Gpu>;
}

/**
 * Opens a device that computes in WebAssembly: on threads where this page is cross-origin isolated, else on the caller's thread.
 * @throws MgrpoError `out_of_memory` where there is no address space for a memory
 */
export function openWasm(options: WasmOptions = {}): Promise<Device> {
  return WasmDevice.open(browserThreads, options);
}
