// The recorder of a WebGPU device: operations become dispatches of kernels, in compute passes of one command encoder.
import { check, show } from '../errors.js';
import type { Device, Recorder } from '../ops/device.js';
import { watcherOf } from '../ops/watch.js';
import { bytesOf, type DType, type Tensor } from '../ops/tensor.js';
import type { Kernel, ScalarType } from './kernel.js';
import { bufferOf } from './memory.js';
import type { Order } from './order.js';
import { ALIGNMENT, UNIFORM_CHUNK, type Compiled, type Pipelines, type Uniforms } from './pipelines.js';
import type { Profile } from './profile.js';
import type { TimingRecorder } from './timings.js';

const MAX_GRID = 65_535;

/** Number of workgroups: a linear count (folded into two dimensions where needed), or [x, y, z]. */
export type Grid = number | readonly [number, number] | readonly [number, number, number];

/** Records the kernels of an operation. */
export type Execute = (rec: GpuRecorder, operation: string, args: object) => void;

/** What a recorder works with. */
export interface RecorderParts {
  readonly device: Device;
  readonly gpu: GPUDevice;
  readonly profile: Profile;
  readonly pipelines: Pipelines;
  readonly order: Order;
  readonly execute: Execute;
  /** Submits what `encode` gives. @param work floating-point operations of the commands, as far as they count */
  readonly submit: (encode: () => GPUCommandBuffer, work: number) => void;
  /** Whether a GPU has nothing to do, as far as is known. */
  readonly isWaiting: () => boolean;
  /** Most floating-point operations to be submitted together. */
  readonly mostWork: () => number;
  /** Where every dispatch is to be timed. */
  readonly timings: TimingRecorder | undefined;
}

/** A dispatch as the encoder takes it. */
interface Dispatch {
  readonly entry: string;
  readonly compiled: Compiled;
  readonly group: GPUBindGroup;
  readonly parameters: GPUBindGroup;
  readonly grid: readonly [x: number, y: number, z: number];
}

/** What else an encoder takes. */
interface Transfer {
  readonly into: (encoder: GPUCommandEncoder) => void;
}

/** A buffer of parameter blocks that is being filled. */
interface Chunk {
  readonly uniforms: Uniforms;
  readonly data: DataView;
  used: number;
}

/** Dispatches that can be recorded again, with parameters in buffers of their own. */
interface Kept {
  readonly record: () => void;
  readonly dispatches: Dispatch[];
  readonly chunks: Chunk[];
  /** {@link Pipelines.freed} when they were recorded. */
  readonly freed: number;
}

/** Dispatches after which a GPU that has nothing to do gets them: it works while the rest is recorded, which it gets in pieces that double. */
const FIRST = 8;

