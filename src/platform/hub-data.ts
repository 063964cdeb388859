// Data sets of the Hugging Face hub: which parquet files hold a split. They are read by ranges, not downloaded; browsers can do it too.
import { MgrpoError, show, someOf } from '../errors.js';
import { HttpFiles } from './http-files.js';
import { Http } from './http.js';
import type { HttpOptions } from './http.js';
import { HUB_ID, checkToken, hubAddress } from './hub-name.js';

/** How a data set of the hub is asked for. */
export interface HubDataOptions extends Omit<HttpOptions, 'headers'> {
  /** Access token for private and gated data. */
  readonly token?: string | undefined;
  /** Address of the hub. Default https://huggingface.co. */
  readonly hubUrl?: string | undefined;
}

/** A file behind an address. */
export interface RemoteData {
  readonly files: HttpFiles;
  readonly path: string;
}

/** Whether a name can be a data set of the hub: owner/name, owner/name:config or owner/name:config:split. */
export function isHubDataset(name: string): boolean {
  return NAME.test(name);
}

/** Whether a name that is no file was meant as one. */
export function looksLocal(name: string): boolean {
  return !name.includes('://') && (/^[./~]/.test(name) || /\.(jsonl?|ndjson|csv|tsv|parquet)(\.gz)?$/.test(name));
}

const NAME = new RegExp(`^(${HUB_ID})(?::([^:]*))?(?::([^:]+))?$`);

/** Configs that stand for a data set whose name comes without one. */
const USUAL_CONFIGS = ['default', 'main'];

/**
 * The parquet files of one split, in order, as the hub converts every data set to.
 * @param name owner/name, owner/name:config or owner/name:config:split
 * @param split where the name has none
 * @throws not_found naming the configs or splits that there are; network if the hub cannot be reached or refuses
 */
export async function hubDataset(name: string, split: string, options: HubDataOptions = {}): Promise<RemoteData[]> {
  const [, id, config, named] = NAME.exec(name) ?? [];
  if (id === undefined)
    throw new MgrpoError(
      'not_found',
      `${name}: expected owner/name[:config[:split]] of the hub, got another form; correct the name`,
    );
  const hubUrl = hubAddress(options.hubUrl);
  const headers: Record<string, string> = options.token ? { authorization: `Bearer ${checkToken(options.token)}` } : {};
  const listing = await new Http({ ...options, headers }).readList(`${hubUrl}/api/datasets/${id}/parquet`);
  if (listing === null)
    throw new MgrpoError(
      'not_found',
      `${id}: expected a file, or a data set of the hub, found neither; check the path or the name`,
    );
  const urls = pick(pick(listing, config || USUAL_CONFIGS, `${id}: config`, name), named ?? split, `${id}: split`, name);
  if (!Array.isArray(urls) || !urls.every(isAddress))
    throw new MgrpoError(
      'network',
      `${hubUrl}: expected addresses of parquet files, got ${show(urls)}; check the address of the hub`,
    );
  // Addresses at other hosts come without the token.
  return urls.map((url) =>
    remoteData(url, { ...options, headers: new URL(url).origin === new URL(hubUrl).origin ? headers : {} }),
  );
}

function isAddress(url: unknown): url is string {
  return typeof url === 'string' && url.length < 1000 && /^https?:/.test(url) && URL.canParse(url);
}

/** The folder and name of a file behind an address. @throws invalid_argument for an address that names no file */
export function remoteData(address: string, options: HttpOptions = {}): RemoteData {
  const url = URL.canParse(address) ? new URL(address) : null;
  const at = (url?.pathname.lastIndexOf('/') ?? 0) + 1;
  const path = decoded(url?.pathname.slice(at) ?? '');
  if (url === null || path === '' || url.search !== '')
    throw new MgrpoError(
      'invalid_argument',
      `${address}: expected the address of a file, without a query, got another; give the address that ends in the file's name`,
    );
  return { files: new HttpFiles(url.origin + url.pathname.slice(0, at), options), path };
}

/** A part of an address as text; '' where it is none. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** The entry of an object; the first that there is of several names, or the only one. */
function pick(value: unknown, names: string | readonly string[], what: string, name: string): unknown {
  const entries = typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : new Map<string, unknown>();
  const wanted = typeof names === 'string' ? [names] : names;
  const found = wanted.find((each) => entries.has(each));
  if (found !== undefined) return entries.get(found);
  if (typeof names !== 'string' && entries.size === 1) return [...entries.values()][0];
  throw new MgrpoError(
    'not_found',
    `${what}: expected one of ${someOf([...entries.keys()]) || '(none)'}, got ${wanted.join(' or ')}; ` +
      `name it: ${name.split(':')[0]}:CONFIG:SPLIT`,
  );
}
