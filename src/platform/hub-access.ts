// Who asks the hub, and where it is: the one place that reads HF_ENDPOINT, HF_TOKEN and the file that `hf auth login` wrote.
import { homedir } from 'node:os';
import path from 'node:path';
import type { Fetch } from './http.js';
import { checkToken, hubAddress } from './hub-name.js';
import { readIfThere } from './node-files.js';

/** How the hub is asked. */
export interface HubAccessOptions {
  /** Access token for private and gated repositories. Default: the variable HF_TOKEN, else the file that `hf auth login` wrote. */
  readonly token?: string | undefined;
  /** Address of the hub. Default: the variable HF_ENDPOINT, else https://huggingface.co. */
  readonly hubUrl?: string | undefined;
  /** Asks instead of the platform's own `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/** The hub's address, the token, and a `fetch` that sends the token to that address alone. */
export interface HubAccess {
  readonly hubUrl: string;
  /** Null where there is none. */
  token(): Promise<string | null>;
  readonly fetch: Fetch;
}

/** Access to the hub; the token is looked for when it is first needed. */
export function hubAccess(options: HubAccessOptions = {}): HubAccess {
  const hubUrl = hubAddress(options.hubUrl ?? process.env.HF_ENDPOINT);
  let found: Promise<string | null> | undefined;
  const token = (): Promise<string | null> => (found ??= findToken(options.token));
  return {
    hubUrl,
    token,
    async fetch(url, init) {
      const send = options.fetch ?? globalThis.fetch;
      // A list of files may name another host for its next page (`Link`), and an upload goes to a store of its own.
      const own = new URL(url).origin === new URL(hubUrl).origin ? await token() : null;
      if (own === null) return send(url, init);
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${own}`);
      return send(url, { ...init, headers: Object.fromEntries(headers) });
    },
  };
}

async function findToken(given: string | undefined): Promise<string | null> {
  const { env } = process;
  const home = env.HF_HOME ?? path.join(env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'huggingface');
  const token = given ?? env.HF_TOKEN ?? (await readIfThere(env.HF_TOKEN_PATH ?? path.join(home, 'token'))) ?? '';
  return token.trim() === '' ? null : checkToken(token.trim());
}
