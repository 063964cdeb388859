import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipGpu, testGpu } from '../support/gpu.js';
import { runCase } from './cases.js';

const directory = path.resolve(process.env['MGRPO_GOLDEN_DIR'] ?? '../shared/golden');
const folders = existsSync(directory)
  ? readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  : [];
const reason = folders.length === 0 ? `no golden cases in ${directory} (set MGRPO_GOLDEN_DIR)` : skipGpu;

describe.skipIf(reason)(`golden cases${reason ? ` (skipped: ${reason})` : ''}`, () => {
  // SmolLM2's case needs the unpacked weights and minutes of time: test/golden/smollm2.test.ts runs it.
  for (const name of folders.filter((folder) => folder !== 'smollm2')) {
    it(`${name} agrees with the reference`, async () => {
      const folder = path.join(directory, name);
      const json = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
      const measured = await runCase(await testGpu(), folder, json);
      const line = measured.map(({ quantity, error }) => `${quantity} ${error.toExponential(1)}`).join(', ');
      process.stdout.write(`  ${name.padEnd(28)} ${line}\n`);
      expect(measured.length).toBeGreaterThan(0);
      for (const { quantity, error, bound } of measured) expect(error, quantity).toBeLessThanOrEqual(bound);
    });
  }

  // The paths of devices without subgroups: one case of every kind that runs shaders.
  const one = ['forward-qwen3', 'policy-lora-llama3-dapo', 'generate-llama3', 'sampling'].filter((name) =>
    folders.includes(name),
  );
  it.each(one)('%s agrees with the reference without subgroups', async (name) => {
    const folder = path.join(directory, name);
    const json = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
    for (const { quantity, error, bound } of await runCase(await testGpu({ subgroups: false }), folder, json)) {
      expect(error, quantity).toBeLessThanOrEqual(bound);
    }
  });
});
