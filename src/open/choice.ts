// Which device of this machine computes: a GPU if there is one, else WebAssembly. What a machine has, its platform says (browser.ts, node.ts).
import { MgrpoError } from '../errors.js';
import { summarize } from '../gpu/adapter.js';
import type { GpuOptions } from '../gpu/device.js';
import { openAdapter } from '../kernels/executor.js';
import { takeOptions } from '../options/border.js';
import type { Device, DeviceInfo } from '../ops/device.js';
import { inTime } from '../platform/in-time.js';
import type { Threads } from '../platform/threads.js';
import { WasmDevice } from '../wasm/device.js';

/** The option that says what computes. */
export const DEVICE_OPTIONS = {
  device: {
    section: 'device',
    type: 'choice',
    choices: ['auto', 'gpu', 'software', 'wasm'],
    default: 'auto',
    doc: 'What computes. auto: a GPU if there is one, else wasm; wasm: WebAssembly; software: WebGPU on CPU cores (SwiftShader, lavapipe).',
  },
} as const;

/** One of the choices of {@link DEVICE_OPTIONS}. */
export type DeviceChoice = (typeof DEVICE_OPTIONS.device.choices)[number];

/** Milliseconds that a driver gets to open a device. */
const DEVICE_LIMIT = 60_000;

/** What a machine has. */
export interface Machine {
  /** Looks for an adapter of WebGPU, with `software` also for one on CPU cores; a note per thing that was tried. */
  findAdapter(software: boolean): Promise<{ readonly adapter: GPUAdapter | null; readonly notes: readonly string[] }>;
  readonly threads: Threads;
  /** What can be done where no adapter is found, for messages. */
  readonly waysOut: string;
}

/** What was chosen. */
export interface ChosenDevice {
  readonly kind: DeviceInfo['kind'];
  /** Why this and no other, for people. */
  readonly why: string;
  /** What was found on the way, one line each. */
  readonly notes: readonly string[];
  /** Opens it. */
  open(options?: GpuOptions): Promise<Device>;
  /** The adapter of WebGPU, where one is used. */
  readonly adapter?: GPUAdapter;
}

/**
 * The device that the choice means on a machine.
 * @throws MgrpoError `no_adapter` that lists what was tried and the ways out
 */
export async function chooseDevice(machine: Machine, choice: DeviceChoice): Promise<ChosenDevice> {
  const wasm = (why: string, notes: readonly string[]): ChosenDevice => ({
    ...{ kind: 'wasm', why, notes },
    open: () => WasmDevice.open(machine.threads),
  });
  if (choice === 'wasm') return wasm('as asked for', []);
  const { adapter, notes } = await machine.findAdapter(choice === 'software');
  const kind = adapter && (summarize(adapter).software ? 'software' : 'gpu');
  if (adapter && kind === (choice === 'auto' ? 'gpu' : choice)) {
    const why = choice === 'auto' ? 'a GPU comes first' : 'as asked for';
    return { ...{ kind, why, notes, adapter }, open: (options) => inTime(openAdapter(adapter, options), DEVICE_LIMIT, noDevice) };
  }
  if (choice === 'auto') return wasm('there is no GPU', notes);
  const tried = [...notes, ...(kind ? [`found a ${kind} adapter`] : [])].map((note) => `\n  - ${note}`).join('');
  throw new MgrpoError(
    'no_adapter',
    `webgpu: expected ${choice === 'gpu' ? 'a GPU' : 'a software adapter'}, found none:${tried}\n` +
      `Ways out: the device wasm, which every machine has; ${machine.waysOut}`,
  );
}

/** What is said where a driver does not answer. */
function noDevice(): MgrpoError {
  const seconds = DEVICE_LIMIT / 1000;
  return new MgrpoError(
    'unsupported',
    `webgpu: expected a device from the adapter, got no answer in ${seconds} s; use the device wasm, or start again`,
  );
}

/** Opens what the options mean on a machine. */
export async function openOn(machine: Machine, options: { readonly device?: DeviceChoice } & GpuOptions): Promise<Device> {
  const { device = 'auto', ...gpu } = options;
  const { device: choice } = takeOptions('openDevice', DEVICE_OPTIONS, { device });
  return (await chooseDevice(machine, choice)).open(gpu);
}
