/** Reading the golden cases that the host algorithm is checked against. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = process.env['MGRPO_GOLDEN_DIR'] ?? resolve('../shared/golden');

export interface GoldenCase<T> {
  readonly name: string;
  readonly folder: string;
  readonly json: T;
}

/** All cases of one kind; empty where the folder is absent. */
export function goldenCases<T>(kind: string): GoldenCase<T>[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'case.json')))
    .map((entry) => {
      const folder = join(root, entry.name);
      return {
        name: entry.name,
        folder,
        json: JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as T & { kind: string },
      };
    })
    .filter((c) => c.json.kind === kind);
}

/** The reason to skip, or null. */
export const goldenMissing: string | null = existsSync(root) ? null : `no golden cases at ${root}`;

/** The F32 tensors of a safetensors file. */
export function readTensors(path: string): Map<string, Float32Array> {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const out = new Map<string, Float32Array>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || entry.dtype !== 'F32') continue;
    const [from, to] = entry.data_offsets.map((o) => o + 8 + headerLength) as [number, number];
    out.set(name, new Float32Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + to)));
  }
  return out;
}
