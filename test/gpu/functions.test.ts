// exp and log of the shaders over the whole range of f32, against f64: the points of test/wasm/functions.test.ts.
import { expect, it } from 'vitest';
import math from '../../shaders/lib/math.wgsl';
import { kernel } from '../../src/gpu/kernel.js';
import { points, ulps } from '../support/functions.js';
import { skipGpu, testGpu } from '../support/gpu.js';

const source = `${math}
struct Params { count: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> e: array<f32>;
@group(0) @binding(2) var<storage, read_write> l: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64) fn both(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64 + lane;
  if (i < params.count) {
    e[i] = precise_exp(x[i]);
    l[i] = precise_log(max(x[i], 1.2e-38));
  }
}`;
const BOTH = kernel({ source, entry: 'both', access: 'rww', params: { count: 'u32' } });

it.skipIf(skipGpu)('exp and log of the shaders are good to 2 and 4 units of the last place', { timeout: 120_000 }, async () => {
  const gpu = await testGpu();
  const x = points(65_521).filter((v) => !Number.isNaN(v));
  const count = x.length;
  const [given, e, l] = [gpu.from(x), gpu.tensor([count]), gpu.tensor([count])];
  const rec = gpu.recorder();
  rec.dispatch(BOTH, [given, e, l], { count }, Math.ceil(count / 64));
  rec.submit();
  const [exp, log] = await gpu.read(e, l);
  let [worstExp, worstLog] = [0, 0];
  x.forEach((v, i) => {
    if (v < -87) worstExp = exp[i] === 0 ? worstExp : Infinity;
    else worstExp = Math.max(worstExp, ulps(exp[i]!, Math.exp(Math.min(v, 88))));
    // Subnormal numbers and infinity are not asked of it.
    if (v > 1.2e-38 && v < Infinity && v !== 1) worstLog = Math.max(worstLog, ulps(log[i]!, Math.log(v)));
  });
  // 1.1 and 1.9 on SwiftShader; a GPU may divide with an error of 2.5.
  expect(worstExp).toBeLessThan(2);
  expect(worstLog).toBeLessThan(4);
});
