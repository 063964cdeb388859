// What a training costs the page's main thread, and how long the first step takes: npm run bench:page. Prints JSON; the goals are no task over
// 50 ms, no layout shift, and a first step within 5 s of the page's address. Other work on the machine makes all of it worse.
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { servePage } from '../../src/cli/ui.js';
import { startChromium } from '../../test/support/chromium.js';

interface Seen {
  /** Milliseconds of tasks over 50 ms. */
  readonly tasks: number[];
  shift: number;
}

const server = await servePage(path.resolve('dist/web'), 0);
const browser = await startChromium();
if (typeof browser === 'string') throw new Error(browser);
const page = await browser.newPage();
await page.evaluateOnNewDocument(() => {
  const seen: Seen = { tasks: [], shift: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
      if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: 'layout-shift' });
});
const begun = performance.now();
const seconds = (): number => Number(((performance.now() - begun) / 1000).toFixed(2));
await page.goto(
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/#/train?steps=20&device=${process.argv[2] ?? 'wasm'}`,
);
await page.locator('.controls .primary').click();
const until = (text: string): Promise<unknown> =>
  page.waitForFunction((wanted: string) => document.body.innerText.includes(wanted), { timeout: 600_000, polling: 20 }, text);
await until('Work of step 1');
const firstStep = seconds();
await until('done after step 20');
const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
console.log(
  JSON.stringify({ firstStepSeconds: firstStep, allSeconds: seconds(), longTasks: seen.tasks, layoutShift: seen.shift }),
);
await browser.close();
server.closeAllConnections();
server.close();
