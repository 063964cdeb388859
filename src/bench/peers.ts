// This package beside its peers: the same kernels on the same numbers and the same adapter, in interleaved rounds. What the peers compute is checked
// against what this package does before anything is timed. Their side is in bench/peers/, which brings them.
import { check, MgrpoError, reasonOf } from '../errors.js';
import { samplingOf } from '../config/sampling.js';
import { adamW } from '../ops/adamw.js';
import { attention } from '../ops/attention.js';
import type { Device, Recorder } from '../ops/device.js';
import { matmulNT } from '../ops/matmul.js';
import { rmsNorm } from '../ops/norm.js';
import { Pool } from '../ops/pool.js';
import { decodeState, sample } from '../ops/sampling.js';
import type { Tensor } from '../ops/tensor.js';
import { alignColumns, short } from '../report/format.js';
import { Rng } from '../rng.js';
import { interleave, Timed, type Spread } from './timed.js';

/** Version of what {@link runPeers} gives. */
const PEERS_SCHEMA = 'mgrpo-peers/1';

/** A kernel, with the numbers that all are given. */
export interface PeerCase {
  readonly name: string;
  /**
   * `matmul`: x[m, k] wᵀ[k, n]. `rmsNorm`: x[rows, width], w. `attention`: causal, q[count·length, heads·headDim], k and v[count·length,
   * kvHeads·headDim]. `adamW`: one step from p, g, m, v; gives p, m, v. `greedy`: of logits[rows, vocab] the largest one's id and log-probability.
   */
  readonly kind: 'matmul' | 'rmsNorm' | 'attention' | 'adamW' | 'greedy';
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

/** Something that computes a case. */
export interface Contender {
  /** What it computes; called once, before {@link repeat}. */
  outputs(): Promise<readonly ArrayLike<number>[]>;
  /** Computes it some times, one after the other, and waits until all is done. */
  repeat(times: number): Promise<void>;
  /** Frees its memory. */
  free(): void;
}

/** Who takes part. */
export interface Peer {
  readonly name: string;
  /** @throws where it cannot compute the case; the message says why */
  open(one: PeerCase): Promise<Contender>;
}

/** Who does not, and why. */
export interface LeftOut {
  readonly peer: string;
  readonly why: string;
}

/** Times of one case. */
export interface PeerResult {
  readonly name: string;
  readonly ms: Readonly<Record<string, Spread>>;
  readonly leftOut: readonly LeftOut[];
}

/** This package beside its peers on one device. */
export interface PeersReport {
  readonly schema: typeof PEERS_SCHEMA;
  readonly device: Device['info'];
  readonly rounds: number;
  readonly results: readonly PeerResult[];
  /** Peers that take part in no case. */
  readonly leftOut: readonly LeftOut[];
  /** Cases and peers with a smaller median than this package. */
  readonly behind: readonly { readonly name: string; readonly peer: string; readonly quotient: number }[];
  /** Cases and peers that compute something else. */
  readonly unequal: readonly { readonly name: string; readonly peer: string; readonly why: string }[];
}

/** Name of this package among the contenders. */
const OURS = 'mgrpo';
/** Largest difference from this package's numbers, as a part of the largest of them. */
const TOLERANCE = 1e-4;
/** As torch's defaults, at the first step. */
const ADAMW = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, step: 1 } as const;
const NORM_EPSILON = 1e-6;

