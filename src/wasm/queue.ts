// Lists of operations on their way: handed to the threads, or run here in slices where there is but one thread. Lists are done in order.
import { MgrpoError, reasonOf } from '../errors.js';
import type { Thread, Threads } from '../platform/threads.js';
import type { Memory } from './memory.js';
import { OP_BYTES, type EngineExports } from './module.js';

/** Layout of the control block: `Control`, LISTS and PASSED of assembly/engine/index.ts. */
const SUBMITTED = 0;
const STOP = 2;
const THREADS = 4;
const RING = 64;
const LISTS = 16;
const PASSED = LISTS + 2 * RING;
const MOST_THREADS = 64;

/** Scratch memory of a thread: attention's tables, packed strips of products, a row of logits. */
const SCRATCH_BYTES = 4 * 2 ** 20;
/** Longest time in milliseconds that a list runs on the caller's thread before others have their turn. */
const SLICE = 12;

/** A list that the threads have, or will get. */
interface List {
  readonly address: number;
  readonly count: number;
  /** Freed with the list. */
  readonly garbage: readonly number[];
}

/** The order of work, the same for both kinds of queues. */
export interface Queue {
  readonly threads: number;
  /** Lists handed over, and done. */
  readonly submitted: number;
  readonly completed: number;
  /** Hands a list over; takes the memory of the list and of `garbage`, which it frees once they are done with. */
  submit(list: List): void;
  /** Waits until the first `count` lists are done. */
  reached(count: number): Promise<void>;
  readonly failure: MgrpoError | undefined;
  close(): Promise<void>;
}

/** Why a thread failed: the system had no room for it, or we are wrong. */
function failureOf(error: unknown): MgrpoError {
  const text = reasonOf(error);
  const code = String((error as { code?: unknown } | null)?.code);
  const full = code.startsWith('ERR_WORKER') || error instanceof RangeError;
  const wayOut = full
    ? 'end other processes, or raise the limits of this one (ulimit -u, ulimit -v)'
    : 'please report this bug in mgrpo';
  return new MgrpoError(full ? 'out_of_memory' : 'device_lost', `wasm: a thread of the engine failed (${text}); ${wayOut}`, {
    cause: error,
  });
}

/** Who waits for which list. */
class Waiters {
  #waiting: { readonly count: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  failure: MgrpoError | undefined;

  wait(count: number, completed: number): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (completed >= count) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ count, resolve, reject }));
  }

  reached(completed: number): void {
    const done = this.#waiting.filter(({ count }) => count <= completed);
    this.#waiting = this.#waiting.filter(({ count }) => count > completed);
    for (const { resolve } of done) resolve();
  }

  fail(error: unknown): void {
    this.failure ??= failureOf(error);
    for (const { reject } of this.#waiting.splice(0)) reject(this.failure);
  }
}

/** The engine on threads of its own. */
export class ThreadQueue implements Queue {
  readonly #memory: Memory;
  readonly #control: number;
  readonly #threads: Thread[] = [];
  readonly #waiters = new Waiters();
  /** Lists that the ring has no room for yet; lists that are submitted and whose memory is not free yet. */
  readonly #later: List[] = [];
  readonly #open: List[] = [];
  #submitted = 0;
  #handedOver = 0;
  #freed = 0;
  #completed = 0;

  private constructor(memory: Memory) {
    this.#memory = memory;
    this.#control = memory.allocateZeros(4 * (PASSED + MOST_THREADS), 'control');
  }

