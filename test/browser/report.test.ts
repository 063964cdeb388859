import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/page.js';
import { renderStudy } from '../../src/study/page.js';
import { summarizeStudy } from '../../src/study/summary.js';
import { startChromium } from '../support/chromium.js';
import { reportData } from '../support/report-data.js';
import { studyData } from '../support/study-data.js';

const browser = await startChromium();
const skip = typeof browser === 'string' ? browser : undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-report-'));
const file = path.join(folder, 'report.html');
writeFileSync(file, renderReport(reportData()));
const studyFile = path.join(folder, 'study.html');
const study = studyData(['grpo-second-turn', 'grpo', 'mgrpo', 'blind']);
writeFileSync(studyFile, renderStudy('second turn', study.plan, summarizeStudy(study.plan, study.points)));

afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(width: number, name = file): Promise<{ page: Page; problems: string[] }> {
  if (typeof browser === 'string') throw new Error(browser);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) problems.push(`request to ${request.url()}`);
  });
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(name).href);
  return { page, problems };
}

describe.skipIf(skip)(`the report in Chromium${skip ? ` (skipped: ${skip})` : ''}`, () => {
  it('loads without an error, a message or a request', async () => {
    const { page, problems } = await open(1200);
    expect(problems).toEqual([]);
    expect(await page.title()).toBe('MGRPO · models/<arithmetic>');
    // Text takes room only where a font was found, and without it the other tests say little.
    expect((await (await page.$('h1'))!.boundingBox())!.height).toBeGreaterThan(20);
  });

  it.each([360, 1200])('is not wider than a window of %d pixels', async (width) => {
    const { page } = await open(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  it('shows the value under the pointer in the legend, and the last one again after it has left', async () => {
    const { page } = await open(1200);
    const legend = (): Promise<string> => page.$eval('figure .key b', (b) => b.textContent ?? '');
    const last = await legend();
    const box = (await (await page.$('figure svg'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.15, box.y + 20);
    expect(await legend()).toMatch(/\(step [1-3]\)$/);
    await page.mouse.move(0, 0);
    expect(await legend()).toBe(last);
  });

  it('draws the curves along another axis and as smooth as a reader likes', async () => {
    const { page, problems } = await open(1200);
    const curve = (): Promise<string> => page.$eval('.curve:not(.faint)', (line) => line.getAttribute('points')!);
    const label = (): Promise<string> => page.$eval('figure svg', (svg) => svg.getAttribute('aria-label')!);
    const [before, axis] = [await curve(), await label()];
    await page.select('#curves select', 'seconds');
    await page.waitForFunction(
      (old: string) => document.querySelector('figure svg')!.getAttribute('aria-label') !== old,
      {},
      axis,
    );
    expect(await label()).toContain('by seconds');
    await page.$eval('#curves input', (input) => {
      (input as HTMLInputElement).value = '0';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.waitForFunction(() => document.querySelector('.faint') === null);
    expect(await curve()).not.toBe(before);
    expect(problems).toEqual([]);
  });

  it('shows the completions of a step, a kind, and with words, with what the correction changed', async () => {
    const { page, problems } = await open(390);
    const shown = (): Promise<number> => page.$$eval('#completions article', (list) => list.length);
    expect(await shown()).toBe(5);
    await page.select('#completions label:nth-of-type(2) select', '0');
    await page.waitForFunction(() => document.querySelectorAll('#completions article').length === 1);
    expect(await page.$eval('#completions del', (gone) => gone.textContent)).toBe('2');
    await page.type('#completions input', 'not there');
    await page.waitForFunction(() => document.body.innerText.includes('0 of 5 that are kept here'));
    expect(problems).toEqual([]);
  });

  it('has the same curves without its script', async () => {
    if (typeof browser === 'string') throw new Error(browser);
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    await page.goto(pathToFileURL(file).href);
    const bare = (await page.content()).split('<script')[0]!;
    expect(bare.match(/<figure/g)!.length).toBe((await (await open(1200)).page.$$('figure')).length);
    expect(bare).toContain('Wrong answer, corrected');
  });
});

describe.skipIf(skip)(`the page of a study in Chromium${skip ? ` (skipped: ${skip})` : ''}`, () => {
  it.each([390, 1200])('loads without an error or a request, and is not wider than a window of %d pixels', async (width) => {
    const { page, problems } = await open(width, studyFile);
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.$$eval('svg', (list) => list.length)).toBe(14);
  });

  it('shows the value under the pointer with its tokens', async () => {
    const { page } = await open(1200, studyFile);
    const box = (await (await page.$('figure svg'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    expect(await page.$eval('figure .key b', (b) => b.textContent ?? '')).toMatch(/^0\.\d+ \(tokens \d+\)$/);
  });
});
