// What a policy is loaded from.
import { expect, it, vi } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { Tokenizer } from '../../src/text/tokenizer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

it('a tokenizer that was read before is not read again', async () => {
  const device = await testDevice();
  const files = new MemoryFiles('random');
  await (await randomPolicy(device)).save(files);
  const tokenizer = await Tokenizer.load(files);
  const read = vi.spyOn(files, 'readText');
  const names = (): string[] => read.mock.calls.map(([name]) => name);
  const policy = await loadPolicy(device, files, { tokenizer });
  expect(policy.tokenizer).toBe(tokenizer);
  expect(names()).not.toContain('tokenizer.json');
  const other = await loadPolicy(device, files);
  expect(names()).toContain('tokenizer.json');
  expect(other.eosIds).toEqual(policy.eosIds);
});
