// The engine's memory: one WebAssembly memory that grows up to 4 GiB, and who has which part of it.
import { MgrpoError } from '../errors.js';
import { noAddressSpace } from '../platform/address-space.js';

const PAGE = 65_536;
/** Allocations start and end at cache lines. */
const LINE = 64;
const MIB = 2 ** 20;
/** Most pages of a memory: 4 GiB, or less where the system does not give that much address space. */
const MOST_PAGES = [65_536, 32_768, 16_384, 8_192];

/** A free range of bytes. */
interface Free {
  start: number;
  size: number;
}

/** Views of a memory of one size. */
interface Views {
  readonly buffer: ArrayBufferLike;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

/** A WebAssembly memory with an allocator: best fit, neighbours joined. New and freed ranges hold anything. */
export class Memory {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
  /** Free ranges by their starts; none touches the next. */
  readonly #free: Free[] = [];
  readonly #sizes = new Map<number, number>();
  #allocated = 0;
  /** One past the last byte that was ever given away: what lies beyond is still zero. */
  #touched = 0;
  #views: Views | undefined;

  /**
   * @param shared whether threads share it
   * @param start first byte that may be given away
   */
  constructor(shared: boolean, start: number) {
    const pages = Math.ceil((start + MIB) / PAGE);
    const [memory, most] = create(shared, pages);
    this.memory = memory;
    this.maximum = most * PAGE;
    this.#free.push({ start, size: pages * PAGE - start });
  }

  /** The memory as it is now; views taken before it grew may not reach all of it. */
  get bytes(): Uint8Array {
    return this.#now().bytes;
  }

  get words(): Uint32Array {
    return this.#now().words;
  }

  get floats(): Float32Array {
    return this.#now().floats;
  }

  /** For atomic operations, where threads share the memory. */
  get counters(): Int32Array {
    return new Int32Array(this.memory.buffer);
  }

  /**
   * The address of `bytes` bytes of any contents.
   * @throws MgrpoError `out_of_memory` where there is no room.
   */
  allocate(bytes: number, label: string): number {
    const size = Math.max(Math.ceil(bytes / LINE) * LINE, LINE);
    let best = this.#best(size);
    if (best < 0) {
      this.#grow(size, label);
      best = this.#best(size);
    }
    const range = this.#free[best]!;
    const { start } = range;
    range.start += size;
    range.size -= size;
    if (range.size === 0) this.#free.splice(best, 1);
    this.#sizes.set(start, size);
    this.#allocated += size;
    this.#touched = Math.max(this.#touched, start + size);
    return start;
  }

  /** Like {@link allocate}, with zeros. Memory that nobody had before is not touched. */
  allocateZeros(bytes: number, label: string): number {
    const touched = this.#touched;
    const start = this.allocate(bytes, label);
    if (start < touched) this.bytes.fill(0, start, Math.min(start + bytes, touched));
    return start;
  }

  /** Gives an allocation back. */
  free(start: number): void {
    const size = this.#sizes.get(start);
    if (size === undefined) throw new MgrpoError('invalid_argument', `memory.free: expected an allocation, got address ${start}`);
    this.#sizes.delete(start);
    this.#allocated -= size;
    this.#insert(start, size);
  }

  #insert(start: number, size: number): void {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    this.#free.splice(low, 0, { start, size });
    for (const i of [low, low - 1]) {
      const [left, right] = [this.#free[i], this.#free[i + 1]];
      if (!left || !right || left.start + left.size !== right.start) continue;
      left.size += right.size;
      this.#free.splice(i + 1, 1);
    }
  }

  #best(size: number): number {
    let best = -1;
    this.#free.forEach((range, i) => {
      if (range.size >= size && (best < 0 || range.size < this.#free[best]!.size)) best = i;
    });
    return best;
  }

  /** Grows the memory so that `size` more bytes fit at its end. */
  #grow(size: number, label: string): void {
    const end = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const there = last && last.start + last.size === end ? last.size : 0;
    // An eighth of what is there at least: growing costs a system call.
    const least = Math.ceil((size - there) / PAGE);
    const wanted = Math.min(Math.max(least, Math.ceil(end / 8 / PAGE)), (this.maximum - end) / PAGE);
    for (const pages of [wanted, least]) {
      try {
        if (pages < least) continue;
        this.memory.grow(pages);
        this.#insert(end, pages * PAGE);
        return;
      } catch {
        // The system has no more: less may do.
      }
    }
    throw new MgrpoError(
      'out_of_memory',
      `wasm: expected ${Math.ceil(size / MIB)} MiB more for "${label}" with ${Math.round(this.#allocated / MIB)} MiB in use, of at most ` +
        `${Math.floor(this.maximum / MIB)} MiB; use a smaller batch or context, gradient checkpointing, or LoRA instead of full fine-tuning`,
    );
  }

  #now(): Views {
    const { buffer } = this.memory;
    if (this.#views?.buffer !== buffer) {
      this.#views = {
        buffer,
        bytes: new Uint8Array(buffer),
        words: new Uint32Array(buffer),
        floats: new Float32Array(buffer),
      };
    }
    return this.#views;
  }
}

/** A memory with the largest maximum that the system allows, and that maximum in pages. */
function create(shared: boolean, initial: number): [WebAssembly.Memory, number] {
  for (const maximum of MOST_PAGES) {
    try {
      return [new WebAssembly.Memory({ initial, maximum, shared }), maximum];
    } catch {
      // Not that much address space.
    }
  }
  throw noAddressSpace(`a memory of at least ${MOST_PAGES.at(-1)! / 16} MiB`);
}
