import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportGguf } from '../../src/formats/gguf-model.js';
import type { GgufDType } from '../../src/numbers/weights.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { packedQ8, Q8, dequantized, widened } from '../../src/numbers/blocks.js';
import { decodeF32 } from '../../src/numbers/float16.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';

const root = path.resolve(import.meta.dirname, '../..');
const signs = new NodeFiles(path.join(root, 'models/signs-0.2m'));

interface Gguf {
  readonly metadata: Record<string, unknown>;
  /** Shapes outermost first. */
  readonly tensors: ReadonlyMap<string, { shape: number[]; type: number; bytes: Uint8Array }>;
}

/** A reader of the format, written from its description and apart from the writer. */
function readGguf(bytes: Uint8Array): Gguf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const u32 = (): number => view.getUint32((at += 4) - 4, true);
  const u64 = (): number => Number(view.getBigUint64((at += 8) - 8, true));
  const text = (): string => {
    const length = u64();
    return new TextDecoder().decode(bytes.subarray(at, (at += length)));
  };
  const value = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return view.getInt32((at += 4) - 4, true);
    if (type === 6) return view.getFloat32((at += 4) - 4, true);
    if (type === 7) return view.getUint8(at++) === 1;
    if (type === 8) return text();
    if (type !== 9) throw new Error(`type ${type}`);
    const [inner, length] = [u32(), u64()];
    return Array.from({ length }, () => value(inner));
  };
  expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('GGUF');
  at = 4;
  expect(u32()).toBe(3);
  const [tensorCount, valueCount] = [u64(), u64()];
  const metadata = Object.fromEntries(Array.from({ length: valueCount }, () => [text(), value(u32())]));
  const heads = Array.from({ length: tensorCount }, () => {
    const name = text();
    const shape = Array.from({ length: u32() }, u64).reverse();
    return { name, shape, type: u32(), offset: u64() };
  });
  const data = Math.ceil(at / 32) * 32;
  const size = (type: number, n: number): number => (type === 0 ? 4 * n : type === 1 ? 2 * n : (n / 32) * 34);
  const tensors = new Map(
    heads.map(({ name, shape, type, offset }) => {
      expect(offset % 32).toBe(0);
      const from = data + offset;
      return [
        name,
        {
          shape,
          type,
          bytes: bytes.subarray(
            from,
            from +
              size(
                type,
                shape.reduce((n, s) => n * s, 1),
              ),
          ),
        },
      ];
    }),
  );
  return { metadata, tensors };
}

async function exported(dtype: GgufDType, files = signs as NodeFiles | MemoryFiles): Promise<Gguf> {
  const out = new MemoryFiles('out');
  await exportGguf(files, out, 'm.gguf', { dtype, name: 'signs' });
  return readGguf(out.files.get('m.gguf')!);
}

/** The built-in model with other fields in one of its JSON files. */
async function changed(file: string, fields: object): Promise<MemoryFiles> {
  const files = new MemoryFiles('changed');
  for (const name of await signs.list()) files.files.set(name, await signs.readRange(name, 0, await signs.size(name)));
  await files.write(file, JSON.stringify({ ...(JSON.parse(await signs.readText(file)) as object), ...fields }));
  return files;
}

