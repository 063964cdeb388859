import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

// npm run fuzz:verifier runs ten million; the suite some seconds' worth.
const long = process.env['npm_lifecycle_event'] === 'fuzz:verifier';
const inputs = Number(process.env['FUZZ_INPUTS'] ?? (long ? 10_000_000 : 100_000));
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

it(
  `survives ${inputs.toLocaleString('en')} generated pairs (seed ${seed}) without trap, hang or growth, and keeps the laws`,
  { timeout: 3_600_000 },
  () => {
    const report = fuzz(inputs, seed);
    if (inputs > 100_000) console.error(JSON.stringify(report, null, 2));
    expect(report.broken).toEqual([]);
    expect(report.growthBytes).toBe(0);
    expect(report.outcomes.equal).toBeGreaterThan(inputs / 10);
  },
);
