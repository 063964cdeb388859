import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { testDevice } from '../support/device.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { runCase } from './cases.js';

const directory = path.resolve(process.env['MGRPO_GOLDEN_DIR'] ?? '../shared/golden');
const folders = existsSync(directory)
  ? readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  : [];
const missing = folders.length === 0 ? `no golden cases in ${directory} (set MGRPO_GOLDEN_DIR)` : undefined;

interface Way {
  readonly name: string;
  readonly device: () => Promise<Device>;
  readonly skip: string | undefined;
  readonly cases: readonly string[];
}

// SmolLM2's case needs the unpacked weights and minutes of time: test/golden/smollm2.test.ts runs it.
const all = folders.filter((folder) => folder !== 'smollm2');
/** Decoding, most of whose kernels differ between GPUs and software adapters. */
const decoding = folders.filter((name) => name.startsWith('generate'));
/** One case of every kind that runs shaders. */
const some = ['forward-qwen3', 'policy-lora-llama3-dapo', 'generate-llama3', 'sampling'].filter((name) => folders.includes(name));
const WAYS: readonly Way[] = [
  { name: 'WebAssembly', device: () => testDevice(), skip: missing, cases: all },
  { name: 'WebGPU', device: () => testGpu(), skip: missing ?? skipGpu, cases: all },
  { name: 'WebGPU without subgroups', device: () => testGpu({ subgroups: false }), skip: missing ?? skipGpu, cases: some },
  { name: 'WebGPU as on GPUs', device: () => testGpu({ kind: 'gpu' }), skip: missing ?? skipGpu, cases: decoding },
];

for (const { name: way, device, skip, cases } of WAYS) {
  describe.skipIf(skip)(`golden cases on ${way}${skip ? ` (skipped: ${skip})` : ''}`, () => {
    it.each(cases)('%s agrees with the reference', async (name) => {
      const folder = path.join(directory, name);
      const json = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
      const measured = await runCase(await device(), folder, json);
      const line = measured.map(({ quantity, error }) => `${quantity} ${error.toExponential(1)}`).join(', ');
      process.stdout.write(`  ${name.padEnd(28)} ${line}\n`);
      expect(measured.length).toBeGreaterThan(0);
      for (const { quantity, error, bound } of measured) expect(error, quantity).toBeLessThanOrEqual(bound);
    });
  });
}
