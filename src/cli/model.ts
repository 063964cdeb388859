// Opens what --model and --adapter name.
import { MgrpoError } from '../errors.js';
import { loadPolicy } from '../index.js';
import type { Device, FileSource, Policy, PolicyOptions } from '../index.js';
import { resolveAdapter, resolveModel } from '../platform/hub.js';
import { bytesText } from '../report/format.js';
import type { Settings } from '../options/table.js';
import type { MODEL_OPTIONS } from './options.js';
import { Progress } from './progress.js';

/** The model that `--model` names; where there is none, that is a problem. */
export function modelOf(
  { model, revision = null }: { readonly model: string | null; readonly revision?: string | null },
  problems: string[],
): string {
  if (model === null) problems.push('expected a model, got none; give --model with a folder or owner/name');
  if (model === null || revision === null) return model ?? '';
  if (model.includes('@')) problems.push(`expected one revision, got ${model} and --revision ${revision}; leave one of them out`);
  return `${model}@${revision}`;
}

/** The folder that `--model` names, downloaded if need be. */
export async function openModel(model: string): Promise<FileSource> {
  const files = await fetched(model, resolveModel);
  // What is not a model is found here, before anything is opened or made.
  await checkNoRun(files, 'model', 'tokenizer.json');
  await files.size('config.json');
  return files;
}

/** The folder that `--adapter` names, downloaded if need be. */
export async function openAdapter(adapter: string | null): Promise<FileSource | undefined> {
  if (adapter === null) return undefined;
  const files = await fetched(adapter, resolveAdapter);
  await checkNoRun(files, 'adapter', 'adapter_config.json');
  await files.size('adapter_config.json');
  return files;
}

/** A run has its result in a folder of its own. */
async function checkNoRun(files: FileSource, result: 'model' | 'adapter', file: string): Promise<void> {
  if ((await files.exists(file)) || !(await files.exists(`${result}/${file}`))) return;
  const { name } = files;
  throw new MgrpoError('not_found', `${name}: expected the ${result}, got the run that holds it; give ${name}/${result}`);
}

/** A folder of the hub, whose download is shown, or any other. */
async function fetched(name: string, resolve: typeof resolveModel): Promise<FileSource> {
  const progress = new Progress();
  let announced = false;
  const files = await resolve(name, {
    onProgress({ file, done, total }) {
      if (!announced) progress.line(`downloading ${name} (${bytesText(total)})`);
      announced = true;
      progress.loading(file, done, total);
    },
    onOffline: (folder) => progress.line(`the hub cannot be reached; using the copy in ${folder}`),
  });
  progress.clear();
  return files;
}

/** How a model is held. */
type Held = Required<Pick<Settings<typeof MODEL_OPTIONS>, 'dtype' | 'kvCacheDtype'>>;

/** What the loading of a model takes of a command's settings. */
export function heldAs({ dtype, kvCacheDtype }: Held): Held {
  return { dtype, kvCacheDtype };
}

/** The model that `--critic` names, opened to sample from. */
export async function openCritic(
  device: Device,
  { critic, ...settings }: { readonly critic: string | null } & Held,
): Promise<Policy | undefined> {
  if (critic === null) return undefined;
  return openPolicy(device, await openModel(critic), { train: 'none', ...heldAs(settings), name: critic });
}

/** Loads the weights with progress on the terminal. */
export async function openPolicy(device: Device, files: FileSource, options: PolicyOptions): Promise<Policy> {
  const progress = new Progress();
  const policy = await loadPolicy(device, files, {
    ...options,
    onProgress: (done, total) => progress.loading('loading weights', done, total),
  });
  progress.clear();
  return policy;
}
