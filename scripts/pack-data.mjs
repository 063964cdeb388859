// Packs the texts of a module from AssemblyScript. There each is an object of its own: a head of 20 bytes and characters of 16 bits. Here they
// stand close together as UTF-8 with a 0 behind each, at the lowest addresses, which take the fewest bytes
// in the code. So the module's own functions read bytes up to a 0 (assembly/verifier/read/text.ts).
import { Buffer } from 'node:buffer';

/** Where the compiler is told to begin the data: no number of the program is as large, so that a constant from there on is an address. */
export const DATA_BASE = 1 << 28;
const DATA_END = DATA_BASE + (1 << 26);
/** What the texts' start and end stand as in the code before they are known. */
const TEXTS_START = DATA_BASE - 2;
const TEXTS_END = DATA_BASE - 1;

/** Address 0 is no text. */
const FIRST = 16;
const PAGE = 65_536;
const UNIT = 16;
/** Words of 32 bits before a text's characters: the size of its block, two of the collector, the kind, the length in bytes. */
const HEAD = 5;
const STRING = 2;
/**
 * Turns letters into the bytes that code is made of most: gzip writes the end of the code and the texts by one table of lengths, and both fit it.
 * The module takes the veil off when it starts (assembly/verifier/unveil.ts).
 */
const VEIL = 110;

export const Section = { TYPE: 1, FUNCTION: 3, MEMORY: 5, GLOBAL: 6, CODE: 10, DATA: 11, COUNT: 12 };

/** Reads a module's bytes. */
export class Reader {
  at = 0;
  constructor(bytes) {
    this.bytes = bytes;
  }
  byte() {
    return this.bytes[this.at++];
  }
  /** A number in groups of seven bits, of as many bits in all. */
  number(signed = false) {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) return Number(signed && byte & 64 ? value - (1n << shift) : value);
    }
  }
  numbers(count) {
    for (; count > 0; count--) this.number();
  }
  get ends() {
    return this.at >= this.bytes.length;
  }
  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
}

export function unsigned(x) {
  const bytes = [];
  for (; x > 127; x = Math.floor(x / 128)) bytes.push((x & 127) | 128);
  return [...bytes, x];
}

function signed(x) {
  const bytes = [];
  for (; x < -64 || x > 63; x >>= 7) bytes.push((x & 127) | 128);
  return [...bytes, x & 127];
}

/** Makes a module that exports `unveil(from, end)` begin with a call of it on its texts. */
export function withUnveiling(module, binaryen) {
  const { value: unveil } = binaryen.getExportInfo(module.getExport('unveil'));
  const first = binaryen.getFunctionInfo(module.getStart()).name;
  const texts = [TEXTS_START, TEXTS_END].map((place) => module.i32.const(place));
  const calls = [module.call(unveil, texts, binaryen.none), module.call(first, [], binaryen.none)];
  module.removeExport('unveil');
  module.setStart(module.addFunction('main', binaryen.none, binaryen.none, [], module.block(null, calls)));
}

/** The module with its texts packed. */
export function packTexts(module) {
  const sections = sectionsOf(module);
  const image = imageOf(sections.get(Section.DATA));
  const found = textsOf(image);
  const functions = functionsOf(sections.get(Section.CODE));
  const globals = constantsOf(sections.get(Section.GLOBAL));
  const places = new Map();
  const stream = [];
  // in the compiler's order, so that the texts stay where they are when functions are arranged
  const used = [...functions.flatMap(({ constants }) => constants), ...globals];
  for (const { value } of used.sort((a, b) => a.value - b.value)) {
    const text = found.get(value);
    if (text === undefined || places.has(value)) continue;
    // the end of a text may stand in the code too
    for (let i = 0; i <= text.bytes.length; i++) places.set(value + i, FIRST + stream.length + i);
    stream.push(...text.bytes, 0);
  }
  const end = FIRST + stream.length;
  const gaps = gapsBetween(found, (end + UNIT - 1) & -UNIT);
  const move = (value) => {
    if (value === TEXTS_START) return FIRST;
    if (value === TEXTS_END) return end;
    if (value < DATA_BASE || value >= DATA_END) return value;
    const gap = gaps.find(({ from, until }) => value >= from && value < until);
    const place = gap ? gap.to + value - gap.from : places.get(value);
    if (place === undefined) throw new Error(`pack-data: the code has an address within a text: ${value}`);
    return place;
  };
  const segments = [
    { place: FIRST, bytes: stream.map((byte) => byte ^ VEIL) },
    ...gaps.flatMap(({ from, until }) =>
      runs(image, from - DATA_BASE, until - DATA_BASE).map(([start, stop]) => ({
        place: move(DATA_BASE + start),
        bytes: [...image.subarray(start, stop)],
      })),
    ),
  ];
  const heap = Math.max(...globals.map(({ value }) => move(value)), ...gaps.map(({ to }) => to));
  sections.set(Section.MEMORY, [1, 0, ...unsigned(Math.ceil(heap / PAGE))]);
  sections.set(Section.GLOBAL, withConstants(sections.get(Section.GLOBAL), globals, move));
  sections.set(Section.CODE, [
    ...unsigned(functions.length),
    ...functions.flatMap(({ body, constants }) => sized(withConstants(body, constants, move))),
  ]);
  sections.set(Section.DATA, [
    ...unsigned(segments.length),
    ...segments.flatMap(({ place, bytes }) => [0, Op.I32_CONST, ...signed(place), Op.END, ...sized(bytes)]),
  ]);
  sections.set(Section.COUNT, unsigned(segments.length));
  return Uint8Array.from([...module.subarray(0, 8), ...[...sections].flatMap(([id, body]) => [id, ...sized(body)])]);
}

export const sized = (bytes) => [...unsigned(bytes.length), ...bytes];

