import { expect, it } from 'vitest';
import { unroll } from '../../src/kernels/unroll.js';

const lines = (...text: string[]): string => text.join('\n');

it('repeats nested blocks with their indices', () => {
  const source = lines('#for i N', 'a$i', '  #for j 2', 'b$i_$j;', '  #end', '#end', 'c$i');
  expect(unroll(source, { N: 2 })).toBe(lines('a0', 'b0_0;', 'b0_1;', 'a1', 'b1_0;', 'b1_1;', 'c$i'));
});

it('keeps the text of conditions that hold', () => {
  const source = lines('#if A', 'a', '#if !B', 'not b', '#end', '#end', '#if !A', 'not a', '#end', 'end');
  expect(unroll(source, { A: 1, B: 0 })).toBe(lines('a', 'not b', 'end'));
  expect(unroll(source, { A: 3, B: 1 })).toBe(lines('a', 'end'));
  expect(unroll(source, { A: 0, B: 0 })).toBe(lines('not a', 'end'));
});

it('leaves out a block that is repeated zero times', () => {
  expect(unroll(lines('#for i N', 'x', '#end', 'y'), { N: 0 }).trim()).toBe('y');
});

it('names a count that it does not know', () => {
  expect(() => unroll(lines('#for i N', '#end'), { M: 1 })).toThrow(/one of M in #for i N, got N/);
});
