// Writes the generated parts of docs/verifiers.md: node scripts/run.mjs scripts/docs-verifiers.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withGenerated } from '../test/verify/documented.js';

const file = 'docs/verifiers.md';
writeFileSync(file, withGenerated(readFileSync(file, 'utf8')));
