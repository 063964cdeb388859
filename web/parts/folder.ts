// Files that a visitor gives: a folder, an archive, or a file of JSON lines; chosen or dropped.
import { BlobFiles } from '../../src/platform/blob-files.js';
import type { FileSource } from '../../src/platform/files.js';
import { READ_FILES } from '../../src/run/reader.js';

/** What was given. */
export type Given =
  | { readonly kind: 'model'; readonly name: string; readonly files: Readonly<Record<string, Blob>> }
  | { readonly kind: 'data'; readonly name: string; readonly jsonl: string }
  /** The folder of a run, as it is when it is asked for. */
  | { readonly kind: 'run'; readonly name: string; readonly files: () => Promise<FileSource> };

/** A file with its path below what was given. */
interface Placed {
  readonly path: string;
  readonly file: Blob;
}

/** Reads what was dropped, folders too. */
export async function dropped(items: DataTransferItemList): Promise<Given> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const walked = async (): Promise<Placed[]> => (await Promise.all(entries.map((entry) => walk(entry, '')))).flat();
  return sort(await walked(), entries[0]?.name ?? 'files', walked);
}

/** Reads what was chosen in a file dialog. */
export function chosen(files: FileList): Promise<Given> {
  const placed = [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return sort(placed, placed[0]?.path.split('/')[0] ?? 'files', () => Promise.resolve(placed));
}

async function walk(entry: FileSystemEntry, before: string): Promise<Placed[]> {
  const path = `${before}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Placed[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return found;
    for (const inner of part) found.push(...(await walk(inner, `${path}/`)));
  }
}

/** @param again finds the files once more, as they are then */
async function sort(placed: readonly Placed[], name: string, again: () => Promise<readonly Placed[]>): Promise<Given> {
  const log = placed.find(({ path }) => /(^|\/)steps\.jsonl$/.test(path))?.path;
  if (log !== undefined) {
    const folder = log.slice(0, log.lastIndexOf('/') + 1);
    const wanted = new Set<string>(READ_FILES.map((file) => folder + file));
    const files = async (): Promise<FileSource> => {
      const found = (await again()).filter(({ path }) => wanted.has(path));
      return new BlobFiles(name, Object.fromEntries(found.map(({ path, file }) => [path.slice(folder.length), file])));
    };
    return { kind: 'run', name: folder.split('/').at(-2) ?? name, files };
  }
  const [only] = placed;
  if (placed.length === 1 && /\.jsonl?$/.test(only!.path))
    return { kind: 'data', name: only!.path, jsonl: await only!.file.text() };
  const files = placed.length === 1 && /\.zip$/.test(only!.path) ? await unzipped(only!.file) : placed;
  return { kind: 'model', name: name.replace(/\.zip$/, ''), files: modelFolder(files) };
}

/** The files beside a model's config, by their names. @throws Error for people where there is no model */
function modelFolder(files: readonly Placed[]): Readonly<Record<string, Blob>> {
  const config = files.find(({ path }) => /(^|\/)(config|adapter_config)\.json$/.test(path))?.path;
  if (config === undefined)
    throw new Error(
      'This is neither a model nor data: a model folder holds config.json or adapter_config.json, data end in .jsonl.',
    );
  const folder = config.slice(0, config.lastIndexOf('/') + 1);
  const inside = files.filter(({ path }) => path.startsWith(folder) && !path.slice(folder.length).includes('/'));
  return Object.fromEntries(inside.map(({ path, file }) => [path.slice(folder.length), file]));
}

async function unzipped(archive: Blob): Promise<Placed[]> {
  const { unzipSync } = await import('fflate');
  const files = unzipSync(new Uint8Array(await archive.arrayBuffer()));
  return Object.entries(files)
    .filter(([path]) => !path.endsWith('/'))
    .map(([path, bytes]) => ({ path, file: new Blob([bytes as Uint8Array<ArrayBuffer>]) }));
}
