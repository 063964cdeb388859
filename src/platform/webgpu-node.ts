// WebGPU in Node, through Dawn, on a GPU or on the CPU.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { reasonOf } from '../errors.js';
import { isChosen, parseAdapters, pickAdapter, type AdapterChoice, type ListedAdapter } from './adapter-list.js';
import { userCache } from './user-cache.js';

/** What was found when a WebGPU adapter was looked for in Node. */
export interface NodeGpu {
  /** The adapter, or null where there is none. */
  readonly adapter: GPUAdapter | null;
  /** One line per thing that was tried, for a person to read. */
  readonly notes: readonly string[];
}

/** glibc's RTLD_NODELETE: keeps the library in memory although Node closes it when it registers no addon. */
const RTLD_NODELETE = 0x1000;
const LOADER = 'libvulkan.so.1';

/** Dawn's switches for features that are experiments: matrix units, and f16 on NVIDIA. */
const EXPERIMENTS = ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia'];

type Create = (options: string[]) => GPU;

/** What was found, with the object of Dawn's binding that it is of, which must outlive every device made from it. */
interface Found extends NodeGpu {
  readonly gpu: GPU | null;
}
const found = new Map<string, Promise<Found>>();
const ANY: AdapterChoice = { adapterName: null, backend: null, gpu: null };
const POWER = { powerPreference: 'high-performance' } as const;

/**
 * Looks for a WebGPU adapter through the `webgpu` package (Dawn): a GPU first, then a software Vulkan driver of the system, then, on
 * Linux, the SwiftShader that the package `@sparticuz/chromium` carries. Never throws. What was found is kept for the process; the
 * adapter is a fresh one each time, for an adapter gives one device only.
 * @param options `software` false: do not look for the carried SwiftShader; `experiments`: with features that are; the others: which adapter, of several
 */
export async function nodeGpu({
  software = true,
  experiments = false,
  ...which
}: { readonly software?: boolean; readonly experiments?: boolean } & Partial<AdapterChoice> = {}): Promise<NodeGpu> {
  const choice = { ...ANY, ...which };
  const key = JSON.stringify([software, experiments, choice]);
  const first = !found.has(key);
  if (first) found.set(key, find(software, choice, experiments ? EXPERIMENTS : []));
  const { adapter, notes, gpu } = await found.get(key)!;
  return { adapter: first || !gpu ? adapter : await gpu.requestAdapter(POWER), notes };
}

/** The adapters of this machine, in Dawn's order; of a software one that is carried only where it has been looked for. */
export async function nodeAdapters(): Promise<ListedAdapter[]> {
  const notes: string[] = [];
  const create = await dawn(notes);
  return create ? listed(create) : [];
}

/** Dawn's list is in its message about an adapter that there is not. */
async function listed(create: Create): Promise<ListedAdapter[]> {
  try {
    await create(['adapter=\u0001']).requestAdapter();
    return [];
  } catch (error) {
    return parseAdapters(reasonOf(error));
  }
}

async function dawn(notes: string[]): Promise<Create | undefined> {
  try {
    const { create, globals } = (await import('webgpu').catch(webgpuNearby)) as unknown as { create: Create; globals: object };
    Object.assign(globalThis, globals);
    return create;
  } catch (error) {
    const wayOut = 'install it with npm install webgpu, or call npx -p mgrpo -p webgpu mgrpo';
    notes.push(`the package "webgpu" (Dawn for Node) cannot be loaded: ${reasonOf(error)}; ${wayOut}`);
    return undefined;
  }
}

/** The package of the working directory: `npx mgrpo` has none beside it. @throws what was thrown where there was none beside it either */
async function webgpuNearby(error: unknown): Promise<object> {
  const file = nearby('webgpu');
  if (file === null) throw error;
  return (await import(pathToFileURL(file).href)) as object;
}

/** The main file of a package that this one can do without: beside it, else in the working directory; null where it is in neither. */
function nearby(name: string): string | null {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(name, { paths: [path.dirname(fileURLToPath(import.meta.url)), process.cwd()] });
  } catch {
    return null;
  }
}

async function find(software: boolean, choice: AdapterChoice, switches: readonly string[]): Promise<Found> {
  const notes: string[] = [];
  let gpu: GPU | null = null;
  const create = await dawn(notes);
  if (!create) return { adapter: null, notes, gpu };
  restBetweenPolls();
  const request = async (): Promise<GPUAdapter | null> => {
    try {
      const picked = isChosen(choice) ? pickAdapter(await listed(create), choice) : undefined;
      if (typeof picked === 'string') {
        notes.push(picked);
        return null;
      }
      gpu = create([...switches, ...(picked ? [`backend=${picked.backend}`, `adapter=${picked.name}`] : [])]);
      return await gpu.requestAdapter(POWER);
    } catch (error) {
      notes.push(`requestAdapter failed: ${reasonOf(error)}`);
      return null;
    }
  };
  try {
    if (process.platform !== 'linux') return { adapter: await request(), notes, gpu };
    let carried: string | undefined;
    const systemLoader = keep(LOADER);
    if (!systemLoader) {
      notes.push('this system has no Vulkan loader');
      if (software) carried = carriedSwiftShader(notes);
      if (carried) keep(path.join(carried, LOADER));
    }
    // Dawn writes warnings to stderr where it is asked and there is no driver at all.
    const isAsked = (systemLoader || carried !== undefined) && hasDriver();
    let adapter = isAsked ? await request() : null;
    if (!adapter) {
      notes.push(isAsked ? "no adapter from this system's drivers" : 'this system has no Vulkan driver');
      if (systemLoader && software) carried = carriedSwiftShader(notes);
      if (carried) {
        process.env['VK_ADD_DRIVER_FILES'] = path.join(carried, 'vk_swiftshader_icd.json');
        adapter = await request();
        notes.push(
          adapter ? 'using the SwiftShader that @sparticuz/chromium carries' : 'the carried SwiftShader gave no adapter either',
        );
      }
    }
    return { adapter, notes, gpu };
  } catch (error) {
    notes.push(reasonOf(error));
    return { adapter: null, notes, gpu };
  }
}

