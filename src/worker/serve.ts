// The worker's side: takes calls from messages, answers each, and passes events on.
import { MgrpoError, reasonOf } from '../errors.js';
import { WorkerEngine } from './engine.js';
import type { AnswerMessage, CallMessage, EngineCalls } from './protocol.js';

/** The part of a worker's global scope that is needed. */
export interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** Serves an engine to the page that started this worker; the whole script of a worker can be this one call. */
export function serveEngine(scope: WorkerScope = globalThis as unknown as WorkerScope): void {
  const post = (message: AnswerMessage): void => scope.postMessage(message, []);
  const engine = new WorkerEngine((event) => post({ event }));
  scope.addEventListener('message', ({ data }: MessageEvent<CallMessage>) => {
    const { id, call, args } = data;
    void answer(engine, call, args).then(
      (result) => post({ id, result }),
      (error: unknown) => post({ id, error: messageOf(error) }),
    );
  });
}

async function answer(engine: WorkerEngine, call: keyof EngineCalls, args: readonly unknown[]): Promise<unknown> {
  const method = engine[call] as (...args: readonly unknown[]) => unknown;
  return method.apply(engine, [...args]);
}

function messageOf(error: unknown): { code: MgrpoError['code'] | null; message: string } {
  if (error instanceof MgrpoError) return { code: error.code, message: error.message };
  return { code: null, message: reasonOf(error) };
}
