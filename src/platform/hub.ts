// Models and adapters of the Hugging Face hub, brought into its cache.
import { HubApiError, getHFHubCachePath, listFiles, modelInfo } from '@huggingface/hub';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MgrpoError, show, someOf } from '../errors.js';
import { fieldsOf, readJson } from './files.js';
import type { FileSource } from './files.js';
import { HttpFiles } from './http-files.js';
import { Http, tooLong, unreachable } from './http.js';
import type { HttpOptions } from './http.js';
import { hubAccess } from './hub-access.js';
import type { HubAccessOptions } from './hub-access.js';
import { hubModelName } from './hub-name.js';
import { NodeFiles, checkRegular, errno, makeFolder, readIfThere, writeError } from './node-files.js';

/** How far a download has come, in bytes. */
export interface DownloadProgress {
  /** File that is being read now. */
  readonly file: string;
  /** Bytes of all files that are there by now, and that there will be. */
  readonly done: number;
  readonly total: number;
}

/** Options of {@link resolveModel} and {@link resolveAdapter}: of the requests, and of the hub. */
export interface HubOptions extends Omit<HttpOptions, 'headers'>, HubAccessOptions {
  /** Branch, tag or commit. Default: what follows an `@` in the model's id, else main. */
  readonly revision?: string;
  /** Default: as Hugging Face's own tools (HF_HUB_CACHE, HF_HOME, ~/.cache/huggingface/hub), whose files are shared. */
  readonly cacheDir?: string;
  /** Uses the cache alone. Default: whether the variable HF_HUB_OFFLINE is set to 1, ON, YES or TRUE. */
  readonly offline?: boolean;
  /** Called while files come. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Told when the hub cannot be reached and the copy in the cache, which may be older, is used. */
  readonly onOffline?: (folder: string) => void;
}

/** What a folder holds, and which of its files are taken. */
interface Kind {
  readonly what: string;
  /** Files that are taken where there are such, beside the weights; those of `needed` are always there. */
  readonly small: readonly string[];
  readonly needed: readonly string[];
  /** The weights, where they are one file. */
  readonly weights: string;
}

const MODEL: Kind = {
  what: 'model',
  small: [
    'config.json',
    'generation_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'chat_template.jinja',
  ],
  needed: ['config.json', 'tokenizer.json'],
  weights: 'model.safetensors',
};
const ADAPTER: Kind = {
  what: 'adapter',
  small: ['adapter_config.json'],
  needed: ['adapter_config.json'],
  weights: 'adapter_model.safetensors',
};

/** The list of the files that hold the weights, where they are several. */
const indexOf = ({ weights }: Kind): string => `${weights}.index.json`;

/**
 * Opens a model folder: a local one, one behind an address, or one of the hub, which is downloaded into the cache first (only the files
 * that are needed, each whole or not at all; a download that was cut off goes on where it stopped).
 *
 * @param model path of a folder, `https://…` of one, or `owner/name` or `owner/name@revision` on the hub
 * @throws not_found if there is no such folder or model; network if the hub cannot be reached or refuses; bad_file if the model has no
 * safetensors weights
 */
export function resolveModel(model: string, options: HubOptions = {}): Promise<FileSource> {
  return resolve(MODEL, model, options);
}

/** As {@link resolveModel}, for a LoRA adapter in PEFT's layout. */
export function resolveAdapter(adapter: string, options: HubOptions = {}): Promise<FileSource> {
  return resolve(ADAPTER, adapter, options);
}

