// In Deno, on wgpu, which is the WebGPU of Firefox too: makes pipelines, then trains the built-in model for two steps.
// deno run --allow-all --unstable-webgpu scripts/hosts/wgpu.mjs FILE; FILE holds pipelines as JSON (test/support/pipelines.ts). The last line is JSON.
import { builtinModel, countdownReward, loadPolicy, MGRPOTrainer, openAdapter, signs } from '../../dist/node.js';

const { Deno, navigator } = globalThis;

/** Makes every pipeline. @returns what could not be made, and why */
async function makeAll(device, pipelines) {
  const visibility = 4; // COMPUTE
  const layoutOf = (buffers) =>
    device.createBindGroupLayout({ entries: buffers.map((buffer, binding) => ({ binding, visibility, buffer })) });
  const parameters = layoutOf([{ type: 'uniform', hasDynamicOffset: true }]);
  const failures = [];
  for (const { entryPoint, code, constants, bindings } of pipelines) {
    device.pushErrorScope('validation');
    const layout = device.createPipelineLayout({ bindGroupLayouts: [layoutOf(bindings.map((type) => ({ type }))), parameters] });
    device.createComputePipeline({ layout, compute: { module: device.createShaderModule({ code }), entryPoint, constants } });
    const error = await device.popErrorScope();
    if (error) failures.push({ entryPoint, why: error.message });
  }
  return failures;
}

/** Two MGRPO steps. @returns the metrics of each */
async function train(adapter) {
  const device = await openAdapter(adapter);
  const policy = await loadPolicy(device, builtinModel(), { train: 'full' });
  const steps = [];
  const trainer = new MGRPOTrainer({
    policy,
    rewardFuncs: [countdownReward()],
    trainDataset: signs('small').rows('train', 8, 1),
    args: {
      ...{ maxSteps: 2, perDeviceTrainBatchSize: 8, numGenerations: 4, maxCompletionLength: 12, temperature: 1 },
      ...{ learningRate: 1e-4, beta: 0.01, loggingSteps: 1, layer2: { answersPerQuery: 2, selection: 'none' } },
    },
    onEvent: (event) => {
      if (event.type === 'step') steps.push(event.metrics);
    },
  });
  await trainer.train();
  await device.destroy();
  return steps;
}

const adapterOf = () => navigator.gpu?.requestAdapter();
const adapter = await adapterOf();
if (!adapter) {
  console.log(JSON.stringify({ adapter: null }));
  Deno.exit(0);
}
const failures = await makeAll(await adapter.requestDevice(), JSON.parse(Deno.readTextFileSync(Deno.args[0])));
console.log(JSON.stringify({ adapter: adapter.info.description, failures, steps: await train(await adapterOf()) }));
Deno.exit(0);