  static open(memory: Memory, platform: Threads, threads: number, module: WebAssembly.Module): ThreadQueue {
    const queue = new ThreadQueue(memory);
    memory.words[queue.#control / 4 + THREADS] = threads;
    for (let thread = 0; thread < threads; thread++) {
      const scratch = memory.allocate(SCRATCH_BYTES, 'scratch');
      const data = { module, memory: memory.memory, control: queue.#control, thread, scratch };
      queue.#threads.push(
        platform.start(data, {
          finished: (count) => queue.#finished(count),
          failed: (error) => queue.#waiters.fail(error),
        }),
      );
    }
    return queue;
  }

  get threads(): number {
    return this.#threads.length;
  }

  get submitted(): number {
    return this.#submitted;
  }

  get completed(): number {
    return this.#completed;
  }

  get failure(): MgrpoError | undefined {
    return this.#waiters.failure;
  }

  submit(list: List): void {
    if (this.#submitted === this.#completed) this.#threads[0]!.hold(true);
    this.#submitted++;
    this.#later.push(list);
    this.#handOver();
  }

  reached(count: number): Promise<void> {
    return this.#waiters.wait(count, this.#completed);
  }

  async close(): Promise<void> {
    const counters = this.#memory.counters;
    Atomics.store(counters, this.#control / 4 + STOP, 1);
    Atomics.notify(counters, this.#control / 4 + SUBMITTED);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** Gives the threads what the ring has room for. */
  #handOver(): void {
    this.#collect();
    const counters = this.#memory.counters;
    const control = this.#control / 4;
    while (this.#later.length > 0 && this.#handedOver - this.#freed < RING) {
      const list = this.#later.shift()!;
      const entry = control + LISTS + 2 * (this.#handedOver % RING);
      counters[entry] = list.address;
      counters[entry + 1] = list.count;
      this.#open.push(list);
      this.#handedOver++;
      Atomics.store(counters, control + SUBMITTED, this.#handedOver);
      Atomics.notify(counters, control + SUBMITTED);
    }
    // All is done, but a late thread has not left the ring yet: nothing else will call.
    if (this.#later.length > 0 && this.#completed === this.#handedOver) setTimeout(() => this.#handOver(), 1);
  }

  /** Frees lists that every thread has left behind: one that is late still looks at the counters of a list that is done. */
  #collect(): void {
    if (this.#open.length === 0) return;
    const counters = this.#memory.counters;
    const first = this.#control / 4 + PASSED;
    const passed = this.#threads.reduce((least, _, i) => Math.min(least, Atomics.load(counters, first + i)), Infinity);
    for (; this.#freed < passed && this.#open.length > 0; this.#freed++) free(this.#memory, this.#open.shift()!);
  }

  #finished(count: number): void {
    this.#completed = Math.max(this.#completed, count);
    this.#handOver();
    if (this.#completed === this.#submitted) this.#threads[0]!.hold(false);
    this.#waiters.reached(this.#completed);
  }
}

/** The engine on the caller's thread, in slices. */
export class LocalQueue implements Queue {
  readonly threads = 1;
  readonly #memory: Memory;
  readonly #engine: EngineExports;
  readonly #scratch: number;
  readonly #waiters = new Waiters();
  readonly #lists: List[] = [];
  #submitted = 0;
  #completed = 0;
  #running = false;

  private constructor(memory: Memory, engine: EngineExports) {
    this.#memory = memory;
    this.#engine = engine;
    this.#scratch = memory.allocate(SCRATCH_BYTES, 'scratch');
  }

  static open(memory: Memory, engine: EngineExports): LocalQueue {
    return new LocalQueue(memory, engine);
  }

  get submitted(): number {
    return this.#submitted;
  }

  get completed(): number {
    return this.#completed;
  }

  get failure(): MgrpoError | undefined {
    return this.#waiters.failure;
  }

  submit(list: List): void {
    this.#submitted++;
    this.#lists.push(list);
    if (!this.#running) void this.#run();
  }

  reached(count: number): Promise<void> {
    return this.#waiters.wait(count, this.#completed);
  }

  async close(): Promise<void> {
    await this.reached(this.#submitted).catch(() => undefined);
  }

  async #run(): Promise<void> {
    this.#running = true;
    let since = performance.now();
    try {
      for (let list = this.#lists[0]; list; list = this.#lists[0]) {
        for (let i = 0; i < list.count; i++) {
          if (performance.now() - since > SLICE) {
            await new Promise((resolve) => setTimeout(resolve));
            since = performance.now();
          }
          this.#engine.run(list.address + i * OP_BYTES, 1, this.#scratch);
        }
        this.#lists.shift();
        free(this.#memory, list);
        this.#completed++;
        this.#waiters.reached(this.#completed);
      }
    } catch (error) {
      this.#waiters.fail(error);
    }
    this.#running = false;
  }
}

function free(memory: Memory, { address, garbage }: List): void {
  memory.free(address);
  for (const start of garbage) memory.free(start);
}
