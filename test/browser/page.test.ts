import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchCases, type BenchReport } from '../../src/bench/run.js';
import { servePage } from '../../src/cli/ui.js';
import { countdownReward } from '../../src/reward/accuracy.js';
import { openWasm } from '../../src/open/node.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { signs } from '../../src/tasks/signs.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { argsOf, puzzlesOf, settingsOf } from '../../web/settings.js';
import { startChromium } from '../support/chromium.js';
import { reportData } from '../support/report-data.js';

const root = path.resolve(import.meta.dirname, '../..');
const web = path.join(root, 'dist/web');
const model = path.join(root, 'models/signs-0.2m');
const browser: Browser | string = await startChromium('dist/web/main.js');
const reason = typeof browser === 'string' ? browser : undefined;
/** A small training: three steps on two puzzles. */
const SMALL = 'steps=3&questions=2&g=4&k=2&h=2&device=wasm&seed=7';

let server: Server;
let url: string;
beforeAll(async () => {
  if (reason) return;
  server = await servePage(web, 0);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
  server?.closeAllConnections();
  server?.close();
});

interface Opened {
  readonly page: Page;
  /** Messages, errors, refused content, and requests to others. */
  readonly problems: string[];
}

/** A page of its own with nothing saved. @param first what is run in it before its scripts */
async function open(hash: string, at = url, first: () => void = () => undefined): Promise<Opened> {
  const context = await (browser as Browser).createBrowserContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    // Said by Chromium on Linux whenever WebGPU is asked for.
    if (!message.text().startsWith('WebGPU is experimental on this platform')) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(at)) problems.push(`request to ${request.url()}`);
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`refused by the policy: ${event.blockedURI}`));
  });
  await page.evaluateOnNewDocument(first);
  await page.setViewport({ width: 1100, height: 900 });
  await page.goto(`${at}#/${hash}`);
  return { page, problems };
}

const texts = (page: Page): Promise<string> => page.evaluate(() => document.body.innerText);

async function until(page: Page, text: string): Promise<void> {
  const isThere = (wanted: string): boolean => document.body.innerText.includes(wanted);
  await page.waitForFunction(isThere, { timeout: 90_000, polling: 50 }, text).catch(async (cause: unknown) => {
    throw new Error(`expected "${text}" in the page, got: ${await texts(page)}`, { cause });
  });
}

async function click(page: Page, label: string): Promise<void> {
  await page.waitForFunction(
    (wanted: string) => {
      const button = [...document.querySelectorAll('button')].find((b) => b.textContent.trim() === wanted && !b.disabled);
      button?.click();
      return button !== undefined;
    },
    { timeout: 90_000, polling: 50 },
    label,
  );
}

