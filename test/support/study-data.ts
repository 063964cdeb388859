import { Rng } from '../../src/rng.js';
import type { Point } from '../../src/study/cell.js';
import { readStudy } from '../../src/study/plan.js';
import type { StudyPlan } from '../../src/study/plan.js';

/** A study with made-up numbers in which MGRPO's second turn gains, and GRPO's does not. */
export function studyData(
  arms: readonly unknown[],
  seeds: readonly number[] = [1, 2, 3, 4, 5],
): {
  plan: StudyPlan<object>;
  points: Map<string, readonly Point[]>;
} {
  const plan = readStudy(
    'made up',
    {
      arms,
      seeds,
      budget: { generatedTokens: 200_000 },
      evaluation: { points: 4, rows: 100, turns: 3, temperature: 1 },
      settings: { lrSchedulerType: 'constant' },
      tasks: { signs: {}, arithmetic: {} },
    },
    {},
  );
  const points = new Map(
    plan.cells.map(({ id, training, seed }) => {
      const rng = new Rng(seed, training.config.layer2 ? 1 : 0);
      const gain = training.config.layer2?.shown === 'own' && training.task.name === 'signs' ? 0.08 : 0.005;
      return [id, Array.from({ length: 5 }, (_, at) => pointOf(rng, at, gain))];
    }),
  );
  return { plan, points };
}

function pointOf(rng: Rng, at: number, gain: number): Point {
  const rates = [0, 1, 2].map((turn) => 0.2 + 0.1 * at + turn * gain * at);
  const turns = rates.map((rate) => Array.from({ length: 100 }, () => Number(rng.uniform() < rate)));
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const share = (test: (a: number, b: number) => boolean): number =>
    mean(turns[0]!.map((a, p) => Number(test(a, turns[1]![p]!))));
  return {
    point: at,
    step: 10 * at,
    tokens: 50_000 * at + rng.int(900),
    seconds: 60 * at,
    metrics: {
      acc_t1: mean(turns[0]!),
      acc_t2: mean(turns[1]!),
      acc_t3: mean(turns[2]!),
      delta_t1_t2: mean(turns[1]!) - mean(turns[0]!),
      delta_t2_t3: mean(turns[2]!) - mean(turns[1]!),
      delta_i_to_c: share((a, b) => a < b),
      delta_c_to_i: share((a, b) => a > b),
      answer_change_rate: share((a, b) => a !== b),
    },
    turns,
    majority: turns[0]!,
    best: turns[2]!,
    answerTokens: [12.5, 20, 21],
  };
}
