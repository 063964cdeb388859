// Chooses and opens the device of this machine, and says what it is and why.
import { MgrpoError } from '../errors.js';
import { WasmDevice, openDevice, summarize, type Device } from '../index.js';
import type { Settings } from '../options/table.js';
import { nodeThreads } from '../platform/threads-node.js';
import { nodeGpu } from '../platform/webgpu-node.js';
import type { DEVICE_OPTIONS } from './options.js';
import { say } from './output.js';

/** What `--device` says. */
export type DeviceChoice = Settings<typeof DEVICE_OPTIONS>['device'];

/** What was chosen. */
export interface ChosenDevice {
  readonly kind: 'gpu' | 'software' | 'wasm';
  /** Why this and no other, for people. */
  readonly why: string;
  /** What was found on the way, one line each. */
  readonly notes: readonly string[];
  /** The adapter of WebGPU, where one is used. */
  readonly adapter?: GPUAdapter;
}

/**
 * The device that the choice means on this machine.
 * @throws MgrpoError `no_adapter` that lists what was tried and the ways out
 */
export async function chooseDevice(choice: DeviceChoice): Promise<ChosenDevice> {
  if (choice === 'wasm') return { kind: 'wasm', why: 'chosen by --device', notes: [] };
  const { adapter, notes } = await nodeGpu({ software: choice === 'software' });
  const kind = adapter && (summarize(adapter).software ? 'software' : 'gpu');
  if (choice === 'auto') {
    if (kind === 'gpu') return { kind, why: 'a GPU comes first', notes, adapter: adapter! };
    return { kind: 'wasm', why: 'there is no GPU', notes };
  }
  if (kind === choice) return { kind, why: 'chosen by --device', notes, adapter: adapter! };
  const tried = [...notes, ...(kind ? [`found a ${kind} adapter`] : [])].map((note) => `\n  - ${note}`).join('');
  throw new MgrpoError(
    'no_adapter',
    `webgpu: expected ${choice === 'gpu' ? 'a GPU' : 'a software adapter'}, found none:${tried}\n` +
      'Ways out: --device wasm, which every machine has; a GPU with a Vulkan, Metal or Direct3D 12 driver and npm install webgpu; a software ' +
      'adapter on x64 Linux from npm install webgpu @sparticuz/chromium, or the system’s lavapipe (package mesa-vulkan-drivers, Mesa 24 or ' +
      'newer); in containers, pass the GPU through.',
  );
}

/** Opens what was chosen. */
export function open({ adapter }: ChosenDevice): Promise<Device> {
  return adapter ? openDevice(adapter) : WasmDevice.open(nodeThreads);
}

/** Opens the device and says in one line what it is and why. */
export async function openChosen(choice: DeviceChoice): Promise<Device> {
  const chosen = await chooseDevice(choice);
  const device = await open(chosen);
  say(`device: ${device.info.description} (${chosen.why})`);
  return device;
}
