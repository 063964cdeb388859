// The order of a module's functions: gzip looks back 32 KiB and changes its tables as it goes, so a function does best beside its like.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { functionsOf, Reader, Section, sectionsOf, sized, unsigned } from './pack-data.mjs';

const LIST = new URL('verifier-functions.json', import.meta.url);

/** The file that a function of AssemblyScript stands in: assembly/verifier/read/text of assembly/verifier/read/text/isDigit. */
const fileOf = (name) => (name.startsWith('start:') ? name.slice(6) : name.replace(/\/[^/]*$/, ''));

const rowsOf = (module, binaryen) =>
  Array.from({ length: module.getNumFunctions() }, (_, i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)));

/** The names of a module's functions, in their order. */
export const namesOf = (module, binaryen) => rowsOf(module, binaryen).map(({ name }) => name);

/** Sorts the functions of `module` by the list of scripts/verifier-functions.json; one that is not in it comes behind the last of its file. */
export function arrange(module, binaryen) {
  const names = JSON.parse(readFileSync(LIST, 'utf8'));
  const places = new Map(names.map((name, place) => [name, place]));
  const last = new Map(names.map((name, place) => [fileOf(name), place]));
  const rows = rowsOf(module, binaryen).map((row) => ({
    ...row,
    place: places.get(row.name) ?? last.get(fileOf(row.name)) ?? names.length,
  }));
  rows.sort((a, b) => a.place - b.place);
  for (const { name } of rows) module.removeFunction(name);
  for (const { name, params, results, vars, body } of rows) module.addFunction(name, params, results, vars, body);
}

/** Looks for a better list for `seconds`, some functions moved at a time, and writes it. `bytes` is the module with the functions of `names`. */
export function rearrange(bytes, names, seconds) {
  const sections = sectionsOf(bytes);
  const reader = new Reader(sections.get(Section.FUNCTION));
  const types = Array.from({ length: reader.number() }, () => reader.number());
  const bodies = functionsOf(sections.get(Section.CODE)).map(({ body, calls }) => piecesOf(body, calls));
  const size = (order) => gzipSync(moduleOf(sections, types, bodies, order), { level: 9 }).length;
  let best = names.map((_, i) => i);
  let least = size(best);
  const end = performance.now() + seconds * 1000;
  let told = performance.now();
  while (performance.now() < end) {
    const order = [...best];
    const count = Math.random() < 0.5 ? 1 : 1 + Math.floor(Math.random() * 12);
    const moved = order.splice(Math.random() * (order.length - count), count);
    order.splice(Math.random() * (order.length + 1), 0, ...moved);
    const found = size(order);
    if (found > least) continue;
    least = found;
    best = order;
    if (performance.now() < told + 10_000) continue;
    console.error(`${least} bytes gzipped`);
    told = performance.now();
  }
  writeFileSync(LIST, `${JSON.stringify(best.map((i) => names[i]), null, 2)}\n`); // prettier-ignore
}

/** What stands between the numbers of a function's calls, and those. */
function piecesOf(body, calls) {
  let at = 0;
  const pieces = calls.map(({ from, to, value }) => {
    const before = Buffer.from(body.subarray(at, from));
    at = to;
    return { before, value };
  });
  return { pieces, rest: Buffer.from(body.subarray(at)) };
}

/** The module with its functions in an order: not one that runs, but one as large. */
function moduleOf(sections, types, bodies, order) {
  const places = [];
  for (const [place, i] of order.entries()) places[i] = Buffer.from(unsigned(place));
  const parts = [];
  for (const [id, section] of sections)
    if (id === Section.FUNCTION)
      parts.push(Buffer.from([id, ...sized([...unsigned(order.length), ...order.flatMap((i) => unsigned(types[i]))])]));
    else if (id === Section.CODE) {
      const code = order.flatMap((i) => {
        const body = [...bodies[i].pieces.flatMap(({ before, value }) => [before, places[value]]), bodies[i].rest];
        return [Buffer.from(unsigned(body.reduce((sum, { length }) => sum + length, 0))), ...body];
      });
      const length = code.reduce((sum, part) => sum + part.length, 0);
      parts.push(Buffer.from([id, ...unsigned(length + 2), ...unsigned(order.length)]), ...code);
    } else parts.push(Buffer.from([id, ...unsigned(section.length)]), section);
  return Buffer.concat(parts);
}
