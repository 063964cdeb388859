// `mgrpo info`: what this machine and a model offer.
import { DEVICE_OPTIONS, parameterSpecs, parseModelConfig, readJson, summarize } from '../index.js';
import type { Device, FileSource } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { alignColumns, bytesText, countText } from '../report/format.js';
import { chooseDevice, type ChosenDevice, type DeviceSettings } from '../open/choice.js';
import { machine } from '../open/node.js';
import { nodeAdapters } from '../platform/webgpu-node.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { openModel } from './model.js';
import { MODEL_OPTIONS } from './options.js';
import { printResult, say } from './output.js';

const OWN = {
  ...DEVICE_OPTIONS,
  model: { ...MODEL_OPTIONS.model, doc: `Also describe this model. ${MODEL_OPTIONS.model.doc}` },
} as const satisfies OptionTable;

export const infoSpec: CommandSpec = {
  name: 'info',
  summary: 'what this machine and a model offer',
  usage: `mgrpo info: the device that commands compute on and why, what WebGPU offers here, what would be faster; with --model also the model

  mgrpo info [--device D] [--model M]

The last line on stdout is {"device":{"kind","description","why"},"adapters","adapter","limits","features","notes",
"faster","tuned","model"}: tuned is how many kinds of products mgrpo tune has measured on a GPU; adapters are all that
WebGPU has here, in the order of --gpu; where WebGPU is not used there are none, and adapter, limits and features are null.`,
  own: OWN,
};

const KINDS: Readonly<Record<Device['info']['kind'], string>> = {
  gpu: 'WebGPU on a GPU',
  software: 'WebGPU on a software adapter: the shaders run on CPU cores',
  wasm: 'WebAssembly on CPU cores',
};

const FASTER: Readonly<Record<'software' | 'wasm', string>> = {
  software: 'WebAssembly (--device wasm) is several times faster than a software adapter, a GPU faster by orders of magnitude',
  wasm: 'a GPU with a Vulkan, Metal or Direct3D 12 driver (and npm install webgpu) is faster by orders of magnitude',
};

/** Limits that decide what fits and which kernels run. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** `mgrpo info` */
export async function infoCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(infoSpec, argv, problems);
  if (given === null) return null;
  const settings = ownSettings(infoSpec, OWN, given, problems);
  refuse('info', problems);
  const model = settings.model === null ? undefined : await describeModel(await openModel(settings.model));
  return () => describeMachine(settings, model);
}

async function describeMachine(settings: DeviceSettings, model: ModelInfo | undefined): Promise<number> {
  const chosen = await chooseDevice(machine, settings);
  // Only an open device shows that it works.
  const device = await chosen.open();
  const { kind, description } = device.info;
  await device.destroy();
  const { why, notes, tuned } = chosen;
  // Dawn writes warnings where it is asked and there is no driver.
  const adapters = chosen.adapter ? await nodeAdapters() : [];
  const webgpu = chosen.adapter && describeAdapter(chosen.adapter);
  const faster = kind === 'gpu' ? null : FASTER[kind];
  const rows: [string, string][] = [
    ['device', description],
    ['kind', KINDS[kind]],
    ['why', why],
    ...adapters.map(({ backend, name }, i): [string, string] => [i === 0 ? 'adapters' : '', `${i} ${backend} ${name}`]),
    ...(webgpu ? webgpu.rows : []),
    ...(tuned ? [['tiles', tilesText(tuned)] as [string, string]] : []),
    ...notes.map((note): [string, string] => ['note', note]),
    ...(faster ? [['faster', faster] as [string, string]] : []),
    ...(model ? model.rows : []),
  ];
  say(alignColumns(rows));
  const { adapter = null, limits = null, features = null } = webgpu ?? {};
  await printResult(
    {
      device: { kind, description, why },
      ...{ adapters, adapter, limits, features, notes, faster },
      ...(tuned && { tuned: tuned.tiles.size }),
      ...(model && { model: model.json }),
    },
    true,
  );
  return 0;
}

/** Where the choice of tiles of a GPU comes from. */
function tilesText({ tiles, file, note }: NonNullable<ChosenDevice['tuned']>): string {
  if (note !== null) return `by the tables: ${note}`;
  return tiles.size > 0 ? `measured for ${tiles.size} kinds of products (${file})` : 'by the tables; mgrpo tune measures them';
}

/** What a WebGPU adapter offers, for programs and for people. */
function describeAdapter(found: GPUAdapter): {
  readonly adapter: object;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
  readonly rows: [string, string][];
} {
  const limits = Object.fromEntries(LIMITS.map((name) => [name, found.limits[name]]));
  const { features, ...adapter } = summarize(found);
  const subgroups = adapter.subgroupMaxSize === 0 ? 'none' : `${adapter.subgroupMinSize} to ${adapter.subgroupMaxSize}`;
  const rows: [string, string][] = [
    ['subgroups', subgroups],
    ...Object.entries(limits).map(([name, value]): [string, string] => [
      name,
      /Size$/.test(name) && value > 4096 ? bytesText(value) : String(value),
    ]),
    ...features.map((name, i): [string, string] => [i === 0 ? 'features' : '', name]),
  ];
  return { adapter, limits, features, rows };
}

/** A model for programs and for people. */
interface ModelInfo {
  readonly json: object;
  readonly rows: [string, string][];
}

async function describeModel(files: FileSource): Promise<ModelInfo> {
  const config = parseModelConfig(await readJson(files, 'config.json'), `${files.name}/config.json`);
  const parameters = parameterSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const MOMENTS_AND_GRADIENT = 12;
  const memory = { bf16: 2 * parameters, f32: 4 * parameters, fullTraining: (4 + MOMENTS_AND_GRADIENT) * parameters };
  const { architecture, numLayers, hiddenSize, numHeads, numKvHeads, headDim, vocabSize, maxPositionEmbeddings, rope } = config;
  return {
    json: { folder: files.name, parameters, memory, config },
    rows: [
      ['model', `${files.name}: ${architecture}, ${countText(parameters)} parameters`],
      [
        'shape',
        `${numLayers} layers, hidden ${hiddenSize}, ${numHeads} heads (${numKvHeads} for keys and values) of ${headDim}, vocabulary ${vocabSize}`,
      ],
      ['context', `${maxPositionEmbeddings} tokens, rope ${rope.type}`],
      [
        'weights',
        `${bytesText(memory.bf16)} as bf16, ${bytesText(memory.f32)} as f32; training all of them ${bytesText(memory.fullTraining)}`,
      ],
    ],
  };
}
