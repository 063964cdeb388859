import { expect, it } from 'vitest';
import { exampleOrder } from '../../src/train/order.js';

it('an order that is gone on with is that of a run that was not interrupted, in each pass and between passes', () => {
  const draws = (draw: () => number, count: number): number[] => Array.from({ length: count }, draw);
  const whole = draws(exampleOrder(7, 42), 30);
  expect(new Set(whole.slice(7, 14)).size).toBe(7);
  expect(whole.slice(0, 7)).not.toEqual(whole.slice(7, 14));
  for (const drawn of [0, 1, 6, 7, 8, 14, 20, 21])
    expect(draws(exampleOrder(7, 42, drawn), 30 - drawn), `after ${drawn}`).toEqual(whole.slice(drawn));
});
