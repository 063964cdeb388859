// What a WebGPU device would hold while work is recorded, and which pipelines that needs: these it begins to compile.
import { CountingDevice } from '../ops/counting.js';
import type { Kernel } from './kernel.js';
import { roundedSize } from './memory.js';
import type { Pipelines } from './pipelines.js';
import { GpuRecorder, type RecorderParts } from './recorder.js';

/** What a rehearsal takes of the device that it stands for. */
export type Rehearsed = Pick<RecorderParts, 'gpu' | 'profile' | 'order' | 'execute'> & {
  readonly device: ConstructorParameters<typeof CountingDevice>[0];
  readonly pipelines: Pipelines;
};

/** A device that makes no buffers and submits nothing. */
export function rehearsalDevice({ device: like, ...parts }: Rehearsed): CountingDevice {
  return new CountingDevice(like, {
    bytes: roundedSize,
    keepsRetired: true,
    recorder: (device) => new RehearsalRecorder(device, parts),
  });
}

/** Records nothing but what operations take as scratch memory. */
class RehearsalRecorder extends GpuRecorder {
  readonly #device: CountingDevice;
  readonly #pipelines: Pipelines;

  constructor(device: CountingDevice, parts: Omit<Rehearsed, 'device'>) {
    const nothing = { submit: () => undefined, isWaiting: () => false, mostWork: () => Infinity, timings: undefined };
    super({ ...parts, ...nothing, device });
    [this.#device, this.#pipelines] = [device, parts.pipelines];
  }

  override dispatch(kernel: unknown): void {
    this.#pipelines.pipeline(kernel as Kernel);
  }

  override work(): void {
    // Nothing is computed.
  }

  override repeatable(record: () => void): () => void {
    record();
    return record;
  }

  override copy(): void {
    // As for work.
  }

  override clear(): void {
    // As for work.
  }

  override write(): void {
    this.submit();
  }

  override submit(): void {
    this.#device.submitted();
  }
}
