// Packs the strings of a module from AssemblyScript: hundreds of short ones, of 16-bit characters with a head of 20 bytes each, become one
// stream of small numbers, which the module's own `unpack` (assembly/verifier/unpack.ts) writes to their places when it starts.

/** Bytes of a page of memory. */
const PAGE = 65_536;
/** Strings begin at multiples of this many bytes. */
const UNIT = 16;
/** Words of 32 bits before a string's characters: the size of its block, two of the collector, the kind, the length in bytes. */
const HEAD = 5;
const STRING = 2;
/** Says in the stream that units are skipped before the next string. */
const SKIP = 1;
/**
 * Turns letters into the bytes that code is made of most: gzip writes the end of the code and this stream by one table of lengths, and both fit
 * it (270 bytes of the module).
 */
const VEIL = 110;

/** Replaces the strings of `module`, which exports `unpack(from, end, to)`, by a stream that lies behind all data. */
export function packData(module, binaryen) {
  const segments = Array.from({ length: module.getNumDataSegments() }, (_, i) =>
    module.getDataSegmentInfo(module.getDataSegmentByIndex(i)),
  );
  const start = Math.min(...segments.map(({ offset }) => offset)) & -UNIT;
  const end = (Math.max(...segments.map(({ offset, data }) => offset + data.byteLength)) + UNIT - 1) & -UNIT;
  const plain = new Uint8Array(end - start);
  for (const { offset, data } of segments) plain.set(new Uint8Array(data), offset - start);
  const stream = takeStrings(plain);
  const rest = runs(plain).map(([from, to]) => ({
    offset: module.i32.const(start + from),
    data: plain.slice(from, to),
    passive: false,
  }));
  const { initial, max } = module.getMemoryInfo('0');
  const pages = Math.max(initial, Math.ceil((end + stream.length) / PAGE));
  module.removeExport('memory');
  module.setMemory(pages, max ?? -1, 'memory', [...rest, { offset: module.i32.const(end), data: stream, passive: false }]);
  const places = [end, end + stream.length, start].map((place) => module.i32.const(place));
  const { value: unpack } = binaryen.getExportInfo(module.getExport('unpack'));
  const first = binaryen.getFunctionInfo(module.getStart()).name;
  const calls = [module.call(unpack, places, binaryen.none), module.call(first, [], binaryen.none)];
  module.removeExport('unpack');
  module.setStart(module.addFunction('main', binaryen.none, binaryen.none, [], module.block(null, calls)));
}

/**
 * Takes the strings, with their heads, out of the data. The stream has the characters of each, then 0; where it does not follow the one before
 * it, SKIP and the number of units between them stand in front.
 */
function takeStrings(plain) {
  const words = new Uint32Array(plain.buffer);
  const characters = new Uint16Array(plain.buffer);
  const bytes = [];
  const number = (x) => {
    for (; x > 127; x >>= 7) bytes.push((x & 127) | 128);
    bytes.push(x);
  };
  let place = 0;
  for (let at = 2 * UNIT; at < plain.length; at += UNIT) {
    const [block, mark, link, kind, length] = words.subarray(at / 4 - HEAD, at / 4);
    if (kind !== STRING || mark !== 0 || link !== 0 || length === 0 || block < length || block > length + 64) continue;
    const text = characters.subarray(at / 2, (at + length) / 2);
    if (text.includes(0) || text.includes(SKIP)) continue;
    if (at > place) {
      bytes.push(SKIP);
      number((at - place) / UNIT);
    }
    text.forEach(number);
    number(0);
    words.fill(0, at / 4 - HEAD, at / 4);
    text.fill(0);
    place = ((at + length + 19) & -UNIT) + UNIT;
  }
  return Uint8Array.from(bytes, (byte) => byte ^ VEIL);
}

/** Where bytes other than 0 stand, with less than a segment's head between them. */
function runs(plain) {
  const found = [];
  plain.forEach((byte, i) => {
    if (byte === 0) return;
    const last = found.at(-1);
    if (last && i - last[1] < 8) last[1] = i + 1;
    else found.push([i, i + 1]);
  });
  return found;
}
