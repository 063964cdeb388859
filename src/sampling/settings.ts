// How tokens are drawn: the one place that carries the settings of sampling from a config to the device.

/** How tokens are drawn, in transformers' order: repetition penalty, temperature, top-k, top-p, min-p. */
export interface SamplingSettings {
  /** Divides the logits; 0: greedy. */
  readonly temperature: number;
  /** Default 0: off. */
  readonly topK?: number;
  /** Default 1: off. */
  readonly topP?: number;
  /** Default null: off. */
  readonly minP?: number | null;
  /** Default 1: off. */
  readonly repetitionPenalty?: number;
}

/** The settings as the device takes them, every one with a value. */
export function drawSettings(settings: SamplingSettings): {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
} {
  const { temperature, topK = 0, topP = 1, minP, repetitionPenalty = 1 } = settings;
  return { temperature, topK, topP, minP: minP ?? 0, repetitionPenalty };
}
