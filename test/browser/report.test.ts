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
