// Writes operations as the engine reads them: lists of fixed records (assembly/engine/op.ts).
import { check } from '../errors.js';
import type { Device, Recorder } from '../ops/device.js';
import type { OperationName } from '../ops/operations.js';
import { watcherOf } from '../ops/watch.js';
import { bytesOf, type DType, type Tensor } from '../ops/tensor.js';
import { EXECUTOR } from './executor.js';
import { CODES, OPERANDS, OP_BYTES, type Code } from './module.js';
import type { Memory } from './memory.js';
import { addressOf, type List, type Word } from './word.js';

const WORDS = OP_BYTES / 4;
/** Operations after which a list is handed over by itself, so that the threads work while the rest is recorded. */
export const MOST_OPERATIONS = 256;
const CODE_OF = new Map<string, number>(CODES.map((name, code) => [name, code]));

/** What a recorder needs of its device. */
export interface RecorderDevice extends Device {
  readonly heap: Memory;
  /** How many tensors have been given up so far: what was recorded before may name memory that is no longer theirs. */
  readonly freed: number;
  /** Writes host data to an address, at once. */
  put(data: Float32Array | Uint32Array, address: number): void;
  /** Hands a list over: its words, and the addresses of the staged data that goes with it. */
  submit(words: Uint32Array, count: number, staged: readonly number[]): void;
}

/** Records operations for the WebAssembly engine. */
export class WasmRecorder implements Recorder, List {
  readonly device: RecorderDevice;
  readonly #words = new Uint32Array(MOST_OPERATIONS * WORDS);
  #count = 0;
  #staged: number[] = [];
  /** Operations of what is recorded to be repeated. */
  #taking: Uint32Array[] | undefined;

  constructor(device: RecorderDevice) {
    this.device = device;
  }

  execute(operation: string, args: object): void {
    (EXECUTOR[operation as OperationName] as (rec: List, args: object) => void)(this, args);
  }

  /** Appends one operation of the engine. */
  append(code: Code, ...words: readonly Word[]): void {
    if (this.#count === MOST_OPERATIONS) this.submit();
    const at = this.#count * WORDS;
    this.#words.fill(0, at, at + WORDS);
    this.#words[at] = CODE_OF.get(code)!;
    words.forEach((word, i) => {
      this.#words[at + OPERANDS + i] = typeof word === 'object' ? addressOf(word) : Number(word ?? 0);
    });
    this.#count++;
    this.#taking?.push(this.#words.slice(at, at + WORDS));
  }

  /** Copies bytes within the memory. */
  move(from: number, to: number, bytes: number): void {
    this.append('copy', from, to, bytes);
  }

  write(t: Tensor, data: Float32Array | Uint32Array): void {
    check(
      t.offset + data.byteLength <= t.storage.bytes,
      `write: expected at most ${t.storage.bytes - t.offset} bytes, got ${data.byteLength}; check the tensor's shape`,
    );
    check(!this.#taking, 'write: expected operations alone in what is repeated, got data; write them before');
    if (data.length === 0) return;
    const address = this.device.heap.allocate(data.byteLength, 'staged data');
    this.device.put(data, address);
    // A full list is handed over before the move is recorded, and frees what was staged for it: this belongs to the next.
    this.move(address, addressOf(t), data.byteLength);
    this.#staged.push(address);
  }

  copy(source: Tensor, target: Tensor): void {
    this.move(addressOf(source), addressOf(target), bytesOf(source.shape, source.dtype));
  }

  clear(t: Tensor): void {
    this.move(0, addressOf(t), bytesOf(t.shape, t.dtype));
  }

  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor {
    return this.device.scratch(label, shape, dtype);
  }

  repeatable(record: () => void): () => void {
    let kept: readonly Uint32Array[] = [];
    let freed = 0;
    const take = (): void => {
      // What recording itself gives up may be named by what it has recorded so far.
      freed = this.device.freed;
      const taking: Uint32Array[] = (this.#taking = []);
      try {
        record();
        kept = taking;
      } finally {
        this.#taking = undefined;
      }
    };
    take();
    return () => {
      if (freed !== this.device.freed || watcherOf(this.device)) return take();
      for (const words of kept) {
        if (this.#count === MOST_OPERATIONS) this.submit();
        this.#words.set(words, this.#count++ * WORDS);
      }
    };
  }

  submit(): void {
    if (this.#count === 0) return;
    const [count, staged] = [this.#count, this.#staged];
    this.#count = 0;
    this.#staged = [];
    this.device.submit(this.#words.subarray(0, count * WORDS), count, staged);
  }
}