/** The kernels that are compared, at shapes of SmolLM2-135M. @param quick small ones, for tests */
export function peerCases(quick = false): PeerCase[] {
  const rng = new Rng(1);
  const numbers = (length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
  const [rows, width, wide, length, vocab] = quick ? [8, 32, 48, 16, 96] : [64, 576, 1536, 256, 49_152];
  const matmul = (m: number, n: number, k: number): PeerCase => ({
    ...{ name: `matmul ${m}×${k} to ${n}`, kind: 'matmul', sizes: { m, n, k } },
    inputs: { x: numbers(m * k), w: numbers(n * k) },
  });
  const [count, heads, kvHeads, headDim] = quick ? [2, 2, 1, 16] : [4, 9, 3, 64];
  const tokens = count * length;
  const parameters = width * wide;
  return [
    matmul(rows, wide, width),
    ...(quick ? [] : [matmul(512, 512, 512)]),
    {
      ...{ name: `attention ${count}×${length}`, kind: 'attention', sizes: { count, length, heads, kvHeads, headDim } },
      inputs: {
        q: numbers(tokens * heads * headDim),
        k: numbers(tokens * kvHeads * headDim),
        v: numbers(tokens * kvHeads * headDim),
      },
    },
    {
      ...{ name: `rmsNorm ${8 * rows}×${width}`, kind: 'rmsNorm', sizes: { rows: 8 * rows, width } },
      inputs: { x: numbers(8 * rows * width), w: numbers(width) },
    },
    {
      ...{ name: `adamW ${parameters}`, kind: 'adamW', sizes: { size: parameters } },
      inputs: {
        ...{ p: numbers(parameters), g: numbers(parameters), m: numbers(parameters) },
        v: numbers(parameters).map(Math.abs),
      },
    },
    {
      ...{ name: `greedy token ${rows}×${vocab}`, kind: 'greedy', sizes: { rows, vocab } },
      inputs: { logits: numbers(rows * vocab).map((x) => 8 * x) },
    },
  ];
}

/** This package's side of a case. */
function openOurs(device: Device, { kind, sizes, inputs }: PeerCase): Contender {
  const made: Tensor[] = [];
  const pool = new Pool(device);
  const keep = (t: Tensor): Tensor => {
    made.push(t);
    return t;
  };
  const given = (name: string): Tensor => keep(device.from(inputs[name]!));
  const empty = (length: number): Tensor => keep(device.tensor([length]));
  const size = (name: string): number => sizes[name]!;
  const kinds: Record<PeerCase['kind'], () => readonly [(rec: Recorder) => void, ...Tensor[]]> = {
    matmul() {
      const [m, n, k] = [size('m'), size('n'), size('k')];
      const args = { x: given('x'), w: given('w'), y: empty(m * n), m, n, k };
      return [(rec) => matmulNT(rec, args), args.y];
    },
    rmsNorm() {
      const [rows, width] = [size('rows'), size('width')];
      const args = { x: given('x'), w: given('w'), y: empty(rows * width), rstd: empty(rows), rows, width, eps: NORM_EPSILON };
      return [(rec) => rmsNorm(rec, args), args.y];
    },
    attention() {
      const [length, heads, kvHeads, headDim] = [size('length'), size('heads'), size('kvHeads'), size('headDim')];
      const tokens = size('count') * length;
      const start = Uint32Array.from({ length: tokens }, (_, t) => t - (t % length));
      const args = {
        ...{ tokens, heads, kvHeads, headDim, scale: headDim ** -0.5, q: given('q'), k: given('k'), v: given('v') },
        ...{ o: empty(tokens * heads * headDim), lse: empty(tokens * heads) },
        seqStart: keep(device.from(start)),
        seqEnd: keep(device.from(start.map((s) => s + length))),
      };
      return [(rec) => attention(rec, args), args.o];
    },
    adamW() {
      const clip = keep(device.from(Float32Array.of(1, 1)));
      const args = { param: given('p'), grad: given('g'), m: given('m'), v: given('v'), clip, size: size('size'), ...ADAMW };
      return [(rec) => adamW(rec, args), args.param, args.m, args.v];
    },
    greedy() {
      const [rows, vocab] = [size('rows'), size('vocab')];
      const state = decodeState(pool, rows);
      device.write(state.active, new Uint32Array(rows).fill(1));
      const args = { logits: given('logits'), rows, vocab, ...state, logps: empty(rows), seed: [1, 2] as const };
      return [(rec) => sample(rec, { ...args, ...samplingOf({ temperature: 0 }) }), state.tokens, args.logps];
    },
  };
  const [record, ...results] = kinds[kind]();
  return {
    async outputs() {
      const rec = device.recorder();
      record(rec);
      rec.submit();
      const values = await device.read(...results);
      return values.map((data, i) =>
        results[i]!.dtype === 'u32' ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data,
      );
    },
    async repeat(times) {
      const rec = device.recorder();
      for (let i = 0; i < times; i++) record(rec);
      rec.submit();
      await device.idle();
    },
    free() {
      device.free(...made);
      pool.free();
    },
  };
}

/** Says how some numbers differ from those of this package; undefined where they agree. */
function difference(found: readonly ArrayLike<number>[], ours: readonly ArrayLike<number>[]): string | undefined {
  if (found.length !== ours.length) return `${found.length} results for ${ours.length}`;
  for (const [i, own] of ours.entries()) {
    const other = found[i]!;
    if (other.length !== own.length) return `${other.length} numbers for ${own.length}`;
    let [most, largest] = [0, 0];
    for (let at = 0; at < own.length; at++) {
      largest = Math.max(largest, Math.abs(own[at]!));
      most = Math.max(most, Math.abs(other[at]! - own[at]!));
    }
    if (!(most <= TOLERANCE * largest))
      return `result ${i} differs by ${short(most)}, the largest number being ${short(largest)}`;
  }
  return undefined;
}

/** Settings of {@link runPeers}. */
export interface PeersOptions {
  /** Peers that could not be started. */
  readonly leftOut?: readonly LeftOut[];
  /** Rounds, at least 3 (default 5). */
  readonly rounds?: number;
  readonly cases?: readonly PeerCase[];
  readonly signal?: AbortSignal;
  /** Called before a case is opened: cases done and in all, and its name. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/** Measures this package on a device beside peers on the same adapter. */
export async function runPeers(device: Device, peers: readonly Peer[], options: PeersOptions = {}): Promise<PeersReport> {
  const { rounds = 5, cases = peerCases(), leftOut: absent = [], signal, onProgress } = options;
  check(Number.isInteger(rounds) && rounds >= 3, `bench: expected at least 3 rounds, got ${rounds}`);
  const results: PeerResult[] = [];
  const unequal: PeersReport['unequal'][number][] = [];
  for (const [i, one] of cases.entries()) {
    onProgress?.(i, cases.length, one.name);
    const ours = openOurs(device, one);
    const open: Contender[] = [ours];
    const timed = new Map([[OURS, new Timed((times) => ours.repeat(times))]]);
    const leftOut: LeftOut[] = [];
    try {
      const expected = await ours.outputs();
      for (const peer of peers) {
        signal?.throwIfAborted();
        try {
          const contender = await peer.open(one);
          open.push(contender);
          const why = difference(await contender.outputs(), expected);
          if (why === undefined) timed.set(peer.name, new Timed((times) => contender.repeat(times)));
          else unequal.push({ name: one.name, peer: peer.name, why });
        } catch (error) {
          if (error instanceof MgrpoError) throw error;
          leftOut.push({ peer: peer.name, why: reasonOf(error) });
        }
      }
      await interleave([...timed.values()], rounds, signal);
    } finally {
      for (const contender of open) contender.free();
    }
    results.push({ name: one.name, ms: Object.fromEntries([...timed].map(([name, { spread }]) => [name, spread])), leftOut });
  }
  const behind = results.flatMap(({ name, ms }) =>
    Object.entries(ms).flatMap(([peer, { median }]) => {
      const quotient = median / ms[OURS]!.median;
      return quotient < 1 ? [{ name, peer, quotient }] : [];
    }),
  );
  return { schema: PEERS_SCHEMA, device: device.info, rounds, results, leftOut: absent, behind, unequal };
}

/** The comparison as lines of text: milliseconds of this package, and of each peer with how many times as long it takes. */
export function peersTable({ results, leftOut, unequal }: PeersReport): string {
  const names = [...new Set(results.flatMap(({ ms }) => Object.keys(ms)))];
  const cell = (ms: PeerResult['ms'], name: string): string => {
    const own = ms[name];
    if (!own) return '–';
    return name === OURS ? short(own.median) : `${short(own.median)} (${short(own.median / ms[OURS]!.median)} ×)`;
  };
  const table = alignColumns([
    ['ms', ...names],
    ...results.map(({ name, ms }) => [name, ...names.map((peer) => cell(ms, peer))]),
  ]);
  const notes = [
    ...leftOut.map(({ peer, why }) => `left out: ${peer}: ${why}`),
    ...results.flatMap((r) => r.leftOut.map(({ peer, why }) => `left out: ${peer}, ${r.name}: ${why}`)),
    ...unequal.map(({ peer, name, why }) => `not the same: ${peer}, ${name}: ${why}`),
  ];
  return [table, ...notes].join('\n');
}
