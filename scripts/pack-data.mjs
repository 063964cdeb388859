// Packs the data of a module from AssemblyScript: a thousand short strings of 16-bit characters, each with a head of 20 bytes, become one
// stream of small numbers, which the module's own `unpack` writes to their places when it starts.

/** A string's head: sizes and marks of the collector, of which nothing is read but its length in the last word; and its kind. */
const HEAD = 20;
const KIND_AT = 12;
const STRING = 2;

/** Bytes of a page of memory. */
const PAGE = 65_536;

/** Replaces the data of `module`, which exports `unpack(from, end, to)`, by a packed stream behind its place. */
export function packData(module, binaryen) {
  const segments = Array.from({ length: module.getNumDataSegments() }, (_, i) =>
    module.getDataSegmentInfo(module.getDataSegmentByIndex(i)),
  );
  const start = Math.min(...segments.map(({ offset }) => offset)) & ~1;
  const end = (Math.max(...segments.map(({ offset, data }) => offset + data.byteLength)) + 15) & ~15;
  const plain = new Uint8Array(end - start);
  for (const { offset, data } of segments) plain.set(withoutHead(new Uint8Array(data)), offset - start);
  const stream = packed(new Uint16Array(plain.buffer));
  const { initial, max } = module.getMemoryInfo('0');
  module.removeExport('memory');
  const at = module.i32.const(end);
  module.setMemory(Math.max(initial, Math.ceil((end + stream.length) / PAGE)), max ?? -1, 'memory', [
    { offset: at, data: stream, passive: false },
  ]);
  const places = [end, end + stream.length, start].map((place) => module.i32.const(place));
  const { value: unpack } = binaryen.getExportInfo(module.getExport('unpack'));
  const first = binaryen.getFunctionInfo(module.getStart()).name;
  const calls = [module.call(unpack, places, binaryen.none), module.call(first, [], binaryen.none)];
  const main = module.addFunction('main', binaryen.none, binaryen.none, [], module.block(null, calls));
  module.removeExport('unpack');
  module.setStart(main);
}

/** A segment; of a string only its length and its characters. */
function withoutHead(segment) {
  const words = new DataView(segment.buffer);
  if (segment.length >= HEAD && words.getUint32(KIND_AT, true) === STRING) segment.fill(0, 0, KIND_AT + 4);
  return segment;
}

/** The stream: zeros to skip, words that follow, these; and so on. */
function packed(words) {
  const bytes = [];
  const number = (x) => {
    for (; x > 127; x >>= 7) bytes.push((x & 127) | 128);
    bytes.push(x);
  };
  for (let i = 0; i < words.length;) {
    let from = i;
    while (from < words.length && words[from] === 0) from++;
    let to = from;
    while (to < words.length && words[to] !== 0) to++;
    if (to > from) {
      number(from - i);
      number(to - from);
      for (const word of words.subarray(from, to)) number(word);
    }
    i = to;
  }
  return Uint8Array.from(bytes);
}
