// `mgrpo push`: the result of a run, or a model folder, onto the hub.
import { readReportData } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { pushFolder } from '../platform/hub-push.js';
import { NodeFiles } from '../platform/node-files.js';
import { modelCard } from '../report/card.js';
import { resultOf } from './finished-run.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { printResult, say } from './output.js';
import { hubNames } from './run.js';

const TEXT = { section: 'push', type: 'string', nullable: true, default: null } as const;

const OWN = {
  run: { ...TEXT, doc: 'Folder of a run, whose adapter or model is pushed with a card of its settings and results.' },
  folder: { ...TEXT, doc: 'Any model or adapter folder instead; its files are pushed as they are.' },
  to: { ...TEXT, doc: 'Repository on the hub, owner/name; it is made if there is none.' },
  private: { section: 'push', type: 'boolean', default: false, doc: 'Make the repository a private one, if it is made now.' },
  revision: { section: 'push', type: 'string', default: 'main', doc: 'Branch.' },
  message: { section: 'push', type: 'string', default: 'Upload with mgrpo', doc: 'Title of the commit.' },
  license: { ...TEXT, doc: 'Licence of the model, by the hub’s short name (apache-2.0); it goes into the card.' },
  token: { ...TEXT, doc: 'Access token with the right to write. None: HF_TOKEN, else the file of hf auth login.' },
} as const satisfies OptionTable;

export const pushSpec: CommandSpec = {
  name: 'push',
  summary: 'send a result to the Hugging Face hub',
  usage: `mgrpo push: the adapter or model of a run onto the hub, as one commit

  mgrpo push --run RUN --to owner/name [--private] [--license apache-2.0]
  mgrpo push --folder MODEL --to owner/name

The last line on stdout is {"url","commit"}.`,
  own: OWN,
};

/** `mgrpo push` */
export async function pushCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(pushSpec, argv, problems);
  if (given === null) return null;
  const { run, folder, to, license, token, private: isPrivate, revision, message } = ownSettings(pushSpec, OWN, given, problems);
  if ((run === null) === (folder === null))
    problems.push(`expected either --run or --folder, got ${run === null ? 'neither' : 'both'}`);
  if (to === null) problems.push('expected a repository, got none; give --to owner/name');
  if (license !== null && folder !== null)
    problems.push('--license belongs to the card of a run; write it into README.md of the folder');
  refuse('push', problems);
  const { files, texts } = run === null ? { files: new NodeFiles(folder!), texts: {} } : await resultWithCard(run, to!, license);
  await files.list();
  return async () => {
    const result = await pushFolder(files, to!, {
      private: isPrivate,
      revision,
      message,
      texts,
      ...(token !== null && { token }),
      onProgress: (file, share) => share === 1 && say(`${file}: sent`),
    });
    await printResult(result);
    return 0;
  };
}

/** The result of a run, and its card under the name that it will have. */
async function resultWithCard(
  run: string,
  name: string,
  license: string | null,
): Promise<{ files: NodeFiles; texts: Record<string, string> }> {
  const folder = new NodeFiles(run);
  const { run: config, evaluations } = await readReportData(folder);
  const kind = await resultOf(folder);
  const { model, dataset } = config.settings as { model?: string | null; dataset?: string | null };
  const names = await hubNames({ model: model ?? null, dataset: dataset ?? null });
  const card = modelCard(config, evaluations, { ...names, kind, name, license: license ?? undefined });
  return { files: new NodeFiles(`${run}/${kind}`), texts: { 'README.md': card } };
}
