import { afterAll } from 'vitest';
import { summarize } from '../../src/gpu/adapter.js';
import type { Gpu, GpuOptions } from '../../src/gpu/device.js';
import { wide } from '../../src/kernels/attention/wide.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';

const { adapter, notes } = await nodeGpu();

/** What `--device` calls this machine's adapter. */
export const gpuKind: 'software' | 'gpu' = adapter && !summarize(adapter).software ? 'gpu' : 'software';

/** Why GPU tests cannot run here, or undefined where they can. With MGRPO_REQUIRE_GPU set, a missing adapter is a failure. */
export const skipGpu: string | undefined = adapter ? undefined : notes.join('; ');
if (skipGpu && process.env['MGRPO_REQUIRE_GPU']) throw new Error(`MGRPO_REQUIRE_GPU is set and there is no adapter: ${skipGpu}`);

const open = new Map<string, Promise<Gpu>>();

/** The test file's device for the given options, opened once and closed after the last test. */
export function testGpu(options: GpuOptions = {}): Promise<Gpu> {
  const key = JSON.stringify(options);
  let gpu = open.get(key);
  if (!gpu) {
    gpu = nodeGpu().then((again) => openAdapter(again.adapter!, { attention: wide, ...options }));
    open.set(key, gpu);
  }
  return gpu;
}

afterAll(async () => {
  for (const gpu of open.values()) await (await gpu).destroy();
  open.clear();
});