/** Drops a file or folder of this machine on an element. */
async function drop(page: Page, file: string, selector: string): Promise<void> {
  const box = (await (await page.waitForSelector(selector))!.boundingBox())!;
  const client = await page.createCDPSession();
  const at = { x: box.x + box.width / 2, y: box.y + 20, data: { items: [], files: [file], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await client.send('Input.dispatchDragEvent', { type, ...at });
}

/** A file of the saved run: its text, or the digest of its bytes. */
function saved(page: Page, file: string, as: 'text' | 'digest' = 'text'): Promise<string> {
  return page.evaluate(
    async (parts: string[], kind: string) => {
      let folder = await navigator.storage.getDirectory();
      for (const part of ['mgrpo', 'run', ...parts.slice(0, -1)]) folder = await folder.getDirectoryHandle(part);
      const found = await (await folder.getFileHandle(parts.at(-1)!)).getFile();
      if (kind === 'text') return found.text();
      const hash = await crypto.subtle.digest('SHA-256', await found.arrayBuffer());
      return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    file.split('/'),
    as,
  );
}

/** What axe finds fault with. */
function faults(page: Page): Promise<string[]> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  return page.evaluate(async (source: string) => {
    (0, eval)(source);
    const { axe: runner } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await runner.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
  }, axe);
}

/** The same training in Node. */
async function inNode(query: string): Promise<{ losses: number[]; digest: string }> {
  const settings = settingsOf(new URLSearchParams(query));
  const device = await openWasm({ threads: 2 });
  const policy = await loadPolicy(device, new NodeFiles(model), { train: 'full' });
  const { layer2, ...args } = argsOf(settings, 32);
  const losses: number[] = [];
  const trainer = new MGRPOTrainer({
    policy,
    rewardFuncs: [countdownReward()],
    trainDataset: signs('small').rows('train', puzzlesOf(settings, 4096).rows, 42),
    args: { ...args, layer2: layer2! },
    onEvent: (event) => event.type === 'step' && losses.push(event.metrics['loss']!),
  });
  await trainer.train();
  const files = new Map<string, Uint8Array>();
  const hash = createHash('sha256');
  await policy.save({
    name: 'memory',
    async write(name, content) {
      const parts: Uint8Array[] = [];
      if (typeof content === 'string' || content instanceof Uint8Array) parts.push(Buffer.from(content));
      else for await (const part of content) parts.push(part.slice());
      files.set(name, Buffer.concat(parts));
    },
  });
  await device.destroy();
  return { losses, digest: hash.update(files.get('model.safetensors')!).digest('hex') };
}

describe.skipIf(reason)(`the page in Chromium${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('trains to the losses and the bytes of Node, and shows them', { timeout: 240_000 }, async () => {
    const node = await inNode(SMALL);
    const { page, problems } = await open(`train?${SMALL}`);
    const begun = performance.now();
    await page.locator('.controls .primary').click();
    await page.waitForSelector('.figures');
    await page.evaluate(() => {
      const moved: string[] = [];
      Object.assign(globalThis, { moved });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as { hadRecentInput: boolean; sources: { node: Node | null }[] }[])
          if (!entry.hadRecentInput) moved.push(entry.sources.map(({ node }) => node?.textContent).join(' | '));
      }).observe({ type: 'layout-shift' });
    });
    await until(page, 'done after step 3 of 3');
    process.stdout.write(`  three steps after ${((performance.now() - begun) / 1000).toFixed(1)} s from the click\n`);
    const lines = (await saved(page, 'steps.jsonl')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { metrics: { loss: number } }).metrics.loss)).toEqual(node.losses);
    expect(await saved(page, 'checkpoints/step-3/model.safetensors', 'digest')).toBe(node.digest);
    expect(await page.$$eval('figure .curve:not(.faint)', (list) => list.length)).toBeGreaterThan(9);
    expect(await page.$$eval('.answers > li', (list) => list.length)).toBe(4);
    expect(await texts(page)).toContain('WebAssembly');
    expect(await page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('goes on after a reload to the bytes of a run that was never held', { timeout: 240_000 }, async () => {
    const node = await inNode(SMALL);
    const { page, problems } = await open(`train?${SMALL}`);
    await click(page, 'Step');
    await until(page, 'held after step 1 of 3, saved at step 1');
    await click(page, 'Step');
    await until(page, 'held after step 2 of 3, saved at step 2');
    await page.reload();
    await until(page, 'A training is saved in this browser');
    await page.$$eval('.saved .primary', ([button]) => (button as HTMLButtonElement).click());
    await until(page, 'done after step 3 of 3');
    expect(await saved(page, 'checkpoints/step-3/model.safetensors', 'digest')).toBe(node.digest);
    expect(await page.$$eval('.values tbody tr', (list) => list.length)).toBe(3);
    expect(problems).toEqual([]);
  });

  it('takes a model folder, answers with it, and gives back an archive that it can load', { timeout: 240_000 }, async () => {
    const { page, problems } = await open('home');
    await drop(page, model, '.drop');
    await until(page, 'signs-0.2m: taken');
    await page.evaluate((hash: string) => (location.hash = hash), `#/train?${SMALL.replace('steps=3', 'steps=1')}`);
    await page.waitForSelector('.controls', { timeout: 90_000 });
    await click(page, 'Start');
    await until(page, 'after step 1');
    await page.evaluate(() => {
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob: Blob) => {
        if (blob.type === 'application/zip') (globalThis as { archive?: Blob }).archive = blob;
        return make(blob);
      };
      location.hash = '#/home';
    });
    await click(page, 'Download (.zip)');
    await until(page, 'Packed:');
    await page.evaluate(() => {
      const { archive } = globalThis as unknown as { archive: Blob };
      const transfer = new DataTransfer();
      transfer.items.add(new File([archive], 'back.zip'));
      const input = document.querySelector('input[accept]') as HTMLInputElement;
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await until(page, 'back: taken');
    // Node loads it too.
    const zip = await page.evaluate(async () => {
      const bytes = new Uint8Array(await (globalThis as unknown as { archive: Blob }).archive.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    });
    const device = await openWasm({ threads: 1 });
    const files = new MemoryFiles('back');
    for (const [name, bytes] of Object.entries(unzipSync(Buffer.from(zip, 'base64'))))
      await files.write(name, new Uint8Array(bytes));
    const policy = await loadPolicy(device, files, { train: 'none' });
    const asked = [{ role: 'user', content: '7?3?9?4=9' }] as const;
    const [samples] = await policy.complete([asked], { temperature: 0, maxCompletionLength: 32 });
    expect(samples![0]!.text).toMatch(/^[\d+-]+$/);
    await device.destroy();
    await page.evaluate(() => (location.hash = '#/play?greedy=1'));
    await click(page, 'Ask');
    await page.waitForFunction(() => document.querySelector('.change') !== null, { timeout: 60_000 });
    expect(await page.$$eval('.turn', (list) => list.map((turn) => turn.className))).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('lays trainings and run folders over each other, and reads on while a folder grows', { timeout: 240_000 }, async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'mgrpo-run-'));
    const { run, steps, completions } = reportData();
    const log = (name: string, list: readonly object[]): void =>
      writeFileSync(path.join(outside, name), list.map((record) => `${JSON.stringify(record)}\n`).join(''));
    writeFileSync(path.join(outside, 'config.json'), JSON.stringify(run));
    log('steps.jsonl', steps.slice(0, 5));
    log('completions.jsonl', completions);
    try {
      const { page, problems } = await open(`train?${SMALL.replace('steps=3', 'steps=2')}`);
      await click(page, 'Start');
      await until(page, 'done after step 2 of 2');
      await page.evaluate((hash: string) => (location.hash = hash), `#/train?${SMALL.replace('steps=3', 'steps=1')}&lr=0.001`);
      await page.locator('.controls .primary:enabled').setTimeout(90_000).click();
      await until(page, 'done after step 1 of 1');
      await page.evaluate(() => (location.hash = '#/runs'));
      await until(page, 'training 1');
      await drop(page, outside, '.drop');
      await until(page, path.basename(outside));
      const rows = (): Promise<string[]> => page.$$eval('.scroll tbody tr', (list) => list.map((row) => row.innerText));
      expect(await rows()).toHaveLength(3);
      expect((await rows())[0]).toContain('lr 0.001');
      expect((await rows())[2]!.split(/\s+/)).toContain('5');
      expect(await page.$$eval('figure:first-of-type .key', (list) => list.length)).toBe(3);
      expect(await faults(page)).toEqual([]);
      log('steps.jsonl', steps.slice(0, 9));
      await page.waitForFunction(
        () => [...document.querySelectorAll('.scroll tbody tr')].at(-1)!.querySelector('td')!.textContent === '9',
        { timeout: 60_000, polling: 100 },
      );
      // One run alone is a whole report.
      for (const name of ['this training', 'training 1'])
        await page.locator(`::-p-xpath(//label[contains(., '${name}')]//input)`).click();
      await until(page, '5 of 5 that are kept here');
      expect(await faults(page)).toEqual([]);
      expect(problems).toEqual([]);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  it('opens the runs that mgrpo ui was given, and says where there are none', { timeout: 120_000 }, async () => {
    const { page } = await open('runs?served=1');
    await until(page, 'This page was not opened by mgrpo ui with 1 runs');
  });

  it('takes another learning rate while it trains, and keeps it over a reload', { timeout: 240_000 }, async () => {
    const { page, problems } = await open(`train?${SMALL}`);
    await click(page, 'Step');
    await until(page, 'held after step 1 of 3, saved at step 1');
    expect(await page.$eval('#set-g', (input) => (input as HTMLInputElement).disabled)).toBe(true);
    await page.$eval('#set-lr', (input) => {
      (input as HTMLInputElement).value = '0.0005';
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await until(page, 'From the next step on.');
    await click(page, 'Step');
    await until(page, 'held after step 2 of 3, saved at step 2');
    await page.reload();
    await until(page, 'A training is saved in this browser');
    await page.$$eval('.saved .primary', ([button]) => (button as HTMLButtonElement).click());
    await until(page, 'done after step 3 of 3');
    const lines = (await saved(page, 'steps.jsonl')).trim().split('\n');
    const rates = lines.map((text) => (JSON.parse(text) as { metrics: { learning_rate: number } }).metrics.learning_rate);
    expect(rates).toEqual([1e-4, 5e-4, 5e-4]);
    expect(problems).toEqual([]);
  });

  it('shows recorded answers without starting an engine', { timeout: 120_000 }, async () => {
    const { page, problems } = await open('play');
    await page.locator('.recorded button').setTimeout(90_000).click();
    await until(page, 'After 30 steps (recorded)');
    expect(await page.$$eval('.change', (list) => list.length)).toBe(2);
    expect(page.workers()).toEqual([]);
    expect(await faults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('says so where nothing can be fetched, and starts once it can', { timeout: 120_000 }, async () => {
    const { page } = await open(`train?${SMALL.replace('steps=3', 'steps=1')}`);
    await page.setOfflineMode(true);
    await click(page, 'Start');
    await until(page, 'Something could not be fetched. Are you offline?');
    await page.setOfflineMode(false);
    await click(page, 'Start');
    await until(page, 'done after step 1 of 1');
    expect(await texts(page)).not.toContain('Are you offline?');
  });

  it('looks inside without WebGPU, as text', { timeout: 120_000 }, async () => {
    const { page, problems } = await open('inside?device=wasm', url, () => {
      Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    });
    await click(page, 'Look inside');
    await until(page, 'There is no WebGPU here to draw the picture with');
    await until(page, 'Where the correction looked');
    expect(await faults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('shows hostile text as text, and says calmly what cannot be done', { timeout: 240_000 }, async () => {
    const hostile = '<img src=x onerror="globalThis.hacked=1">';
    const { page, problems } = await open(`verify?${new URLSearchParams({ gold: hostile, response: hostile }).toString()}`);
    await until(page, 'reason');
    await page.evaluate(() => (location.hash = '#/home'));
    await page.waitForSelector('input[accept]', { timeout: 90_000 });
    await page.evaluate((text: string) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['{"question":"1+1","answer":"2"}'], `${text}.jsonl`));
      const input = document.querySelector('input[accept]') as HTMLInputElement;
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, hostile);
    await until(page, 'the next training takes its problems from here');
    expect(await page.$$eval('img', (list) => list.length)).toBe(0);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    await page.evaluate(() => (location.hash = '#/train?device=gpu'));
    await page.waitForSelector('.controls', { timeout: 90_000 });
    await click(page, 'Start');
    await until(page, 'Choose the device auto or wasm in the settings of Train');
    await until(page, 'expected a GPU, found none');
    expect(problems).toEqual([]);
    // The policy keeps out what is not a file of the page.
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.hacked = 1';
      document.head.append(script);
    });
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
  });

  it('says that a lost device was lost, and opens it again', { timeout: 300_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-page-'));
    cpSync(web, folder, { recursive: true });
    // The same engine, whose device is destroyed when the page says so.
    const engine = readFileSync(path.join(folder, 'engine.js'), 'utf8');
    const breaks = `const ask = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...how) {
        const device = await ask.apply(this, how);
        new BroadcastChannel('break').onmessage = () => device.destroy();
        return device;
      };`;
    writeFileSync(path.join(folder, 'engine.js'), `${breaks}\n${engine}`);
    const broken = await servePage(folder, 0);
    const address = `http://127.0.0.1:${(broken.address() as AddressInfo).port}/`;
    try {
      const one = 'questions=1&g=2&k=1&h=2&device=software';
      const { page } = await open(`train?steps=200&${one}`, address);
      await click(page, 'Start');
      await until(page, ' of 200: answering');
      await page.evaluate(() => new BroadcastChannel('break').postMessage('now'));
      await until(page, 'the device was lost');
      await page.evaluate((hash: string) => (location.hash = hash), `#/train?steps=1&${one}`);
      await page.locator('.controls .primary:enabled').setTimeout(90_000).click();
      await until(page, 'done after step 1 of 1');
      expect(await texts(page)).not.toContain('the device was lost');
    } finally {
      broken.closeAllConnections();
      broken.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says what to do where the disk is full', { timeout: 240_000 }, async () => {
    const { page } = await open(`train?${SMALL}`);
    const client = await page.createCDPSession();
    const origin = url.replace(/\/$/, '');
    await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000 });
    await click(page, 'Start');
    await until(page, 'MiB that this site may still use; remove saved models, or free disk space');
    await client.send('Storage.overrideQuotaForOrigin', { origin });
    await page.evaluate((hash: string) => (location.hash = hash), `#/train?${SMALL.replace('steps=3', 'steps=1')}`);
    await page.locator('.controls .primary:enabled').setTimeout(90_000).click();
    await until(page, 'done after step 1 of 1, saved at step 1');
  });

  it('looks inside: a picture that keys turn, and the same as text', { timeout: 180_000 }, async () => {
    const { page, problems } = await open('inside?q=7?3?9?4=9&device=wasm');
    await click(page, 'Look inside');
    await until(page, 'Where the correction looked');
    const rows = await page.$$eval('.shares tbody tr', (list) =>
      list.map((row) => [...row.querySelectorAll('td')].map((cell) => parseFloat(cell.textContent))),
    );
    expect(rows).toHaveLength(5);
    // Shares are rounded to a tenth at most half a per cent each.
    for (const row of rows) expect(Math.abs(row.reduce((a, b) => a + b, 0) - 100)).toBeLessThan(2.1);
    /** The picture, once it shows something and is not one that was there before. */
    const pictureAfter = async (...before: string[]): Promise<string> => {
      const isNew = (old: readonly string[]): string | false => {
        const url = document.querySelector<HTMLCanvasElement>('.picture canvas')!.toDataURL();
        return url.length > 5000 && !old.includes(url) && url;
      };
      return (await (await page.waitForFunction(isNew, { timeout: 90_000, polling: 50 }, before)).jsonValue()) as string;
    };
    const first = await pictureAfter();
    const token = (): Promise<string> => page.$eval('.tokens [aria-pressed=true]', (button) => button.textContent);
    await page.focus('.picture');
    await page.keyboard.press('ArrowLeft');
    const turned = await pictureAfter(first);
    await page.keyboard.press('+');
    await pictureAfter(first, turned);
    await page.keyboard.press(',');
    await page.waitForFunction(() => document.querySelector('.tokens [aria-pressed=true]')?.textContent.trim() === '¶');
    expect((await token()).trim()).toBe('¶');
    // What the pointer is on is chosen.
    const [x, y, text] = await page.evaluate(() => {
      const name = [...document.querySelectorAll('.names .question')].filter((span) => span.getClientRects().length > 0).at(-1)!;
      const { x, y, width } = name.getBoundingClientRect();
      return [x + width / 2, y - 12, name.textContent] as const;
    });
    await page.mouse.move(x, y);
    await page.waitForFunction((t: string) => document.querySelector('.chosen dd code')?.textContent === t, {}, text);
    await page.select('#inside-layer', '0');
    await until(page, 'after layer 1');
    expect(await faults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('measures the device until it is stopped, and shows reports of mgrpo bench', { timeout: 300_000 }, async () => {
    const cases = benchCases({ quick: true, models: ['builtin-0.2m'] });
    const { page, problems } = await open('bench?device=wasm');
    await click(page, 'Measure');
    await until(page, ` of ${cases.length}: builtin-0.2m `);
    await click(page, 'Stop');
    await until(page, 'ready; other work on this machine');
    const [ms, figures] = [
      { median: 2, least: 1, most: 3 },
      { flops: 1e6, bytes: 1e3, gflops: 1, gbs: 1, roof: 0.5 },
    ];
    const top = { value: 10, how: 'measured', ms };
    const report: BenchReport = {
      ...{ schema: 'mgrpo-bench/1', device: { kind: 'wasm', description: 'Another machine' }, rounds: 3, quick: true },
      ceilings: { fma: top, copy: top, dispatch: top, readback: top },
      results: cases.map(({ name, model, group }) => ({ name, model, group, ms, ...figures, tokensPerSecond: null })),
    };
    const give = (text: string): Promise<void> =>
      page.$eval(
        'input[accept=".json"]',
        (element, content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([content], 'before.json'));
          (element as HTMLInputElement).files = transfer.files;
          element.dispatchEvent(new Event('change', { bubbles: true }));
        },
        text,
      );
    await give('{"schema":"mgrpo-bench/1","results":[]}');
    await until(page, 'before.json is not a report of mgrpo bench');
    await give(JSON.stringify(report));
    await until(page, 'Another machine');
    expect(await page.$$eval('tbody tr', (list) => list.length)).toBe(cases.length);
    // Whoever opens a link to figures sees them before measuring.
    const linked = await open(`bench?${new URLSearchParams({ r: JSON.stringify(report) }).toString()}`);
    await until(linked.page, 'Another machine');
    expect(await faults(linked.page)).toEqual([]);
    expect([...problems, ...linked.problems]).toEqual([]);
  });

  it.each(['train', 'runs', 'play', 'inside', 'verify', 'bench', 'home'])(
    'has nothing in %s that axe finds fault with, and fits a phone',
    { timeout: 180_000 },
    async (view) => {
      const { page, problems } = await open(view);
      await page.waitForSelector('h1', { timeout: 90_000 });
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        expect(await faults(page)).toEqual([]);
      }
      await page.setViewport({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      expect(problems).toEqual([]);
    },
  );
});
