// Web workers. Memory can be shared only in a page that is isolated from other origins (COOP and COEP headers).
import { THREAD_SOURCE, type Threads } from './threads.js';

const SOURCE = `onmessage = ({ data }) => (${THREAD_SOURCE})(data, (count) => postMessage(count));`;

/** Threads of this page or worker. */
export const browserThreads: Threads = {
  cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  missing:
    typeof Worker === 'function' && globalThis.crossOriginIsolated
      ? undefined
      : 'this page is not cross-origin isolated (it lacks the headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy)',
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
