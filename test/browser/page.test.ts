import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from '../../src/cli/ui.js';
import { countdownReward } from '../../src/reward/accuracy.js';
import { openWasm } from '../../src/open/node.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { signs } from '../../src/tasks/signs.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { argsOf, puzzlesOf, settingsOf } from '../../web/settings.js';
import { startChromium } from '../support/chromium.js';

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

/** A page of its own with nothing saved. */
async function open(hash: string): Promise<Opened> {
  const context = await (browser as Browser).createBrowserContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(url)) problems.push(`request to ${request.url()}`);
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`refused by the policy: ${event.blockedURI}`));
  });
  await page.setViewport({ width: 1100, height: 900 });
  await page.goto(`${url}#/${hash}`);
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
  it('trains to the losses and the bytes of Node, and shows them', { timeout: 120_000 }, async () => {
    const node = await inNode(SMALL);
    const { page, problems } = await open(`train?${SMALL}`);
    await page.evaluate(() => {
      (globalThis as { shift?: number }).shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
          if (!entry.hadRecentInput) (globalThis as unknown as { shift: number }).shift += entry.value;
      }).observe({ type: 'layout-shift' });
    });
    const begun = performance.now();
    await page.locator('.controls .primary').click();
    await until(page, 'done after step 3 of 3');
    process.stdout.write(`  three steps after ${((performance.now() - begun) / 1000).toFixed(1)} s from the click\n`);
    const lines = (await saved(page, 'steps.jsonl')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { metrics: { loss: number } }).metrics.loss)).toEqual(node.losses);
    expect(await saved(page, 'checkpoints/step-3/model.safetensors', 'digest')).toBe(node.digest);
    expect(await page.$$eval('.chart canvas', (list) => list.length)).toBe(6);
    expect(await page.$$eval('.answers > li', (list) => list.length)).toBe(4);
    expect(await texts(page)).toContain('WebAssembly');
    expect(await page.evaluate(() => (globalThis as unknown as { shift: number }).shift)).toBeLessThan(0.02);
    expect(problems).toEqual([]);
  });

  it('goes on after a reload to the bytes of a run that was never held', { timeout: 120_000 }, async () => {
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

  it('takes a model folder, answers with it, and gives back an archive that it can load', { timeout: 120_000 }, async () => {
    const { page, problems } = await open('home');
    await drop(page, model, '.drop');
    await until(page, 'signs-0.2m: taken');
    await page.evaluate((hash: string) => (location.hash = hash), `#/train?${SMALL.replace('steps=3', 'steps=1')}`);
    await page.waitForFunction(() => document.querySelector('.controls') !== null);
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
    await page.evaluate(() => (location.hash = '#/play?greedy=1'));
    await click(page, 'Ask');
    await page.waitForFunction(() => document.querySelector('.change') !== null, { timeout: 60_000 });
    expect(await page.$$eval('.turn', (list) => list.map((turn) => turn.className))).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('shows hostile text as text, and says calmly what cannot be done', { timeout: 120_000 }, async () => {
    const hostile = '<img src=x onerror="globalThis.hacked=1">';
    const { page, problems } = await open(`verify?${new URLSearchParams({ gold: hostile, response: hostile }).toString()}`);
    await until(page, 'reason');
    await page.evaluate((text: string) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['{"question":"1+1","answer":"2"}'], `${text}.jsonl`));
      location.hash = '#/home';
      return new Promise<void>((resolve) =>
        setTimeout(() => {
          const input = document.querySelector('input[accept]') as HTMLInputElement;
          input.files = transfer.files;
          input.dispatchEvent(new Event('change', { bubbles: true }));
          resolve();
        }, 300),
      );
    }, hostile);
    await until(page, 'the next training takes its problems from here');
    expect(await page.$$eval('img', (list) => list.length)).toBe(0);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    await page.evaluate(() => (location.hash = '#/train?device=gpu'));
    await page.waitForFunction(() => document.querySelector('.controls') !== null);
    await click(page, 'Start');
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

  it.each(['train', 'play', 'verify', 'home'])(
    'has nothing in %s that axe finds fault with, and fits a phone',
    { timeout: 60_000 },
    async (view) => {
      const { page, problems } = await open(view);
      await until(page, 'Nothing you type or train leaves this browser');
      const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        const faults = await page.evaluate(async (source: string) => {
          (0, eval)(source);
          const { axe: runner } = globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          const { violations } = await runner.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
        }, axe);
        expect(faults).toEqual([]);
      }
      await page.setViewport({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      expect(problems).toEqual([]);
    },
  );
});
