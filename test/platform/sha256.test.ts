import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '../../src/platform/sha256.js';

describe('Sha256', () => {
  it('gives the digests of FIPS 180-4', () => {
    const digest = (text: string): string => new Sha256().update(new TextEncoder().encode(text)).digest();
    expect(digest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digest('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('equals Node’s for every length up to three blocks, and however the bytes are cut', () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 37 + 11) & 255);
    for (let n = 0; n <= bytes.length; n++) {
      const part = bytes.subarray(0, n);
      const cut = (n * 7) % (n + 1);
      const found = new Sha256().update(part.subarray(0, cut)).update(part.subarray(cut)).digest();
      expect(found, `${n} bytes`).toBe(createHash('sha256').update(part).digest('hex'));
    }
  });
});