/** Records dispatches in order; each sees all writes of those before it. */
export class GpuRecorder implements Recorder {
  readonly #parts: RecorderParts;
  /** What is submitted next. */
  #commands: (Dispatch | Transfer)[] = [];
  #chunks: Chunk[] = [];
  /** Dispatches among the commands, and their arithmetic as far as it counts. */
  #recorded = 0;
  #work = 0;
  /** Dispatches of the next piece that a GPU gets. */
  #piece = FIRST;
  /** What is being recorded to be repeated. */
  #taking: Kept | undefined;
  /** What was last recorded to be repeated. */
  #kept: Kept | undefined;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  get device(): Device {
    return this.#parts.device;
  }

  /** What kernels choose their variants by. */
  get profile(): Profile {
    return this.#parts.profile;
  }

  execute(operation: string, args: object): void {
    this.#parts.execute(this, operation, args);
  }

  /**
   * Records one dispatch.
   * @param tensors one per letter of `kernel.access`, in binding order
   * @param params value of every field of the parameter block
   * @param grid workgroups; a number is folded into [x ≤ 65,535, y] and unfolded in WGSL by `linear_index`
   */
  dispatch<P extends Record<string, ScalarType>>(
    kernel: Kernel<P>,
    tensors: readonly Tensor[],
    params: { readonly [K in keyof P]: number },
    grid: Grid,
  ): void {
    const plain = kernel as unknown as Kernel;
    if (tensors.length !== plain.access.length)
      check(false, `dispatch: expected ${plain.access.length} tensors for ${plain.entry}, got ${tensors.length}`);
    const [x, y, z] = typeof grid === 'number' ? folded(grid) : [grid[0], grid[1], grid[2] ?? 1];
    if (x === 0 || y === 0 || z === 0) return;
    if (!(x <= MAX_GRID && y <= MAX_GRID && z <= MAX_GRID && Number.isInteger(x * y * z)))
      check(false, `dispatch: expected whole numbers up to ${MAX_GRID} for the grid of ${plain.entry}, got ${show(grid)}`);
    const { pipelines } = this.#parts;
    const compiled = pipelines.pipeline(plain);
    const group = pipelines.bindGroup(plain, compiled, tensors);
    const parameters = this.#parameters(plain, params as Record<string, number>);
    this.#append({ entry: plain.entry, compiled, group, parameters, grid: [x, y, z] });
  }

  #append(dispatch: Dispatch): void {
    if (this.#recorded === 0 && this.#parts.isWaiting()) this.#piece = FIRST;
    this.#taking?.dispatches.push(dispatch);
    this.#commands.push(dispatch);
    if (this.#parts.profile.kind !== 'gpu' || ++this.#recorded < this.#piece) return;
    this.#piece *= 2;
    this.submit();
  }

  /** Says how many floating-point operations the next dispatch takes: what is submitted together is bounded by them. */
  work(flops: number): void {
    if (this.#work > 0 && this.#work + flops > this.#parts.mostWork()) this.submit();
    this.#work += flops;
  }

  repeatable(record: () => void): () => void {
    const { device, order, pipelines } = this.#parts;
    const take = (): void => {
      if (this.#commands.length > 0) this.submit();
      const before = this.#kept?.chunks ?? [];
      order.run(() => {
        for (const { uniforms } of before) pipelines.releaseUniforms(uniforms);
      });
      this.#kept = undefined;
      const taking: Kept = { record, dispatches: [], chunks: [], freed: pipelines.freed };
      this.#taking = taking;
      try {
        record();
        order.run(() => this.#fill(taking.chunks));
      } finally {
        this.#taking = undefined;
      }
      this.#kept = taking;
    };
    take();
    return () => {
      const kept = this.#kept;
      if (kept?.record !== record || kept.freed !== pipelines.freed || watcherOf(device)) take();
      else for (const dispatch of kept.dispatches) this.#append(dispatch);
    };
  }

  scratch(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.device.scratch(label, shape, dtype);
  }

  copy(source: Tensor, target: Tensor): void {
    const bytes = bytesOf(source.shape, source.dtype);
    const [from, to] = [bufferOf(source), bufferOf(target)];
    this.#commands.push({ into: (encoder) => encoder.copyBufferToBuffer(from, source.offset, to, target.offset, bytes) });
  }

  clear(t: Tensor): void {
    const [buffer, bytes] = [bufferOf(t), bytesOf(t.shape, t.dtype)];
    this.#commands.push({ into: (encoder) => encoder.clearBuffer(buffer, t.offset, bytes) });
  }

  /** Submits what was recorded so far, then writes. */
  write(t: Tensor, data: Float32Array | Uint32Array): void {
    if (this.#commands.length > 0) this.submit();
    this.device.write(t, data);
  }

  submit(): void {
    const { order, pipelines, timings, submit } = this.#parts;
    const [commands, chunks, taken, work] = [this.#commands, this.#chunks, this.#taking?.chunks ?? [], this.#work];
    [this.#commands, this.#chunks, this.#recorded, this.#work] = [[], [], 0, 0];
    const compiling = commands.flatMap((of) => ('into' in of || of.compiled.pipeline ? [] : of.compiled.ready));
    if (compiling.length > 0) order.hold(Promise.all(compiling));
    order.run(() => {
      this.#fill(chunks);
      this.#fill(taken);
      if (commands.length > 0) submit(() => this.#encode(commands), work);
      for (const { uniforms } of chunks) pipelines.releaseUniforms(uniforms);
      timings?.collect();
    });
  }

  /** Writes parameter blocks into their buffers. */
  #fill(chunks: readonly Chunk[]): void {
    const { queue } = this.#parts.gpu;
    for (const { uniforms, data, used } of chunks) queue.writeBuffer(uniforms.buffer, 0, data.buffer as ArrayBuffer, 0, used);
  }

  #encode(commands: readonly (Dispatch | Transfer)[]): GPUCommandBuffer {
    const { gpu, timings } = this.#parts;
    const encoder = gpu.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    for (const command of commands) {
      if ('into' in command) {
        pass?.end();
        pass = undefined;
        command.into(encoder);
      } else if (timings) timings.timed(encoder, command.entry, (own) => encode(own, command));
      else encode((pass ??= encoder.beginComputePass()), command);
    }
    pass?.end();
    return encoder.finish();
  }

  #parameters(kernel: Kernel, params: Record<string, number>): GPUBindGroup {
    const { pipelines } = this.#parts;
    const chunks = this.#taking?.chunks ?? this.#chunks;
    let chunk = chunks.at(-1);
    if (!chunk || chunk.used + ALIGNMENT > UNIFORM_CHUNK) {
      chunk = { uniforms: pipelines.takeUniforms(), data: new DataView(new ArrayBuffer(UNIFORM_CHUNK)), used: 0 };
      chunks.push(chunk);
    }
    const { data, used } = chunk;
    let at = used;
    for (const name in kernel.params) {
      const value = params[name]!;
      const type = kernel.params[name];
      if (type === 'f32') data.setFloat32(at, value, true);
      else {
        if (!Number.isInteger(value))
          check(false, `dispatch: expected a whole number for ${name} of ${kernel.entry}, got ${value}`);
        if (type === 'u32') data.setUint32(at, value, true);
        else data.setInt32(at, value, true);
      }
      at += 4;
    }
    chunk.used += ALIGNMENT;
    return pipelines.parameterGroup(chunk.uniforms, used);
  }
}

function encode(pass: GPUComputePassEncoder, { compiled, group, parameters, grid: [x, y, z] }: Dispatch): void {
  pass.setPipeline(compiled.pipeline!);
  pass.setBindGroup(0, group);
  pass.setBindGroup(1, parameters);
  pass.dispatchWorkgroups(x, y, z);
}

/** A number of workgroups as a grid that a dispatch may have, the surplus less than one row. */
function folded(count: number): [number, number, number] {
  if (count <= MAX_GRID) return [count, 1, 1];
  const y = Math.ceil(count / MAX_GRID);
  return [Math.ceil(count / y), y, 1];
}
