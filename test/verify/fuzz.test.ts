import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

// npm run fuzz:verifier sets the number; the suite runs some seconds' worth.
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 100_000);
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
