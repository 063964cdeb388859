// MGRPO: GRPO with the settings of the second layer.
import { resolveMGRPOConfig } from '../config/mgrpo.js';
import type { MGRPOConfigInput } from '../config/mgrpo.js';
import { PolicyTrainer } from './trainer.js';
import type { TrainerOptions } from './setup.js';

/**
 * Multi-Layer GRPO (arXiv 2506.04746): GRPO on first answers, then GRPO on corrections of those answers, with the same weights. The
 * algorithm is `algo/mgrpo.ts`; every open point of the paper is an option under `layer2`.
 */
export class MGRPOTrainer extends PolicyTrainer {
  /** @throws MgrpoError where settings, data and model do not fit together */
  constructor(options: TrainerOptions<MGRPOConfigInput>) {
    super('MGRPOTrainer', options, resolveMGRPOConfig);
  }
}
