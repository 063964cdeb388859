// What a device can do at most, measured in the same run as what it does: multiply-adds, bytes copied, dispatches, read-backs.
import { Gpu } from '../gpu/device.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import { FMA_PER_STEP, recordFma } from '../kernels/fma.js';
import { add } from '../ops/elementwise.js';
import { matmulNT } from '../ops/matmul.js';
import type { Device, Recorder } from '../ops/device.js';

/** Multiply-adds, copies, dispatches and read-backs. */
export type CeilingName = 'fma' | 'copy' | 'dispatch' | 'readback';

/** A ceiling to measure: one run, and what it amounts to. */
export interface Ceiling {
  readonly name: CeilingName;
  readonly how: string;
  /** Operations, bytes or calls of one run. */
  readonly amount: number;
  readonly record?: (rec: Recorder) => void;
  readonly run?: () => Promise<void>;
  readonly free: () => void;
}

/** The ceilings of a device. */
export function openCeilings(device: Device): Ceiling[] {
  return [fmaCeiling(device), copy(device), dispatch(device), readback(device)];
}

/** As many multiply-adds as a device can do. */
export function fmaCeiling(device: Device): Ceiling {
  if (device instanceof Gpu) {
    const [groups, steps] = device.adapter.software ? [64, 256] : [4096, 1024];
    const out = device.tensor([groups * 256]);
    return {
      ...{ name: 'fma', how: 'independent chains of vec4 fma in registers', amount: groups * steps * FMA_PER_STEP },
      record: (rec) => recordFma(rec as GpuRecorder, out, groups, steps),
      free: () => device.free(out),
    };
  }
  const [m, n, k] = [64, 768, 384];
  const [x, w, y] = [device.tensor([m, k]), device.tensor([n, k]), device.tensor([m, n])];
  return {
    ...{ name: 'fma', how: 'a product of operands that stay in the cache', amount: 2 * m * n * k },
    record: (rec) => matmulNT(rec, { x, w, y, m, n, k }),
    free: () => device.free(x, w, y),
  };
}

function copy(device: Device): Ceiling {
  const elements = 2 ** 22;
  const [from, to] = [device.tensor([elements]), device.tensor([elements])];
  return {
    ...{ name: 'copy', how: '16 MiB copied, read and written', amount: 8 * elements },
    record: (rec) => rec.copy(from, to),
    free: () => device.free(from, to),
  };
}

function dispatch(device: Device): Ceiling {
  const [a, b] = [device.tensor([64]), device.tensor([64])];
  return {
    ...{ name: 'dispatch', how: '256 additions of 64 numbers, each after the other', amount: 256 },
    record: (rec) => {
      for (let i = 0; i < 256; i++) add(rec, { x: a, y: b, size: 64 });
    },
    free: () => device.free(a, b),
  };
}

function readback(device: Device): Ceiling {
  const t = device.tensor([64]);
  return {
    ...{ name: 'readback', how: '64 numbers read back', amount: 1 },
    run: async () => void (await device.read(t)),
    free: () => device.free(t),
  };
}
