// Judges all ordered pairs of distinct golds, of this project and of the data sets beside it, and compares what is accepted with the pairs that
// were read: node scripts/run.mjs scripts/pairs.ts [--write]. With --write what is new is put into the file, to be read there.
import { writeFileSync } from 'node:fs';
import { ACCEPTED, acceptedPairs, keyOf, ownGolds, reviewedPairs, sharedGolds } from '../test/verify/pairs.js';

const golds = [...new Set([...ownGolds(), ...sharedGolds()])];
const reviewed = reviewedPairs();
const accepted = acceptedPairs(golds).map(keyOf);
const fresh = accepted.filter((pair) => !reviewed.has(pair));
const found = new Set(accepted);
const known = new Set(golds);
const gone = [...reviewed.keys()].filter(
  (pair) => !found.has(pair) && (JSON.parse(pair) as string[]).every((gold) => known.has(gold)),
);
const count = golds.length * (golds.length - 1);
console.log(
  `${golds.length} golds, ${count} pairs: ${accepted.length} accepted, ${fresh.length} of them new; ${gone.length} no longer`,
);
for (const pair of fresh) console.log(`new   ${pair}`);
for (const pair of gone) console.log(`gone  ${pair}`);
if (process.argv.includes('--write')) {
  const kept = [...reviewed].filter(([pair]) => !gone.includes(pair));
  const lines = kept.map(([pair, right]) => (right ? pair : `${pair.slice(0, -1)},"wrong"]`));
  writeFileSync(ACCEPTED, `${[...lines, ...fresh].sort().join('\n')}\n`);
} else if (fresh.length + gone.length > 0) {
  console.log('read the new pairs; those that are right go into the file with: npm run check:pairs -- --write');
  process.exitCode = 1;
}
