// What a worker thread of the WebAssembly engine needs, and what a platform gives to start one.

/** What a thread gets: a compiled module, the memory it shares, and the three numbers that its `work` wants. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly thread: number;
  readonly scratch: number;
}

/** A running thread. */
export interface Thread {
  /** Whether a waiting thread keeps the process alive. */
  hold(alive: boolean): void;
  /** Ends it, whatever it does. */
  terminate(): Promise<void>;
}

/** What a thread tells. */
export interface ThreadEvents {
  /** The number of lists that are done. */
  finished(count: number): void;
  failed(error: unknown): void;
}

/** Starts a thread that runs {@link THREAD_SOURCE}. */
export type StartThread = (data: ThreadData, events: ThreadEvents) => Thread;

/** Threads of this platform. */
export interface Threads {
  readonly start: StartThread;
  /** Cores of this machine, as the system tells. */
  readonly cores: number;
  /** Why there can be no threads, or undefined where there can. */
  readonly missing?: string | undefined;
}

/**
 * Text of a function (data, post) that instantiates the module and works until it is told to stop. At once, not by a promise: a thread of
 * Node whose event loop is empty ends. V8 tells a thread of growth only once the thread has the memory: what the memory grew while it was
 * on its way is seen by growing it by nothing (else atomic instructions trap on what is new).
 */
export const THREAD_SOURCE = `({ module, memory, control, thread, scratch }, post) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory }, index: { finished: post, refresh() {} } });
  memory.grow(0);
  exports.work(control, thread, scratch);
}`;
