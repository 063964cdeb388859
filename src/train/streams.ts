// Random streams of a run: one number each, so that no two uses share numbers.
export const STREAM = { init: 1, shuffle: 2, step: 3, evaluate: 4 } as const;

/** Samples of evaluations and of completions on demand have seeds beyond those of training. */
export const EVALUATION_SEED: number = 2 ** 40;
