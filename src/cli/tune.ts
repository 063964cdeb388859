// `mgrpo tune`: measures which tiles make products fastest on this machine's GPU, and keeps that for all commands. What is measured, is in bench/.
import { DEVICE_OPTIONS, MODEL_SHAPES, parseModelConfig, readJson, runTune, tuneTable } from '../index.js';
import type { ModelShape } from '../index.js';
import { WEIGHT_FORMATS } from '../numbers/weights.js';
import { keepTiles } from '../open/node.js';
import type { OptionTable } from '../options/table.js';
import { duration } from '../report/format.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { openModel } from './model.js';
import { MODEL_OPTIONS } from './options.js';
import { printResult, say } from './output.js';
import { withSession } from './session.js';

const OWN = {
  ...DEVICE_OPTIONS,
  model: { ...MODEL_OPTIONS.model, doc: `Whose shapes; none: those of --models. ${MODEL_OPTIONS.model.doc}` },
  models: {
    section: 'tune',
    type: 'strings',
    choices: MODEL_SHAPES.map(({ name }) => name),
    default: ['builtin-0.2m', 'smollm2-135m', 'qwen2.5-0.5b'],
    doc: 'Whose shapes, where no --model is given.',
  },
  dtypes: {
    section: 'tune',
    type: 'strings',
    choices: WEIGHT_FORMATS,
    default: ['f32', 'bf16'],
    doc: 'Formats of weights (--dtype of other commands).',
  },
  rounds: { section: 'tune', type: 'integer', min: 5, default: 5, doc: 'Interleaved rounds; figures are medians.' },
} as const satisfies OptionTable;

export const tuneSpec: CommandSpec = {
  name: 'tune',
  summary: 'measure which tiles are the fastest on this GPU, for all commands',
  usage: `mgrpo tune: which tiles make matrix products fastest on this machine's GPU, at the shapes of models; all commands use them from then on

  mgrpo tune [--model M] [--dtypes F …] [--device D]

Results of trainings stay the same to the last bit. What was measured is kept in the user's cache (mgrpo/tiles-….json, a file for each adapter) and is
used until the driver or the kernels change. Nothing else should use the GPU meanwhile. The last line on stdout is
{"device","rounds","gflops","products","tiles","leftOut","file"}; on CPU cores, where there is nothing to tune, "tiles" is empty and "file" null.`,
  own: OWN,
};

/** `mgrpo tune` */
export async function tuneCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(tuneSpec, argv, problems);
  if (given === null) return null;
  const settings = ownSettings(tuneSpec, OWN, given, problems);
  refuse('tune', problems);
  const { model, dtypes, rounds } = settings;
  const models = model === null ? settings.models : [await shapeOf(model)];
  return () =>
    withSession(settings, 'stopping; nothing is kept', async ({ device, progress, signal }) => {
      const { kind, description } = device.info;
      if (kind !== 'gpu') {
        say(`There is nothing to tune: every product goes one way on ${description}. Tiles are chosen on GPUs (--device gpu).`);
        await printResult({ device: device.info, tiles: {}, file: null });
        return 0;
      }
      const onProgress = (done: number, total: number, name: string, left: number | null): void =>
        progress.line(`${done + 1}/${total} ${name}${left === null ? '' : ` · ${duration(left)} left`}`);
      const report = await runTune(device, { models, dtypes, rounds, signal, onProgress });
      say(tuneTable(report));
      const file = await keepTiles(device, report);
      say(`kept in ${file}`);
      await printResult({ ...report, file }, true);
      return 0;
    });
}

/** The shape of a model's layers. */
async function shapeOf(model: string): Promise<ModelShape> {
  const files = await openModel(model);
  const config = parseModelConfig(await readJson(files, 'config.json'), `${files.name}/config.json`);
  const { hiddenSize, intermediateSize, numHeads, numKvHeads, headDim, vocabSize, numLayers } = config;
  return {
    ...{ name: files.name, hidden: hiddenSize, intermediate: intermediateSize, heads: numHeads, kvHeads: numKvHeads },
    ...{ headDim, vocab: vocabSize, layers: numLayers },
  };
}
