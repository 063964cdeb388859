// Runs a list of cases on a device, in interleaved rounds beside the device's ceilings, so that other load on the machine falls on all alike.
import { check, MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { kernelCases, MODEL_SHAPES, shapesOf, type Case, type Opened } from './cases.js';
import { openCeilings, type Ceiling, type CeilingName } from './ceilings.js';
import { phaseCases } from './phases.js';
import { interleave, Timed, type Spread } from './timed.js';

/** Version of what {@link runBench} gives. */
export const BENCH_SCHEMA = 'mgrpo-bench/1';

/** What a device can do at most. */
export interface MeasuredCeiling {
  /** GFLOP/s (fma), GB/s (copy), microseconds of a call (dispatch, readback). */
  readonly value: number;
  readonly how: string;
  readonly ms: Spread;
}

/** One case. */
export interface BenchResult {
  readonly name: string;
  readonly group: Case['group'];
  readonly model: string;
  readonly ms: Spread;
  readonly flops: number;
  readonly bytes: number;
  readonly gflops: number;
  readonly gbs: number;
  /** Tokens a second, for phases. */
  readonly tokensPerSecond: number | null;
  /** Share of the roof at the case's intensity: min(fma, intensity × copy). */
  readonly roof: number;
}

/** A run of the bench on one device. */
export interface BenchReport {
  readonly schema: typeof BENCH_SCHEMA;
  readonly device: Device['info'];
  readonly rounds: number;
  readonly quick: boolean;
  readonly ceilings: Readonly<Record<CeilingName, MeasuredCeiling>>;
  readonly results: readonly BenchResult[];
  /** Cases for which the device has no room, or too little speed. */
  readonly leftOut?: readonly { readonly name: string; readonly model: string; readonly why: string }[];
}

/** Settings of {@link runBench}. */
export interface BenchOptions {
  /** Few and small cases (default false). */
  readonly quick?: boolean;
  /** Rounds, at least 3 (default 5). */
  readonly rounds?: number;
  /** Models whose cases run (default: all; quick: the built-in one and smollm2-135m). */
  readonly models?: readonly string[];
  readonly signal?: AbortSignal;
  /** Called before a case is opened: cases done and in all, and its name. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/** Cases that are open at a time: a round goes through them and the ceilings. */
const TOGETHER = 6;

/** Seconds that one run of a case may take, by its operations and the best rate of the cases before it. */
const LONGEST = 40;

/** The cases of some models. */
export function benchCases({ quick = false, models }: Pick<BenchOptions, 'quick' | 'models'> = {}): Case[] {
  const names = MODEL_SHAPES.map(({ name }) => name);
  return shapesOf('bench', models ?? (quick ? names.slice(0, 2) : names)).flatMap((shape) => [
    ...kernelCases(shape, quick),
    ...(shape.layers > 1 && (!quick || shape.layers < 8) ? phaseCases(shape) : []),
  ]);
}

/** Measures a device. It must be idle: nothing else may use it meanwhile. */
export async function runBench(device: Device, options: BenchOptions = {}): Promise<BenchReport> {
  const { quick = false, rounds = 5, signal, onProgress } = options;
  check(Number.isInteger(rounds) && rounds >= 3, `bench: expected at least 3 rounds, got ${rounds}`);
  const cases = benchCases(options);
  const ceilings = openCeilings(device);
  const tops = ceilings.map((ceiling) => new Timed(repeatOf(device, ceiling)));
  const timed: { readonly of: Case; readonly times: Timed }[] = [];
  const leftOut: NonNullable<BenchReport['leftOut']>[number][] = [];
  try {
    for (let from = 0; from < cases.length; from += TOGETHER) {
      const part: { readonly of: Case; readonly opened: Opened; readonly times: Timed }[] = [];
      try {
        for (const one of cases.slice(from, from + TOGETHER)) {
          signal?.throwIfAborted();
          onProgress?.(from + part.length, cases.length, `${one.model} ${one.name}`);
          try {
            const seconds = secondsOf(
              one.flops,
              timed.map(({ of, times }) => of.flops / times.spread.median),
            );
            if (seconds > LONGEST)
              throw new MgrpoError(
                'device_limit',
                `bench: expected a run to take ${LONGEST} s at most, got ${Math.round(seconds)}`,
              );
            const opened = await one.open(device);
            part.push({ of: one, opened, times: new Timed(repeatOf(device, opened)) });
          } catch (error) {
            if (!(error instanceof MgrpoError) || !['out_of_memory', 'device_limit'].includes(error.code)) throw error;
            leftOut.push({ name: one.name, model: one.model, why: error.message });
          }
        }
        await interleave([...tops, ...part.map(({ times }) => times)], rounds, signal);
        timed.push(...part.map(({ of, times }) => ({ of, times })));
      } finally {
        for (const { opened } of part) opened.free();
      }
    }
  } finally {
    for (const ceiling of ceilings) ceiling.free();
  }
  const measured = Object.fromEntries(ceilings.map((ceiling, i) => [ceiling.name, ceilingOf(ceiling, tops[i]!.spread)]));
  const roofs = measured as BenchReport['ceilings'];
  return {
    ...{ schema: BENCH_SCHEMA, device: device.info, rounds, quick, ceilings: roofs },
    results: timed.map(({ of, times }) => resultOf(of, times.spread, roofs)),
    leftOut,
  };
}

/** Seconds that operations take at the best of some rates, in operations a millisecond; 0 where there is none. */
export function secondsOf(flops: number, rates: readonly number[]): number {
  return rates.length === 0 ? 0 : flops / Math.max(...rates) / 1e3;
}

/** Runs something as often as asked, and waits until it is done. */
export function repeatOf(device: Device, { record, run }: Pick<Opened, 'record' | 'run'>): (times: number) => Promise<void> {
  return async (times) => {
    if (record) {
      const rec = device.recorder();
      for (let i = 0; i < times; i++) record(rec);
      rec.submit();
    } else for (let i = 0; i < times; i++) await run!();
    await device.idle();
  };
}

/** Rates go by the best round (what the device can do), times of calls by the median. */
function ceilingOf({ name, how, amount }: Ceiling, ms: Spread): MeasuredCeiling {
  const isRate = name === 'fma' || name === 'copy';
  return { value: isRate ? amount / ms.least / 1e6 : (1e3 * ms.median) / amount, how, ms };
}

function resultOf({ name, group, model, flops, bytes, tokens }: Case, ms: Spread, roofs: BenchReport['ceilings']): BenchResult {
  const gflops = flops / ms.median / 1e6;
  const gbs = bytes / ms.median / 1e6;
  const top = Math.min(roofs.fma.value, (flops / bytes) * roofs.copy.value);
  return {
    ...{ name, group, model, ms, flops, bytes, gflops, gbs },
    tokensPerSecond: tokens ? (1e3 * tokens) / ms.median : null,
    roof: flops > 0 ? gflops / top : gbs / roofs.copy.value,
  };
}

/** How a second run stands to a first one: cases of both, with the quotient of their median times (below 1: faster). */
export interface Compared {
  readonly name: string;
  readonly model: string;
  readonly before: number;
  readonly after: number;
  readonly quotient: number;
  /** Whether the ranges of all rounds do not touch. */
  readonly clear: boolean;
}

/** Compares two runs. */
export function compareBench(before: BenchReport, after: BenchReport): Compared[] {
  const key = ({ model, name }: BenchResult): string => `${model}/${name}`;
  const old = new Map(before.results.map((result) => [key(result), result]));
  return after.results.flatMap((result) => {
    const then = old.get(key(result));
    if (!then) return [];
    const { name, model, ms } = result;
    const clear = ms.most < then.ms.least || ms.least > then.ms.most;
    return [{ name, model, before: then.ms.median, after: ms.median, quotient: ms.median / then.ms.median, clear }];
  });
}
