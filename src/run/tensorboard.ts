// Event files of TensorBoard, by hand: records (TFRecord) of protocol buffers that hold numbers by name and step.
// Sources: tensorflow/core/util/event.proto and summary.proto; the record format with its masked CRC-32C in TensorFlow's lib/io.
import { utf8, varint } from './bytes.js';

/** The first record of a file. */
export function fileStart(seconds: number): Uint8Array {
  return record([...field(1, double(seconds)), ...bytesField(3, utf8('brain.Event:2'))]);
}

/** A record of numbers by name. @param seconds since 1970 */
export function scalarsRecord(seconds: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).flatMap(([name, value]) =>
    bytesField(1, [...bytesField(1, utf8(name)), ...field(2, float(value))]),
  );
  return record([...field(1, double(seconds)), (2 << 3) | 0, ...varint(step), ...bytesField(5, summary)]);
}

/** length u64, its check, data, its check; all little-endian. */
function record(data: readonly number[]): Uint8Array {
  const out = new Uint8Array(16 + data.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(out.subarray(12, 12 + data.length)), true);
  return out;
}

/** A field of fixed size: 8 bytes have wire type 1, 4 bytes 5. */
function field(number: number, bytes: readonly number[]): number[] {
  return [(number << 3) | (bytes.length === 8 ? 1 : 5), ...bytes];
}

/** A field of bytes with their count before them. */
function bytesField(number: number, bytes: readonly number[]): number[] {
  return [(number << 3) | 2, ...varint(bytes.length), ...bytes];
}

function double(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

function float(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

/** CRC-32C (Castagnoli), byte by byte. */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
