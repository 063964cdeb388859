// Reads files that mean no good, many of each kind, and prints a table of what became of them.
//   npm run fuzz:files [-- --count 120000] [--seed 1] [--reader NAME]
import { parseArgs } from 'node:util';
import { fuzz, readers } from '../../test/support/hostile.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '120000' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string' },
  },
});
console.log('| reader | files | read | named errors | other faults | MB of heap after |\n|---|---|---|---|---|---|');
let [files, faults] = [0, 0];
for (const reader of await readers()) {
  if (values.reader !== undefined && reader.name !== values.reader) continue;
  const found = await fuzz(reader, Number(values.count), Number(values.seed));
  const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  console.log(`| ${found.reader} | ${found.files} | ${found.read} | ${found.named} | ${found.faults.length} | ${heap} |`);
  for (const { file, fault } of found.faults.slice(0, 5)) console.error(`${reader.name}: ${fault}\n  ${JSON.stringify(file)}`);
  files += found.files;
  faults += found.faults.length;
}
console.log(`\n${files} files, ${faults} faults`);
if (faults > 0) throw new Error('some files were neither read nor named');
