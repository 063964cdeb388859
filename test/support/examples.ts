// What every page of examples/ does: its one button trains.
import type { Browser } from 'puppeteer';

/** Opens a page, presses its button, and waits for a text: errors of the page. */
export async function pressAndTrain(browser: Browser, address: string, end: string): Promise<string[]> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(address);
  await page.locator('button').click();
  await page.waitForFunction((text: string) => document.body.innerText.includes(text), { timeout: 100_000, polling: 50 }, end);
  return errors;
}
