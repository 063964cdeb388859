import { describe, expect, it } from 'vitest';
import { buildCorrection } from '../../src/algo/correction.js';
import type { Correction, CorrectionParts, CorrectionRules } from '../../src/algo/correction.js';

const EOS = 2;
const rules: CorrectionRules = {
  mode: 'eq5',
  truncatedAnswers: 'keep',
  eosIds: new Set([EOS, 3]),
  thinkEnd: (ids: ArrayLike<number>) => Array.from(ids).findIndex((id, i) => id === 60 || (id === 50 && ids[i + 1] === 51)),
  maxContextLength: 100,
  maxCompletionLength: 20,
};
const parts: CorrectionParts = { promptIds: [10, 11], answerIds: [20, 21, 50, 51, 30, EOS], truncated: false, phraseIds: [7, 8] };
const built = (p: Partial<CorrectionParts>, r: Partial<CorrectionRules> = {}): Correction =>
  buildCorrection({ ...parts, ...p }, { ...rules, ...r }) as Correction;

describe('buildCorrection', () => {
  it('joins prompt, answer without its end-of-sequence id, and phrase (eq5)', () => {
    const { ids, unclosed } = built({});
    expect([...ids]).toEqual([10, 11, 20, 21, 50, 51, 30, 7, 8]);
    expect(unclosed).toBe(false);
  });

  it('removes any id of the end-of-sequence set, and only one at the end', () => {
    expect([...built({ answerIds: [20, 3] }).ids]).toEqual([10, 11, 20, 7, 8]);
    expect([...built({ answerIds: [EOS, 20] }).ids]).toEqual([10, 11, EOS, 20, 7, 8]);
  });

  it('starts with the layer-2 prompt where there is one', () => {
    expect([...built({ correctionPromptIds: [10, 12, 13] }).ids.slice(0, 4)]).toEqual([10, 12, 13, 20]);
  });

  it('cuts before the first </think> of any spelling and continues the open thought (open_think)', () => {
    const open = { mode: 'open_think' as const };
    expect([...built({}, open).ids]).toEqual([10, 11, 20, 21, 7, 8]);
    expect([...built({ answerIds: [20, 60, 50, 51, EOS] }, open).ids]).toEqual([10, 11, 20, 7, 8]);
    expect([...built({ correctionPromptIds: [99] }, open).ids.slice(0, 2)]).toEqual([10, 11]);
  });

  it('keeps an answer without </think> whole and says so (open_think)', () => {
    const { ids, unclosed } = built({ answerIds: [20, 50, EOS] }, { mode: 'open_think' });
    expect([...ids]).toEqual([10, 11, 20, 50, 7, 8]);
    expect(unclosed).toBe(true);
  });

  it('is prompt and phrase where no answer is shown', () => {
    expect([...built({ answerIds: null }).ids]).toEqual([10, 11, 7, 8]);
    expect([...built({ answerIds: null, correctionPromptIds: [10, 12] }).ids]).toEqual([10, 12, 7, 8]);
  });

  it('names the reason for every answer that gets no query', () => {
    expect(buildCorrection({ ...parts, truncated: true }, { ...rules, truncatedAnswers: 'skip' })).toBe('truncated');
    expect([...built({ truncated: true, answerIds: [20, 21] }).ids]).toEqual([10, 11, 20, 21, 7, 8]);
    expect(buildCorrection({ ...parts, answerIds: [EOS] }, rules)).toBe('empty');
    expect(buildCorrection({ ...parts, answerIds: [60, 30] }, { ...rules, mode: 'open_think' })).toBe('empty');
    expect(buildCorrection(parts, { ...rules, maxContextLength: 28 })).toBe('too_long');
    expect(typeof buildCorrection(parts, { ...rules, maxContextLength: 29 })).toBe('object');
  });

  it('refuses an empty phrase', () => {
    expect(() => buildCorrection({ ...parts, phraseIds: [] }, rules)).toThrow(/phraseIds/);
  });
});
