// What the arguments of the public functions of this room must be, beside plain settings; for options/border.
import { isObject } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';

export const POLICY: ArgumentRule = {
  noun: 'a policy',
  is: (value) => isObject(value) && isObject(value['decoder']),
  wayOut: 'pass what loadPolicy gives',
};

export const SIGNAL: ArgumentRule = {
  noun: 'an AbortSignal',
  is: (value) => value instanceof AbortSignal,
  wayOut: 'pass controller.signal',
  optional: true,
};

export const ARGS: ArgumentRule = {
  noun: 'an object of settings',
  is: isObject,
  wayOut: 'pass { … }, or leave it out',
  optional: true,
};

export const ROWS: ArgumentRule = { noun: 'a list of rows', is: Array.isArray, wayOut: 'pass an array of { prompt, gold, … }' };

const isFunction = (value: unknown): boolean => typeof value === 'function';

export const REWARD_FUNCS: ArgumentRule = {
  noun: 'one or more reward functions',
  is: (value) => isFunction(value) || (Array.isArray(value) && value.length > 0 && value.every(isFunction)),
  wayOut: 'pass [accuracyReward()] for instance',
};
