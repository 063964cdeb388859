// One text through a model, seen from inside: where each token looks, how sure the model was of it, how long its vectors are.
import { check } from '../errors.js';
import { pack } from '../nn/batch.js';
import { Look, type LayersSeen } from '../nn/look.js';
import type { LanguageModel } from './language-model.js';
import { takeTurn } from './turns.js';

/** What {@link inspect} gives. L = layers, H = heads, T = tokens. */
export interface Inspection extends LayersSeen {
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  /** f32[T − 1] log-probability of each token but the first, at temperature 1. */
  readonly logps: Float32Array<ArrayBuffer>;
  /** f32[T − 1] entropy of the distribution that it came from, in nats. */
  readonly entropies: Float32Array<ArrayBuffer>;
}

/**
 * Runs token ids through a model and gives what went on inside.
 * @throws MgrpoError where there are fewer than two tokens, more than the model's context, or more than can be looked at
 */
export async function inspect(model: LanguageModel, ids: ArrayLike<number>): Promise<Inspection> {
  const { decoder, context } = model;
  const { numLayers: layers, numHeads: heads, vocabSize } = decoder.config;
  const tokens = ids.length;
  check(
    tokens >= 2 && tokens <= context,
    `inspect: expected 2 to ${context} tokens, got ${tokens}; take a text that fits the model's context`,
  );
  const batch = pack([ids], vocabSize);
  const rows = Uint32Array.from({ length: tokens - 1 }, (_, i) => i);
  return takeTurn(decoder.device, async () => {
    const pool = decoder.leases.take('look');
    const recorder = decoder.device.recorder();
    try {
      const look = new Look(decoder.config, tokens, pool);
      const state = decoder.forward(recorder, batch, { onLayer: look.onLayer });
      try {
        const scores = decoder.score(recorder, state, { rows, targets: batch.ids.slice(1), temperature: 1 });
        recorder.submit();
        const [logps, entropies] = await decoder.device.read(scores.logps, scores.entropies);
        return { layers, heads, tokens, logps, entropies, ...(await look.read(decoder.device)) };
      } finally {
        state.release();
      }
    } finally {
      // A look holds a copy of every layer: more than is worth keeping.
      pool.free();
    }
  });
}
