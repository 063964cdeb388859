import { defineConfig } from 'vitest/config';
import { assets } from './scripts/plugins.mjs';

export default defineConfig({
  plugins: [assets()],
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
