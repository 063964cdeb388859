// Time of every dispatch by timestamp queries, summed per entry point. Slow: each dispatch becomes a pass of its own.

/** GPU time of one entry point. */
export interface Timing {
  count: number;
  nanoseconds: number;
}

/** The timestamps of one device. */
export class Timings {
  readonly #device: GPUDevice;
  /** By entry point. */
  readonly totals: Map<string, Timing> = new Map();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Timestamps of one recorder. */
  recorder(): TimingRecorder {
    return new TimingRecorder(this.#device, this.totals);
  }
}

/** Timestamps between two submissions of a recorder. */
export class TimingRecorder {
  readonly #device: GPUDevice;
  readonly #totals: Map<string, Timing>;
  readonly #stamps: { label: string; set: GPUQuerySet; buffer: GPUBuffer }[] = [];

  constructor(device: GPUDevice, totals: Map<string, Timing>) {
    this.#device = device;
    this.#totals = totals;
  }

  /** Records one dispatch in a timed pass. */
  timed(encoder: GPUCommandEncoder, label: string, record: (pass: GPUComputePassEncoder) => void): void {
    const set = this.#device.createQuerySet({ type: 'timestamp', count: 2 });
    const buffer = this.#device.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.#stamps.push({ label, set, buffer });
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet: set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    record(pass);
    pass.end();
    encoder.resolveQuerySet(set, 0, 2, buffer, 0);
  }

  /** Reads the times of what was submitted, in the background. */
  collect(): void {
    const stamps = this.#stamps.splice(0);
    if (stamps.length === 0) return;
    const staging = this.#device.createBuffer({
      size: 16 * stamps.length,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.#device.createCommandEncoder();
    stamps.forEach(({ buffer }, i) => encoder.copyBufferToBuffer(buffer, 0, staging, 16 * i, 16));
    this.#device.queue.submit([encoder.finish()]);
    void staging.mapAsync(GPUMapMode.READ).then(() => {
      const times = new BigUint64Array(staging.getMappedRange());
      stamps.forEach(({ label, set, buffer }, i) => {
        const entry = this.#totals.get(label) ?? { count: 0, nanoseconds: 0 };
        entry.count++;
        entry.nanoseconds += Number(times[2 * i + 1]! - times[2 * i]!);
        this.#totals.set(label, entry);
        set.destroy();
        buffer.destroy();
      });
      staging.destroy();
    });
  }
}
