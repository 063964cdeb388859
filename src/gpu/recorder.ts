// The recorder of a WebGPU device: operations become dispatches of kernels, in compute passes of one command encoder.
import { check, show } from '../errors.js';
import type { Device, Recorder } from '../ops/device.js';
import { bytesOf, type DType, type Tensor } from '../ops/tensor.js';
import type { Kernel, ScalarType } from './kernel.js';
import { bufferOf } from './memory.js';
import { UNIFORM_CHUNK, type Pipelines } from './pipelines.js';
import type { Profile } from './profile.js';
import type { TimingRecorder } from './timings.js';

const MAX_GRID = 65_535;
/** WebGPU's default and largest minUniformBufferOffsetAlignment. */
const ALIGNMENT = 256;

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
  readonly execute: Execute;
  readonly submit: (commands: GPUCommandBuffer) => void;
  /** Where every dispatch is to be timed. */
  readonly timings: TimingRecorder | undefined;
}

/** Records dispatches in order; each sees all writes of those before it. */
export class GpuRecorder implements Recorder {
  readonly #parts: RecorderParts;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  readonly #chunks: { buffer: GPUBuffer; group: GPUBindGroup; data: DataView; used: number }[] = [];

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
    const { pipelines, timings } = this.#parts;
    const compiled = pipelines.pipeline(plain);
    const group = pipelines.bindGroup(plain, compiled, tensors);
    const [uniforms, offset] = this.#parameters(plain, params as Record<string, number>);
    const record = (pass: GPUComputePassEncoder): void => {
      pass.setPipeline(compiled.pipeline);
      pass.setBindGroup(0, group);
      pass.setBindGroup(1, uniforms, [offset]);
      pass.dispatchWorkgroups(x, y, z);
    };
    if (timings) timings.timed(this.#encode(), plain.entry, record);
    else record((this.#pass ??= this.#encode().beginComputePass()));
  }

  scratch(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.device.scratch(label, shape, dtype);
  }

  copy(source: Tensor, target: Tensor): void {
    this.#endPass();
    const bytes = bytesOf(source.shape, source.dtype);
    this.#encode().copyBufferToBuffer(bufferOf(source), source.offset, bufferOf(target), target.offset, bytes);
  }

  clear(t: Tensor): void {
    this.#endPass();
    this.#encode().clearBuffer(bufferOf(t), t.offset, bytesOf(t.shape, t.dtype));
  }

  /** Submits what was recorded so far, then writes. */
  write(t: Tensor, data: Float32Array | Uint32Array): void {
    if (this.#encoder) this.submit();
    this.device.write(t, data);
  }

  submit(): void {
    const { gpu, pipelines, timings } = this.#parts;
    this.#endPass();
    for (const { buffer, data, used } of this.#chunks) gpu.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, 0, used);
    if (this.#encoder) this.#parts.submit(this.#encoder.finish());
    this.#encoder = undefined;
    for (const { buffer } of this.#chunks.splice(0)) pipelines.releaseUniforms(buffer);
    timings?.collect();
  }

  #encode(): GPUCommandEncoder {
    return (this.#encoder ??= this.#parts.gpu.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #parameters(kernel: Kernel, params: Record<string, number>): [GPUBindGroup, number] {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.used + ALIGNMENT > UNIFORM_CHUNK) {
      const { gpu, pipelines } = this.#parts;
      const buffer = pipelines.takeUniforms();
      const group = gpu.createBindGroup({
        layout: pipelines.uniformLayout,
        entries: [{ binding: 0, resource: { buffer, size: ALIGNMENT } }],
      });
      chunk = { buffer, group, data: new DataView(new ArrayBuffer(UNIFORM_CHUNK)), used: 0 };
      this.#chunks.push(chunk);
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
    return [chunk.group, used];
  }
}

/** A number of workgroups as a grid that a dispatch may have, the surplus less than one row. */
function folded(count: number): [number, number, number] {
  if (count <= MAX_GRID) return [count, 1, 1];
  const y = Math.ceil(count / MAX_GRID);
  return [Math.ceil(count / y), y, 1];
}
