import { describe, expect, it } from 'vitest';
import { checkContext } from '../../src/config/context.js';
import { resolveMGRPOConfig } from '../../src/config/mgrpo.js';

describe('checkContext', () => {
  const config = resolveMGRPOConfig({ maxCompletionLength: 512 });

  it('passes what fits exactly and says what would fit otherwise', () => {
    expect(() => checkContext(config, 100 + 512 + 16 + 512, 100, 16)).not.toThrow();
    expect(() => checkContext(config, 1139, 100, 16)).toThrow(
      /needs 1140 tokens of a context of 1139.*maxCompletionLength to at most 511, or lower layer2.maxCompletionLength to at most 511/,
    );
    expect(() => checkContext(config, 600, 100)).toThrow(/lower maxCompletionLength to at most 500/);
    expect(() => checkContext(config, 64, 100)).toThrow(/drop the prompts of 64 tokens and more/);
  });
});
