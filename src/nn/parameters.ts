// The parameters of a model on a device: frozen ones in tensors of their own, trained ones side by side in slabs with their gradients.
import { check, MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { bytesOf, sizeOf, view, type DType, type Tensor } from '../ops/tensor.js';
import type { Rng } from '../rng.js';
import { ARCHITECTURES } from './architectures.js';
import type { ModelConfig } from './model-config.js';

/** A parameter's name in the Hugging Face layout and its shape, `[out, in]` for matrices. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Value of a new one's elements; left out: they are random. */
  readonly initial?: number;
}

/** A parameter on the device. */
export interface Parameter extends ParameterSpec {
  /** f32 where it is trained, else in any format of weights. */
  readonly value: Tensor;
  /** f32, of the same shape; present exactly where the parameter is trained. Backward passes add to it. */
  readonly gradient?: Tensor;
}

/** Trainable parameters side by side in one buffer, so that the optimiser walks them in a few dispatches. */
export interface Slab {
  /** f32[n]; parameters start at multiples of 64 elements, the gaps stay zero. */
  readonly value: Tensor;
  /** f32[n] */
  readonly gradient: Tensor;
  /** Elements at the front that weight decay applies to (the matrices); the vectors follow. */
  readonly decayed: number;
}

/** Elements to which parameters in a slab are aligned: 256 bytes, WebGPU's default binding alignment. */
const ALIGN = 64;

/** Largest slab in bytes; also bounded by the device's maxBufferSize. */
const SLAB_BYTES = 2 ** 30;

/** The parameters of a model in the order of its computation. A tied head has no entry of its own. */
export function parameterSpecs(c: ModelConfig): ParameterSpec[] {
  const { norms, qkNorm, unitOffset } = ARCHITECTURES[c.architecture];
  const norm = (module: string, width: number): ParameterSpec => ({
    name: `${module}.weight`,
    shape: [width],
    initial: unitOffset ? 0 : 1,
  });
  const specs: ParameterSpec[] = [{ name: 'model.embed_tokens.weight', shape: [c.vocabSize, c.hiddenSize] }];
  for (let i = 0; i < c.numLayers; i++) {
    const layer = `model.layers.${i}`;
    for (const name of Object.values(norms)) if (name !== null) specs.push(norm(`${layer}.${name}`, c.hiddenSize));
    if (qkNorm) for (const name of ['q_norm', 'k_norm']) specs.push(norm(`${layer}.self_attn.${name}`, c.headDim));
    for (const { module, shape, bias } of linearSpecs(c)) {
      specs.push({ name: `${layer}.${module}.weight`, shape });
      if (bias) specs.push({ name: `${layer}.${module}.bias`, shape: [shape[0]], initial: 0 });
    }
  }
  specs.push(norm('model.norm', c.hiddenSize));
  if (!c.tieWordEmbeddings) specs.push({ name: 'lm_head.weight', shape: [c.vocabSize, c.hiddenSize] });
  return specs;
}

/** Linear modules of one layer. */
export function linearSpecs(c: ModelConfig): { module: string; shape: readonly [out: number, inner: number]; bias: boolean }[] {
  const q = c.numHeads * c.headDim;
  const kv = c.numKvHeads * c.headDim;
  return [
    { module: 'self_attn.q_proj', shape: [q, c.hiddenSize], bias: c.attentionBias },
    { module: 'self_attn.k_proj', shape: [kv, c.hiddenSize], bias: c.attentionBias },
    { module: 'self_attn.v_proj', shape: [kv, c.hiddenSize], bias: c.attentionBias },
    { module: 'self_attn.o_proj', shape: [c.hiddenSize, q], bias: c.attentionOutputBias },
    { module: 'mlp.gate_proj', shape: [c.intermediateSize, c.hiddenSize], bias: c.mlpBias },
    { module: 'mlp.up_proj', shape: [c.intermediateSize, c.hiddenSize], bias: c.mlpBias },
    { module: 'mlp.down_proj', shape: [c.hiddenSize, c.intermediateSize], bias: c.mlpBias },
  ];
}

/** Named parameters on a device. */
export class Parameters {
  readonly device: Device;
  readonly #slabs: readonly Slab[];
  readonly #byName: ReadonlyMap<string, Parameter>;
  #version = 0;
  #isFree = false;

  private constructor(device: Device, byName: Map<string, Parameter>, slabs: readonly Slab[]) {
    this.device = device;
    this.#byName = byName;
    this.#slabs = slabs;
  }

  /** Trainable memory; empty for a model that only computes. @throws MgrpoError where it was freed */
  get slabs(): readonly Slab[] {
    this.#assertHeld();
    return this.#slabs;
  }

  /** Allocates zeroed trainable parameters (f32 value and gradient). */
  static trainable(device: Device, specs: readonly ParameterSpec[]): Parameters {
    const limit = Math.min(device.limits.maxBuffer, SLAB_BYTES) / 4;
    // Matrices first: weight decay then covers one range at the front of each slab.
    const ordered = [...specs.filter((s) => s.shape.length > 1), ...specs.filter((s) => s.shape.length <= 1)];
    const groups: { spec: ParameterSpec; start: number }[][] = [[]];
    let used = 0;
    for (const spec of ordered) {
      const padded = Math.ceil(sizeOf(spec.shape) / ALIGN) * ALIGN;
      if (used > 0 && used + padded > limit) {
        groups.push([]);
        used = 0;
      }
      groups.at(-1)!.push({ spec, start: used });
      used += padded;
    }
    const byName = new Map<string, Parameter>();
    const slabs: Slab[] = [];
    for (const group of groups) {
      const last = group.at(-1);
      if (!last) continue;
      const end = ({ spec, start }: { spec: ParameterSpec; start: number }): number =>
        start + Math.ceil(sizeOf(spec.shape) / ALIGN) * ALIGN;
      const total = end(last);
      const value = device.tensor([total], 'f32', 'parameters');
      const gradient = device.tensor([total], 'f32', 'gradients');
      const matrices = group.filter(({ spec }) => spec.shape.length > 1);
      slabs.push({ value, gradient, decayed: matrices.length > 0 ? end(matrices.at(-1)!) : 0 });
      for (const { spec, start } of group) {
        byName.set(spec.name, { ...spec, value: view(value, start, spec.shape), gradient: view(gradient, start, spec.shape) });
      }
    }
    return new Parameters(device, new Map(specs.map(({ name }) => [name, byName.get(name)!])), slabs);
  }

