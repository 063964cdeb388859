// How many workgroups a step of decoding has where samples are few and contexts long: a GPU has tens of cores to fill.
import { expect, it } from 'vitest';
import type { GpuRecorder } from '../../src/gpu/recorder.js';
import { tileDecode } from '../../src/kernels/attention/tile.js';
import type { DecodeAttentionArgs } from '../../src/ops/attention.js';
import type { Resolved } from '../../src/ops/operation.js';
import type { DType, Tensor } from '../../src/ops/tensor.js';

const tensor = (shape: readonly number[] = [1], dtype: DType = 'f32'): Tensor => ({
  ...{ storage: { id: 0, bytes: 4 }, offset: 0, shape, dtype },
});

/** Workgroups of each dispatch of SmolLM2-135M's attention of one slot over a context. */
function workgroupsOf(maxContext: number): number[] {
  const grids: number[] = [];
  const rec = {
    scratch: (_: string, shape: readonly number[]) => tensor(shape),
    dispatch: (...[, , , workgroups]: [unknown, unknown, unknown, number]) => grids.push(workgroups),
  } as unknown as GpuRecorder;
  const sizes = { slots: 1, maxContext, heads: 9, kvHeads: 3, headDim: 64, scale: 0.125, window: 0 };
  const [q, kCache, vCache, o, kvIndex, contextLength] = Array.from({ length: 6 }, () => tensor());
  const args = { ...sizes, q, kCache, vCache, o, kvIndex, contextLength } as Resolved<DecodeAttentionArgs>;
  const params = { slots: 1, max_context: maxContext, heads: 9, kv_heads: 3, scale: 0.125, window: 0xffffffff };
  tileDecode.attend(rec, args, params);
  return grids;
}

it('cuts a context of 4,096 positions of one sample into 64 workgroups or more', () => {
  const [attend, ...combine] = workgroupsOf(4096);
  expect(attend).toBeGreaterThanOrEqual(64);
  expect(combine).toHaveLength(1);
});

it('takes one dispatch, a workgroup per key head, for a short context', () => {
  expect(workgroupsOf(128)).toEqual([3]);
});
