// The reference policy of the KL term (pi_ref of Eq. 3): where its log-probabilities come from, and who frees it.
import { hasKl } from '../config/grpo.js';
import type { GRPOConfig } from '../config/grpo.js';
import { check } from '../errors.js';
import { Decoder } from '../nn/decoder.js';
import type { Policy } from './policy.js';
import { scoreSequences } from './update.js';
import type { Reference } from './update.js';

/** A reference with the memory that it holds. */
export interface HeldReference {
  readonly score: Reference;
  free(): void;
}

const nothing = (): void => undefined;

/** The base model with its LoRA off: free of memory, and right for a LoRA that training began with. */
export function loraOffReference(decoder: Decoder): Reference {
  return (sequences, temperature) => scoreSequences(decoder, sequences, temperature, { lora: false });
}

/**
 * The base with a new LoRA off, else a frozen copy of what is trained; null where no layer has a KL term.
 * @param given the reference itself, where it is not what `policy` holds now
 * @param step optimiser steps that the policy has behind it
 */
export function makeReference(policy: Policy, config: GRPOConfig, given: Policy | undefined, step: number): HeldReference | null {
  if (!hasKl(config)) return null;
  if (given) return { score: (sequences, temperature) => scoreSequences(given.decoder, sequences, temperature), free: nothing };
  const { decoder } = policy;
  if (config.reference === 'adapter_off' || (config.reference === 'auto' && policy.origin === 'new-lora')) {
    check(
      decoder.lora,
      'train: reference adapter_off needs a LoRA adapter, and all weights are trained; load the policy with one, or set reference to frozen_copy',
    );
    return { score: loraOffReference(decoder), free: nothing };
  }
  check(
    step === 0,
    `train: expected the start model as referencePolicy of a run that goes on from step ${step} with a KL term, got none; ` +
      'load it a second time and pass it, or set beta and layer2.beta to 0',
  );
  const copy = decoder.trained.frozenCopy();
  const frozen = decoder.lora
    ? new Decoder(decoder.config, decoder.parameters, { ...decoder.lora, parameters: copy })
    : new Decoder(decoder.config, copy);
  const free = (): void => {
    copy.free();
    frozen.freeTables();
  };
  return { score: (sequences, temperature) => scoreSequences(frozen, sequences, temperature), free };
}
