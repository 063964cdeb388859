// Models of the Hugging Face hub in a page: each file is downloaded when it is first read, into a folder that keeps it (OPFS in browsers).
import { MgrpoError, show } from '../errors.js';
import { fieldsOf, notFound, readJson, type FileFolder, type FileSource } from './files.js';
import { HttpFiles } from './http-files.js';
import { Http, type HttpOptions } from './http.js';
import { hubAddress, hubModelName } from './hub-name.js';
import { Sha256 } from './sha256.js';

/** How {@link hubModel} asks. */
export interface HubModelOptions extends Omit<HttpOptions, 'headers'> {
  /** Address of the hub. Default https://huggingface.co. */
  readonly hubUrl?: string;
  /** Bytes of a file that have come, and that there are. */
  readonly onProgress?: (file: string, done: number, total: number) => void;
}

/** What the hub says of a model. */
interface Listing {
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string | null }[];
}

const LISTING = 'listing.json';
const PART = 8 << 20;

/**
 * Opens a model of the hub. Where the hub cannot be reached, what was kept of it at an earlier time is used.
 * @param model owner/name, or owner/name@revision
 * @param cache folder of all kept models
 * @throws MgrpoError `not_found` for an id that the hub does not have, `network`, `bad_file` where bytes are not those that the hub promises
 */
export async function hubModel(model: string, cache: FileFolder, options: HubModelOptions = {}): Promise<FileSource> {
  const named = hubModelName(model);
  if (!named)
    throw new MgrpoError('not_found', `${model}: expected a model of the hub as owner/name, got another form; correct the name`);
  const { id, revision = 'main' } = named;
  const hub = hubAddress(options.hubUrl);
  const folder = cache.folder(`${id.replace('/', '--')}@${revision.replaceAll('/', '--')}`);
  const listing = await listingOf(`${hub}/api/models/${id}/revision/${revision}?blobs=true`, id, folder, options);
  return new KeptFiles(new HttpFiles(`${hub}/${id}/resolve/${listing.commit}`, options), folder, listing, options);
}

/** What the hub says now; else what it said when files were kept. Files of another commit are removed. */
async function listingOf(url: string, id: string, folder: FileFolder, options: HubModelOptions): Promise<Listing> {
  const stored = (await folder.exists(LISTING)) ? await readJson(folder, LISTING).catch(() => null) : null;
  const kept = isListing(stored) ? stored : null;
  let said: unknown;
  try {
    said = await new Http(options).readList(url);
  } catch (error) {
    if (kept && error instanceof MgrpoError && error.code === 'network') return kept;
    throw error;
  }
  if (said === null) throw new MgrpoError('not_found', `${id}: expected a model of the hub, found none of that name; correct it`);
  const listing = listingFrom(said);
  if (!isListing(listing)) {
    const wayOut = 'check the address of the hub';
    throw new MgrpoError('network', `${id}: expected a commit and its files from the hub, got ${show(said)}; ${wayOut}`);
  }
  if (kept?.commit === listing.commit) return kept;
  await folder.remove('');
  await folder.write(LISTING, JSON.stringify(listing));
  return listing;
}

/** What the hub says in our words, checked by {@link isListing}. */
function listingFrom(said: unknown): unknown {
  const { sha, siblings } = fieldsOf(said);
  if (!Array.isArray(siblings)) return null;
  const files = siblings.map((sibling: unknown) => {
    const { rfilename: path, size, lfs } = fieldsOf(sibling);
    return { path, size, sha256: fieldsOf(lfs)['sha256'] ?? null };
  });
  return { commit: sha, files };
}

function isListing(value: unknown): value is Listing {
  const { commit, files } = fieldsOf(value);
  const isFile = (file: unknown): boolean => {
    const { path, size, sha256 } = fieldsOf(file);
    return typeof path === 'string' && Number.isSafeInteger(size) && (sha256 === null || typeof sha256 === 'string');
  };
  return typeof commit === 'string' && /^\w{1,80}$/.test(commit) && Array.isArray(files) && files.every(isFile);
}

/** Files that are kept in a folder once they were read. */
class KeptFiles implements FileSource {
  readonly name: string;
  readonly #source: FileSource;
  readonly #folder: FileFolder;
  readonly #listing: Listing;
  readonly #options: HubModelOptions;
  readonly #coming = new Map<string, Promise<FileSource>>();

  constructor(source: FileSource, folder: FileFolder, listing: Listing, options: HubModelOptions) {
    [this.name, this.#source, this.#folder, this.#listing, this.#options] = [source.name, source, folder, listing, options];
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.#listing.files.some((file) => file.path === path));
  }

  async size(path: string): Promise<number> {
    return (await this.#kept(path)).size(path);
  }

  async readText(path: string): Promise<string> {
    return (await this.#kept(path)).readText(path);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    return (await this.#kept(path)).readRange(path, start, end);
  }

  #kept(path: string): Promise<FileSource> {
    const coming = this.#coming.get(path) ?? this.#fetch(path);
    this.#coming.set(path, coming);
    coming.catch(() => this.#coming.delete(path));
    return coming;
  }

  async #fetch(path: string): Promise<FileSource> {
    if (await this.#folder.exists(path)) return this.#folder;
    const listed = this.#listing.files.find((file) => file.path === path);
    if (!listed) throw notFound(this.name, path);
    await this.#folder.write(path, this.#parts(listed));
    return this.#folder;
  }

  /** The bytes of a file; an error at their end, where they are not those that were promised, keeps the file from appearing. */
  async *#parts({ path, size, sha256 }: Listing['files'][number]): AsyncGenerator<Uint8Array> {
    const total = await this.#source.size(path);
    if (total !== size) throw new MgrpoError('bad_file', `${this.name}/${path}: expected ${size} bytes, got ${total}; try again`);
    const hash = new Sha256();
    for (let at = 0; at < total; at += PART) {
      const part = await this.#source.readRange(path, at, Math.min(at + PART, total));
      hash.update(part);
      yield part;
      this.#options.onProgress?.(path, at + part.length, total);
    }
    const got = hash.digest();
    if (sha256 !== null && got !== sha256)
      throw new MgrpoError('bad_file', `${this.name}/${path}: expected bytes with SHA-256 ${sha256}, got ${got}; try again`);
  }
}
