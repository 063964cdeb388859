// The options of MGRPO's second layer (section 3.2 of the paper) and what must hold between them.
import type { Settings } from '../options/table.js';
import type { BatchSettings } from './batch.js';

/** The options of MGRPO's second layer (section 3.2 of the paper); in files under the key `layer2`. */
export const LAYER2_OPTIONS = {
  enabled: {
    section: 'layer 2',
    type: 'boolean',
    default: true,
    doc: 'Whether there is a second layer; without it MGRPO is GRPO.',
  },
  mode: {
    section: 'layer 2',
    type: 'choice',
    choices: ['eq5', 'open_think'],
    default: 'eq5',
    doc: 'eq5: the phrase follows the complete answer (Eq. 5). open_think: the answer is cut before </think> and the phrase continues the open thought (Table 3).',
  },
  shown: {
    section: 'layer 2',
    type: 'choice',
    choices: ['own', 'hidden', 'other'],
    default: 'own',
    doc: 'Controls of what a correction sees. own: the answer (Eq. 5). hidden: nothing of it, a blind second try. other: a wrong answer of another sample. Needs mode eq5. Ours.',
  },
  phrases: {
    section: 'layer 2',
    type: 'strings',
    keywords: ['paper', 'neutral', 'perspectives'],
    default: 'paper',
    doc: 'Guiding phrases, one drawn per query: the paper’s seven, which imply doubt; neutral ones, which do not; perspectives, each of which looks from another side (Costa 2026); or a list of your own.',
  },
  systemPrompt: {
    section: 'layer 2',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'System prompt of layer 2 in mode eq5; null: that of layer 1, so that evaluation and the schedules joint and alone compute nothing of an answer again; the word default: LAYER2_SYSTEM_PROMPT of src/text/prompts. The paper’s text is not printed.',
  },
  numGenerations: {
    section: 'layer 2',
    type: 'integer',
    min: 1,
    max: 65_536,
    default: 4,
    doc: 'H: corrections sampled per query. The paper does not say; 4 is ours. Baseline query needs at least 2.',
  },
  answersPerQuery: {
    section: 'layer 2',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'K: how many of a question’s G answers go to layer 2; null: all (the paper).',
  },
  answerChoice: {
    section: 'layer 2',
    type: 'choice',
    choices: ['first', 'random', 'balanced', 'wrong'],
    default: 'random',
    doc: 'Which K: the first ones, any, right and wrong ones in equal numbers while there are both, or wrong ones before right ones. Without effect where all go. Ours.',
  },
  truncatedAnswers: {
    section: 'layer 2',
    type: 'choice',
    choices: ['keep', 'skip'],
    default: 'keep',
    doc: 'What becomes of answers cut at maxCompletionLength: a query like any other (the paper takes every answer), or none (counted). Ours.',
  },
  selection: {
    section: 'layer 2',
    type: 'choice',
    choices: ['paper', 'none'],
    default: 'paper',
    doc: 'paper: discard a query whose answer and all H corrections are wrong (dynamic verification). none: keep every query.',
  },
  correctThreshold: {
    section: 'layer 2',
    type: 'number',
    default: 0.5,
    doc: 'An answer counts as right where the first reward function, the verifier, gives more than this; one it did not score counts as wrong. Ours.',
  },
  baseline: {
    section: 'layer 2',
    type: 'choice',
    choices: ['query', 'question'],
    default: 'query',
    doc: 'The mean that a correction’s reward is compared with: of the H corrections of its query, or of all kept corrections of its question.',
  },
  normalizer: {
    section: 'layer 2',
    type: 'choice',
    choices: ['mean', 'paper'],
    default: 'mean',
    doc: 'Divisor of Eq. 6 per question: paper: H, as printed; mean: H times the number of kept queries. Departure: mean is ours.',
  },
  schedule: {
    section: 'layer 2',
    type: 'choice',
    choices: ['successive', 'joint', 'alone'],
    default: 'successive',
    doc: 'successive: update on layer 1, then sample, score and update on layer 2. joint: both layers are sampled from one policy and share one update. alone: layer 1 is sampled and scored but not learnt from (a control, ours).',
  },
  aloneSteps: {
    section: 'layer 2',
    type: 'integer',
    min: 0,
    default: 0,
    doc: 'Steps at the start in which only corrections are learnt from, as with schedule alone; it stands for the first stage of SCoRe, which holds answers near the start model by a KL term. Ours.',
  },
  revision: {
    section: 'layer 2',
    type: 'choice',
    choices: ['always', 'verdict'],
    default: 'always',
    doc: 'always: what a correction answers counts. verdict: where it writes that the answer is right (ownVerdict of src/reward/verdict), the answer before stands, as in PAG. Ours.',
  },
  correctionBonus: {
    section: 'layer 2',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'alpha of a bonus alpha (R(correction) - R(answer)) as in SCoRe. With baseline query it only multiplies the advantages by 1 + alpha; it acts with baseline question. Ours.',
  },
  degradationPenalty: {
    section: 'layer 2',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Subtracted from the reward of a wrong correction of a right answer. With baseline query it only stretches the advantages of right answers’ queries. Ours.',
  },
  beta: {
    section: 'layer 2',
    type: 'number',
    nullable: true,
    min: 0,
    default: null,
    doc: 'Weight of the KL term of corrections; null: as beta. Departure: the paper has one weight.',
  },
  entropyCoef: {
    section: 'layer 2',
    type: 'number',
    nullable: true,
    min: 0,
    default: null,
    doc: 'Weight of the entropy of corrections; null: as entropyCoef. Ours.',
  },
  temperature: {
    section: 'layer 2',
    type: 'number',
    nullable: true,
    above: 0,
    default: null,
    doc: 'Sampling temperature of layer 2; null: as temperature.',
  },
  maxCompletionLength: {
    section: 'layer 2',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most tokens of one correction; null: as maxCompletionLength.',
  },
} as const;

