// Worker threads of Node (and of what imitates it: Deno, Bun).
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { THREAD_SOURCE, type Threads } from './threads.js';

const SOURCE = `const { parentPort, workerData } = require('node:worker_threads');
(${THREAD_SOURCE})(workerData, (count) => parentPort.postMessage(count));`;

/** Threads of this process. */
export const nodeThreads: Threads = {
  cores: availableParallelism(),
  start(data, { finished, failed }) {
    const worker = new Worker(SOURCE, { eval: true, workerData: data });
    worker.on('message', finished);
    let ending = false;
    worker.on('error', failed);
    worker.on('exit', (code) => {
      if (!ending) failed(new Error(`it ended by itself with code ${code}`));
    });
    worker.unref();
    return {
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      terminate: async () => {
        ending = true;
        // Node does not wait for the end of a thread that was not referenced when it ended: it would leave with code 13.
        const alive = setInterval(() => undefined, 1000);
        await worker.terminate();
        clearInterval(alive);
      },
    };
  },
};
