// Three MGRPO steps of the built-in model on WebAssembly, with whatever of the package the host imports: the same text in Node, Deno, Bun and pages.

/**
 * @param mgrpo the package
 * @param model its built-in model
 * @returns what computed, what `auto` would choose, and digests of what came out
 */
export async function train(mgrpo, model) {
  const { MGRPOTrainer, MemoryFiles, countdownReward, loadPolicy, openDevice, openWasm, signs } = mgrpo;
  const digest = async (data) =>
    Array.from(new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', data)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
  const chosen = await openDevice();
  const auto = chosen.info.description;
  await chosen.destroy();
  const device = await openWasm();
  const policy = await loadPolicy(device, model, { train: 'full' });
  const accuracies = [];
  const trainer = new MGRPOTrainer({
    policy,
    rewardFuncs: [countdownReward()],
    trainDataset: signs('small').rows('train', 64, 1),
    args: {
      maxSteps: 3,
      perDeviceTrainBatchSize: 32,
      numGenerations: 4,
      maxCompletionLength: 24,
      temperature: 1,
      learningRate: 1e-4,
      layer2: { answersPerQuery: 2 },
    },
    onEvent: (event) => {
      if (event.type === 'step') accuracies.push([event.metrics['acc_t1'], event.metrics['acc_t2']]);
    },
  });
  await trainer.train();
  const saved = new MemoryFiles('trained');
  await policy.save(saved);
  const answers = await policy.complete(['7?3?9?4=9'], { maxCompletionLength: 24, temperature: 1 });
  await device.destroy();
  const files = [...saved.files].filter(([name]) => name.endsWith('.safetensors'));
  return {
    device: device.info.description,
    auto,
    // Losses are sums of the host's own exp, whose last bit differs: they stay out of what must be equal.
    result: {
      weights: await Promise.all(files.map(async ([name, data]) => [name, await digest(data)])),
      answers: await digest(new globalThis.TextEncoder().encode(JSON.stringify(answers))),
      accuracies,
    },
  };
}
