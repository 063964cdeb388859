// The settings of MGRPO: those of GRPO, and those of the second layer under the key `layer2`.
import { fillOptions, reportProblems, takeKey } from '../options/fill.js';
import { completeGRPO } from './grpo.js';
import type { GRPOConfig, GRPOConfigInput } from './grpo.js';
import { LAYER2_OPTIONS, checkLayer2 } from './layer2.js';
import { withBestMetric } from './saving.js';
import type { Layer2Config } from './layer2.js';

/** Settings of MGRPO, resolved. */
export interface MGRPOConfig extends GRPOConfig {
  readonly layer2: Layer2Config;
}
/** What a user gives for MGRPO: any part of it. */
export type MGRPOConfigInput = Omit<GRPOConfigInput, 'layer2'> & { readonly layer2?: Partial<Layer2Config> };

/**
 * Completes and checks the settings of MGRPO, those of layer 2 included; an unresolved null of layer 2 keeps its meaning "as layer 1".
 * @throws as {@link resolveGRPOConfig}
 */
export function resolveMGRPOConfig(input: MGRPOConfigInput = {}): MGRPOConfig {
  const problems: string[] = [];
  const config = completeMGRPO(input, problems);
  reportProblems('MGRPOConfig', problems);
  return config;
}

/** Fills the defaults of MGRPO's options and appends what is wrong to `problems`. */
export function completeMGRPO(input: unknown, problems: string[]): MGRPOConfig {
  const [given, rest] = takeKey(input, 'layer2');
  const layer2 = fillOptions(LAYER2_OPTIONS, given, problems, { prefix: 'layer2' });
  const config: MGRPOConfig = { ...withBestMetric(completeGRPO(rest, problems), 'acc_t2'), layer2 };
  checkLayer2(layer2, config, problems);
  return config;
}
