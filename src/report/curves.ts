// Which metrics of a run are drawn, and their points.
import type { Evaluations, Metrics, StepRecord } from './data.js';

/** One line of a drawing. */
export interface Curve {
  /** A metric of the steps. */
  readonly key: string;
  readonly label: string;
  /** Colour class: 1 is layer 1 and answers, 2 is layer 2 and corrections. */
  readonly tone: 1 | 2;
}

/** A drawing. */
export interface Curves {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** The same metric of both layers. */
const layers = (title: string, key: string): Curves => ({
  title,
  curves: [
    { key, label: 'layer 1', tone: 1 },
    { key: `layer2/${key}`, label: 'layer 2', tone: 2 },
  ],
});

/** What is drawn of a run. */
export const CHARTS: readonly Curves[] = [
  layers('Reward', 'reward'),
  {
    title: 'Accuracy of samples',
    curves: [
      { key: 'acc_t1', label: 'answers', tone: 1 },
      { key: 'acc_t2', label: 'corrections', tone: 2 },
    ],
  },
  {
    title: 'What corrections change',
    curves: [
      { key: 'delta_i_to_c', label: 'wrong to right', tone: 1 },
      { key: 'delta_c_to_i', label: 'right to wrong', tone: 2 },
    ],
  },
  { title: 'Answer change rate', curves: [{ key: 'answer_change_rate', label: 'changed by the correction', tone: 2 }] },
  layers('Entropy, nats per token', 'entropy'),
  layers('KL to the reference', 'kl'),
  layers('Loss', 'loss'),
  layers('Gradient norm', 'grad_norm'),
  layers('Completion length, tokens', 'completions/mean_length'),
  layers('Share cut at the length limit', 'completions/clipped_ratio'),
  layers('Groups with equal rewards', 'frac_reward_zero_std'),
  layers('Learning rate', 'learning_rate'),
];

/** What counts along a drawing: steps, tokens sampled, or seconds of the steps. */
export type Axis = 'step' | 'tokens' | 'seconds';

/** A metric over the steps. */
export function pointsOf(steps: readonly StepRecord[], key: string, axis: Axis): (readonly [x: number, y: number])[] {
  let [seconds, tokens] = [0, 0];
  return steps.flatMap(({ step, metrics, seconds: phases }) => {
    seconds += Object.values(phases).reduce((a, b) => a + b, 0);
    tokens += metrics['num_tokens'] ?? 0;
    const x = { step, tokens, seconds }[axis];
    const y = metrics[key];
    return y === undefined || !Number.isFinite(y) ? [] : [[x, y] as const];
  });
}

/** Short curves are drawn as they are. */
export function smoothingOf(steps: number): number {
  return steps > 12 ? 0.6 : 0;
}

/** Evaluations with the steps after which they were made. */
export function evaluatedSteps(
  { before, during, after }: Evaluations,
  last: number,
): (readonly [step: number, metrics: Metrics])[] {
  return [
    ...(before ? [[0, before] as const] : []),
    ...during.map(({ step, metrics }) => [step, metrics] as const),
    ...(after ? [[last, after] as const] : []),
  ];
}
