import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDevice } from '../../src/open/browser.js';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const never = (): Promise<never> => new Promise(() => undefined);
const info = { vendor: 'v', architecture: 'a', device: 'd', description: 'a card', isFallbackAdapter: false };

/** A browser whose WebGPU does as said. */
function browser(requestAdapter: () => Promise<unknown>): void {
  vi.stubGlobal('navigator', { gpu: { requestAdapter } });
  vi.useFakeTimers();
}

describe('the devices of a page', () => {
  it('are those without a GPU where the browser never answers', async () => {
    browser(never);
    const asked = Promise.all([
      expect(openDevice({ device: 'gpu' })).rejects.toMatchObject({
        code: 'no_adapter',
        message: expect.stringMatching(/expected a GPU, found none:\n.*no answer in 20 s\nWays out: the device wasm/) as string,
      }),
      openDevice(),
    ]);
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    const [, device] = await asked;
    expect(device.info.kind).toBe('wasm');
    await device.destroy();
  });

  it('are those without a GPU where asking fails', async () => {
    browser(() => Promise.reject(new Error('blocked by the driver list')));
    await expect(openDevice({ device: 'gpu' })).rejects.toMatchObject({
      code: 'no_adapter',
      message: expect.stringContaining('blocked by the driver list') as string,
    });
  });

  it('do not wait for ever for a driver that never opens a device', async () => {
    const limits = { maxBufferSize: 1 };
    browser(() => Promise.resolve({ info, limits, features: new Set(), requestDevice: never }));
    const asked = expect(openDevice()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/got no answer in 60 s; use the device wasm/) as string,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await asked;
  });
});
