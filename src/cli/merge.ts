// `mgrpo merge`: an adapter and its base model become one model, for programs that know no adapters.
import { show } from '../errors.js';
import { Tokenizer, isWeightsFile, mergeAdapter } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { modelOf, openAdapter, openModel } from './model.js';
import { MODEL_OPTIONS, RUN_OPTIONS } from './options.js';
import { printResult } from './output.js';
import { checkOutput } from './run.js';
import { together } from './together.js';

const OWN = {
  model: MODEL_OPTIONS.model,
  revision: MODEL_OPTIONS.revision,
  adapter: { ...MODEL_OPTIONS.adapter, doc: 'The LoRA adapter in PEFT layout: a folder, or owner/name on the hub.' },
  outputDir: { ...RUN_OPTIONS.outputDir, doc: 'Folder of the merged model in Hugging Face layout.' },
  overwrite: { ...RUN_OPTIONS.overwrite, doc: 'Write into a folder that has files in it.' },
  dtype: {
    section: 'model',
    type: 'choice',
    choices: ['auto', 'f32', 'bf16', 'f16'],
    default: 'auto',
    doc: 'How the weights are written; auto: as those of the model.',
  },
  maxShardSize: {
    section: 'model',
    type: 'string',
    default: '5GB',
    doc: 'Most bytes of one file of weights (500MB, 2GiB); where there are more, there are several files and an index.',
  },
} as const satisfies OptionTable;

export const mergeSpec: CommandSpec = {
  name: 'merge',
  summary: 'write a model with its adapter merged in',
  usage: `mgrpo merge: the weights of a model plus those of a LoRA adapter, as one model folder

  mgrpo merge --model M --adapter RUN/adapter --output-dir OUT [--dtype bf16] [--max-shard-size 2GB]

Needs no device. The last line on stdout is {"model"}.`,
  own: OWN,
};

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 };

/** Bytes that a text such as 500MB says. */
function bytesOf(text: string, problems: string[]): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMG]I?B)?$/.exec(text.trim().toUpperCase()) ?? [];
  const bytes = Number(number) * UNITS[unit]!;
  if (!(bytes >= 1)) problems.push(`expected a size such as 500MB or 5GB for --max-shard-size, got ${show(text)}`);
  return bytes;
}

/** `mgrpo merge` */
export async function mergeCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(mergeSpec, argv, problems);
  if (given === null) return null;
  const settings = ownSettings(mergeSpec, OWN, given, problems);
  const model = modelOf(settings, problems);
  if (settings.adapter === null) problems.push('expected an adapter, got none; give --adapter with its folder');
  if (settings.outputDir === null) problems.push('expected a folder to write to, got none; give --output-dir');
  const maxShardBytes = bytesOf(settings.maxShardSize, problems);
  refuse('merge', problems);
  const folder = new NodeFiles(settings.outputDir!);
  await checkOutput(folder, settings.overwrite);
  const [files, adapter] = await together(
    () => openModel(model),
    () => openAdapter(settings.adapter),
  );
  return async () => {
    const written = await mergeAdapter(files, adapter!, folder, { dtype: settings.dtype, maxShardBytes });
    // Of a model that was there before, which may have been written in other files.
    for (const name of await folder.list()) if (isWeightsFile(name) && !written.includes(name)) await folder.remove(name);
    await (await Tokenizer.load(files)).save(folder);
    await printResult({ model: folder.name });
    return 0;
  };
}