/** Settings of MGRPO's second layer, resolved; see {@link LAYER2_OPTIONS}. */
export type Layer2Config = Settings<typeof LAYER2_OPTIONS>;

/** Appends what is wrong between the options of layer 2, or between them and those of layer 1. */
export function checkLayer2(
  l: Layer2Config,
  c: Pick<BatchSettings, 'numGenerations' | 'stepsPerGeneration' | 'gradientAccumulationSteps'> & {
    readonly multiObjectiveAggregation: 'sum_then_normalize' | 'normalize_then_sum';
  },
  problems: string[],
): void {
  if (!l.enabled) return;
  if (l.baseline === 'query' && l.numGenerations < 2) {
    problems.push(
      'layer2.baseline query compares the H corrections of one query, and layer2.numGenerations is 1; set it to at least 2, or layer2.baseline to question',
    );
  }
  if (l.baseline === 'question' && l.numGenerations * (l.answersPerQuery ?? c.numGenerations) < 2) {
    problems.push(
      'layer 2 has one correction per question, so its baseline is its own reward; raise layer2.numGenerations or layer2.answersPerQuery',
    );
  }
  if (l.answersPerQuery !== null && l.answersPerQuery > c.numGenerations) {
    problems.push(
      `layer2.answersPerQuery ${l.answersPerQuery} exceeds numGenerations ${c.numGenerations}, the answers there are; set it to at most ${c.numGenerations}, or null for all`,
    );
  }
  if (l.shown !== 'own' && l.mode === 'open_think') {
    problems.push(
      `layer2.shown ${l.shown} has no place in mode open_think, which continues the model's own thought; leave it own, or set layer2.mode to eq5`,
    );
  }
  if (l.systemPrompt !== null && l.mode === 'open_think') {
    problems.push(
      'layer2.systemPrompt has no place in mode open_think, which continues the layer-1 sequence; leave it null, or set layer2.mode to eq5',
    );
  }
  if (c.multiObjectiveAggregation === 'normalize_then_sum' && (l.correctionBonus > 0 || l.degradationPenalty > 0)) {
    problems.push(
      'layer2.correctionBonus and layer2.degradationPenalty shape the total reward, which multiObjectiveAggregation normalize_then_sum does not take; ' +
        'set both to 0, or multiObjectiveAggregation to sum_then_normalize',
    );
  }
  if (l.schedule === 'joint' && c.stepsPerGeneration !== c.gradientAccumulationSteps) {
    problems.push(
      `layer2.schedule joint makes one update of both layers, so a sampling round must feed exactly one optimiser step; ` +
        `set stepsPerGeneration (${c.stepsPerGeneration}) to gradientAccumulationSteps (${c.gradientAccumulationSteps})`,
    );
  }
}
