import { describe, expect, it } from 'vitest';
import { diffText, splitThought } from '../../src/report/diff.js';
import { inWords, sameRows } from '../../src/report/words.js';

const metric = (value: number, low: number, high: number) => ({ value, ci95: [low, high] as const, n: 100 });

describe('diffText', () => {
  it('marks the one sign that was flipped', () => {
    expect(diffText('7+3+9-4', '7-3+9-4')).toEqual([
      { kind: 'same', text: '7' },
      { kind: 'gone', text: '+' },
      { kind: 'new', text: '-' },
      { kind: 'same', text: '3+9-4' },
    ]);
  });

  it.each([
    ['', ''],
    ['abc', ''],
    ['', 'abc'],
    ['kitten 😀', 'sitting 😁'],
    ['aXbXc', 'bYcYa'],
  ])('gives both texts back from its parts: %j, %j', (before, after) => {
    const parts = diffText(before, after);
    const without = (kind: string): string =>
      parts
        .filter((part) => part.kind !== kind)
        .map(({ text }) => text)
        .join('');
    expect(without('new')).toBe(before);
    expect(without('gone')).toBe(after);
  });
});

describe('splitThought', () => {
  it.each([
    ['<think>14,21,15-6=9,3</think>7-3+9-4', '14,21,15-6=9,3', '7-3+9-4'],
    ['still open</think> 5', 'still open', '5'],
    ['7+3+9-4', '', '7+3+9-4'],
    ['<think>never closed', '', '<think>never closed'],
  ])('tells %j apart', (text, thought, answer) => expect(splitThought(text)).toEqual({ thought, answer }));
});

describe('the words of an evaluation', () => {
  it('call a change clear only where the intervals do not overlap', () => {
    const before = { acc_t1: metric(0.1, 0.08, 0.13), acc_t2: metric(0.2, 0.17, 0.23) };
    const after = { acc_t1: metric(0.12, 0.1, 0.15), acc_t2: metric(0.5, 0.46, 0.54) };
    expect(inWords(before, after)).toEqual([
      'First answers right: 10.0 % before, 12.0 % after the training (no clear change).',
      'After correction: 20.0 % before, 50.0 % after the training (clearly more).',
    ]);
  });

  it('put metrics that are equal everywhere into one row', () => {
    const a = metric(0.5, 0.4, 0.6);
    expect(sameRows(['acc_t1', 'acc_t2', 'reward'], [{ acc_t1: a, acc_t2: metric(0.5, 0.3, 0.6), reward: { ...a } }])).toEqual([
      ['acc_t1', 'reward'],
      ['acc_t2'],
    ]);
  });
});
