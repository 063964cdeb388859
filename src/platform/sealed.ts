// Sealed folders: manifest.json holds size and SHA-256 of every file and is written last, so that a folder that was cut short, changed or
// mixed with another is known for what it is before anything in it is used.
import { MgrpoError, show } from '../errors.js';
import { contentChunks, readJson, type FileContent, type FileFolder, type FileSink } from './files.js';
import { Sha256 } from './sha256.js';

const MANIFEST = 'manifest.json';
/** Bytes that are read at a time. */
const PIECE = 1 << 20;

interface Seal {
  readonly size: number;
  readonly sha256: string;
}

/** Passes files on and notes their sizes and checksums. */
class SealingSink implements FileSink {
  readonly name: string;
  readonly seals: Record<string, Seal> = {};
  readonly #sink: FileSink;

  constructor(sink: FileSink) {
    this.name = sink.name;
    this.#sink = sink;
  }

  async write(path: string, content: FileContent): Promise<void> {
    let [hash, size] = [new Sha256(), 0];
    async function* noted(): AsyncGenerator<Uint8Array> {
      [hash, size] = [new Sha256(), 0];
      for await (const chunk of contentChunks(content)) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    await this.#sink.write(path, noted());
    this.seals[path] = { size, sha256: hash.digest() };
  }
}

/**
 * Fills a sub-folder that appears whole or not at all, and seals it.
 * @param label what the folder is: {@link checkSealed} asks for it
 */
export async function replaceSealed(
  files: FileFolder,
  path: string,
  label: string,
  fill: (sink: FileSink) => Promise<void>,
): Promise<void> {
  await files.replace(path, async (sink) => {
    const sealing = new SealingSink(sink);
    await fill(sealing);
    await sink.write(MANIFEST, `${JSON.stringify({ label, files: sealing.seals }, null, 2)}\n`);
  });
}

/** Reads all of a folder. @throws MgrpoError `bad_file` or `not_found` that says where it is not as it was sealed with this label */
export async function checkSealed(files: FileFolder, label: string): Promise<void> {
  const fail = (place: string, expected: string, got: string): never => {
    throw new MgrpoError('bad_file', `${files.name}/${place}: expected ${expected}, got ${got}; the files are damaged`);
  };
  const manifest = parseManifest(await readJson(files, MANIFEST));
  if (!manifest) return fail(MANIFEST, 'the size and sha256 of each file', 'something else');
  if (manifest.label !== label) fail(MANIFEST, `the label ${label}`, show(manifest.label));
  const found = ((await files.entries()) ?? []).map(({ name }) => name).filter((name) => name !== MANIFEST);
  for (const [name, seal] of Object.entries(manifest.files)) {
    if (!found.includes(name)) fail(name, 'the file that the manifest names', 'none');
    const size = await files.size(name);
    if (size !== seal.size) fail(name, `${seal.size} bytes`, String(size));
    const hash = new Sha256();
    for (let start = 0; start < size; start += PIECE)
      hash.update(await files.readRange(name, start, Math.min(start + PIECE, size)));
    const sha256 = hash.digest();
    if (sha256 !== seal.sha256) fail(name, `sha256 ${seal.sha256.slice(0, 12)}…`, `${sha256.slice(0, 12)}…`);
  }
  const extra = found.find((name) => !Object.hasOwn(manifest.files, name));
  if (extra !== undefined) fail(extra, 'only files that the manifest names', 'another one');
}

function parseManifest(json: unknown): { readonly label: unknown; readonly files: Readonly<Record<string, Seal>> } | undefined {
  const { label, files } = (json ?? {}) as { readonly label?: unknown; readonly files?: unknown };
  if (typeof files !== 'object' || files === null || Array.isArray(files)) return undefined;
  const isSeal = (value: unknown): value is Seal => {
    const { size, sha256 } = (value ?? {}) as Partial<Seal>;
    return typeof size === 'number' && typeof sha256 === 'string';
  };
  return Object.values(files).every(isSeal) ? { label, files: files as Record<string, Seal> } : undefined;
}
