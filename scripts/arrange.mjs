// The order of a module's functions, and the numbers of their variables: gzip looks back 32 KiB and changes its tables as it goes, so a function
// does best beside its like, with its variables numbered like those.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { functionsOf, Reader, Section, sectionsOf, unsigned } from './pack-data.mjs';

const LIST = new URL('verifier-functions.json', import.meta.url);

/** Variables that a function with some of 32 bits and no others declares, at least: so most say the same, and have a choice of numbers. */
const LEAST_VARIABLES = 8;
const I32 = 0x7f;

/** What a module begins with. */
const HEAD = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);

/** A function's variables by their numbers, in digits to this base. */
const BASE = 36;

/** What gzip sees before a function, and some of what it sees after it. */
const BEFORE = 32_768;
const AFTER = 4096;

/** Functions by name, in their order: where each variable goes among them, a digit each. */
const readList = () => new Map(Object.entries(JSON.parse(readFileSync(LIST, 'utf8'))));

/** The file that a function of AssemblyScript stands in: assembly/verifier/read/text of assembly/verifier/read/text/isDigit. */
const fileOf = (name) => (name.startsWith('start:') ? name.slice(6) : name.replace(/\/[^/]*$/, ''));

const rowsOf = (module, binaryen) =>
  Array.from({ length: module.getNumFunctions() }, (_, i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)));

/** The names of a module's functions, in their order. */
export const namesOf = (module, binaryen) => rowsOf(module, binaryen).map(({ name }) => name);

