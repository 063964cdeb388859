// The public interface with Node's platform: folders on disk, adapters through Dawn, and threads.
import { nodeThreads } from './platform/threads-node.js';
import { WasmDevice, type WasmOptions } from './wasm/device.js';

export * from './index.js';
export { resolveModel } from './platform/hub.js';
export type { DownloadProgress, HubOptions } from './platform/hub.js';
export { NodeFiles } from './platform/node-files.js';
export { nodeGpu } from './platform/webgpu-node.js';
export type { NodeGpu } from './platform/webgpu-node.js';

/** Opens a device that computes in WebAssembly, on threads of its own (default: one per core, at most 8). */
export function openWasm(options: WasmOptions = {}): Promise<WasmDevice> {
  return WasmDevice.open(nodeThreads, options);
}
