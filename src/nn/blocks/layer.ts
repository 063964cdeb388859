// What the two halves of a layer share: the pass that they belong to, and where their intermediate values lie.
import type { Recorder } from '../../ops/device.js';
import { view, type Tensor } from '../../ops/tensor.js';
import type { LayerAttention } from '../model-config.js';
import type { Network } from '../network.js';
import type { Rotation } from '../rotation.js';

/** A pass through one layer. T = tokens. */
export interface LayerPass {
  readonly rec: Recorder;
  readonly net: Network;
  /** Its number from 0, and `model.layers.i`. */
  readonly layer: number;
  readonly name: string;
  readonly tokens: number;
  /** u32[T] position of each token in its sequence. */
  readonly positions: Tensor;
  readonly attention: LayerAttention;
  /** Tables of the layer's rotation; null where it has none. */
  readonly rotation: Rotation | null;
}

/** Gives the tensor f32[T, width] of a label. */
export type Make = (label: string, width: number) => Tensor;

/** Elements to which parts of a tensor are aligned: 256 bytes, WebGPU's default binding alignment. */
const ALIGN = 64;

/** Tensors f32[tokens, width] of several widths side by side in one, so that a kernel can bind them together. */
export function makeBeside(make: Make, label: string, tokens: number, widths: readonly number[]): Tensor[] {
  let end = 0;
  const starts = widths.map((width) => {
    const start = end;
    end = Math.ceil((start + tokens * width) / ALIGN) * ALIGN;
    return start;
  });
  const whole = make(label, Math.ceil(end / Math.max(tokens, 1)));
  return widths.map((width, i) => view(whole, starts[i]!, [tokens, width]));
}
