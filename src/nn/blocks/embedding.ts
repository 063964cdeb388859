// Token ids → the residual stream, forward and backward.
import type { Recorder } from '../../ops/device.js';
import type { Tensor } from '../../ops/tensor.js';
import { embed, embedBackward, embedPlan } from '../../ops/embedding.js';
import type { Network } from '../network.js';
import type { Pool } from '../../ops/pool.js';

/** Name of the embedding's module; with a tied head also of the head. */
export const EMBEDDING = 'model.embed_tokens';

/** y = scale · table[ids]. @param args ids u32[tokens], y f32[tokens, hidden] */
export function embedTokens(
  rec: Recorder,
  net: Network,
  args: { readonly ids: Tensor; readonly y: Tensor; readonly tokens: number },
): void {
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  embed(rec, { ...args, table: net.weight(EMBEDDING).value, vocab, width, scale: scaleOf(net) });
}

/** Which tokens have which id, on the device. */
interface DevicePlan {
  readonly order: Tensor;
  readonly starts: Tensor;
  readonly ids: Tensor;
  readonly unique: number;
}

/** Prepares {@link embedTokensBackward}; undefined where the table is not trained. */
export function embeddingPlan(rec: Recorder, net: Network, ids: Uint32Array, pool: Pool): DevicePlan | undefined {
  if (!net.gradient(net.weight(EMBEDDING))) return undefined;
  // transformers' models look the padding token up without a gradient, also where it ends the turns of a chat (SmolLM2).
  const plan = embedPlan(ids, net.config.padTokenId);
  const put = (name: string, data: Uint32Array<ArrayBuffer>): Tensor => {
    const t = pool.get(`embed.${name}`, [data.length], 'u32');
    rec.write(t, data);
    return t;
  };
  return {
    order: put('order', plan.order),
    starts: put('starts', plan.starts),
    ids: put('ids', plan.ids),
    unique: plan.ids.length,
  };
}

/** Adds to the gradient of the table, from the derivative f32[tokens, hidden] by {@link embedTokens}' result. */
export function embedTokensBackward(rec: Recorder, net: Network, plan: DevicePlan | undefined, dy: Tensor): void {
  const dTable = net.gradient(net.weight(EMBEDDING));
  if (!dTable || !plan) return;
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  embedBackward(rec, { dy, dTable, ...plan, width, vocab, scale: scaleOf(net) });
}

function scaleOf({ row, config }: Network): number {
  return row.scaledEmbedding ? Math.sqrt(config.hiddenSize) : 1;
}
