import { describe, expect, it } from 'vitest';
import type { Gpu, GpuOptions } from '../../src/gpu/device.js';
import { kernel } from '../../src/gpu/kernel.js';
import type { AdapterSummary } from '../../src/gpu/adapter.js';
import { Load } from '../../src/gpu/load.js';
import { profileOf } from '../../src/gpu/profile.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { add } from '../../src/ops/elementwise.js';
import { view } from '../../src/ops/tensor.js';
import { nodeAdapters, nodeGpu } from '../../src/platform/webgpu-node.js';
import { skipGpu, testGpu } from '../support/gpu.js';

const source = `
struct Params { count: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64) fn scale_to(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64 + lane;
  if (i < params.count) { y[i] = x[i] * params.factor; }
}`;
const SCALE = kernel({ source, entry: 'scale_to', access: 'rw', params: { count: 'u32', factor: 'f32' } });

/** A device of its own, for tests that break it. */
async function ownGpu(options: GpuOptions = {}): Promise<Gpu> {
  return openAdapter((await nodeGpu()).adapter!, options);
}

describe('nodeGpu', () => {
  it('says what it found and does not throw', async () => {
    const { adapter, notes } = await nodeGpu();
    expect(Array.isArray(notes)).toBe(true);
    if (!adapter) expect(notes.join()).toMatch(/npm install|lavapipe/);
  });

  it.skipIf(skipGpu)('takes the adapter that is named, as often as it is asked, and lists those there are', async () => {
    const { adapter } = await nodeGpu();
    const list = await nodeAdapters();
    const names = list.map(({ name }) => name);
    expect(names).not.toEqual([]);
    for (let time = 0; time < 2; time++) {
      const named = await nodeGpu({ adapterName: names[0]!.toUpperCase(), backend: list[0]!.backend });
      expect(named.adapter?.info.description).toBe(adapter!.info.description);
    }
    const none = await nodeGpu({ adapterName: 'no such card' });
    expect(none.adapter).toBeNull();
    expect(none.notes.join()).toContain(`named "no such card" among the adapters here: 0 ${list[0]!.backend} "${names[0]}"`);
  });
});

describe('openAdapter', () => {
  it.each([undefined, null, {}])('refuses %o as an adapter by name', async (adapter) => {
    await expect(openAdapter(adapter as unknown as GPUAdapter)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^openAdapter: expected a GPUAdapter for adapter, got /) as string,
    });
  });
});

