// `mgrpo export`: a model, with or without an adapter, as a file for other programs.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MgrpoError } from '../errors.js';
import { exportGguf } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { modelOf, openAdapter, openModel } from './model.js';
import { MODEL_OPTIONS, RUN_OPTIONS } from './options.js';
import { printResult } from './output.js';
import { together } from './together.js';

const OWN = {
  model: MODEL_OPTIONS.model,
  revision: MODEL_OPTIONS.revision,
  adapter: {
    ...MODEL_OPTIONS.adapter,
    doc: 'LoRA adapter in PEFT layout, which is merged in: a folder, or owner/name on the hub.',
  },
  format: {
    section: 'model',
    type: 'choice',
    choices: ['gguf'],
    default: 'gguf',
    doc: 'gguf: one file for llama.cpp and what stands on it. Llama, Qwen2, Qwen3 and SmolLM3 models with byte-level BPE or one token a character.',
  },
  dtype: {
    section: 'model',
    type: 'choice',
    choices: ['f32', 'f16', 'q8_0'],
    default: 'f16',
    doc: 'How matrices are written; vectors are f32.',
  },
  output: {
    section: 'run',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'File to write. None: the name of the model’s folder, in the folder where you are.',
  },
  overwrite: { ...RUN_OPTIONS.overwrite, doc: 'Write over a file that is there.' },
} as const satisfies OptionTable;

export const exportSpec: CommandSpec = {
  name: 'export',
  summary: 'write a model as a GGUF file for llama.cpp',
  usage: `mgrpo export: a model, with an adapter merged in if one is given, as one file for other programs

  mgrpo export --model M [--adapter RUN/adapter] [--dtype f16|q8_0] [--output M.gguf]

Needs no device. The last line on stdout is {"file","bytes"}.`,
  own: OWN,
};

/** `mgrpo export` */
export async function exportCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(exportSpec, argv, problems);
  if (given === null) return null;
  const settings = ownSettings(exportSpec, OWN, given, problems);
  const model = modelOf(settings, problems);
  refuse('export', problems);
  const name = path.basename(path.resolve(model));
  const file = settings.output ?? `${name}-${settings.dtype}.${settings.format}`;
  if (!settings.overwrite && (await stat(file).catch(() => null)))
    throw new MgrpoError('exists', `${file}: expected no such file, got one; give another --output, or --overwrite`);
  const [files, adapter] = await together(
    () => openModel(model),
    () => openAdapter(settings.adapter),
  );
  return async () => {
    const folder = new NodeFiles(path.dirname(file));
    await exportGguf(files, folder, path.basename(file), { dtype: settings.dtype, adapter, name });
    await printResult({ file, bytes: await folder.size(path.basename(file)) });
    return 0;
  };
}
