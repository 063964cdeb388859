// Which device of this machine computes: a GPU if there is one, else WebAssembly. What a machine has, its platform says (browser.ts, node.ts).
import { MgrpoError, check } from '../errors.js';
import { summarize } from '../gpu/adapter.js';
import type { GpuOptions } from '../gpu/device.js';
import { openAdapter } from '../kernels/executor.js';
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import type { Device, DeviceInfo } from '../ops/device.js';
import { choiceText, isChosen, type AdapterChoice } from '../platform/adapter-list.js';
import { inTime } from '../platform/in-time.js';
import type { FileFolder } from '../platform/files.js';
import type { Threads } from '../platform/threads.js';
import { WasmDevice } from '../wasm/device.js';
import { readTuned, type Tuned } from './tuned.js';

/** The option that says what computes. */
export const DEVICE_OPTIONS = {
  device: {
    section: 'device',
    type: 'choice',
    choices: ['auto', 'gpu', 'software', 'wasm', 'wasm-relaxed'],
    default: 'auto',
    doc: 'What computes. auto: a GPU if there is one, else wasm; wasm: WebAssembly; wasm-relaxed: the same with fused multiply-adds, faster, but its results differ from one processor to another in the last bits; software: WebGPU on CPU cores (SwiftShader, lavapipe).',
  },
  adapterName: {
    section: 'device',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'In Node, of several adapters of WebGPU the one with this in its name; mgrpo info lists them.',
  },
  backend: {
    section: 'device',
    type: 'choice',
    nullable: true,
    choices: ['vulkan', 'metal', 'd3d12', 'd3d11', 'opengl', 'opengles'],
    default: null,
    doc: 'In Node, of several adapters of WebGPU the first with this kind of driver.',
  },
  gpu: {
    section: 'device',
    type: 'integer',
    nullable: true,
    min: 0,
    default: null,
    doc: 'In Node, of several adapters of WebGPU the one with this number, from 0, in the order of mgrpo info.',
  },
  precision: {
    section: 'device',
    type: 'choice',
    choices: ['f32', 'f16'],
    default: 'f32',
    doc: 'On GPUs, what products with the weights multiply. f16: numbers rounded to f16, with sums in f32, by the matrix units of a GPU where WebGPU offers them (an experiment: subgroup matrices; in Chrome allow unsafe WebGPU): faster, and results differ from those of f32.',
  },
} as const;

/** What computes, and which adapter of several. */
export type DeviceSettings = Settings<typeof DEVICE_OPTIONS>;

/** One of the choices of {@link DEVICE_OPTIONS}. */
export type DeviceChoice = (typeof DEVICE_OPTIONS.device.choices)[number];

/** Milliseconds that a driver gets to open a device. */
const DEVICE_LIMIT = 60_000;

/** What a machine has. */
export interface Machine {
  /**
   * Looks for an adapter of WebGPU, with `software` also for one on CPU cores, with `experiments` for one with features that are; a note per thing that
   * was tried.
   */
  findAdapter(
    software: boolean,
    which: AdapterChoice,
    experiments: boolean,
  ): Promise<{ readonly adapter: GPUAdapter | null; readonly notes: readonly string[] }>;
  readonly threads: Threads;
  /** A way to compute attention on software devices with wide subgroups, which only Node meets. */
  readonly attention?: object;
  /** Where what `mgrpo tune` measured is kept, if anywhere. */
  readonly cache?: FileFolder;
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
  /** What was measured on a GPU before. */
  readonly tuned?: Tuned;
}

function isWasm(choice: DeviceChoice): choice is 'wasm' | 'wasm-relaxed' {
  return choice === 'wasm' || choice === 'wasm-relaxed';
}

/** What is wrong with settings before anything is looked for. */
export function deviceProblems({ device, precision, ...which }: DeviceSettings): string[] {
  if (!isWasm(device)) return [];
  return [
    ...(isChosen(which)
      ? [`adapterName, backend and gpu choose an adapter of WebGPU, and the device is ${device}; leave them out, or the device`]
      : []),
    ...(precision === 'f32'
      ? []
      : [`precision ${precision} is for GPUs, and the device is ${device}; leave it out, or the device`]),
  ];
}

/**
 * The device that the settings mean on a machine. Where an adapter is asked for by its name, driver or number, auto means that one.
 * @throws MgrpoError `no_adapter` that lists what was tried and the ways out
 */
export async function chooseDevice(machine: Machine, settings: DeviceSettings): Promise<ChosenDevice> {
  const { device: choice, adapterName, backend, gpu, precision } = settings;
  const which = { adapterName, backend, gpu };
  for (const problem of deviceProblems(settings)) check(false, `device: ${problem}`);
  const wasm = (why: string, notes: readonly string[]): ChosenDevice => ({
    ...{ kind: 'wasm', why, notes },
    open: () => WasmDevice.open(machine.threads, { relaxed: choice === 'wasm-relaxed' }),
  });
  const isNamed = isChosen(which);
  if (isWasm(choice)) return wasm('as asked for', []);
  const { adapter, notes } = await machine.findAdapter(
    choice === 'software' || (choice === 'auto' && isNamed),
    which,
    precision !== 'f32',
  );
  const kind = adapter && (summarize(adapter).software ? 'software' : 'gpu');
  if (adapter && kind && (choice === 'auto' ? isNamed || kind === 'gpu' : kind === choice)) {
    const why = choice === 'auto' && !isNamed ? 'a GPU comes first' : 'as asked for';
    const { attention } = machine;
    const tuned = kind === 'gpu' ? await readTuned(machine.cache, summarize(adapter)) : undefined;
    return {
      ...{ kind, why, notes, adapter, ...(tuned && { tuned }) },
      open: (options) =>
        inTime(
          openAdapter(adapter, { precision, ...(attention && { attention }), ...(tuned && { tiles: tuned.tiles }), ...options }),
          DEVICE_LIMIT,
          noDevice,
        ),
    };
  }
  if (choice === 'auto' && !isNamed && precision === 'f32') return wasm('there is no GPU', notes);
  const tried = [...notes, ...(kind ? [`found a ${kind} adapter`] : [])].map((note) => `\n  - ${note}`).join('');
  const isHalf = precision !== 'f32';
  const kinds = {
    auto: isHalf ? `a GPU, for the precision ${precision}` : 'one',
    gpu: 'a GPU',
    software: 'a software adapter',
  } as const;
  const expected = isNamed ? `${choiceText(which)}${choice === 'auto' ? '' : `, ${kinds[choice]}`}` : kinds[choice];
  throw new MgrpoError(
    'no_adapter',
    `webgpu: expected ${expected}, found none:${tried}\nWays out: ${isHalf ? 'the precision f32; ' : ''}the device wasm, which every machine has; ${machine.waysOut}`,
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

/** Which device is opened, and WebGPU's own settings. */
export type OpenOptions = Partial<DeviceSettings> & GpuOptions;

/** Opens what the options mean on a machine. */
export async function openOn(machine: Machine, options: OpenOptions): Promise<Device> {
  const { device, adapterName, backend, gpu, precision, ...webgpu } = options;
  const given = Object.fromEntries(
    Object.entries({ device, adapterName, backend, gpu, precision }).filter(([, value]) => value !== undefined),
  );
  return (await chooseDevice(machine, takeOptions('openDevice', DEVICE_OPTIONS, given))).open(webgpu);
}
