// The order of a module's functions, file by file: gzip looks back 32 KiB and changes its tables as it goes, so a file does best beside its like.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { packTexts } from './pack-data.mjs';

const LIST = new URL('verifier-files.json', import.meta.url);

/** The file that a function of AssemblyScript stands in: assembly/verifier/read/text of assembly/verifier/read/text/isDigit. */
const fileOf = (name) => (name.startsWith('start:') ? name.slice(6) : name.replace(/\/[^/]*$/, ''));

/** Sorts the functions of `module` by `files`, the list of scripts/verifier-files.json; files that are not in it come last. */
export function arrange(module, binaryen, files = JSON.parse(readFileSync(LIST, 'utf8'))) {
  const places = new Map(files.map((file, place) => [file, place]));
  const rows = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  ).map((row) => ({ ...row, place: places.get(fileOf(row.name)) ?? files.length }));
  rows.sort((a, b) => a.place - b.place);
  for (const { name } of rows) module.removeFunction(name);
  for (const { name, params, results, vars, body } of rows) module.addFunction(name, params, results, vars, body);
}

/** Looks for a better list for `seconds`, one file moved at a time, and writes it. */
export function rearrange(module, binaryen, seconds) {
  const names = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    fileOf(binaryen.getFunctionInfo(module.getFunctionByIndex(i)).name),
  );
  const size = (files) => {
    arrange(module, binaryen, files);
    return gzipSync(packTexts(module.emitBinary()), { level: 9 }).length;
  };
  let best = [...new Set(names)].filter((file) => file.startsWith('assembly'));
  let least = size(best);
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const files = [...best];
    const [moved] = files.splice(Math.random() * files.length, 1);
    files.splice(Math.random() * (files.length + 1), 0, moved);
    const bytes = size(files);
    if (bytes > least) continue;
    if (bytes < least) console.error(`${bytes} bytes gzipped`);
    least = bytes;
    best = files;
  }
  writeFileSync(LIST, `${JSON.stringify(best, null, 2)}\n`);
}
