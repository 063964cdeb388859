// Functions of a JavaScript module on a thread of their own: a loop without end, process.exit() or an error outside of all awaits ends the
// thread, not the process.
import { Worker } from 'node:worker_threads';
import { MgrpoError } from '../errors.js';

const SOURCE = `const { parentPort, workerData } = require('node:worker_threads');
const textOf = (error) => (error instanceof Error ? error.message : String(error));
const shown = (value) => (typeof value === 'object' && value !== null ? 'an object without functions' : typeof value);
import(workerData).then(
  ({ default: value }) => {
    const functions = typeof value === 'function' ? [['', value]] : Object.entries(Object(value));
    const fit = functions.length > 0 && functions.every(([, f]) => typeof f === 'function');
    if (!fit) return parentPort.postMessage({ unfit: shown(value) });
    parentPort.on('message', async ({ id, index, args }) => {
      const [metrics, extras] = [[], []];
      const logged = { logMetric: (...entry) => void metrics.push(entry), logExtra: (...entry) => void extras.push(entry) };
      try {
        const scores = await functions[index][1]({ ...args, ...logged });
        parentPort.postMessage({ id, scores, metrics, extras });
      } catch (error) {
        parentPort.postMessage({ id, error: textOf(error) });
      }
    });
    parentPort.postMessage({ names: functions.map(([name, f]) => name || f.name) });
  },
  (error) => parentPort.postMessage({ unloaded: textOf(error) }),
);`;

/** What a call gave. */
export interface WorkerReply {
  readonly scores: unknown;
  /** Arguments of the calls of `logMetric` and `logExtra`, in order. */
  readonly metrics: readonly [name: string, value: number][];
  readonly extras: readonly [column: string, values: readonly unknown[]][];
}

interface Message extends Partial<WorkerReply> {
  readonly id?: number;
  readonly error?: string;
  readonly names?: readonly string[];
  readonly unfit?: string;
  readonly unloaded?: string;
}

/** The module's default export, a function or an object of functions, on a thread; begun anew after a call that had to be ended. */
export class WorkerModule {
  readonly #file: string;
  readonly #url: string;
  #worker: Worker | undefined;
  #calls = 0;

  private constructor(file: string, url: string) {
    this.#file = file;
    this.#url = url;
  }

  /** Loads the module. @throws MgrpoError `reward_function` where it cannot be loaded or exports no functions */
  static async open(file: string, url: string): Promise<{ readonly module: WorkerModule; readonly names: readonly string[] }> {
    const module = new WorkerModule(file, url);
    return { module, names: await module.#start() };
  }

  /** Calls a function; while nothing is called, the thread keeps no process alive. @param signal ends the thread */
  async call(index: number, args: object, signal?: AbortSignal): Promise<WorkerReply> {
    signal?.throwIfAborted();
    if (!this.#worker) await this.#start();
    const id = this.#calls++;
    const reply = await this.#answer(
      this.#worker!,
      (message) => message.id === id,
      signal,
      () => this.#worker!.postMessage({ id, index, args }),
    );
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply as WorkerReply;
  }

  async #start(): Promise<readonly string[]> {
    const worker = (this.#worker = new Worker(SOURCE, { eval: true, workerData: this.#url }));
    // What happens between two calls is found by the next one, which begins anew.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    const { names, unfit, unloaded } = await this.#answer(worker, () => true).catch((error: unknown) => ({
      ...{ names: undefined, unfit: undefined },
      unloaded: error instanceof Error ? error.message : String(error),
    }));
    if (names) return names;
    await this.#end();
    const text =
      unfit === undefined
        ? `expected a module that loads, got ${unloaded}; correct the module`
        : `expected a function or an object of functions by name as default export, got ${unfit}; ` +
          'export default ({ completions }) => completions.map(…)';
    throw new MgrpoError('reward_function', `${this.#file}: ${text}`);
  }

  /** The first message that is asked for; the end of the thread is an error. */
  #answer(worker: Worker, is: (message: Message) => boolean, signal?: AbortSignal, ask?: () => void): Promise<Message> {
    return new Promise<Message>((resolve, reject) => {
      const onMessage = (message: Message): void => {
        if (is(message)) finish(() => resolve(message));
      };
      const lost = (error: Error): void => finish(() => void this.#end().then(() => reject(error)));
      const onExit = (code: number): void => lost(new Error(`the module ended its thread with code ${code}`));
      const onAbort = (): void => lost(signal!.reason as Error);
      const finish = (then: () => void): void => {
        worker.off('message', onMessage).off('error', lost).off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        worker.unref();
        then();
      };
      worker.ref();
      worker.on('message', onMessage).on('error', lost).on('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      ask?.();
    });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
