import { check, show } from '../errors.js';
import type { Gpu } from './device.js';
import type { Kernel, ScalarType } from './kernel.js';
import { bytesOf, type DType, type Tensor } from './tensor.js';

const MAX_GRID = 65_535;
/** WebGPU's default and largest minUniformBufferOffsetAlignment. */
const ALIGNMENT = 256;
/** Bytes of one pooled buffer of parameter blocks. */
export const UNIFORM_CHUNK: number = 256 * ALIGNMENT;

/** Number of workgroups: a linear count (folded into two dimensions where needed), or [x, y, z]. */
export type Grid = number | readonly [number, number] | readonly [number, number, number];

/** Records dispatches in order; each sees all writes of those before it. */
export class Recorder {
  readonly gpu: Gpu;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  readonly #chunks: { buffer: GPUBuffer; group: GPUBindGroup; data: ArrayBuffer; used: number }[] = [];
  readonly #stamps: { label: string; set: GPUQuerySet; buffer: GPUBuffer }[] = [];

  constructor(gpu: Gpu) {
    this.gpu = gpu;
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
    check(
      tensors.length === kernel.access.length,
      `dispatch: expected ${kernel.access.length} tensors for ${kernel.entry}, got ${tensors.length}`,
    );
    const [x, y, z] = typeof grid === 'number' ? folded(grid) : [grid[0], grid[1], grid[2] ?? 1];
    if (x === 0 || y === 0 || z === 0) return;
    check(
      x <= MAX_GRID && y <= MAX_GRID && z <= MAX_GRID && Number.isInteger(x * y * z),
      `dispatch: expected whole numbers up to ${MAX_GRID} for the grid of ${kernel.entry}, got ${show(grid)}`,
    );
    const cached = this.gpu.pipeline(kernel as unknown as Kernel);
    const group = this.gpu.bindGroup(kernel as unknown as Kernel, cached, tensors);
    const [uniforms, offset] = this.#parameters(kernel as unknown as Kernel, params as Record<string, number>);
    const pass = this.gpu.profile ? this.#timedPass(kernel.entry) : (this.#pass ??= this.#encode().beginComputePass());
    pass.setPipeline(cached.pipeline);
    pass.setBindGroup(0, group);
    pass.setBindGroup(1, uniforms, [offset]);
    pass.dispatchWorkgroups(x, y, z);
    if (this.gpu.profile) {
      pass.end();
      this.#resolveStamps();
    }
  }

  /** A scratch tensor; see {@link Gpu.scratch}. */
  scratch(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.gpu.scratch(label, shape, dtype);
  }

  /** Copies the elements of `source` to `target`; both ranges must be a multiple of 4 bytes. */
  copy(source: Tensor, target: Tensor): void {
    this.#endPass();
    this.#encode().copyBufferToBuffer(
      source.storage.buffer,
      source.offset,
      target.storage.buffer,
      target.offset,
      bytesOf(source.shape, source.dtype),
    );
  }

  /** Sets all elements to zero. */
  clear(t: Tensor): void {
    this.#endPass();
    this.#encode().clearBuffer(t.storage.buffer, t.offset, bytesOf(t.shape, t.dtype));
  }

  /** Writes host data into a tensor, after everything recorded so far (which is submitted) and before everything that follows. */
  write(t: Tensor, data: Float32Array | Uint32Array): void {
    if (this.#encoder) this.submit();
    this.gpu.write(t, data);
  }

  /** Submits everything recorded so far; the recorder can be used again. */
  submit(): void {
    this.#endPass();
    for (const { buffer, data, used } of this.#chunks) this.gpu.device.queue.writeBuffer(buffer, 0, data, 0, used);
    if (this.#encoder) this.gpu.submit(this.#encoder.finish());
    this.#encoder = undefined;
    for (const { buffer } of this.#chunks.splice(0)) this.gpu.releaseUniforms(buffer);
    this.#collectStamps();
  }

  #encode(): GPUCommandEncoder {
    return (this.#encoder ??= this.gpu.device.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #parameters(kernel: Kernel, params: Record<string, number>): [GPUBindGroup, number] {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.used + ALIGNMENT > UNIFORM_CHUNK) {
      const buffer = this.gpu.takeUniforms();
      const group = this.gpu.device.createBindGroup({
        layout: this.gpu.uniformLayout,
        entries: [{ binding: 0, resource: { buffer, size: ALIGNMENT } }],
      });
      chunk = { buffer, group, data: new ArrayBuffer(UNIFORM_CHUNK), used: 0 };
      this.#chunks.push(chunk);
    }
    const offset = chunk.used;
    const data = new DataView(chunk.data, offset, ALIGNMENT);
    let at = 0;
    for (const name in kernel.params) {
      const value = params[name]!;
      const type = kernel.params[name];
      if (type === 'f32') data.setFloat32(at, value, true);
      else {
        check(Number.isInteger(value), `dispatch: expected a whole number for ${name} of ${kernel.entry}, got ${value}`);
        if (type === 'u32') data.setUint32(at, value, true);
        else data.setInt32(at, value, true);
      }
      at += 4;
    }
    chunk.used += ALIGNMENT;
    return [chunk.group, offset];
  }

  #timedPass(label: string): GPUComputePassEncoder {
    const { device } = this.gpu;
    const set = device.createQuerySet({ type: 'timestamp', count: 2 });
    const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.#stamps.push({ label, set, buffer });
    return this.#encode().beginComputePass({
      timestampWrites: { querySet: set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
  }

  #resolveStamps(): void {
    const { set, buffer } = this.#stamps.at(-1)!;
    this.#encode().resolveQuerySet(set, 0, 2, buffer, 0);
  }

  #collectStamps(): void {
    const stamps = this.#stamps.splice(0);
    if (stamps.length === 0) return;
    const { device, timings } = this.gpu;
    const staging = device.createBuffer({ size: 16 * stamps.length, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    stamps.forEach(({ buffer }, i) => encoder.copyBufferToBuffer(buffer, 0, staging, 16 * i, 16));
    device.queue.submit([encoder.finish()]);
    void staging.mapAsync(GPUMapMode.READ).then(() => {
      const times = new BigUint64Array(staging.getMappedRange());
      stamps.forEach(({ label, set, buffer }, i) => {
        const entry = timings.get(label) ?? { count: 0, nanoseconds: 0 };
        entry.count++;
        entry.nanoseconds += Number(times[2 * i + 1]! - times[2 * i]!);
        timings.set(label, entry);
        set.destroy();
        buffer.destroy();
      });
      staging.destroy();
    });
  }
}

/** A number of workgroups as a grid that a dispatch may have, the surplus less than one row. */
function folded(count: number): [number, number, number] {
  if (count <= MAX_GRID) return [count, 1, 1];
  const y = Math.ceil(count / MAX_GRID);
  return [Math.ceil(count / y), y, 1];
}
