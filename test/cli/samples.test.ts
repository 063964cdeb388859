import { expect, it } from 'vitest';
import { Samples } from '../../src/cli/samples.js';
import { reportData } from '../support/report-data.js';

it('prints a right and a wrong completion of each layer at a line of metrics, of the newest step', () => {
  const printed: string[] = [];
  const samples = new Samples((text) => printed.push(text));
  const { completions } = reportData();
  samples.listen({ type: 'completions', step: 19, rows: completions.map((record) => ({ ...record, step: 19 })) });
  samples.listen({ type: 'completions', step: 20, rows: completions });
  expect(printed).toEqual([]);
  samples.listen({ type: 'log', step: 20, metrics: {} });
  const kinds = printed.map((text) => text.split('\n')[0]);
  expect(kinds.every((kind) => kind!.startsWith('step 20 · layer '))).toBe(true);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(printed.filter((text) => text.includes('layer 2 · right'))).toHaveLength(1);
  expect(printed.find((text) => text.includes('layer 2 · right'))).toMatch(
    /reward 1\n {2}prompt\n {4}<user>47\+85.*\n {4}Wait.*\n {2}completion\n {4}<think>/,
  );
});

it('prints nothing before anything was sampled', () => {
  const printed: string[] = [];
  new Samples((text) => printed.push(text)).listen({ type: 'log', step: 1, metrics: {} });
  expect(printed).toEqual([]);
});
