// Ctrl-C, heard on a thread of its own: a main thread that is busy in a loop (of a template, a regular expression, a reward) never gets to its
// signal handlers, and could not be stopped but by kill -9.
import { Worker } from 'node:worker_threads';

/** How long the main thread may leave a Ctrl-C unanswered, ms; after that the next one ends the process. */
const PATIENCE = 1000;

/** Node interrupts a script run with breakOnSigint from a signal thread of its own, whatever the main thread does. */
const SOURCE = `const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { Script } = require('node:vm');
const cell = (globalThis.cell = new Int32Array(workerData.memory));
const untilInterrupted = new Script('while (Atomics.load(cell, 0) === 0) Atomics.wait(cell, 0, 0, 100)');
let unanswered = 0;
while (Atomics.load(cell, 0) === 0) {
  try {
    untilInterrupted.runInThisContext({ breakOnSigint: true });
    break;
  } catch {}
  const now = Date.now();
  if (Atomics.exchange(cell, 1, 1) === 0) unanswered = now;
  else if (now - unanswered > workerData.patience) {
    writeSync(2, '\\nthe main thread is busy and does not answer: the process is killed, unsaved\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  parentPort.postMessage(null);
}`;

/** Hears Ctrl-C until it is closed. */
export class InterruptThread {
  /** [stop, a Ctrl-C is unanswered] */
  readonly #cell = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  /** @param onInterrupt called on the main thread, as soon as it has time */
  constructor(onInterrupt: () => void) {
    this.#worker = new Worker(SOURCE, { eval: true, workerData: { memory: this.#cell.buffer, patience: PATIENCE } });
    this.#worker.on('message', () => {
      Atomics.store(this.#cell, 1, 0);
      onInterrupt();
    });
    // Without this thread the signals' own handlers still work.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
  }

  /** Ends the thread; Ctrl-C is the process's own again. */
  async close(): Promise<void> {
    Atomics.store(this.#cell, 0, 1);
    Atomics.notify(this.#cell, 0);
    await this.#worker.terminate();
  }
}
