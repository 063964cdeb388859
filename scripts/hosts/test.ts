// Trains the built-in model on WebAssembly in Node, Deno, Bun, Firefox and WebKit: all must give the same bytes. Deno and Bun come from npm
// into a temporary folder, browsers must be installed; a host that cannot be had here is left out, and said to be.
// npm run test:hosts [-- names of hosts]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { serveSite } from '../../test/support/page.js';

/** What the program of a host found. */
interface Found {
  /** What trained. */
  readonly device: string;
  /** What `openDevice()` chooses there. */
  readonly auto: string;
  /** What must be equal everywhere. */
  readonly result: object;
}

/** A program that opens the address of a page. */
interface Browser {
  readonly version: string;
  open(url: string): [command: string, ...words: string[]];
  /** Variables of the environment with which isolated pages get shared memory, where the browser needs any. */
  readonly sharing?: Readonly<Record<string, string>>;
}

/** How a page is opened. */
interface Opening {
  /** Headers of the page. */
  readonly headers: Readonly<Record<string, string>>;
  /** Variables of the browser's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const PROGRAM = path.resolve('scripts/hosts/train.mjs');
const RUNTIMES = { deno: ['run', '--allow-all', PROGRAM], bun: [PROGRAM] };
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** Milliseconds that a page gets. */
const PAGE_LIMIT = 180_000;

const wanted = process.argv.slice(2);
const isWanted = (host: string): boolean => wanted.length === 0 || wanted.includes(host);
const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-hosts-'));

/** Runs the program in a host of the command line. */
function run(command: string, words: readonly string[]): Found {
  const out = execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(out.trim().split('\n').at(-1)!) as Found;
}

/** Runs the program in a page. */
async function runInPage(browser: Browser, { headers, env }: Opening): Promise<Found> {
  let found: (answer: Found | { failed: string }) => void;
  const answer = new Promise<Found | { failed: string }>((resolve) => (found = resolve));
  const site = await serveSite(headers, {
    script: '/scripts/hosts/page.mjs',
    posted: (text) => found(JSON.parse(text) as Found),
  });
  const [command, ...words] = browser.open(site.url);
  // A group of its own: a browser's processes are ended with it.
  const started = spawn(command, words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  started.stderr.on('data', (text) => (said = `${said}${String(text)}`.slice(-2000)));
  started.on('error', (error) => found({ failed: error.message }));
  started.on('exit', (code) => found({ failed: `it ended by itself with code ${code}: ${said}` }));
  const timer = setTimeout(() => found({ failed: `no answer in ${PAGE_LIMIT / 1000} s: ${said}` }), PAGE_LIMIT);
  const seen = await answer;
  clearTimeout(timer);
  started.removeAllListeners('exit');
  if (started.pid !== undefined && started.exitCode === null) {
    const ended = new Promise((resolve) => started.once('close', resolve));
    process.kill(-started.pid);
    await ended;
  }
  site.close();
  if ('failed' in seen) throw new Error(seen.failed);
  return seen;
}

/** A runtime from npm and its version. @throws Error where it cannot be had */
function install(name: string): { command: string; version: string } {
  const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel', 'error', name];
  execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000, shell: process.platform === 'win32' });
  const command = path.join(folder, 'node_modules', '.bin', name);
  return { command, version: versionOf(command, '--version') };
}

/** The first line of what a program says of its version. */
function versionOf(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: 'pipe' }).split('\n')[0]!;
}

/** The first file of the list that is there. @throws Error where none is */
function installed(what: string, files: readonly string[]): string {
  const file = files.find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${what} is not installed`);
  return file;
}

/** Places of a program in the folders that PATH names. */
function inPath(...names: string[]): string[] {
  return (process.env['PATH'] ?? '').split(path.delimiter).flatMap((dir) => names.map((name) => path.join(dir, name)));
}

const BROWSERS: Readonly<Record<string, () => Browser>> = {
  firefox() {
    const command = installed('firefox', inPath('firefox', 'firefox-esr'));
    const profile = path.join(folder, 'firefox');
    mkdirSync(profile, { recursive: true });
    return {
      version: versionOf(command, '--version'),
      open: (url) => [command, '--headless', '--no-remote', '--profile', profile, url],
    };
  },
  // The engine of Safari, as GNOME builds it; its small browser lies beside the library. It gives isolated pages no shared memory by itself.
  webkit() {
    const root = '/usr/lib';
    const libraries = existsSync(root) ? readdirSync(root).map((name) => path.join(root, name)) : [];
    const places = ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].flatMap((name) =>
      [root, ...libraries].map((dir) => path.join(dir, name, 'MiniBrowser')),
    );
    const command = installed("WebKitGTK's MiniBrowser (Debian: webkit2gtk-driver)", places);
    const screen = process.env['DISPLAY'] ? [] : [installed('xvfb-run', inPath('xvfb-run')), '--auto-servernum'];
    const [first = command, ...rest] = [...screen, command];
    return {
      version: versionOf(first, ...rest, '--version'),
      open: (url) => [first, ...rest, '--private', url],
      sharing: { JSC_useSharedArrayBuffer: '1' },
    };
  },
};

/** Says how a host compares with Node. */
function judge(host: string, expected: Found, { device, auto, result }: Found): void {
  const same = JSON.stringify(result) === JSON.stringify(expected.result);
  console.log(`${host} (${device}; auto: ${auto}): ${same ? 'the same bytes' : `differs: ${JSON.stringify(result)}`}`);
  if (!same) process.exitCode = 1;
}

/** What a function gives, or undefined and a line that the host is left out. */
function orSkip<T>(host: string, find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    console.log(
      `${host}: skipped, it cannot be had here: ${
        String(stderr || message)
          .trim()
          .split('\n')[0]
      }`,
    );
    return undefined;
  }
}

try {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const expected = run(process.execPath, [PROGRAM]);
  console.log(`node ${process.version} (${expected.device}; auto: ${expected.auto}): ${JSON.stringify(expected.result)}`);
  for (const [host, words] of Object.entries(RUNTIMES)) {
    const runtime = isWanted(host) ? orSkip(host, () => install(host)) : undefined;
    if (runtime) judge(`${host} ${runtime.version}`, expected, run(runtime.command, words));
  }
  for (const [host, find] of Object.entries(BROWSERS)) {
    const browser = isWanted(host) ? orSkip(host, find) : undefined;
    if (!browser) continue;
    const openings: Record<string, Opening> = { isolated: { headers: ISOLATED }, 'not isolated': { headers: {} } };
    if (browser.sharing) openings['isolated, with shared memory'] = { headers: ISOLATED, env: browser.sharing };
    for (const [how, opening] of Object.entries(openings))
      judge(`${browser.version}, ${how}`, expected, await runInPage(browser, opening));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
