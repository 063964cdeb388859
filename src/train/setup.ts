// What a GRPO or MGRPO trainer is made from. Settings, data and model are checked against each other here, before anything runs.
import type { Phrase } from '../algo/rollout.js';
import { batchPlan } from '../config/batch.js';
import type { BatchPlan } from '../config/batch.js';
import type { GRPOConfig } from '../config/grpo.js';
import { check } from '../errors.js';
import { LISTENER, takeOptions } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import type { RewardFunction } from '../reward/types.js';
import type { TaskRow } from '../tasks/task.js';
import { checkCritic } from './critic.js';
import type { Listener } from './events.js';
import type { LanguageModel } from './language-model.js';
import { QuestionOrder } from './order.js';
import type { Policy } from './policy.js';
import { encodeData } from './fitting-length.js';
import { longest } from './questions.js';
import type { EncodedQuestion } from './questions.js';
import { ARGS, POLICY, REWARD_FUNCS, ROWS, SIGNAL } from './arguments.js';

/** What a trainer is made from. */
export interface TrainerOptions<C> {
  readonly policy: Policy;
  /** One or more, the verifier first: an answer counts as right where its reward exceeds 0.5 (layer2.correctThreshold). */
  readonly rewardFuncs: RewardFunction | readonly RewardFunction[];
  readonly args?: C;
  readonly trainDataset: readonly TaskRow[];
  /** Held-out rows for the trainer's `evaluate` and for `evalSteps`. */
  readonly evalDataset?: readonly TaskRow[];
  readonly onEvent?: Listener;
  /** Stops before the next update of the weights, or after the step that has begun to update them; the state can be saved then. */
  readonly signal?: AbortSignal;
  /** The reference of the KL term, where it is not what `policy` holds now: the start model of a run that is resumed. */
  readonly referencePolicy?: Policy;
  /** A second model that writes on each answer before it is corrected (after MedCritical); with the policy's tokenizer, never trained. */
  readonly critic?: LanguageModel;
}

const RULES: Readonly<Record<keyof TrainerOptions<unknown>, ArgumentRule>> = {
  policy: POLICY,
  rewardFuncs: REWARD_FUNCS,
  args: ARGS,
  trainDataset: ROWS,
  evalDataset: { ...ROWS, optional: true },
  onEvent: LISTENER,
  signal: SIGNAL,
  referencePolicy: { ...POLICY, optional: true },
  critic: { ...POLICY, optional: true },
};

/** Settings, data and functions that fit together. */
export interface Setup {
  readonly policy: Policy;
  readonly config: GRPOConfig;
  readonly rewardFuncs: readonly RewardFunction[];
  readonly order: QuestionOrder<EncodedQuestion>;
  /** Guiding phrases; none without layer 2. */
  readonly phrases: readonly Phrase[];
  /** Optimiser steps of layer 1 that the run has in all. */
  readonly maxSteps: number;
  readonly signal: AbortSignal | undefined;
  readonly critic: LanguageModel | undefined;
  /** Tokens of the longest prompt of each layer, and of the longest guiding phrase. */
  readonly longest: { readonly prompt: number; readonly correctionPrompt: number; readonly phrase: number };
}

/**
 * Checks what a trainer is given.
 * @param where the trainer's name, for messages
 * @throws MgrpoError where settings, data and model do not fit together
 */
export function prepare(
  where: string,
  options: TrainerOptions<unknown>,
  resolve: (args: object | undefined) => GRPOConfig,
): Setup {
  takeOptions(where, {}, options, RULES);
  const { policy, trainDataset: rows, evalDataset = [], args } = options;
  const config = resolve(args as object | undefined);
  const rewardFuncs = typeof options.rewardFuncs === 'function' ? [options.rewardFuncs] : options.rewardFuncs;
  check(
    policy.decoder.trained.slabs.length > 0,
    `${where}: nothing is trainable; load the policy with train 'full', or with the settings of a LoRA adapter: train: { r: 16 }`,
  );
  check(
    config.rewardWeights === null || config.rewardWeights.length === rewardFuncs.length,
    `${where}: expected ${rewardFuncs.length} rewardWeights, one per reward function, got ${config.rewardWeights?.length}; leave them out for all 1`,
  );
  check(
    config.evalSteps === null || evalDataset.length > 0,
    `${where}: expected rows in evalDataset for evalSteps ${config.evalSteps}, got none; pass some, or leave evalSteps null`,
  );
  const plan = checkRounds(where, config, rows.length);
  const layer2 = config.layer2?.enabled ? config.layer2 : null;
  check(
    options.critic === undefined || layer2,
    `${where}: a critic needs a second layer; use MGRPOTrainer, or leave the critic out`,
  );
  if (options.critic && layer2) checkCritic(where, policy, options.critic, layer2.mode);
  const { questions, phrases, phrase } = encodeData(policy, config, rows);
  const stepsPerEpoch = (rows.length / plan.questions) * plan.stepsPerRound * config.numIterations;
  return {
    policy,
    config,
    rewardFuncs,
    order: new QuestionOrder(questions, config),
    phrases,
    maxSteps: config.maxSteps > 0 ? config.maxSteps : Math.ceil(stepsPerEpoch * config.numTrainEpochs),
    signal: options.signal,
    critic: options.critic,
    longest: {
      prompt: longest(questions.map(({ promptIds }) => promptIds)),
      correctionPrompt: longest(questions.map(({ promptIds, correctionPromptIds }) => correctionPromptIds ?? promptIds)),
      phrase,
    },
  };
}

/**
 * What a sampling round takes of the data.
 * @param where who asks, for messages
 * @throws MgrpoError `invalid_argument` where there are too few rows for one
 */
export function checkRounds(where: string, config: GRPOConfig, rows: number): BatchPlan {
  const plan = batchPlan(config);
  check(
    rows >= plan.questions,
    `${where}: expected at least ${plan.questions} rows for a round of ${plan.questions} questions, got ${rows}; ` +
      `lower gradientAccumulationSteps or perDeviceTrainBatchSize, or raise numGenerations`,
  );
  return plan;
}
