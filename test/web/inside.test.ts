import { describe, expect, it } from 'vitest';
import type { Looked } from '../../src/worker/protocol.js';
import { firstChange, lookOf, mostLookedAt, partShares, partsOf } from '../../web/inside/attention.js';
import { tones } from '../../web/inside/colours.js';

/** Two layers of one head over five tokens: layer 1 looks at itself, layer 2 at the first token. */
function looked(): Looked {
  const [layers, heads, tokens] = [2, 1, 5];
  const attention = new Float32Array(layers * heads * tokens * tokens);
  for (let t = 0; t < tokens; t++) {
    attention[t * tokens + t] = 1;
    attention[(tokens + t) * tokens] = 1;
  }
  const logps = new Float32Array([Math.log(0.5), Math.log(0.25), 0, Math.log(0.1)]);
  const texts = ['q', 'a', 'p', 'b', 'c'];
  return { layers, heads, tokens, attention, norms: new Float32Array(10), logps, entropies: new Float32Array(4), texts };
}
const read = { ids: [1, 2, 3, 2, 4], answer: 1, phrase: 2, correction: 3 };
const seen = { read, looked: looked() };

describe('a look inside', () => {
  it('is what the token before looked at when it wrote a token', () => {
    expect([...lookOf(seen.looked, 3, { layer: 0, head: 0 })]).toEqual([0, 0, 1]);
    expect([...lookOf(seen.looked, 3, { layer: 1, head: null })]).toEqual([1, 0, 0]);
    expect([...lookOf(seen.looked, 3, { layer: null, head: null })]).toEqual([0.5, 0, 0.5]);
    expect([...lookOf(seen.looked, 0, { layer: null, head: null })]).toEqual([]);
    expect(mostLookedAt(Float64Array.of(0.1, 0.7, 0.2), 2)).toEqual([1, 2]);
  });

  it('is summed over the parts of the text', () => {
    expect(partShares(seen, 'correction', { layer: 0, head: null })).toEqual({
      question: 0,
      answer: 0,
      phrase: 0.5,
      correction: 0.5,
    });
    expect(partShares(seen, 'correction', { layer: 1, head: null })).toEqual({
      question: 1,
      answer: 0,
      phrase: 0,
      correction: 0,
    });
    expect(partsOf({ ids: [1, 2], answer: 1, phrase: 2, correction: 2 }).map(({ from, to }) => to - from)).toEqual([1, 1, 0, 0]);
  });

  it('begins with the first token that the correction has changed, else with its first', () => {
    expect(firstChange({ ...read, ids: [1, 2, 3, 7, 4] })).toBe(3);
    expect(firstChange({ ids: [1, 2, 5, 3, 2, 6], answer: 1, phrase: 3, correction: 4 })).toBe(5);
    expect(firstChange(read)).toBe(3);
    expect(firstChange({ ids: [1, 2], answer: 1, phrase: 2, correction: 2 })).toBe(1);
  });

  it('has colours for what the model wrote', () => {
    const after = { read, looked: { ...looked(), logps: new Float32Array([0, 0, Math.log(0.5), 0]) } };
    expect(tones(seen, 'sure', null, null).map((x) => +x.toFixed(3))).toEqual([0, -0.5, 0, 0, -0.9]);
    expect(tones(after, 'change', seen, null).map((x) => +x.toFixed(3))).toEqual([0, 0.5, 0, -0.5, 0.9]);
    expect(tones(seen, 'advantage', null, -3)).toEqual([0, 0, 0, -1, -1]);
  });
});