describe.skipIf(skipGpu)('Gpu', () => {
  it('takes no more storage buffers a stage than every WebGPU device has', async () => {
    const gpu = await testGpu();
    expect(gpu.device.limits.maxStorageBuffersPerShaderStage).toBe(8);
  });

  it('runs recorded dispatches in order and folds grids of more than 65,535 workgroups', async () => {
    const gpu = await testGpu();
    const count = 64 * 65_600;
    const data = Float32Array.from({ length: count }, (_, i) => i % 1000);
    const [x, y, z] = [gpu.from(data), gpu.tensor([count]), gpu.tensor([count])];
    const recorder = gpu.recorder();
    recorder.dispatch(SCALE, [x, y], { count, factor: 2 }, count / 64);
    recorder.dispatch(SCALE, [y, z], { count, factor: 0.25 }, count / 64);
    recorder.submit();
    const [out] = await gpu.read(z);
    expect(out.findIndex((value, i) => value !== data[i]! / 2)).toBe(-1);
    gpu.free(x, y, z);
  });

  it('puts data written between dispatches in their place', async () => {
    const gpu = await testGpu();
    const [x, y, z] = [gpu.from(Float32Array.of(1)), gpu.tensor([1]), gpu.tensor([1])];
    const recorder = gpu.recorder();
    recorder.dispatch(SCALE, [x, y], { count: 1, factor: 1 }, 1);
    recorder.write(x, Float32Array.of(5));
    recorder.dispatch(SCALE, [x, z], { count: 1, factor: 1 }, 1);
    recorder.submit();
    const [a, b] = await gpu.read(y, z);
    expect([a[0], b[0]]).toEqual([1, 5]);
  });

  it('compiles pipelines beside the host, and keeps the order of what waits for them', async () => {
    const gpu = await ownGpu();
    gpu.device.createComputePipeline = () => {
      throw new Error('compiled while the host waits');
    };
    const [x, y] = [gpu.from(Float32Array.of(1, 2, 3, 4)), gpu.tensor([4])];
    const rec = gpu.recorder();
    const again = rec.repeatable(() => add(rec, { x, y, size: 4 }));
    rec.submit();
    const data = Float32Array.of(10, 20, 30, 40);
    gpu.write(x, data);
    data.fill(0);
    again();
    rec.submit();
    const early = gpu.read(y);
    rec.clear(y);
    rec.submit();
    gpu.free(x);
    gpu.retire(y);
    gpu.recorder().submit();
    expect([...(await early)[0]]).toEqual([11, 22, 33, 44]);
    await gpu.idle();
    await gpu.destroy();
  });

  it('names the limit and the way out where a buffer or a binding is too large', async () => {
    const gpu = await testGpu({ maxBinding: 1024 });
    expect(() => gpu.tensor([gpu.limits.maxBuffer / 4 + 4], 'f32', 'weights')).toThrow(/maxBufferSize .* for "weights".*smaller/);
    const large = gpu.tensor([1000]);
    expect(() => gpu.recorder().dispatch(SCALE, [large, large], { count: 1, factor: 1 }, 1)).toThrow(
      /maxStorageBufferBindingSize = 1024.*scale_to, got 4000/,
    );
    expect(() => view(large, 900, [200])).toThrow(/expected a range inside/);
  });

  it('surfaces a validation error as a typed one at the next read', async () => {
    const gpu = await ownGpu();
    const broken = kernel({ source: 'fn nothing() {', entry: 'nothing', access: 'rw', params: { count: 'u32' } });
    const [x, y] = [gpu.tensor([4]), gpu.tensor([4])];
    const recorder = gpu.recorder();
    recorder.dispatch(broken, [x, y], { count: 1 }, 1);
    await expect(
      (async () => {
        recorder.submit();
        await gpu.read(y);
      })(),
    ).rejects.toMatchObject({ code: 'gpu_validation' });
    await gpu.destroy();
  });

  it('surfaces a lost device as a typed error', async () => {
    const gpu = await ownGpu();
    const x = gpu.tensor([4]);
    gpu.device.destroy();
    await gpu.device.lost;
    await expect(gpu.read(x)).rejects.toMatchObject({ code: 'device_lost' });
  });

  it('counts the memory it holds, and gives scratch back', async () => {
    const gpu = await ownGpu();
    const before = gpu.memory.allocated;
    gpu.scratch('a', [1000]);
    gpu.scratch('a', [2000]);
    gpu.recorder().submit();
    const t = gpu.tensor([256]);
    expect(gpu.memory.allocated - before).toBeGreaterThan(4 * 2256);
    gpu.free(t);
    gpu.freeScratch();
    await gpu.destroy();
    expect(gpu.memory.peak).toBeGreaterThan(4 * 2256);
  });

  it('records again what is repeatable, also where memory that it used is gone', async () => {
    const gpu = await testGpu({ kind: 'gpu' });
    const x = gpu.from(Float32Array.of(1, 2, 3, 4));
    const [y, z] = [gpu.tensor([4]), gpu.tensor([4])];
    const rec = gpu.recorder();
    let times = 0;
    const again = rec.repeatable(() => {
      times++;
      const twice = rec.scratch('repeatable', [4 * times]);
      add(rec, { x, y: twice, size: 4 });
      add(rec, { x: twice, y, size: 4, alpha: 0.5 });
    });
    rec.submit();
    again();
    again();
    rec.submit();
    expect(times).toBe(1);
    // The scratch holds x, then 2x, then 3x: y is half of their sum.
    expect([...(await gpu.read(y))[0]]).toEqual([3, 6, 9, 12]);
    gpu.scratch('repeatable', [1000]);
    rec.submit();
    gpu.recorder().submit();
    const other = gpu.recorder();
    add(other, { x, y: z, size: 4 });
    other.submit();
    again();
    rec.submit();
    expect(times).toBe(2);
    expect([...(await gpu.read(y))[0]]).toEqual([3.5, 7, 10.5, 14]);
    gpu.free(x, y, z);
  });

  it('gets a GPU going while the rest is recorded, and bounds what it is given at a time', async () => {
    const gpu = await ownGpu({ kind: 'gpu' });
    const x = gpu.tensor([4]);
    const y = gpu.tensor([4]);
    let submits = 0;
    const { queue } = gpu.device;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      submits++;
      submit(commands);
    };
    const rec = gpu.recorder();
    add(rec, { x, y, size: 4 });
    rec.submit();
    await gpu.read(y); // compiled now
    submits = 0;
    for (let i = 0; i < 100; i++) add(rec, { x, y, size: 4 });
    // 8, 16 and 32 dispatches: the rest is recorded meanwhile.
    expect(submits).toBe(3);
    rec.submit();
    expect(submits).toBe(4);
    rec.work(1e9);
    add(rec, { x, y, size: 4 });
    rec.work(1e15);
    expect(submits).toBe(5);
    add(rec, { x, y, size: 4 });
    rec.submit();
    expect(submits).toBe(6);
    await gpu.destroy();
  });
});

