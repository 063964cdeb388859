// Devices of a page or worker.
import type { Gpu } from '../gpu/device.js';
import type { Device } from '../ops/device.js';
import { isChosen } from '../platform/adapter-list.js';
import { OpfsFiles } from '../platform/opfs-files.js';
import { browserThreads } from '../platform/threads-browser.js';
import { browserAdapter } from '../platform/webgpu-browser.js';
import { WasmDevice, type WasmOptions } from '../wasm/device.js';
import { openOn, type DeviceSettings, type Machine, type OpenOptions } from './choice.js';
import { adapterBehind, keepTuned } from './tuned.js';

const machine: Machine & { readonly cache: OpfsFiles } = {
  threads: browserThreads,
  cache: new OpfsFiles('mgrpo'),
  waysOut: 'a browser with WebGPU switched on, in a page over https or from localhost.',
  findAdapter: (software, which) =>
    isChosen(which)
      ? Promise.resolve({ adapter: null, notes: ['a page cannot choose among adapters: the browser does'] })
      : browserAdapter(software),
};

/** Opens the best device there is: a GPU, else WebAssembly. @throws MgrpoError `no_adapter` where another one was asked for */
export function openDevice(options: Partial<DeviceSettings> = {}): Promise<Device> {
  return openOn(machine, options);
}

/** Opens the GPU. @throws MgrpoError `no_adapter` with the ways out */
export function openGpu(options: Omit<OpenOptions, 'device'> = {}): Promise<Gpu> {
  return openOn(machine, { ...options, device: 'gpu' }) as Promise<Gpu>;
}

/**
 * Opens a device that computes in WebAssembly: on threads where this page is cross-origin isolated, else on the caller's thread.
 * @throws MgrpoError `out_of_memory` where there is no address space for a memory
 */
export function openWasm(options: WasmOptions = {}): Promise<Device> {
  return WasmDevice.open(browserThreads, options);
}

/**
 * Keeps what `runTune` measured on a device, for all that this site opens on its adapter from then on; gives the file, in the private file system.
 * @throws MgrpoError `unsupported` where the page has none
 */
export async function keepTiles(device: Device, report: { readonly tiles: Readonly<Record<string, string>> }): Promise<string> {
  return keepTuned(machine.cache, adapterBehind(device), report.tiles);
}
