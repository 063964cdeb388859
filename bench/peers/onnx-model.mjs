// Small graphs of ONNX as the bytes of their file (protocol buffers; field numbers of onnx.proto).

function varint(number) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(number)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}
const whole = (field, number) => [...varint(field << 3), ...varint(number)];
const block = (field, bytes) => [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
const text = (field, words) =>
  block(
    field,
    [...words].map((letter) => letter.charCodeAt(0)),
  );
const float = (x) => [...new Uint8Array(Float32Array.of(x).buffer)];

const TYPES = { float: 1, int32: 6, int64: 7 };

/** An input or output of a graph. */
export function value(name, dims, type = 'float') {
  const shape = dims.flatMap((size) => block(1, whole(1, size)));
  return { name, dims, bytes: [...text(1, name), ...block(2, block(1, [...whole(1, TYPES[type]), ...block(2, shape)]))] };
}

function attribute([name, x]) {
  if (Array.isArray(x)) return block(5, [...text(1, name), ...x.flatMap((i) => whole(8, i)), ...whole(20, 7)]);
  const kind = Number.isInteger(x) ? [...whole(3, x), ...whole(20, 2)] : [...varint((2 << 3) | 5), ...float(x), ...whole(20, 1)];
  return block(5, [...text(1, name), ...kind]);
}

/** An operation. */
export function node(type, inputs, outputs, attributes = {}, domain = '') {
  const names = [...inputs.flatMap((name) => text(1, name)), ...outputs.flatMap((name) => text(2, name))];
  return [...names, ...text(4, type), ...Object.entries(attributes).flatMap(attribute), ...text(7, domain)];
}

/** A model. @param floats scalars by name @param ints lists of int64 by name */
export function model(nodes, inputs, outputs, floats = {}, ints = {}) {
  const constant = (name, type, dims, raw) => [
    ...dims.flatMap((d) => whole(1, d)),
    ...whole(2, type),
    ...text(8, name),
    ...block(9, raw),
  ];
  const int64 = (list) => [...new Uint8Array(BigInt64Array.from(list, BigInt).buffer)];
  const constants = [
    ...Object.entries(floats).map(([name, x]) => constant(name, TYPES.float, [], float(x))),
    ...Object.entries(ints).map(([name, list]) => constant(name, TYPES.int64, [list.length], int64(list))),
  ];
  const graph = [
    ...nodes.flatMap((bytes) => block(1, bytes)),
    ...text(2, 'kernel'),
    ...constants.flatMap((bytes) => block(5, bytes)),
    ...inputs.flatMap(({ bytes }) => block(11, bytes)),
    ...outputs.flatMap(({ bytes }) => block(12, bytes)),
  ];
  const opset = (domain, version) => block(8, [...text(1, domain), ...whole(2, version)]);
  return {
    bytes: Uint8Array.from([...whole(1, 10), ...opset('', 21), ...opset('com.microsoft', 1), ...block(7, graph)]),
    inputs: inputs.map(({ name, dims }) => [name, dims]),
    outputs: outputs.map(({ name }) => name),
  };
}