describe('profileOf', () => {
  it.each([
    ['llvmpipe: Mesa 25.0.7-2+deb13u1 (LLVM 19.1.7) 0.0.1', {}, true],
    ['llvmpipe: Mesa 26.1.6-1~bpo13+1 (LLVM 19.1.7)', {}, false],
    ['llvmpipe: Mesa 9.2.1', {}, true],
    ['llvmpipe: Mesa 26.1.6-1~bpo13+1 (LLVM 19.1.7)', { slowCompiler: true }, true],
    ['llvmpipe: Mesa 25.0.7-2+deb13u1 (LLVM 19.1.7) 0.0.1', { slowCompiler: false }, false],
    ['SwiftShader driver-5.0.0', {}, false],
    ['', {}, false],
  ] as const)('knows by its name whether a driver compiles slowly: %s, %o', (description, options, slow) => {
    const device = { features: new Set(['subgroups']), limits: {} } as unknown as GPUDevice;
    const adapter = { description, subgroupMinSize: 8, subgroupMaxSize: 8 } as AdapterSummary;
    const profile = profileOf(device, adapter, options);
    expect(profile.slowCompiler).toBe(slow);
    expect(profile.wide).toBe(true);
  });

  const limits = { maxStorageBufferBindingSize: 1, maxBufferSize: 1, maxComputeWorkgroupStorageSize: 1 };
  const sizesOf = (least: number, most: number, ...features: string[]): number[] => {
    const device = { features: new Set(features), limits } as unknown as GPUDevice;
    const adapter = { subgroupMinSize: least, subgroupMaxSize: most, software: false } as AdapterSummary;
    const { subgroupSize, smallestSubgroup } = profileOf(device, adapter, {});
    return [subgroupSize, smallestSubgroup];
  };

  it('uses subgroups of one size, which kernels ask for where a device has several', () => {
    expect(sizesOf(32, 32, 'subgroups', 'subgroup-size-control')).toEqual([32, 0]);
    expect(sizesOf(32, 64, 'subgroups', 'subgroup-size-control')).toEqual([32, 32]);
    expect(sizesOf(8, 32, 'subgroups', 'subgroup-size-control')).toEqual([32, 8]);
    expect(sizesOf(4, 16, 'subgroups', 'subgroup-size-control')).toEqual([16, 4]);
    expect(sizesOf(8, 32, 'subgroups')).toEqual([0, 0]);
    expect(sizesOf(32, 32)).toEqual([0, 0]);
  });

  it('knows how many values compilers hold in registers, unless it is told', () => {
    const valuesOf = (vendor: string, options = {}): number =>
      profileOf({ features: new Set(), limits } as unknown as GPUDevice, { vendor } as AdapterSummary, options).mostValues;
    expect(['amd', 'nvidia', 'apple', 'mesa', 'intel', 'arm', ''].map((vendor) => valuesOf(vendor))).toEqual([
      144, 144, 72, 72, 44, 0, 0,
    ]);
    expect(valuesOf('intel', { mostValues: 64 })).toBe(64);
  });
});

describe('Load', () => {
  it('bounds submissions by the rate that was seen', async () => {
    let done = (): void => undefined;
    const queue = { onSubmittedWorkDone: () => new Promise<void>((resolve) => (done = resolve)) };
    const load = new Load(queue as unknown as GPUQueue);
    const first = load.mostWork;
    expect(load.isWaiting).toBe(true);
    // Done at once: faster than any GPU.
    load.submitted(1e15);
    expect(load.isWaiting).toBe(false);
    done();
    await Promise.resolve();
    await Promise.resolve();
    expect(load.mostWork).toBeGreaterThan(10 * first);
    load.waitedFor();
    expect(load.isWaiting).toBe(true);
  });
});
