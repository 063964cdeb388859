// What was measured on a device chooses among kernels, and changes no result.
import { describe, expect, it } from 'vitest';
import { openAdapter } from '../../src/kernels/executor.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { skipGpu } from '../support/gpu.js';
import { digitReward, problems, randomPolicy, SHORT_ARGS, weightBytes } from '../support/policy.js';

/** Another way than the tables' for every kind of product, and a note of what was asked for. */
class OtherWays extends Map<string, string> {
  readonly ops = new Set<string>();

  override get size(): number {
    return 1;
  }

  override get(bucket: string): string {
    this.ops.add(bucket.slice(0, 2));
    return /^NT \w+ (4|16|64)x/.test(bucket) ? 'rows 4x2' : 'tile 8x4';
  }
}

/** One step on a GPU that goes some ways. */
async function trained(tiles: ReadonlyMap<string, string>): Promise<Uint8Array[]> {
  const { adapter } = await nodeGpu();
  const device = await openAdapter(adapter!, { kind: 'gpu', tiles });
  const policy = await randomPolicy(device);
  const trainer = new GRPOTrainer({
    ...{ policy, rewardFuncs: [digitReward], trainDataset: problems(4) },
    args: { ...SHORT_ARGS, maxCompletionLength: 3, maxSteps: 1 },
  });
  await trainer.train();
  const bytes = await weightBytes(policy);
  await device.destroy();
  return bytes;
}

describe.skipIf(skipGpu)('a training', () => {
  it('has the same bytes whatever ways were measured to be the fastest', { timeout: 240_000 }, async () => {
    const others = new OtherWays();
    expect(await trained(others)).toEqual(await trained(new Map()));
    expect(others.ops).toEqual(new Set(['NT', 'NN', 'TN']));
  });
});