/** The bodies of a module's sections, in their order. */
export function sectionsOf(module) {
  const reader = new Reader(module);
  reader.at = 8;
  const sections = new Map();
  while (!reader.ends) sections.set(reader.byte(), reader.take(reader.number()));
  return sections;
}

/** The data of all segments, from DATA_BASE on. */
function imageOf(section) {
  const reader = new Reader(section);
  const segments = Array.from({ length: reader.number() }, () => {
    reader.take(2); // active, i32.const
    const start = reader.number(true) - DATA_BASE;
    reader.byte();
    return { start, data: reader.take(reader.number()) };
  });
  const image = new Uint8Array((Math.max(...segments.map(({ start, data }) => start + data.length)) + UNIT - 1) & -UNIT);
  for (const { start, data } of segments) image.set(data, start);
  return image;
}

/** The texts of the data by their addresses, and where each one's block begins and ends. */
function textsOf(image) {
  const words = new Uint32Array(image.buffer);
  const characters = new Uint16Array(image.buffer);
  const found = new Map();
  for (let at = 2 * UNIT; at < image.length; at += UNIT) {
    const [block, mark, link, kind, length] = words.subarray(at / 4 - HEAD, at / 4);
    if (kind !== STRING || mark !== 0 || link !== 0 || length === 0 || block < length || block > length + 64) continue;
    const text = String.fromCharCode(...characters.subarray(at / 2, (at + length) / 2));
    if (text.includes('\0')) throw new Error('pack-data: a text with a 0 in it');
    found.set(DATA_BASE + at, {
      bytes: Buffer.from(text),
      from: DATA_BASE + at - 4 * HEAD,
      until: DATA_BASE + ((at + length + 3) & -4),
    });
  }
  return found;
}

/** What lies between the texts, and where it goes, from `to` on: to the same place of a unit. */
function gapsBetween(texts, to) {
  const gaps = [];
  let from = DATA_BASE;
  for (const text of [...texts.values(), { from: DATA_END }]) {
    to += (from - to) & (UNIT - 1);
    gaps.push({ from, until: text.from, to });
    to += text.from - from;
    from = text.until;
  }
  gaps.at(-1).until = DATA_END;
  return gaps.filter((gap) => gap.until > gap.from);
}

/**
 * The functions of the code: the body of each, the types of its variables as runs, where its instructions start, and where the constants of
 * 32 bits, the calls and the variables' numbers stand in it.
 */
export function functionsOf(section) {
  const reader = new Reader(section);
  return Array.from({ length: reader.number() }, () => {
    const body = reader.take(reader.number());
    return { body, ...partsOf(new Reader(body)) };
  });
}

/** Where the constants of the global variables stand. */
function constantsOf(section) {
  const reader = new Reader(section);
  const constants = [];
  for (let left = reader.number(); left > 0; left--) {
    reader.take(2); // type, whether it changes
    instruction(reader, { constants });
    reader.byte();
  }
  return constants;
}

function partsOf(reader) {
  const variables = Array.from({ length: reader.number() }, () => ({ count: reader.number(), type: reader.byte() }));
  const parts = { variables, start: reader.at, constants: [], calls: [], locals: [] };
  while (!reader.ends) instruction(reader, parts);
  return parts;
}

const Op = { END: 0x0b, CALL: 0x10, I32_CONST: 0x41 };
/** Instructions with one number behind them, and those with two, as ranges. */
const ONE = [[0x0c, 0x0d], [0x23, 0x24]]; // prettier-ignore
const TWO = [[0x11, 0x11], [0x28, 0x3e]]; // prettier-ignore
/** Those that name a variable of the function. */
const LOCAL = [[0x20, 0x22]]; // prettier-ignore
const isIn = (op, ranges) => ranges.some(([from, to]) => op >= from && op <= to);

/** Passes over one instruction; notes where the number of an i32.const, a call or a variable stands. */
function instruction(reader, { constants, calls, locals }) {
  const op = reader.byte();
  if (op === Op.I32_CONST || op === Op.CALL) {
    const from = reader.at;
    const value = reader.number(op === Op.I32_CONST);
    (op === Op.CALL ? calls : constants).push({ from, to: reader.at, value });
  } else if (isIn(op, LOCAL)) {
    if (reader.number() > 127) throw new Error('pack-data: a function with more than 128 variables');
    locals.push(reader.at - 1);
  } else if (op === 0x42 || isIn(op, ONE)) reader.number();
  else if (op === 0x43) reader.take(4);
  else if (op === 0x44) reader.take(8);
  else if (isIn(op, TWO)) reader.numbers(2);
  else if (op >= 0x02 && op <= 0x04)
    reader.number(); // block, loop, if: their type
  else if (op === 0x0e) reader.numbers(reader.number() + 1);
  else if (op === 0x3f || op === 0x40) reader.byte();
  else if (op === 0xfc) {
    // memory.copy has two bytes behind it, memory.fill one
    const kind = reader.number();
    if (kind === 10) reader.take(2);
    else if (kind === 11) reader.byte();
  }
}

/** The bytes with other values for their constants. */
function withConstants(bytes, constants, move) {
  let at = 0;
  const parts = constants.flatMap(({ from, to, value }) => {
    const before = bytes.subarray(at, from);
    at = to;
    return [...before, ...signed(move(value))];
  });
  return [...parts, ...bytes.subarray(at)];
}

/** Where bytes other than 0 stand in [from, until), with less than a segment's head between them. */
function runs(image, from, until) {
  const found = [];
  for (let i = from; i < Math.min(until, image.length); i++) {
    if (image[i] === 0) continue;
    const last = found.at(-1);
    if (last && i - last[1] < 8) last[1] = i + 1;
    else found.push([i, i + 1]);
  }
  return found;
}