describe('a GGUF file of a model', () => {
  it('has the fields of its family and every token', async () => {
    const { metadata } = await exported('f16');
    expect(metadata).toMatchObject({
      'general.architecture': 'llama',
      'general.name': 'signs',
      'general.file_type': 1,
      'llama.block_count': 4,
      'llama.context_length': 512,
      'llama.attention.head_count': 4,
      'llama.rope.dimension_count': 16,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.eos_token_id': 1,
      'tokenizer.ggml.padding_token_id': 0,
      'tokenizer.ggml.add_bos_token': false,
    });
    const tokens = metadata['tokenizer.ggml.tokens'] as string[];
    expect(tokens).toHaveLength(110);
    // As GPT-2 writes the bytes of a line feed and a space.
    expect(tokens.slice(0, 9)).toEqual(['<pad>', '<eos>', '<unk>', '<user>', '<assistant>', '<think>', '</think>', 'Ċ', 'Ġ']);
    expect((metadata['tokenizer.ggml.token_type'] as number[]).slice(0, 8)).toEqual([3, 3, 3, 3, 3, 4, 4, 1]);
    expect(metadata['tokenizer.chat_template']).toBe(await signs.readText('chat_template.jinja'));
  });

  it('has every weight: as f32 the same numbers, rows of queries and keys with the halves of a head interleaved', async () => {
    const [{ tensors }, weights] = [await exported('f32'), await Safetensors.open(signs)];
    expect(tensors.size).toBe(weights.tensors.size);
    const values = (name: string): Float32Array => decodeF32('F32', tensors.get(name)!.bytes);
    expect(tensors.get('blk.2.ffn_down.weight')!.shape).toEqual([64, 192]);
    expect(values('blk.2.ffn_down.weight')).toEqual(await weights.readF32('model.layers.2.mlp.down_proj.weight'));
    expect(values('token_embd.weight')).toEqual(await weights.readF32('model.embed_tokens.weight'));
    const rows = (all: Float32Array, list: number[]): number[] =>
      list.flatMap((row) => [...all.subarray(64 * row, 64 * row + 64)]);
    const q = await weights.readF32('model.layers.0.self_attn.q_proj.weight');
    expect(rows(values('blk.0.attn_q.weight'), [16, 17, 18, 31])).toEqual(rows(q, [16, 24, 17, 31]));
  });

  it('keeps vectors in f32, and rounds matrices to f16 or to blocks of 8 bits', async () => {
    const weights = await (await Safetensors.open(signs)).readF32('model.layers.1.mlp.up_proj.weight');
    const [half, blocks] = [(await exported('f16')).tensors, (await exported('q8_0')).tensors];
    for (const tensors of [half, blocks]) expect(tensors.get('output_norm.weight')!.type).toBe(0);
    const f16 = decodeF32('F16', half.get('blk.1.ffn_up.weight')!.bytes);
    weights.forEach((value, i) => expect(Math.abs(f16[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 2048 + 2 ** -25));
    const { bytes, type } = blocks.get('blk.1.ffn_up.weight')!;
    expect(type).toBe(8);
    const q8 = dequantized(new Float32Array(widened(bytes, Q8).buffer as ArrayBuffer), weights.length, Q8);
    for (let from = 0; from < weights.length; from += 32) {
      const block = weights.subarray(from, from + 32);
      const top = Math.max(...block.map(Math.abs));
      block.forEach((value, i) => expect(Math.abs(q8[from + i]! - value)).toBeLessThanOrEqual(top * (0.5 / 127 + 2 ** -11)));
    }
  });

  it.each([
    [
      'config.json',
      { rope_parameters: { rope_type: 'yarn', factor: 4, rope_theta: 1e4 } },
      /default, linear or llama3 for rope_type, got "yarn"/,
    ],
    ['tokenizer.json', { normalizer: { type: 'Lowercase' } }, /expected no normalizer, or NFC, got/],
    ['tokenizer.json', { model: { type: 'Unigram', vocab: [] } }, /expected a .*/],
  ])('is refused by name where llama.cpp computes otherwise: %s %j', async (file, fields, message) => {
    await expect(exported('f32', await changed(file, fields))).rejects.toThrow(message);
  });
});

it('blocks of 8 bits have the bytes of llama.cpp', () => {
  // Made by gguf.quants.quantize (gguf 0.19) of (i² mod 37 − 18) / 8 for i = 0 … 31.
  const values = Float32Array.from({ length: 32 }, (_, i) => (((i * i) % 37) - 18) / 8);
  expect(Buffer.from(packedQ8('w', values)).toString('hex')).toBe(
    '892481889dc0f2317fd640b238c86a15cf9671554747557196cf156ac838b240d67f',
  );
});
