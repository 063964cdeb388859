import { expect, it } from 'vitest';
import type { Kernel } from '../../src/gpu/kernel.js';
import { Pipelines, type Compiled } from '../../src/gpu/pipelines.js';
import type { Profile } from '../../src/gpu/profile.js';
import type { Tensor } from '../../src/ops/tensor.js';

it('nothing is kept of bind groups one of whose storages was freed, though the others stay', () => {
  let made = 0;
  const device = { createBindGroup: () => ({ made: ++made }) } as unknown as GPUDevice;
  const pipelines = new Pipelines(device, { maxBinding: 1 << 20 } as Profile);
  const tensor = (id: number): Tensor => {
    const storage = { id, bytes: 16, buffer: {} };
    return { storage, offset: 0, shape: [4], dtype: 'f32' };
  };
  const [kernel, compiled] = [{ entry: 'add' } as Kernel, { id: 0 } as Compiled];
  const [scratch, table] = [tensor(0), tensor(1)];
  const kept = pipelines.bindGroup(kernel, compiled, [scratch, table]);
  for (let id = 2; id < 100; id++) {
    const own = tensor(id);
    // Twice the same storage in one bind group, and a group that is there already.
    for (const tensors of [[scratch, own], [own, own], [scratch, own], [own]]) pipelines.bindGroup(kernel, compiled, tensors);
    expect(pipelines.kept).toEqual({ bindGroups: 4, references: 6 });
    pipelines.forget(own.storage);
    pipelines.forget(own.storage);
    expect([pipelines.kept, pipelines.freed]).toEqual([{ bindGroups: 1, references: 2 }, id - 1]);
  }
  expect(pipelines.bindGroup(kernel, compiled, [scratch, table])).toBe(kept);
  expect(made).toBe(1 + 98 * 3);
});
