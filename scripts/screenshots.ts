// Pictures of every view of the page, and of reports, light, dark and on a phone, into build/screenshots: to be looked at.
// node scripts/run.mjs scripts/screenshots.ts [part of a view's name]
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { servePage } from '../src/cli/ui.js';
import { renderReport, renderRuns } from '../src/report/page.js';
import { startChromium } from '../test/support/chromium.js';
import { reportData } from '../test/support/report-data.js';

const VIEWS: readonly (readonly [name: string, hash: string])[] = [
  ['start', '#/train'],
  ['settings', '#/train?steps=20'],
  ['play', '#/play?q=7?3?9?4=9'],
  ['inside-empty', '#/inside'],
  ['runs-empty', '#/runs'],
  ['verify', '#/verify'],
  ['home', '#/home'],
  ['bench', '#/bench'],
];
const SCHEMES = [
  { name: 'light', width: 1200, height: 900 },
  { name: 'dark', width: 1200, height: 900 },
  { name: 'phone', width: 390, height: 844 },
] as const;

const folder = path.resolve('build/screenshots');
mkdirSync(folder, { recursive: true });
const server = await servePage(path.resolve('dist/web'), 0);
const browser = await startChromium();
if (typeof browser === 'string') throw new Error(browser);
const page = await browser.newPage();
page.on('console', (message) => console.error(`console: ${message.text()}`));
page.on('pageerror', (error) => console.error(`error: ${String(error)}`));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const only = process.argv[2];
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const shoot = async (name: string): Promise<void> => {
  for (const { name: scheme, width, height } of SCHEMES) {
    await page.setViewport({ width, height, deviceScaleFactor: 1 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme === 'dark' ? 'dark' : 'light' }]);
    await later(100);
    // A window as tall as the page: a picture of more than the window makes it narrow for a moment, and what is drawn by size is drawn anew.
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewport({ width, height: Math.max(height, tall), deviceScaleFactor: 1 });
    await later(400);
    await page.screenshot({ path: path.join(folder, `${name}-${scheme}.png`) as `${string}.png`, captureBeyondViewport: false });
  }
};
const click = (text: string): Promise<void> => page.locator(`::-p-text(${text})`).click();
const until = (text: string): Promise<unknown> =>
  page.waitForFunction((t: string) => document.body.textContent.includes(t), { timeout: 240_000 }, text);

const made = {
  report: renderReport(reportData()),
  runs: renderRuns(['one', 'two'].map((name) => ({ name, data: reportData() }))),
};
for (const [name, text] of Object.entries(made)) {
  if (only && !name.includes(only)) continue;
  const file = path.join(folder, `${name}.html`);
  writeFileSync(file, text);
  await page.goto(pathToFileURL(file).href);
  await shoot(`report-${name}`);
}
await page.goto(url);
for (const [name, hash] of VIEWS) {
  if (only && !name.includes(only)) continue;
  await page.evaluate((h: string) => (location.hash = h), hash);
  await shoot(name);
}
if (!only || only === 'recorded') {
  await page.evaluate(() => (location.hash = '#/play'));
  await page.locator('.recorded button').click();
  await until('(recorded)');
  await shoot('play-recorded');
}
if (!only || only === 'trained') {
  await page.goto(`${url}#/train?device=gpu`);
  await page.reload();
  await page.locator('.controls .primary').click();
  await until('This browser gives no GPU');
  await shoot('no-gpu');
  await page.goto(`${url}#/train?steps=12`);
  await page.reload();
  await page.locator('::-p-xpath(//button[.="Step"])').click();
  await until('held after step 1');
  await shoot('held');
  await page.reload();
  await until('A training is saved in this browser');
  await shoot('saved');
  await page.locator('.saved .primary').click();
  await page.waitForSelector('figure');
  await shoot('training');
  await until('done after step');
  await shoot('trained');
  await click('Measure on 500');
  await until('First answers right');
  await shoot('measured');
  await page.evaluate(() => (location.hash = '#/play?q=7?3?9?4=9'));
  await page.locator('form .primary').click();
  await page.waitForFunction(() => document.querySelectorAll('.change').length === 2, { timeout: 60_000 });
  await shoot('play-answered');
  await page.evaluate(() => (location.hash = '#/inside?q=7?3?9?4=9'));
  await page.locator('form .primary').click();
  await page.waitForFunction(() => document.querySelectorAll('.shares').length === 2, { timeout: 60_000 });
  await shoot('inside');
  await page.evaluate(() => (location.hash = '#/home'));
  await shoot('home-trained');
  await page.evaluate(() => (location.hash = '#/train?steps=3&lr=0.001'));
  await page.locator('.controls .primary:enabled').click();
  await until('done after step 3 of 3');
  await page.evaluate(() => (location.hash = '#/runs'));
  await until('training 1');
  await shoot('runs');
  await page.locator("::-p-xpath(//label[contains(., 'this training')]//input)").click();
  await until('that are kept here');
  await shoot('runs-one');
}
await browser.close();
server.close();
server.closeAllConnections();
