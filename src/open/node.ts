// Devices of this machine, in Node.
import type { Gpu } from '../gpu/device.js';
import { wide } from '../kernels/attention/wide.js';
import type { Device } from '../ops/device.js';
import { NodeFiles } from '../platform/node-files.js';
import { nodeThreads } from '../platform/threads-node.js';
import { userCache } from '../platform/user-cache.js';
import { nodeGpu } from '../platform/webgpu-node.js';
import { WasmDevice, type WasmOptions } from '../wasm/device.js';
import { openOn, type DeviceSettings, type Machine, type OpenOptions } from './choice.js';
import { adapterBehind, keepTuned } from './tuned.js';

/** What this machine has. */
export const machine: Machine & { readonly cache: NodeFiles } = {
  threads: nodeThreads,
  attention: wide,
  cache: new NodeFiles(userCache()),
  waysOut:
    'a GPU with a Vulkan, Metal or Direct3D 12 driver and npm install webgpu; a software adapter on x64 Linux from npm install webgpu ' +
    '@sparticuz/chromium, or the system’s lavapipe (package mesa-vulkan-drivers, Mesa 24 or newer); in containers, pass the GPU through.',
  findAdapter: (software, which, experiments) => nodeGpu({ software, experiments, ...which }),
};

/** Opens the best device there is: a GPU, else WebAssembly. @throws MgrpoError `no_adapter` where another one was asked for */
export function openDevice(options: Partial<DeviceSettings> = {}): Promise<Device> {
  return openOn(machine, options);
}

/** Opens the GPU. @throws MgrpoError `no_adapter` with the ways out */
export function openGpu(options: Omit<OpenOptions, 'device'> = {}): Promise<Gpu> {
  return openOn(machine, { ...options, device: 'gpu' }) as Promise<Gpu>;
}

/** Opens a device that computes in WebAssembly, on threads of its own (default: one per core, at most 8). */
export function openWasm(options: WasmOptions = {}): Promise<Device> {
  return WasmDevice.open(nodeThreads, options);
}

/**
 * Keeps what `runTune` measured on a device, for all that this user opens on its adapter from then on; gives the file.
 * @throws MgrpoError where the user's cache cannot be written
 */
export async function keepTiles(device: Device, report: { readonly tiles: Readonly<Record<string, string>> }): Promise<string> {
  return keepTuned(machine.cache, adapterBehind(device), report.tiles);
}
