// What a training costs the page's main thread, and how long the first step takes: npm run bench:page [-- wasm|software]. Prints JSON, and ends
// with 1 where a goal is missed: no task that computes for 50 ms, no layout shift, the first step within 5 s of the page's address. Tasks are
// judged by their time on the processor: the engine computes on all cores, and how long a task waits for one says little of the page.
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser } from 'puppeteer';
import { servePage } from '../../src/cli/ui.js';
import { startChromium } from '../../test/support/chromium.js';

const WINDOWS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const STEPS = 20;
const MOST = { taskMs: 50, firstStepSeconds: 5 };

/** A part of Chromium's trace: times in microseconds, `tdur` on the processor. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Tasks of the main threads of pages, in milliseconds: the longest on the processor, and those that took over 50 with waiting. */
function tasksOf(trace: Uint8Array): { readonly longest: number; readonly withWaiting: number[] } {
  const { traceEvents } = JSON.parse(Buffer.from(trace).toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const isMain = ({ pid, tid }: TraceEvent): boolean => main.some((thread) => thread.pid === pid && thread.tid === tid);
  const tasks = traceEvents.filter((event) => event.ph === 'X' && event.name === 'RunTask' && isMain(event));
  if (tasks.length === 0) throw new Error('expected tasks of the main thread in the trace, got none');
  const ms = (microseconds: number): number => Math.round(microseconds / 100) / 10;
  return {
    longest: ms(Math.max(...tasks.map(({ tdur = 0 }) => tdur))),
    withWaiting: tasks.flatMap(({ dur }) => (dur > 50_000 ? [ms(dur)] : [])),
  };
}

/** Trains in a window of its own. */
async function measure(browser: Browser, address: string, window: { width: number; height: number }): Promise<object> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(window);
  await page.evaluateOnNewDocument(() => {
    const shifts: string[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as LayoutShift[])
        if (!entry.hadRecentInput)
          shifts.push(
            `${entry.value.toFixed(5)}: ${entry.sources.map(({ node }) => node?.textContent?.slice(0, 40)).join(' | ')}`,
          );
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.tracing.start({ categories: ['disabled-by-default-devtools.timeline', '__metadata'] });
  const begun = performance.now();
  const seconds = (): number => Number(((performance.now() - begun) / 1000).toFixed(2));
  await page.goto(address);
  await page.locator('.controls .primary').click();
  const until = (text: string): Promise<unknown> =>
    page.waitForFunction((wanted: string) => document.body.innerText.includes(wanted), { timeout: 600_000, polling: 20 }, text);
  await until('Work of step 1');
  const firstStepSeconds = seconds();
  await until(`done after step ${STEPS}`);
  const allSeconds = seconds();
  const { longest, withWaiting } = tasksOf((await page.tracing.stop())!);
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts);
  await context.close();
  if (longest >= MOST.taskMs || shifts.length > 0 || firstStepSeconds > MOST.firstStepSeconds) process.exitCode = 1;
  return { firstStepSeconds, allSeconds, longestTaskMs: longest, tasksOver50MsWithWaiting: withWaiting, shifts };
}

/** An entry of what moved by itself. */
interface LayoutShift {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
}

const server = await servePage(path.resolve('dist/web'), 0);
const browser = await startChromium();
if (typeof browser === 'string') throw new Error(browser);
const device = process.argv[2] ?? 'wasm';
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/#/train?steps=${STEPS}&device=${device}`;
for (const [name, window] of Object.entries(WINDOWS))
  console.log(JSON.stringify({ window: name, device, ...(await measure(browser, address, window)) }));
await browser.close();
server.closeAllConnections();
server.close();
