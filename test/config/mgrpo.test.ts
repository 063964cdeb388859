import { describe, expect, it } from 'vitest';
import { batchPlan } from '../../src/config/batch.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import type { GRPOConfigInput } from '../../src/config/grpo.js';
import { resolveMGRPOConfig } from '../../src/config/mgrpo.js';
import type { MGRPOConfigInput } from '../../src/config/mgrpo.js';

/** The message with which a config is refused. */
function problem(input: object): string {
  try {
    resolveMGRPOConfig(input as MGRPOConfigInput);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`accepted: ${JSON.stringify(input)}`);
}

describe('resolveMGRPOConfig', () => {
  it('accepts nothing at all and fills the defaults', () => {
    const config = resolveMGRPOConfig();
    expect(config).toMatchObject({
      beta: 0.001,
      scaleRewards: 'none',
      temperature: 0.7,
      learningRate: 5e-7,
      generationBatchSize: 32,
      stepsPerGeneration: 4,
    });
    expect(config.layer2).toMatchObject({
      enabled: true,
      mode: 'eq5',
      baseline: 'query',
      normalizer: 'mean',
      schedule: 'successive',
      shown: 'own',
      selection: 'paper',
    });
    expect(batchPlan(config)).toEqual({ completions: 32, questions: 4, completionsPerStep: 32, stepsPerRound: 1 });
  });

  it('resolves its own result to itself', () => {
    const config = resolveMGRPOConfig({
      perDeviceTrainBatchSize: 4,
      generationBatchSize: 64,
      gradientAccumulationSteps: 8,
      layer2: { phrases: ['Again:'] },
    });
    expect(resolveMGRPOConfig(config)).toEqual(config);
    expect(resolveMGRPOConfig(JSON.parse(JSON.stringify(config)) as MGRPOConfigInput)).toEqual(config);
    expect(batchPlan(config)).toMatchObject({ completions: 64, questions: 8, stepsPerRound: 2 });
  });

  it('reports every problem in one error', () => {
    const message = problem({ epsilon: 2, lossTyp: 'grpo', loraR: 4, layer2: { modus: 'eq5', numGenerations: 1 } });
    for (const part of [
      '5 problems',
      'expected a number > 0 and < 1 for epsilon, got 2',
      'unknown option lossTyp; the nearest known one is lossType',
      'loraR belongs to the policy, not to the trainer; give it to loadPolicy',
      'unknown option layer2.modus; the nearest known one is layer2.mode',
      'layer2.numGenerations is 1; set it to at least 2',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('names the option when a TRL name in snake case is used', () => {
    expect(problem({ loss_type: 'grpo' })).toContain('the nearest known one is lossType');
    expect(problem({ importance_sampling_level: 'token' })).toContain('importanceSamplingLevel');
  });

  it('says which batch numbers would fit', () => {
    expect(problem({ perDeviceTrainBatchSize: 6, gradientAccumulationSteps: 2, numGenerations: 8 })).toMatch(
      /12 completions.*set numGenerations to one of 2, 3, 4, 6, 12, or perDeviceTrainBatchSize to 4 or 8/,
    );
    expect(problem({ generationBatchSize: 30 })).toMatch(
      /set generationBatchSize to 24 or 32, or perDeviceTrainBatchSize to one of 1, 2, 3, 5, 6, 10, 15, 30/,
    );
    expect(problem({ stepsPerGeneration: 6 })).toMatch(
      /set stepsPerGeneration to 4 or 8, or gradientAccumulationSteps to one of 1, 2, 3, 6/,
    );
    expect(problem({ generationBatchSize: 64, stepsPerGeneration: 4 })).toMatch(/8 x 4 = 32/);
  });

  it.each([
    [{ lossType: 'cispo' }, /cispo needs epsilonHigh/],
    [{ lossType: 'sapo', epsilonHigh: 0.3 }, /epsilonHigh has no effect/],
    [{ lossType: 'sapo', delta: 2 }, /delta has no effect/],
    [{ lossType: 'vespo', importanceSamplingLevel: 'sequence' }, /vespo forms its own ratio/],
    [{ beta: 0, useBiasCorrectionKl: true }, /no effect without a KL term/],
    [{ loraDropout: 0 }, /loraDropout does not exist.*leave it out/],
    [{ maxSteps: 0 }, /maxSteps, got 0/],
    [{ maxCompletionLength: 512, maxContextLength: 512 }, /no room for a prompt/],
    [{ layer2: { answersPerQuery: 9 } }, /set it to at most 8/],
    [{ layer2: { mode: 'open_think', systemPrompt: 'x' } }, /no place in mode open_think/],
    [{ layer2: { schedule: 'joint' }, stepsPerGeneration: 8 }, /exactly one optimiser step/],
    [
      { layer2: { correctionBonus: 1 }, multiObjectiveAggregation: 'normalize_then_sum' },
      /layer2.correctionBonus.*set both to 0/,
    ],
    [{ layer2: { shown: 'hidden', mode: 'open_think' } }, /layer2.shown hidden has no place in mode open_think/],
    [{ layer2: { numGenerations: 1, answersPerQuery: 1, baseline: 'question' } }, /its own reward/],
    [{ layer2: { phrases: [] } }, /expected a list of texts or paper or neutral or perspectives for layer2.phrases/],
    [{ layer2: 3 }, /expected an object of settings for layer2, got 3/],
    [{ layer2: null }, /expected an object of settings for layer2, got null/],
    [{ rewardWeights: [1, NaN] }, /rewardWeights/],
    [{ numGenerations: 2.5 }, /an integer >= 2/],
  ])('refuses %j', (input, pattern) => {
    expect(problem(input)).toMatch(pattern);
  });

  it('checks layer 2 only where it is on', () => {
    expect(resolveMGRPOConfig({ layer2: { enabled: false, numGenerations: 1 } }).layer2.enabled).toBe(false);
  });

  it('turns filterZeroVariance on with dynamicSampling', () => {
    expect(resolveGRPOConfig({ dynamicSampling: true }).filterZeroVariance).toBe(true);
  });
});

describe('resolveGRPOConfig', () => {
  it('has no second layer, and resolves its own result to itself', () => {
    const config = resolveGRPOConfig({ dynamicSampling: true });
    expect(config.layer2).toBeNull();
    expect(resolveGRPOConfig(config as GRPOConfigInput)).toEqual(config);
  });

  it.each([
    [{ layer2: { mode: 'eq5' } }, /expected null for layer2.*use MGRPO/],
    [null, /GRPOConfig: expected an object of settings, got null/],
    ['fast', /GRPOConfig: expected an object of settings, got "fast"/],
  ])('refuses %j', (input, pattern) => {
    expect(() => resolveGRPOConfig(input as GRPOConfigInput)).toThrow(pattern);
  });
});
