import { expect, it } from 'vitest';
import { nearest } from '../../src/options/nearest.js';

it.each([
  ['learning-rat', 'learning-rate'],
  ['learning_rate', 'learning-rate'],
  ['ModelName', 'model.name'],
])('%s is nearest to %s', (name, expected) => {
  expect(nearest(name, ['epsilon', 'learning-rate', 'model.name'])).toBe(expected);
});

it('nothing is nearest where nothing is known', () => {
  expect(nearest('x', [])).toBeUndefined();
});
