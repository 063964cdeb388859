// What may change between two steps of a training.
import type { GRPOConfig } from './grpo.js';

/** The options that a trainer takes anew while it trains, with their values. */
export type LiveSettings = Pick<GRPOConfig, 'learningRate' | 'temperature' | 'beta' | 'maxGradNorm' | 'epsilon'>;

/** Their names. */
export const LIVE_OPTIONS: readonly (keyof LiveSettings)[] = ['learningRate', 'temperature', 'beta', 'maxGradNorm', 'epsilon'];
