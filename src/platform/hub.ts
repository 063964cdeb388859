// Models of the Hugging Face hub, brought into its cache.
import { HubApiError, downloadFile, getHFHubCachePath, listFiles, modelInfo } from '@huggingface/hub';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MgrpoError } from '../errors.js';
import { readJson } from './files.js';
import type { FileSource } from './files.js';
import { HttpFiles, unreachable } from './http-files.js';
import { NodeFiles } from './node-files.js';

/** How far a download has come, in bytes. */
export interface DownloadProgress {
  /** File that is being read now. */
  readonly file: string;
  /** Bytes of all files that are there by now, and that there will be. */
  readonly done: number;
  readonly total: number;
}

/** Options of {@link resolveModel}. */
export interface HubOptions {
  /** Branch, tag or commit. Default main. */
  readonly revision?: string;
  /** Default: as Hugging Face's own tools (HF_HUB_CACHE, HF_HOME, ~/.cache/huggingface/hub), whose files are shared. */
  readonly cacheDir?: string;
  /** Access token for private and gated models. Default: the variable HF_TOKEN. */
  readonly token?: string;
  /** Address of the hub. Default: the variable HF_ENDPOINT, else https://huggingface.co. */
  readonly hubUrl?: string;
  /** Asks instead of the platform's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** Called while files come. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Told when the hub cannot be reached and the copy in the cache, which may be older, is used. */
  readonly onOffline?: (folder: string) => void;
}

/** Files that are taken where a model has them, beside its weights. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
];
const WEIGHTS = 'model.safetensors';
const WEIGHTS_INDEX = 'model.safetensors.index.json';

/** Times that a connection which breaks is taken up again, from where it broke. */
const ATTEMPTS = 3;

/**
 * Opens a model folder: a local one, one behind an address, or one of the hub, which is downloaded into the cache first (only the files
 * that are needed, each whole or not at all; a download that was cut off goes on where it stopped).
 *
 * @param model path of a folder, `https://…` of one, or `owner/name` on the hub
 * @throws not_found if there is no such folder or model; network if the hub cannot be reached or refuses; bad_file if the model has no
 * safetensors weights
 */
export async function resolveModel(model: string, options: HubOptions = {}): Promise<FileSource> {
  const local = await stat(model).catch(() => null);
  if (local?.isDirectory()) return new NodeFiles(model);
  if (local) throw new MgrpoError('not_found', `${model}: expected a model folder, got a file; give the folder that holds it`);
  if (/^https?:\/\//.test(model))
    return new HttpFiles(model, options.fetch ? { fetch: (url, init) => options.fetch!(url, init) } : {});
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model)) {
    throw new MgrpoError(
      'not_found',
      `${model}: expected a model folder or a model id owner/name, found no such folder; check the path, or give an id of the hub`,
    );
  }
  return new Download(model, options).run();
}

interface RemoteFile {
  readonly path: string;
  readonly size: number;
}

/** One model on its way from the hub into the cache, which is laid out as huggingface_hub lays it out (without its blobs). */
class Download {
  readonly #id: string;
  readonly #revision: string;
  readonly #folder: string;
  readonly #options: HubOptions;
  readonly #request: { hubUrl: string; accessToken?: string; fetch: typeof fetch };