  /** Frozen parameters, each in memory of its own or side by side with others of a layer ({@link frozenTensors}). */
  static frozen(device: Device, parameters: readonly Parameter[]): Parameters {
    return new Parameters(device, new Map(parameters.map((parameter) => [parameter.name, parameter])), []);
  }

  /** The same parameters for work that is recorded on another device: for one that only counts. */
  on(device: Device): Parameters {
    return new Parameters(device, new Map(this.#byName), this.slabs);
  }

  /** All parameters in the order of the model. @throws MgrpoError where they were freed */
  [Symbol.iterator](): IterableIterator<Parameter> {
    this.#assertHeld();
    return this.#byName.values();
  }

  /** Whether there is a parameter of that name. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The parameter of that name. @throws MgrpoError where there is none, or it was freed */
  get(name: string): Parameter {
    this.#assertHeld();
    const found = this.#byName.get(name);
    if (!found) throw new MgrpoError('not_found', `parameters: no parameter is called ${name}`);
    return found;
  }

  /** Number of elements. */
  get count(): number {
    let n = 0;
    for (const { shape } of this) n += sizeOf(shape);
    return n;
  }

  /** Gives every parameter its initial value, or normal numbers of the given spread. */
  initialize(rng: Rng, spread: number): void {
    for (const { shape, value, initial } of this) {
      const data = new Float32Array(sizeOf(shape));
      if (initial === undefined) for (let i = 0; i < data.length; i++) data[i] = spread * rng.normal();
      else data.fill(initial);
      this.device.write(value, data);
    }
  }

  /** A frozen f32 copy with memory of its own. */
  frozenCopy(): Parameters {
    const rec = this.device.recorder();
    const copies = [...this].map(({ name, shape, value }): Parameter => {
      const copy = this.device.tensor(shape, value.dtype, name);
      rec.copy(value, copy);
      return { name, shape, value: copy };
    });
    rec.submit();
    return Parameters.frozen(this.device, copies);
  }

  /** How often the values have changed: what was computed from others (cached keys and values) is of no use. */
  get version(): number {
    return this.#version;
  }

  /** Says that the values have changed. */
  changed(): void {
    this.#version++;
  }

  /** Sets all gradients to zero. */
  zeroGradients(rec: { clear(t: Tensor): void }): void {
    for (const { gradient } of this.slabs) rec.clear(gradient);
  }

  /** Frees the device memory, once: others may have got it when it is freed again. */
  free(): void {
    if (this.#isFree) return;
    if (this.slabs.length > 0) this.device.free(...this.slabs.flatMap(({ value, gradient }) => [value, gradient]));
    else this.device.free(...[...new Set([...this].map(({ value }) => value.storage))].map((storage) => ({ storage })));
    this.#isFree = true;
  }

  #assertHeld(): void {
    check(!this.#isFree, 'policy: expected one whose memory is held, got one that was freed; load it again');
  }
}

/** Modules that read one input, whose weights (and whose biases) a kernel can bind as one where they lie side by side. */
const BESIDE: readonly (readonly string[])[] = [
  ['q_proj', 'k_proj', 'v_proj'],
  ['gate_proj', 'up_proj'],
];

/** Zeroed memory for frozen parameters in given formats: side by side where a kernel can then bind several as one. */
export function frozenTensors(
  device: Device,
  specs: readonly ParameterSpec[],
  formatOf: (spec: ParameterSpec) => DType,
): ReadonlyMap<string, Tensor> {
  const groups = new Map<string, ParameterSpec[]>();
  for (const spec of specs) {
    const [, path, module = '', kind] = /^(.*\.)?(\w+)\.(\w+)$/.exec(spec.name) ?? [];
    const group = BESIDE.find((modules) => modules.includes(module));
    const key = group ? `${path}${group.join()}.${kind}` : spec.name;
    groups.set(key, [...(groups.get(key) ?? []), spec]);
  }
  const tensors = [...groups.values()].flatMap((group) => besideOrAlone(device, group, formatOf));
  return new Map(tensors);
}

function besideOrAlone(
  device: Device,
  group: readonly ParameterSpec[],
  formatOf: (spec: ParameterSpec) => DType,
): [string, Tensor][] {
  const dtype = formatOf(group[0]!);
  const total = group.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const aligned = group.every(({ shape }) => sizeOf(shape) % ALIGN === 0 && bytesOf(shape, dtype) % 256 === 0);
  const fits = bytesOf([total], dtype) <= device.limits.maxBinding;
  if (group.length === 1 || !aligned || !fits || group.some((spec) => formatOf(spec) !== dtype))
    return group.map((spec) => [spec.name, device.tensor(spec.shape, formatOf(spec), spec.name)]);
  const whole = device.tensor([total], dtype, group.map(({ name }) => name).join());
  let start = 0;
  return group.map(({ name, shape }) => [name, view(whole, (start += sizeOf(shape)) - sizeOf(shape), shape)]);
}
