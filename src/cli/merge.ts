// `mgrpo merge`: an adapter and its base model become one model, for programs that know no adapters.
import { Tokenizer, mergeAdapter } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { modelOf, openAdapter, openModel } from './model.js';
import { MODEL_OPTIONS, RUN_OPTIONS } from './options.js';
import { printResult } from './output.js';
import { checkOutput } from './run.js';

const OWN = {
  model: MODEL_OPTIONS.model,
  adapter: { ...MODEL_OPTIONS.adapter, doc: 'Folder of the LoRA adapter in PEFT layout.' },
  outputDir: { ...RUN_OPTIONS.outputDir, doc: 'Folder of the merged model in Hugging Face layout.' },
  overwrite: { ...RUN_OPTIONS.overwrite, doc: 'Write into a folder that has files in it.' },
  dtype: {
    section: 'model',
    type: 'choice',
    choices: ['auto', 'f32', 'bf16'],
    default: 'auto',
    doc: 'How the weights are written; auto: as those of the model, f16 as f32.',
  },
} as const satisfies OptionTable;

export const mergeSpec: CommandSpec = {
  name: 'merge',
  summary: 'write a model with its adapter merged in',
  usage: `mgrpo merge: the weights of a model plus those of a LoRA adapter, as one model folder

  mgrpo merge --model M --adapter RUN/adapter --output-dir OUT [--dtype bf16]

Needs no device. The last line on stdout is {"model"}.`,
  own: OWN,
};

/** `mgrpo merge` */
export async function mergeCommand(argv: readonly string[]): Promise<Work | null> {
  const given = readFlags(mergeSpec, argv);
  if (given === null) return null;
  const problems: string[] = [];
  const settings = ownSettings(mergeSpec, OWN, given, problems);
  const model = modelOf(settings, problems);
  if (settings.adapter === null) problems.push('expected an adapter, got none; give --adapter with its folder');
  if (settings.outputDir === null) problems.push('expected a folder to write to, got none; give --output-dir');
  refuse('merge', problems);
  const folder = new NodeFiles(settings.outputDir!);
  await checkOutput(folder, settings.overwrite);
  const files = await openModel(model);
  const adapter = await openAdapter(settings.adapter);
  return async () => {
    await mergeAdapter(files, adapter!, folder, { dtype: settings.dtype });
    await (await Tokenizer.load(files)).save(folder);
    await printResult({ model: folder.name });
    return 0;
  };
}
