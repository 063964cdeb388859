import { describe, expect, it } from 'vitest';
import { MgrpoError, type ErrorCode } from '../../src/errors.js';
import { sentence } from '../../web/cannot.js';

describe('what the page says where something cannot be done', () => {
  it.each<[ErrorCode, RegExp]>([
    ['no_adapter', /device auto or wasm .* Play, and Verify/],
    ['device_lost', /Start again.* a saved training goes on/],
    ['out_of_memory', /smaller model, fewer answers at once/],
    ['device_limit', /device wasm, a smaller model/],
    ['unsupported', /newer one has it.* Play, and Verify/],
    ['network', /Are you offline\?.* Play/],
    ['diverged', /lower learning rate/],
  ])('%s: what to do, and on a line of its own what was wrong', (code, wayOut) => {
    const [first, ...rest] = sentence(new MgrpoError(code, 'where: what')).split('\n');
    expect(first).toMatch(wayOut);
    expect(rest).toEqual(['where: what']);
  });

  it('is the message itself where that says what to do', () => {
    expect(sentence(new MgrpoError('bad_file', 'a: expected b, got c; do d'))).toBe('a: expected b, got c; do d');
    expect(sentence(new TypeError('a bug'))).toBe('a bug');
  });
});
