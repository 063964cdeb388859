// Smoothing of curves, in reports and in the page.

/** Exponential mean over the values so far, without the pull of its start. @param weight 0: none; towards 1: more */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let [mean, total] = [0, 0];
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    mean = weight * mean + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return mean / total;
  });
}