async function resolve(kind: Kind, name: string, options: HubOptions): Promise<FileSource> {
  const local = await stat(name).catch(() => null);
  if (local?.isDirectory()) return new NodeFiles(name);
  const { what } = kind;
  if (local) throw new MgrpoError('not_found', `${name}: expected ${a(what)} folder, got a file; give the folder that holds it`);
  if (/^https?:\/\//.test(name)) return new HttpFiles(name, options);
  const named = hubModelName(name);
  if (!named) {
    throw new MgrpoError(
      'not_found',
      `${name}: expected ${a(what)} folder or ${a(what)} id owner/name, found no such folder; check the path, or give an id of the hub`,
    );
  }
  const { id, revision } = named;
  return new Download(kind, id, revision === undefined ? options : { revision, ...options }).run();
}

const a = (what: string): string => `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`;

interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** Null where the hub does not say. */
  readonly hash: Hash | null;
}

/** What a file's bytes must give: SHA-256 of large files, else that of a Git blob. */
interface Hash {
  readonly algorithm: 'sha256' | 'sha1';
  readonly value: string;
}

/** Pages of a list of files, at most: a hub may always name a next one. */
const MOST_PAGES = 1000;

/** Times that a file whose bytes are not those that the hub promises is fetched. */
const ATTEMPTS = 2;

/** One model or adapter on its way from the hub into the cache, which is laid out as huggingface_hub lays it out (without its blobs). */
class Download {
  readonly #kind: Kind;
  readonly #id: string;
  readonly #revision: string;
  readonly #folder: string;
  readonly #options: HubOptions;
  readonly #hubUrl: string;
  readonly #http: Http;

  constructor(kind: Kind, id: string, options: HubOptions) {
    this.#kind = kind;
    this.#id = id;
    this.#options = options;
    this.#revision = options.revision ?? 'main';
    this.#folder = path.join(options.cacheDir ?? getHFHubCachePath(), `models--${id.replace('/', '--')}`);
    const { hubUrl, fetch } = hubAccess(options);
    this.#hubUrl = hubUrl;
    this.#http = new Http({ ...options, fetch });
  }