  constructor(id: string, options: HubOptions) {
    this.#id = id;
    this.#options = options;
    this.#revision = options.revision ?? 'main';
    this.#folder = path.join(options.cacheDir ?? getHFHubCachePath(), `models--${id.replace('/', '--')}`);
    const token = options.token ?? process.env.HF_TOKEN;
    if (token && !token.startsWith('hf_')) {
      throw new MgrpoError(
        'invalid_argument',
        'resolveModel: expected a token that starts with hf_; copy it again from the hub’s settings',
      );
    }
    const hubUrl = (options.hubUrl ?? process.env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, '');
    this.#request = {
      hubUrl,
      ...(token ? { accessToken: token } : {}),
      fetch: withTokenAtHome(options.fetch ?? globalThis.fetch, hubUrl),
    };
  }

  async run(): Promise<FileSource> {
    if (/^[0-9a-f]{40}$/.test(this.#revision)) {
      const cached = await this.#cached(this.#revision);
      if (cached) return cached;
    }
    let commit: string;
    try {
      commit = await this.#commitOf(this.#revision);
    } catch (error) {
      const offline = error instanceof MgrpoError && error.code === 'network' && !(error.cause instanceof HubApiError);
      const known = offline ? await readFile(this.#refFile(), 'utf8').catch(() => null) : null;
      const cached = known ? await this.#cached(known.trim()) : null;
      if (!cached) throw error;
      this.#options.onOffline?.(cached.name);
      return cached;
    }
    const files = new NodeFiles(this.#snapshot(commit));
    await mkdir(files.name, { recursive: true });
    await this.#fetchAll(commit, files);
    await new NodeFiles(this.#folder).write(`refs/${this.#revision}`, commit);
    return files;
  }

  #snapshot(commit: string): string {
    return path.join(this.#folder, 'snapshots', commit);
  }

  #refFile(): string {
    return path.join(this.#folder, 'refs', this.#revision);
  }

  /** The snapshot if all that a model needs is in it. */
  async #cached(commit: string): Promise<NodeFiles | null> {
    const files = new NodeFiles(this.#snapshot(commit));
    for (const name of ['config.json', 'tokenizer.json']) if (!(await files.exists(name))) return null;
    if (await files.exists(WEIGHTS)) return files;
    if (!(await files.exists(WEIGHTS_INDEX))) return null;
    for (const shard of await shardsOf(files)) if (!(await files.exists(shard))) return null;
    return files;
  }

  async #commitOf(revision: string): Promise<string> {
    const { sha } = await this.#asking(() =>
      modelInfo({ ...this.#request, name: this.#id, revision, additionalFields: ['sha'] }),
    );
    if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) {
      throw new MgrpoError(
        'network',
        `${this.#request.hubUrl}: expected the commit of ${this.#id}, got none; check the address of the hub`,
      );
    }
    return sha;
  }

  async #fetchAll(commit: string, files: NodeFiles): Promise<void> {
    const remote = new Map<string, RemoteFile>();
    await this.#asking(async () => {
      const repo = { type: 'model', name: this.#id } as const;
      for await (const { path: name, size, type } of listFiles({ ...this.#request, repo, revision: commit })) {
        if (type === 'file') remote.set(name, { path: name, size });
      }
    });
    const single = remote.get(WEIGHTS);
    const index = remote.get(WEIGHTS_INDEX);
    if (!single && !index) {
      throw new MgrpoError(
        'bad_file',
        `${this.#id}: expected ${WEIGHTS} or ${WEIGHTS_INDEX} among its files, got ${[...remote.keys()].join(', ')}; ` +
          'choose a model with safetensors weights',
      );
    }
    const wanted = SMALL_FILES.flatMap((name) => remote.get(name) ?? []);
    if (single) wanted.push(single);
    else {
      await this.#fetchFile(commit, files, index!, () => undefined);
      wanted.push(index!);
      for (const shard of await shardsOf(files)) {
        const file = remote.get(shard);
        if (!file)
          throw new MgrpoError(
            'bad_file',
            `${this.#id}: expected ${shard} of ${WEIGHTS_INDEX}, found none; choose another revision`,
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
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#fetchRest(commit, file, part, report);
        break;
      } catch (error) {
        const broken = error instanceof MgrpoError && error.code === 'network' && !(error.cause instanceof HubApiError);
        if (!broken || attempt === ATTEMPTS) throw error;
      }
    }
    await rename(part, target);
  }

  async #fetchRest(commit: string, file: RemoteFile, part: string, report: (bytes: number) => void): Promise<void> {
    const url = `${this.#request.hubUrl}/${this.#id}/resolve/${commit}/${file.path}`;
    const repo = { type: 'model', name: this.#id } as const;
    // Plain HTTP (xet: false): its ranges are what a download goes on with.
    const blob = await this.#asking(() =>
      downloadFile({ ...this.#request, repo, path: file.path, revision: commit, xet: false }),
    );
    if (!blob) throw new MgrpoError('not_found', `${url}: expected the file, found none; choose another revision`);
    const handle = await open(part, 'a').then(async (made) => {
      await made.close();
      return open(part, 'r+');
    });
    try {
      let done = (await handle.stat()).size;
      if (done > file.size) done = 0;
      report(done);
      const chunks = done < file.size ? (blob.slice(done).stream() as AsyncIterable<Uint8Array>) : [];
      try {
        for await (const chunk of chunks) {
          // By position, so that two processes at the same file write the same bytes to the same places.
          await handle.write(chunk, 0, chunk.length, done);
          done += chunk.length;
          report(Math.min(done, file.size));
        }
      } catch (error) {
        throw unreachable(url, error);
      }
      if (done > file.size) {
        await rm(part, { force: true });
        throw new MgrpoError(
          'network',
          `${url}: expected ${file.size} bytes, got more; the server ignores ranges: start again from nothing`,
        );
      }
      if (done < file.size) {
        throw new MgrpoError('network', `${url}: expected ${file.size} bytes, got ${done}; run it again to go on from there`);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Runs a request to the hub and says what its refusal means. */
  async #asking<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof MgrpoError) throw error;
      if (!(error instanceof HubApiError)) throw unreachable(this.#request.hubUrl, error);
      throw this.#refusal(error);
    }
  }

  #refusal(error: HubApiError): MgrpoError {
    const page = `${this.#request.hubUrl}/${this.#id}`;
    const status = error.statusCode;
    const fail = (code: 'not_found' | 'network', got: string, wayOut: string): MgrpoError =>
      new MgrpoError(code, `${page}: expected the model, got ${got} (HTTP status ${status}); ${wayOut}`, { cause: error });
    if (status === 404) {
      return fail('not_found', `no such model or revision ${this.#revision}`, 'check both, or give a local folder');
    }
    if (status === 401)
      return fail('network', 'no access: there is no such model, or it is private', 'check the name, or set HF_TOKEN');
    if (status === 403) return fail('network', 'no access: the model is gated', 'accept its terms on that page and set HF_TOKEN');
    return fail('network', 'a refusal', 'try again later, or give a local folder');
  }
}

/** Sends the access token to the hub only: a list of files may name another host for its next page (`Link`). */
function withTokenAtHome(send: typeof fetch, hubUrl: string): typeof fetch {
  const home = new URL(hubUrl).origin;
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (new URL(url).origin === home) return send(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
    headers.delete('authorization');
    return send(input, { ...init, headers });
  };
}

async function shardsOf(files: NodeFiles): Promise<string[]> {
  const index = await readJson(files, WEIGHTS_INDEX);
  const map = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : null;
  const names = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  if (names.length === 0 || !names.every((name): name is string => typeof name === 'string' && !/[/\\]/.test(name))) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}/${WEIGHTS_INDEX}: expected file names in weight_map, got others; choose another revision`,
    );
  }
  return names.sort();
}