/** Sorts the functions of `module` by the list of scripts/verifier-functions.json; one that is not in it comes behind the last of its file. */
export function arrange(module, binaryen) {
  const names = [...readList().keys()];
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

/** The module with the variables of its functions, which have `names`, numbered by the list. */
export function numbered(bytes, names) {
  const list = readList();
  const { sections, functions, kinds, params } = stateOf(bytes);
  const bodies = functions.map(({ body, variables, start, locals }, i) => {
    const more = widened(variables);
    const slots = slotsOf(more, list.get(names[i]));
    const code = Buffer.from(body.subarray(start));
    for (const at of locals) if (body[at] >= params[i]) code[at - start] = params[i] + slots[body[at] - params[i]];
    const head = [...unsigned(more.length), ...more.flatMap(({ count, type }) => [...unsigned(count), type])];
    return Buffer.concat([Buffer.from(head), code]);
  });
  return withBodies(sections, kinds, bodies);
}

/** Looks for a better list for `seconds`, some functions moved or two variables of one exchanged at a time, and writes it. */
export function rearrange(bytes, names, seconds) {
  const list = readList();
  const { functions } = stateOf(bytes);
  let best = { bytes, rows: names.map((name, i) => ({ name, slots: slotsOf(functions[i].variables, list.get(name)) })) };
  const end = performance.now() + seconds * 1000;
  let told = performance.now();
  for (let at = 0; performance.now() < end; at += 10) {
    best = moves(best, 30);
    exchanges(best, at);
    if (performance.now() < told + 10_000) continue;
    console.error(`${sizeOf(best.bytes)} bytes gzipped`);
    told = performance.now();
  }
  const rows = best.rows.map(({ name, slots }) => [name, slots.map((slot) => slot.toString(BASE)).join('')]);
  writeFileSync(LIST, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}

const sizeOf = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** Moves some functions, `tries` times; gives the smallest module found. */
function moves(best, tries) {
  let least = sizeOf(best.bytes);
  let state = stateOf(best.bytes);
  for (; tries > 0; tries--) {
    const order = best.rows.map((_, i) => i);
    const count = Math.random() < 0.5 ? 1 : 1 + Math.floor(Math.random() * 12);
    const moved = order.splice(Math.random() * (order.length - count), count);
    order.splice(Math.random() * (order.length + 1), 0, ...moved);
    const bytes = ordered(state, order);
    const size = sizeOf(bytes);
    if (size > least) continue;
    least = size;
    best = { bytes, rows: order.map((i) => best.rows[i]) };
    state = stateOf(bytes);
  }
  return best;
}

/** Exchanges variables of ten functions from the one at `place` on, each two that may be, where the module becomes smaller. */
function exchanges({ bytes, rows }, place) {
  let least = sizeOf(bytes);
  const { functions, params } = stateOf(bytes);
  for (let i = place % rows.length; i < Math.min(rows.length, (place % rows.length) + 10); i++) {
    const { body, variables, locals } = functions[i];
    const types = typesOf(variables);
    const uses = types.map((_, slot) => locals.filter((at) => body[at] === params[i] + slot));
    const from = body.byteOffset - bytes.byteOffset;
    const near = bytes.subarray(Math.max(0, from - BEFORE), from + body.length + AFTER);
    const sizeNear = () => deflateRawSync(near, { level: 9 }).length;
    const exchange = (a, b) => {
      [uses[a], uses[b]] = [uses[b], uses[a]];
      for (const slot of [a, b]) for (const at of uses[slot]) body[at] = params[i] + slot;
    };
    let here = sizeNear();
    for (let a = 0; a < types.length; a++)
      for (let b = a + 1; b < types.length; b++) {
        if (types[a] !== types[b] || uses[a].length + uses[b].length === 0) continue;
        exchange(a, b);
        const next = sizeNear();
        const size = next > here ? Infinity : sizeOf(bytes);
        if (size > least) exchange(a, b);
        else {
          least = size;
          here = next;
          rows[i].slots = rows[i].slots.map((slot) => (slot === a ? b : slot === b ? a : slot));
        }
      }
  }
}

/** A module's parts; the bodies of its functions are views of its bytes. */
function stateOf(bytes) {
  const sections = sectionsOf(bytes);
  return { sections, functions: functionsOf(sections.get(Section.CODE)), ...kindsOf(sections) };
}

/** The types of a module's functions, and how many parameters each takes. */
function kindsOf(sections) {
  const types = new Reader(sections.get(Section.TYPE));
  const counts = Array.from({ length: types.number() }, () => {
    types.byte();
    const count = types.number();
    types.take(count);
    types.take(types.number());
    return count;
  });
  const reader = new Reader(sections.get(Section.FUNCTION));
  const kinds = Array.from({ length: reader.number() }, () => reader.number());
  return { kinds, params: kinds.map((kind) => counts[kind]) };
}

const typesOf = (variables) => variables.flatMap(({ count, type }) => Array.from({ length: count }, () => type));

/** Where each variable goes by a row of the list, if that fits the function. */
function slotsOf(variables, row = '') {
  const types = typesOf(variables);
  const slots = Array.from(row, (digit) => Number.parseInt(digit, BASE));
  const fits =
    slots.length === types.length && new Set(slots).size === slots.length && slots.every((slot, i) => types[slot] === types[i]);
  return fits ? slots : types.map((_, i) => i);
}

/** Variables with some more, where all are of 32 bits and few. */
function widened(variables) {
  const [{ count, type } = {}, ...others] = variables;
  return type === I32 && others.length === 0 ? [{ count: Math.max(count, LEAST_VARIABLES), type }] : variables;
}

/** The module with its functions in another order: not one that runs, but one as large. */
function ordered({ sections, kinds, functions }, order) {
  const places = [];
  for (const [place, i] of order.entries()) places[i] = Buffer.from(unsigned(place));
  const bodies = order.map((i) => {
    const { body, calls } = functions[i];
    let at = 0;
    const parts = calls.flatMap(({ from, to, value }) => {
      const before = body.subarray(at, from);
      at = to;
      return [before, places[value]];
    });
    return Buffer.concat([...parts, body.subarray(at)]);
  });
  return withBodies(sections, order.map((i) => kinds[i]), bodies); // prettier-ignore
}

/** The module with other functions. */
function withBodies(sections, kinds, bodies) {
  const replaced = new Map(sections);
  replaced.set(Section.FUNCTION, [...unsigned(kinds.length), ...kinds.flatMap((kind) => unsigned(kind))]);
  const code = bodies.flatMap((body) => [Buffer.from(unsigned(body.length)), body]);
  replaced.set(Section.CODE, Buffer.concat([Buffer.from(unsigned(bodies.length)), ...code]));
  const parts = [...replaced].flatMap(([id, body]) => [Buffer.from([id, ...unsigned(body.length)]), Buffer.from(body)]);
  return Buffer.concat([HEAD, ...parts]);
}
