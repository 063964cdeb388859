// GRPO by TRL's name.
import { resolveGRPOConfig } from '../config/grpo.js';
import type { GRPOConfigInput } from '../config/grpo.js';
import { PolicyTrainer } from './trainer.js';
import type { TrainerOptions } from './setup.js';

/** GRPO (Shao et al., arXiv 2402.03300) with TRL's names. */
export class GRPOTrainer extends PolicyTrainer {
  /** @throws MgrpoError where settings, data and model do not fit together */
  constructor(options: TrainerOptions<GRPOConfigInput>) {
    super('GRPOTrainer', options, resolveGRPOConfig);
  }
}
