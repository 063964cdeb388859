// exp and log of the engine over the whole range of f32, against f64.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import asc from 'assemblyscript/asc';
import { expect, it } from 'vitest';
import { root } from '../support/cli.js';
import { points, ulps } from '../support/functions.js';

/** The functions over arrays of a memory, compiled from the engine's source. */
interface Functions {
  readonly memory: WebAssembly.Memory;
  exp(from: number, count: number): void;
  log(from: number, count: number): void;
}

const SOURCE = `
import { Lanes, log64 } from '../../assembly/engine/lanes';
export function exp(at: usize, count: u32): void {
  for (const end = at + (<usize>count << 2); at < end; at += 16) v128.store(at, Lanes.exp(v128.load(at)));
}
export function log(at: usize, count: u32): void {
  for (const end = at + (<usize>count << 3); at < end; at += 8) store<f64>(at, log64(load<f64>(at)));
}`;

async function compile(): Promise<Functions> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-functions-'));
  try {
    const out = path.join(folder, 'functions.wasm');
    const entry = 'test/wasm/functions.ts';
    const { error, stderr } = await asc.main(
      [entry, '--baseDir', root, '--outFile', out, '-O3', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'],
      {
        readFile: (name, base) =>
          path.resolve(base, name) === path.resolve(root, entry) ? SOURCE : read(path.resolve(base, name)),
      },
    );
    if (error) throw new Error(stderr.toString());
    const { instance } = await WebAssembly.instantiate(readFileSync(out));
    return instance.exports as unknown as Functions;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const { memory, exp, log } = await compile();
/** Behind the module's own data. */
const START = 65_536;
const x = points(16_381);
memory.grow(Math.ceil((8 * x.length) / 65_536));

it('exp is good to 1.5 units of the last place; below -86.98 it is 0, past the largest f32 Infinity, of NaN NaN', () => {
  const y = new Float32Array(memory.buffer, START, x.length + (-x.length & 3));
  y.set(x);
  exp(START, y.length);
  let worst = 0;
  x.forEach((v, i) => {
    const [found, exact] = [y[i]!, Math.exp(v)];
    if (Number.isNaN(v)) worst = Number.isNaN(found) ? worst : Infinity;
    else if (v < Math.fround(-86.98)) worst = found === 0 ? worst : Infinity;
    else if (Math.fround(exact) === Infinity) worst = found === Infinity ? worst : Infinity;
    else worst = Math.max(worst, ulps(found, exact));
  });
  expect(worst).toBeLessThan(1.5);
});

it('log of a positive normal f64 is good to 1e-15, or to 1e-13 of itself', () => {
  const positive = Float64Array.from(x).filter((v) => v >= 2 ** -126 && v < Infinity);
  const [small, large] = [positive.map((v) => v ** 8), positive.map((v) => v * 1.0000001)];
  for (const given of [positive, small.filter((v) => v >= 2 ** -1022 && v < Infinity), large]) {
    const y = new Float64Array(memory.buffer, START, given.length);
    y.set(given);
    log(START, y.length);
    let worst = 0;
    given.forEach((v, i) => {
      const exact = Math.log(v);
      worst = Math.max(worst, Math.abs(y[i]! - exact) / Math.max(1e-15, 1e-13 * Math.abs(exact)));
    });
    expect(worst).toBeLessThan(1);
  }
});
