// Opens the engine in a page or a worker.
import { browserThreads } from '../platform/threads-browser.js';
import { WasmDevice, type WasmOptions } from './device.js';

/**
 * Opens a device that computes in WebAssembly: on threads where this page is cross-origin isolated, else on the caller's thread.
 * @throws MgrpoError `out_of_memory` where there is no address space for a memory
 */
export function openWasm(options: WasmOptions = {}): Promise<WasmDevice> {
  return WasmDevice.open(browserThreads, options);
}
