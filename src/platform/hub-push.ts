// A folder onto the Hugging Face hub: one commit, large files through its store.
import { HubApiError, commitIter, createRepo } from '@huggingface/hub';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MgrpoError } from '../errors.js';
import { hubAccess } from './hub-access.js';
import type { HubAccessOptions } from './hub-access.js';
import { isHubId } from './hub-name.js';
import { unreachable } from './http.js';
import type { NodeFiles } from './node-files.js';

/** How a folder is pushed. */
export interface PushOptions extends HubAccessOptions {
  /** Whether a repository that is made for it is private. Default false. */
  readonly private?: boolean;
  /** Branch. Default main. */
  readonly revision?: string;
  /** Title of the commit. */
  readonly message?: string;
  /** Texts in place of files of the folder, or beside them, by name. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Told the file and the share of it that is sent. */
  readonly onProgress?: (file: string, share: number) => void;
}

/**
 * Sends the files that lie directly in a folder to a model repository, which is made if there is none.
 * @param id owner/name
 * @returns the page of the repository, and the commit
 * @throws invalid_argument for another id; network where there is no token, or the hub refuses or cannot be reached
 */
export async function pushFolder(
  files: NodeFiles,
  id: string,
  options: PushOptions = {},
): Promise<{ url: string; commit: string }> {
  if (!isHubId(id)) throw new MgrpoError('invalid_argument', `push: expected owner/name of the hub, got ${id}; correct the name`);
  const access = hubAccess(options);
  if ((await access.token()) === null)
    throw new MgrpoError(
      'network',
      'push: expected an access token with the right to write, got none; set HF_TOKEN, or pass token',
    );
  const repo = { type: 'model', name: id } as const;
  const api = { hubUrl: access.hubUrl, fetch: access.fetch as typeof fetch, repo };
  try {
    // Without `private` the settings of an organisation count.
    const visibility = options.private === true ? { visibility: 'private' as const } : {};
    // Typed as needing a token, which `fetch` adds.
    await createRepo({ ...api, ...visibility } as Parameters<typeof createRepo>[0]).catch((error: unknown) => {
      if (!(error instanceof HubApiError && error.statusCode === 409)) throw error;
    });
    const texts = options.texts ?? {};
    const names = (await files.list()).filter((name) => !name.startsWith('.') && !Object.hasOwn(texts, name));
    const operations = [
      ...names.map((name) => ({ path: name, content: pathToFileURL(path.resolve(files.resolve(name))) })),
      ...Object.entries(texts).map(([name, text]) => ({ path: name, content: new Blob([text]) })),
    ].map((file) => ({ operation: 'addOrUpdate' as const, ...file }));
    const { message: title = 'Upload with mgrpo', revision: branch = 'main', onProgress } = options;
    const work = commitIter({ ...api, title, branch, operations });
    for (;;) {
      const { done, value } = await work.next();
      if (done) return { url: `${access.hubUrl}/${id}`, commit: value?.commit.oid ?? '' };
      if (value.event === 'fileProgress' && value.state === 'uploading') onProgress?.(value.path, value.progress);
    }
  } catch (error) {
    if (error instanceof MgrpoError) throw error;
    if (!(error instanceof HubApiError)) throw unreachable(access.hubUrl, error);
    const { statusCode: status, message } = error;
    const wayOut =
      status === 401 || status === 403
        ? 'the token must have the right to write there'
        : status === 404
          ? 'check the name, and the branch'
          : 'try again later';
    throw new MgrpoError(
      'network',
      `${access.hubUrl}/${id}: expected the files to be taken, got HTTP status ${status} (${message}); ${wayOut}`,
      {
        cause: error,
      },
    );
  }
}
