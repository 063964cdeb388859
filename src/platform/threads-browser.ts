// Web workers. Memory can be shared only in a page that is isolated from other origins (COOP and COEP headers).
import { THREAD_SOURCE, type Threads } from './threads.js';

const SOURCE = `onmessage = ({ data }) => (${THREAD_SOURCE})(data, (count) => postMessage(count));`;

/** Why this page or worker can start no threads, or undefined where it can. WebKitGTK isolates pages and still has no memory to share. */
function whatIsMissing(): string | undefined {
  if (typeof Worker !== 'function') return 'there are no workers here';
  if (!globalThis.crossOriginIsolated)
    return 'this page is not cross-origin isolated (it lacks the headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy)';
  if (typeof SharedArrayBuffer !== 'function') return 'this browser shares no memory with workers (it has no SharedArrayBuffer)';
  return undefined;
}

/** Threads of this page or worker. */
export const browserThreads: Threads = {
  cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  missing: whatIsMissing(),
  start(data, { finished, failed }) {
    const url = URL.createObjectURL(new Blob([SOURCE], { type: 'text/javascript' }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.onmessage = ({ data: count }: MessageEvent<number>) => finished(count);
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage(data);
    return {
      hold: () => undefined,
      terminate: () => {
        worker.terminate();
        return Promise.resolve();
      },
    };
  },
};
