import { describe, expect, it } from 'vitest';
import { peerCases, peersTable, runPeers, type Contender, type Peer, type PeerCase } from '../../src/bench/peers.js';
import { testDevice } from '../support/device.js';

const product = ({ inputs, sizes }: PeerCase): number[] =>
  Array.from({ length: sizes['m']! * sizes['n']! }, (_, at) => {
    const [row, column, k] = [Math.floor(at / sizes['n']!), at % sizes['n']!, sizes['k']!];
    let sum = 0;
    for (let i = 0; i < k; i++) sum += inputs['x']![row * k + i]! * inputs['w']![column * k + i]!;
    return sum;
  });

/** A peer that gives some numbers and does nothing else, in no time or in a long one. */
function peer(
  name: string,
  outputs: (one: PeerCase) => readonly number[][],
  ms: number,
): Peer & { open: () => Promise<Contender> } {
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    name,
    open: (one?: PeerCase) =>
      Promise.resolve({
        outputs: () => Promise.resolve(outputs(one!)),
        repeat: ms > 0 ? wait : () => Promise.resolve(),
        free: () => undefined,
      }),
  };
}

const cases = peerCases(true);

describe('peers', () => {
  it('are set beside this package where they compute the same, and are told apart where they do not', async () => {
    const device = await testDevice();
    const before = device.memory.allocated;
    const off =
      (x: number): ((one: PeerCase) => number[][]) =>
      (one) => [product(one).map((y, i) => (i === 3 ? y + x : y))];
    const report = await runPeers(
      device,
      [
        peer('quick', (one) => [product(one)], 0),
        peer('slow', (one) => [product(one)], 100),
        peer('wrong', off(0.01), 0),
        peer('lost', off(NaN), 0),
        { name: 'absent', open: () => Promise.reject(new Error('no products here')) },
      ],
      { rounds: 3, cases: cases.filter(({ kind }) => kind === 'matmul'), leftOut: [{ peer: 'none', why: 'not installed' }] },
    );
    expect(report.behind.map(({ peer }) => peer)).toEqual(['quick']);
    expect(report.unequal.map(({ peer }) => peer)).toEqual(['wrong', 'lost']);
    expect(Object.keys(report.results[0]!.ms)).toEqual(['mgrpo', 'quick', 'slow']);
    const text = peersTable(report);
    expect(text).toMatch(/left out: none: not installed\nleft out: absent, matmul .*: no products here\nnot the same: wrong/);
    device.freeScratch();
    expect(device.memory.allocated).toBe(before);
  });

  it('are given cases whose results this package gets right', async () => {
    const device = await testDevice();
    const seen = new Map<string, PeerCase>();
    const nobody: Peer = { name: 'nobody', open: (one) => Promise.reject(new Error(String(seen.set(one.kind, one).size))) };
    await runPeers(device, [nobody], { rounds: 3, cases });
    expect([...seen.keys()]).toEqual(['matmul', 'attention', 'rmsNorm', 'adamW', 'greedy']);
    const greedy = seen.get('greedy')!;
    const { rows, vocab } = greedy.sizes as { rows: number; vocab: number };
    const lines = Array.from({ length: rows }, (_, row) => [
      ...greedy.inputs['logits']!.subarray(row * vocab, (row + 1) * vocab),
    ]);
    const best = lines.map((line) => line.indexOf(Math.max(...line)));
    const logps = lines.map((line, i) => line[best[i]!]! - Math.log(line.reduce((sum, x) => sum + Math.exp(x), 0)));
    const adamW = seen.get('adamW')!.inputs as Record<'p' | 'g' | 'm' | 'v', Float32Array>;
    const m = adamW.m.map((x, i) => 0.9 * x + 0.1 * adamW.g[i]!);
    const v = adamW.v.map((x, i) => 0.999 * x + 0.001 * adamW.g[i]! ** 2);
    const p = adamW.p.map((x, i) => x * (1 - 1e-5) - ((1e-3 / 0.1) * m[i]!) / (Math.sqrt(v[i]! / 0.001) + 1e-8));
    const right = peer('right', (one) => (one.kind === 'greedy' ? [best, logps] : [[...p], [...m], [...v]]), 1);
    const report = await runPeers(device, [right], { rounds: 3, cases: [greedy, seen.get('adamW')!] });
    expect(report.unequal).toEqual([]);
  });
});
