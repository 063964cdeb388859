// Keeps what `mgrpo tune` measured: a file for each adapter, so that nothing is lost where two are written at a time. It changes no result, so
// whatever is wrong with it, it is ignored, and said.
import { MgrpoError, reasonOf } from '../errors.js';
import type { AdapterSummary } from '../gpu/adapter.js';
import { Gpu } from '../gpu/device.js';
import { WAYS_TEXT } from '../kernels/matmul.js';
import { isObject } from '../options/border.js';
import type { Device } from '../ops/device.js';
import type { FileFolder, FileSource } from '../platform/files.js';
import { Sha256 } from '../platform/sha256.js';

const SCHEMA = 'mgrpo-tiles/1';
/** Bytes of a file that is none of ours. */
const TOO_LONG = 2 ** 22;

/** What tells adapters apart, and drivers: Dawn has their names and versions in the description; browsers hide it. */
type Adapter = Pick<AdapterSummary, 'vendor' | 'architecture' | 'device' | 'description'>;

/** What a file holds. */
interface Kept extends Adapter {
  readonly schema: typeof SCHEMA;
  /** Digest of the kernels that were measured. */
  readonly kernels: string;
  readonly tiles: Readonly<Record<string, string>>;
}

/** What was kept for an adapter. */
export interface Tuned {
  readonly tiles: ReadonlyMap<string, string>;
  /** Path of the file, where there is one. */
  readonly file: string | null;
  /** Why what lies there is not used, in one line. */
  readonly note: string | null;
}

/** What was kept for an adapter and its driver, of the kernels that there are now. Never throws. */
export async function readTuned(files: FileSource | undefined, adapter: Adapter): Promise<Tuned> {
  const none = new Map<string, string>();
  const name = fileOf(adapter);
  // A page may have no private file system: nothing can have been kept.
  if (!files || !(await files.exists(name).catch(() => false))) return { tiles: none, file: null, note: null };
  const file = `${files.name}/${name}`;
  try {
    return { tiles: new Map(Object.entries((await read(files, adapter)).tiles)), file, note: null };
  } catch (error) {
    return { tiles: none, file, note: `${file} is ignored: ${reasonOf(error)}; mgrpo tune writes it anew` };
  }
}

/**
 * Keeps what was measured for all devices that are opened on an adapter from then on, beside what is there of other kinds of product.
 * @returns the file's path
 */
export async function keepTuned(files: FileFolder, adapter: Adapter, tiles: Kept['tiles']): Promise<string> {
  const { vendor, architecture, device, description } = adapter;
  const name = fileOf(adapter);
  const before = (await readTuned(files, adapter)).tiles;
  const all = { ...Object.fromEntries(before), ...tiles };
  const kept: Kept = { schema: SCHEMA, vendor, architecture, device, description, kernels: kernelsDigest(), tiles: all };
  await files.write(name, `${JSON.stringify(kept, null, 1)}\n`);
  return `${files.name}/${name}`;
}

/** The adapter that was measured. @throws MgrpoError `invalid_argument` for a device of WebAssembly */
export function adapterBehind(device: Device): AdapterSummary {
  if (device instanceof Gpu) return device.adapter;
  const { description } = device.info;
  throw new MgrpoError('invalid_argument', `keepTiles: expected the GPU that was measured, got ${description}; pass that one`);
}

/** One file for all versions of a driver, so that an old one's is found and replaced. */
function fileOf({ vendor, architecture, device, description }: Adapter): string {
  const words = [vendor, architecture, device, description.replaceAll(/[\d.]+/g, '')];
  return `tiles-${digestOf(JSON.stringify(words))}.json`;
}

/** @throws where the file is not what `keepTuned` writes for this adapter, its driver and these kernels */
async function read(files: FileSource, adapter: Adapter): Promise<Kept> {
  const name = fileOf(adapter);
  const size = await files.size(name);
  if (size > TOO_LONG) throw new Error(`it has ${size} bytes, at most ${TOO_LONG} are expected`);
  const kept: unknown = JSON.parse(await files.readText(name));
  if (!isObject(kept) || kept['schema'] !== SCHEMA) throw new Error(`it is not of the schema ${SCHEMA}`);
  if (!isKept(kept)) throw new Error('it is damaged');
  const other = (['vendor', 'architecture', 'device', 'description'] as const).find((field) => kept[field] !== adapter[field]);
  if (other !== undefined) throw new Error(`it was measured on ${kept[other]}, this is ${adapter[other]}`);
  if (kept.kernels !== kernelsDigest()) throw new Error('it was measured with the kernels of another version');
  return kept;
}

function isKept(value: object): value is Kept {
  const { vendor, architecture, device, description, kernels, tiles } = value as Readonly<Record<string, unknown>>;
  const texts = [vendor, architecture, device, description, kernels, ...(isObject(tiles) ? Object.values(tiles) : [tiles])];
  return texts.every((text) => typeof text === 'string') && isObject(tiles);
}

let kernels: string | undefined;

/** What tells the kernels of this version from others. */
function kernelsDigest(): string {
  return (kernels ??= digestOf(WAYS_TEXT));
}

function digestOf(text: string): string {
  return new Sha256().update(new TextEncoder().encode(text)).digest().slice(0, 16);
}
