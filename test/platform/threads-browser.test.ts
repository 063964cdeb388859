import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

/** Why a page with these globals has no threads. */
async function missingWith(globals: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  vi.resetModules();
  return (await import('../../src/platform/threads-browser.js')).browserThreads.missing;
}

const Worker = (): void => undefined;

describe('threads of a page', () => {
  it('are there where the page is isolated and has memory to share', async () => {
    expect(await missingWith({ Worker, crossOriginIsolated: true })).toBeUndefined();
  });

  it('are not there without isolation, without shared memory or without workers, and each is said', async () => {
    expect(await missingWith({ Worker, crossOriginIsolated: false })).toMatch(/not cross-origin isolated/);
    expect(await missingWith({ Worker, crossOriginIsolated: true, SharedArrayBuffer: undefined })).toMatch(
      /no SharedArrayBuffer/,
    );
    expect(await missingWith({ Worker: undefined, crossOriginIsolated: true })).toMatch(/no workers/);
  });
});
