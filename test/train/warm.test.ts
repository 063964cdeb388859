// Pipelines are compiled while weights are read.
import { describe, expect, it, vi } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { loadPolicy } from '../../src/train/policy.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { randomPolicy } from '../support/policy.js';

describe.skipIf(skipGpu)('pipelines of a training', () => {
  it('are asked for before the first weight is read, and nothing is left on the device', async () => {
    const gpu = await testGpu();
    const files = new MemoryFiles('random');
    const made = await randomPolicy(gpu);
    await made.save(files);
    made.free();
    const before = gpu.memory.allocated;
    const asked = vi.spyOn(gpu.device, 'createComputePipelineAsync');
    const labels = (): (string | undefined)[] => asked.mock.calls.map(([{ label }]) => label);
    const seen: number[] = [];
    const policy = await loadPolicy(gpu, files, { train: { r: 4 }, onProgress: () => seen.push(asked.mock.calls.length) });
    expect(labels()).toEqual(expect.arrayContaining(['matmul_lanes', 'sample', 'attention_bwd_dkv_quads', 'adamw']));
    expect(new Set(seen)).toEqual(new Set([asked.mock.calls.length]));
    policy.free();
    gpu.freeScratch();
    expect(gpu.memory.allocated).toBe(before);
  });

  it('are not asked for where nothing is trained', async () => {
    const gpu = await testGpu();
    const files = new MemoryFiles('random');
    const made = await randomPolicy(gpu);
    await made.save(files);
    made.free();
    const asked = vi.spyOn(gpu.device, 'createComputePipelineAsync');
    const before = asked.mock.calls.length;
    const policy = await loadPolicy(gpu, files);
    expect(asked.mock.calls.length).toBe(before);
    policy.free();
  });
});
