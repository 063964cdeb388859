// `mgrpo info`: what this machine and a model offer.
import { openDevice, parameterSpecs, parseModelConfig, readJson } from '../index.js';
import type { FileSource } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { alignColumns, bytesText, countText } from '../report/format.js';
import { adapterName, fasterThan, findAdapter } from './device.js';
import { ownSettings, readFlags } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { openModel } from './model.js';
import { MODEL_OPTIONS } from './options.js';
import { printResult, say } from './output.js';

const OWN = {
  model: { ...MODEL_OPTIONS.model, doc: `Also describe this model. ${MODEL_OPTIONS.model.doc}` },
} as const satisfies OptionTable;

export const infoSpec: CommandSpec = {
  name: 'info',
  summary: 'what this machine and a model offer',
  usage: `mgrpo info: the WebGPU adapter of this machine, its limits and features, what would be faster; with --model also the model

  mgrpo info [--model M]

The last line on stdout is {"adapter","limits","features","notes","faster","model"}. Without an adapter: an error with the ways out.`,
  own: OWN,
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
  const given = readFlags(infoSpec, argv);
  if (given === null) return null;
  const settings = ownSettings(infoSpec, OWN, given);
  const model = settings.model === null ? undefined : await describeModel(await openModel(settings.model));
  return () => describeMachine(model);
}

async function describeMachine(model: ModelInfo | undefined): Promise<number> {
  const { adapter, notes } = await findAdapter();
  // Only a device shows that the adapter works.
  const gpu = await openDevice(adapter);
  const limits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const { features, ...summary } = gpu.adapter;
  const faster = fasterThan(gpu.adapter);
  await gpu.destroy();

  const subgroups = summary.subgroupMaxSize === 0 ? 'none' : `${summary.subgroupMinSize} to ${summary.subgroupMaxSize}`;
  const rows: [string, string][] = [
    ['adapter', adapterName(gpu.adapter)],
    ['kind', summary.software ? 'software: the shaders run on CPU cores' : 'GPU'],
    ['subgroups', subgroups],
    ...Object.entries(limits).map(([name, value]): [string, string] => [
      name,
      /Size$/.test(name) && value > 4096 ? bytesText(value) : String(value),
    ]),
    ...features.map((name, i): [string, string] => [i === 0 ? 'features' : '', name]),
    ...notes.map((note): [string, string] => ['note', note]),
    ...(faster ? [['faster', faster] as [string, string]] : []),
    ...(model ? model.rows : []),
  ];
  say(alignColumns(rows));
  await printResult({ adapter: summary, limits, features, notes, faster: faster ?? null, ...(model && { model: model.json }) });
  return 0;
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
