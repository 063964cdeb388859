// `mgrpo bench --peers`: the kernels beside those of other libraries, which a folder of their own brings (bench/peers of this package).
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { check } from '../errors.js';
import { runPeers } from '../index.js';
import type { Device, Peer, PeersReport } from '../index.js';
import { machine } from '../open/node.js';
import type { DeviceSettings } from '../open/choice.js';

/** The module of the folder that starts the peers. */
const ENTRY = 'kernels.mjs';

/** Says what is wrong with a folder of peers before anything is opened. */
export function checkPeers(folder: string): void {
  check(
    existsSync(path.join(folder, ENTRY)) && existsSync(path.join(folder, 'node_modules')),
    `bench: expected a folder with ${ENTRY} and installed packages for peers, got ${folder}; copy bench/peers of the package mgrpo there, and ` +
      `npm install --ignore-scripts --prefix ${folder}`,
  );
}

/** Measures the device beside the peers of a folder, which get adapters of the same kind. */
export async function measurePeers(
  device: Device,
  which: DeviceSettings,
  folder: string,
  options: Parameters<typeof runPeers>[2],
): Promise<PeersReport> {
  check(
    device.info.kind !== 'wasm',
    'bench: expected a device of WebGPU for peers, got wasm; add --device software where there is no GPU',
  );
  const gpu = {
    requestAdapter: async () => (await machine.findAdapter(device.info.kind === 'software', which, false)).adapter,
    getPreferredCanvasFormat: () => 'bgra8unorm',
    wgslLanguageFeatures: new Set<string>(),
  };
  // They look for WebGPU where a browser has it.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  const { openPeers } = (await import(pathToFileURL(path.resolve(folder, ENTRY)).href)) as {
    openPeers(): Promise<{ readonly peers: readonly Peer[]; readonly leftOut: PeersReport['leftOut'] }>;
  };
  const { peers, leftOut } = await openPeers();
  return runPeers(device, peers, { ...options, leftOut });
}
