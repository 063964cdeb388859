// The device of tests that are not about one kind of device: WebAssembly, which every machine has.
import { afterAll } from 'vitest';
import { nodeThreads } from '../../src/platform/threads-node.js';
import { WasmDevice, type WasmOptions } from '../../src/wasm/device.js';

const open = new Map<string, Promise<WasmDevice>>();

/** The test file's device for the given options (default two threads), opened once and closed after the last test. */
export function testDevice(options: WasmOptions = { threads: 2 }): Promise<WasmDevice> {
  const key = JSON.stringify(options);
  let device = open.get(key);
  if (!device) open.set(key, (device = WasmDevice.open(nodeThreads, options)));
  return device;
}

afterAll(async () => {
  for (const device of open.values()) await (await device).destroy();
  open.clear();
});
