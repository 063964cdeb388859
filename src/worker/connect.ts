// The page's side: an engine in a worker as an object with typed methods. Light: nothing of the engine itself is reached from here.
import { MgrpoError } from '../errors.js';
import type { AnswerMessage, CallMessage, EngineCalls, EngineEvent } from './protocol.js';

/** The calls of the engine, each giving a promise; and what it tells unasked. */
export type Engine = {
  readonly [K in keyof EngineCalls]: (...args: Parameters<EngineCalls[K]>) => Promise<ReturnType<EngineCalls[K]>>;
} & {
  /** Ends the worker at once; what is under way is rejected. */
  terminate(): void;
};

/** What is left open until the worker answers. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Speaks with `serveEngine` in a worker.
 * @param worker one whose script calls `serveEngine` of `mgrpo/worker/serve`
 * @param onEvent gets what the engine tells, in order
 */
export function connectEngine(worker: Worker, onEvent: (event: EngineEvent) => void = () => undefined): Engine {
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let hasSpoken = false;
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }: MessageEvent<AnswerMessage>) => {
    hasSpoken = true;
    if ('event' in data) {
      onEvent(data.event);
      return;
    }
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) call?.reject(errorOf(data.error));
    else call?.resolve(data.result);
  });
  worker.addEventListener('error', (event) => {
    const text = `engine: expected a worker that runs, got ${event.message || 'one that does not start'}; load the page again`;
    // One whose script cannot be fetched has said nothing yet.
    failAll(new MgrpoError(hasSpoken ? 'device_lost' : 'network', text));
  });
  const call = (name: keyof EngineCalls, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const message: CallMessage = { id: next++, call: name, args };
      waiting.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
  const terminate = (): void => {
    worker.terminate();
    failAll(new MgrpoError('device_lost', 'engine: expected a running worker, got one that was ended; start it again'));
  };
  return new Proxy({ terminate } as unknown as Engine, {
    get: (own, name) =>
      name === 'terminate'
        ? own.terminate
        : // An object with a method then would be taken for a promise.
          name === 'then'
          ? undefined
          : (...args: unknown[]) => call(name as keyof EngineCalls, args),
  });
}

function errorOf({ code, message }: { readonly code: MgrpoError['code'] | null; readonly message: string }): Error {
  return code === null ? new Error(message) : new MgrpoError(code, message);
}

export type {
  AskRequest,
  Asked,
  DataSource,
  EngineCalls,
  EngineEvent,
  Looked,
  MeasureRequest,
  ModelFacts,
  ModelSource,
  ReadText,
  SavedRun,
  Spoken,
  TrainRequest,
} from './protocol.js';
