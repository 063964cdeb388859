// Models of the families beyond the oldest three, against transformers: the cases that make/architectures.py wrote.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipGpu, testGpu } from '../support/gpu.js';
import { runCase } from './cases.js';

const directory = path.resolve(import.meta.dirname, 'data');

describe.skipIf(skipGpu).each(['gemma3', 'llama3.2', 'smollm3'])('%s agrees with transformers', (name) => {
  const folder = path.join(directory, name);
  const json = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;

  it.each([
    ['forward', {}],
    ['forward', {}, { gradientCheckpointing: false }],
    ['forward', { subgroups: false }],
    // Of its own llama3.2 has tables of RoPE, which no kernel knows: its generation is enough, for kernels of GPUs take long to compile here.
    ...(name === 'llama3.2' ? [] : ([['forward', { kind: 'gpu' }]] as const)),
    ['generate', {}],
    ['generate', { kind: 'gpu' }],
  ] as const)('%s on a device with %o', async (kind, options, decoder?) => {
    const measured = await runCase(await testGpu(options), folder, { ...json, kind, decoder });
    process.stdout.write(
      `  ${name} ${measured.map(({ quantity, error }) => `${quantity} ${error.toExponential(1)}`).join(', ')}\n`,
    );
    for (const { quantity, error, bound } of measured) expect(error, quantity).toBeLessThanOrEqual(bound);
  });
});