/** Whether a Vulkan loader may find a driver: one that its variables name, instead of all others or beside them, or one in its folders. */
function hasDriver(): boolean {
  const { env } = process;
  const isNamed = (name: string): boolean => (env[name] ?? '').split(':').some((file) => existsSync(file));
  // With one of these the loader looks nowhere else.
  const only = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].find((name) => env[name]);
  if (only) return isNamed(only);
  if (isNamed('VK_ADD_DRIVER_FILES')) return true;
  const bases = [
    env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config'),
    env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local/share'),
    ...[env['XDG_CONFIG_DIRS'] ?? '/etc/xdg', env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share'].flatMap((list) =>
      list.split(':'),
    ),
    '/etc',
    '/usr/local/etc',
    '/usr/local/share',
    '/usr/share',
  ];
  return bases.some((base) => manifests(path.join(base, 'vulkan/icd.d')).length > 0);
}

function manifests(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // no such folder
  }
}

/** Opens a shared library so that Dawn finds it by its name; true if it is there. */
function keep(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    return true;
  } catch (error) {
    // A library that is no Node addon is opened, kept, and then reported as not self-registering.
    return /did not self-register/.test(reasonOf(error));
  }
}

/** Unpacks SwiftShader and its Vulkan loader into the user's cache, once; gives the folder, or undefined with a note. */
export function carriedSwiftShader(notes: string[]): string | undefined {
  try {
    const chromium = nearby('@sparticuz/chromium');
    if (chromium === null) throw new Error('the package "@sparticuz/chromium" is not installed');
    const archive = path.resolve(chromium, '../../../bin/swiftshader.tar.br');
    if (process.arch !== 'x64') {
      notes.push(`@sparticuz/chromium carries SwiftShader for x64 only; this machine is ${process.arch}`);
      return undefined;
    }
    const packed = readFileSync(archive);
    const name = `swiftshader-${createHash('sha256').update(packed).digest('hex').slice(0, 12)}`;
    const caches = [userCache, () => path.join(tmpdir(), 'mgrpo')];
    for (const [i, cache] of caches.entries()) {
      try {
        return unpacked(packed, cache(), name);
      } catch (error) {
        // A home that is missing or cannot be written.
        if (i === caches.length - 1) throw error;
      }
    }
    return undefined;
  } catch (error) {
    notes.push(
      `no software adapter: ${reasonOf(error)}; on a machine without a GPU: npm install @sparticuz/chromium, or install Mesa's lavapipe`,
    );
    return undefined;
  }
}

/** The folder of that name with the files of a packed archive; made where it is missing. */
function unpacked(packed: Buffer, cache: string, name: string): string {
  const folder = path.join(cache, name);
  if (existsSync(path.join(folder, LOADER))) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(path.join(cache, `${name}.`));
  untar(brotliDecompressSync(packed), fresh);
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true }); // another process was first
    if (!existsSync(path.join(folder, LOADER))) throw error;
  }
  return folder;
}

/** Writes the plain files of a tar archive into a folder, by base name (POSIX.1-1988 headers of 512 bytes). */
function untar(archive: Buffer, folder: string): void {
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const field = (start: number, length: number): string =>
      archive.toString('latin1', at + start, at + start + length).replace(/[\0 ].*$/s, '');
    const size = parseInt(field(124, 12), 8) || 0;
    const type = field(156, 1);
    if (type === '' || type === '0')
      writeFileSync(path.join(folder, path.basename(field(0, 100))), archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/**
 * Dawn's binding polls with setImmediate for as long as a GPU promise is pending, which takes a whole core from a software adapter
 * that needs it. Its callbacks (they are the native ones) are let through freely for a millisecond, then with 0.2 ms of sleep between.
 */
function restBetweenPolls(): void {
  const plain = globalThis.setImmediate;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const isNative = (f: unknown): boolean =>
    typeof f === 'function' && /\[native code\]\s*\}$/.test(Function.prototype.toString.call(f));
  let burst = 0;
  let last = 0;
  const resting = (callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Immediate => {
    if (isNative(callback)) {
      const now = performance.now();
      if (now - last > 1) burst = now;
      else if (now - burst > 1) Atomics.wait(cell, 0, 0, 0.2);
      last = performance.now();
    }
    return plain(callback, ...args);
  };
  globalThis.setImmediate = Object.assign(resting, plain) as typeof setImmediate;
}