  async run(): Promise<FileSource> {
    if (/^[0-9a-f]{40}$/.test(this.#revision)) {
      const cached = await this.#cached(this.#revision);
      if (cached) return cached;
    }
    const isOffline = this.#options.offline ?? /^(1|on|yes|true)$/i.test(process.env.HF_HUB_OFFLINE ?? '');
    let commit: string;
    try {
      if (isOffline) throw this.#offline();
      commit = await this.#commitOf(this.#revision);
    } catch (error) {
      const offline = error instanceof MgrpoError && error.code === 'network' && !(error.cause instanceof HubApiError);
      const known = offline ? await readIfThere(this.#refFile()) : null;
      const cached = known ? await this.#cached(known.trim()) : null;
      if (!cached) throw error;
      if (!isOffline) this.#options.onOffline?.(cached.name);
      return cached;
    }
    const files = new NodeFiles(this.#snapshot(commit));
    try {
      await makeFolder(files.name);
      await this.#fetchAll(commit, files);
    } catch (error) {
      throw errno(error) === undefined ? error : writeError(files.name, error);
    }
    await new NodeFiles(this.#folder).write(`refs/${this.#revision}`, commit);
    return files;
  }

  #offline(): MgrpoError {
    return new MgrpoError(
      'network',
      `${this.#id}: expected revision ${this.#revision} in the cache (HF_HUB_OFFLINE is set), found none in ${this.#folder}; ` +
        'unset it for one run that downloads, or give a local folder',
    );
  }

  #snapshot(commit: string): string {
    return path.join(this.#folder, 'snapshots', commit);
  }

  #refFile(): string {
    return path.join(this.#folder, 'refs', this.#revision);
  }

  /** The snapshot if all that is needed is in it. */
  async #cached(commit: string): Promise<NodeFiles | null> {
    if (!/^[0-9a-f]{40}$/.test(commit)) return null;
    const files = new NodeFiles(this.#snapshot(commit));
    const index = indexOf(this.#kind);
    for (const name of this.#kind.needed) if (!(await files.exists(name))) return null;
    if (await files.exists(this.#kind.weights)) return files;
    if (!(await files.exists(index))) return null;
    for (const shard of await shardsOf(files, index)) if (!(await files.exists(shard))) return null;
    return files;
  }

  async #commitOf(revision: string): Promise<string> {
    const { sha } = await this.#asking(() => modelInfo({ ...this.#api(), name: this.#id, revision, additionalFields: ['sha'] }));
    if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) {
      throw new MgrpoError(
        'network',
        `${this.#hubUrl}: expected the commit of ${this.#id}, got none; check the address of the hub`,
      );
    }
    return sha;
  }

  async #fetchAll(commit: string, files: NodeFiles): Promise<void> {
    const remote = new Map<string, RemoteFile>();
    await this.#asking(async () => {
      const repo = { type: 'model', name: this.#id } as const;
      for await (const entry of listFiles({ ...this.#api(), repo, revision: commit })) {
        const file = this.#listed(entry);
        if (file) remote.set(file.path, file);
      }
    });
    const { what, small, weights } = this.#kind;
    const single = remote.get(weights);
    const index = remote.get(indexOf(this.#kind));
    if (!single && !index) {
      throw new MgrpoError(
        'bad_file',
        `${this.#id}: expected ${weights} or ${indexOf(this.#kind)} among its files, got ${someOf([...remote.keys()])}; ` +
          `choose ${a(what)} with safetensors weights`,
      );
    }
    const wanted = small.flatMap((name) => remote.get(name) ?? []);
    if (single) wanted.push(single);
    else {
      await this.#fetchFile(commit, files, index!, () => undefined);
      wanted.push(index!);
      for (const shard of await shardsOf(files, index!.path)) {
        const file = remote.get(shard);
        if (!file)
          throw new MgrpoError(
            'bad_file',
            `${this.#id}: expected ${shard} of ${index!.path}, found none; choose another revision`,
          );
        wanted.push(file);
      }
    }
    const total = wanted.reduce((n, file) => n + file.size, 0);
    let before = 0;
    for (const file of wanted) {
      await this.#fetchFile(commit, files, file, (bytes) =>
        this.#options.onProgress?.({ file: file.path, done: before + bytes, total }),
      );
      before += file.size;
    }
  }

  /** Brings one file into the snapshot, going on with a part of it that is there already. */
  async #fetchFile(commit: string, files: NodeFiles, file: RemoteFile, report: (bytes: number) => void): Promise<void> {
    const target = files.resolve(file.path);
    if ((await stat(target).catch(() => null))?.size === file.size) return report(file.size);
    const part = `${target}.incomplete`;
    const url = `${this.#hubUrl}/${this.#id}/resolve/${commit}/${file.path}`;
    for (let attempt = 1; ; attempt++) {
      await this.#fetchRest(url, file, part, report);
      if (!file.hash) break;
      const { algorithm, value } = file.hash;
      const hash = await hashOf(part, file.size, algorithm);
      if (hash === value) break;
      await rm(part, { force: true });
      if (attempt < ATTEMPTS) continue;
      throw new MgrpoError(
        'network',
        `${url}: expected ${algorithm} ${value}, got ${hash}; ` +
          'the bytes were changed on the way: fetch it again, over another connection or from another mirror',
      );
    }
    await rename(part, target);
  }

  async #fetchRest(url: string, file: RemoteFile, part: string, report: (bytes: number) => void): Promise<void> {
    checkRegular(await stat(part).catch(() => null), part);
    const handle = await open(part, 'a').then(async (made) => {
      await made.close();
      return open(part, 'r+');
    });
    try {
      let done = (await handle.stat()).size;
      if (done > file.size) done = 0;
      report(done);
      if (done < file.size) {
        const body = await this.#http.open(url, { start: done, end: file.size });
        if (!body) throw new MgrpoError('not_found', `${url}: expected the file, found none; choose another revision`);
        if (body.whole) done = 0;
        for await (const chunk of body.chunks) {
          if (done + chunk.length > file.size) throw tooLong(url, file.size);
          // By position, so that two processes at the same file write the same bytes to the same places.
          await handle.write(chunk, 0, chunk.length, done);
          done += chunk.length;
          report(Math.min(done, file.size));
        }
      }
      if (done !== file.size) {
        throw new MgrpoError('network', `${url}: expected ${file.size} bytes, got ${done}; run it again to go on from there`);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A file of a list; null for an entry that is no file. */
  #listed(entry: unknown): RemoteFile | null {
    const fail = (): never => {
      const wayOut = 'check the address of the hub';
      throw new MgrpoError('network', `${this.#hubUrl}: expected files with path and size, got ${show(entry)}; ${wayOut}`);
    };
    const { type, path: name, size, oid, lfs } = fieldsOf(entry);
    if (type === 'directory') return null;
    const hashes = [oid, fieldsOf(lfs)['oid']];
    const areHashes = hashes.every((hash) => hash === undefined || (typeof hash === 'string' && /^[0-9a-f]{40,64}$/.test(hash)));
    if (typeof name !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0 || !areHashes) return fail();
    return { path: name, size: size as number, hash: promisedHash(...(hashes as [string | undefined, string | undefined])) };
  }

  /** How the hub's library asks; a list has an end. */
  #api(): { hubUrl: string; fetch: typeof fetch } {
    let pages = 0;
    return {
      hubUrl: this.#hubUrl,
      fetch: (input, init) => {
        if (++pages <= MOST_PAGES) return this.#http.fetch(input, init);
        throw new MgrpoError(
          'network',
          `${this.#hubUrl}: expected a list of at most ${MOST_PAGES} pages, got more; check the address of the hub`,
        );
      },
    };
  }

  /** Runs a request to the hub and says what its refusal means. */
  async #asking<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof MgrpoError) throw error;
      if (!(error instanceof HubApiError)) throw unreachable(this.#hubUrl, error);
      throw this.#refusal(error);
    }
  }

  #refusal(error: HubApiError): MgrpoError {
    const page = `${this.#hubUrl}/${this.#id}`;
    const { what } = this.#kind;
    const status = error.statusCode;
    const fail = (code: 'not_found' | 'network', got: string, wayOut: string): MgrpoError =>
      new MgrpoError(code, `${page}: expected the ${what}, got ${got} (HTTP status ${status}); ${wayOut}`, { cause: error });
    if (status === 404) {
      return fail('not_found', `no such ${what} or revision ${this.#revision}`, 'check both, or give a local folder');
    }
    if (status === 401)
      return fail('network', `no access: there is no such ${what}, or it is private`, 'check the name, or set HF_TOKEN');
    if (status === 403)
      return fail('network', `no access: the ${what} is gated`, 'accept its terms on that page and set HF_TOKEN');
    return fail('network', 'a refusal', 'try again later, or give a local folder');
  }
}

function promisedHash(oid: string | undefined, lfs: string | undefined): Hash | null {
  if (lfs !== undefined) return { algorithm: 'sha256', value: lfs };
  return oid === undefined ? null : { algorithm: 'sha1', value: oid };
}

/** The hash of a file on disk, as the hub gives it. */
async function hashOf(name: string, size: number, algorithm: Hash['algorithm']): Promise<string> {
  const hash = createHash(algorithm);
  if (algorithm === 'sha1') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(name)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Whether an index may name such a file: one of its own folder. */
function isShardName(name: unknown): name is string {
  return typeof name === 'string' && /^[^/\\\0]{1,200}\.safetensors$/.test(name);
}

async function shardsOf(files: NodeFiles, index: string): Promise<string[]> {
  const names = [...new Set(Object.values(fieldsOf(fieldsOf(await readJson(files, index))['weight_map'])))];
  if (names.length === 0 || !names.every(isShardName)) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}/${index}: expected file names in weight_map, got others; choose another revision`,
    );
  }
  return names.sort();
}
