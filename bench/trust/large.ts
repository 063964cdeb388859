// Reads large and deep inputs (test/support/large.ts), and prints what became of each.
//   npm run check:large [-- --mib 100]
import { parseArgs } from 'node:util';
import { MgrpoError } from '../../src/errors.js';
import { LARGE } from '../../test/support/large.js';

const { values } = parseArgs({ options: { mib: { type: 'string', default: '100' } } });
const bytes = Number(values.mib) * 2 ** 20;
console.log(`| ${values.mib} MiB of | seconds | MiB of the process after | what became of it |\n|---|---|---|---|`);
let bad = 0;
for (const { name, make, says } of LARGE) {
  const read = make(bytes);
  const start = performance.now();
  let end = 'read';
  let right = says === undefined;
  try {
    await read();
  } catch (error) {
    end = error instanceof Error ? error.message.slice(0, 160) : String(error);
    right = error instanceof MgrpoError && (says?.test(error.message) ?? false);
  }
  if (!right) bad++;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const rss = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(`| ${name} | ${seconds} | ${rss} | ${end.replaceAll('|', '\\|')}${right ? '' : ' **WRONG**'} |`);
}
if (bad > 0) throw new Error(`${bad} inputs were neither read nor named as they should be`);
