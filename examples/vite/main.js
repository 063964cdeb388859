// Vite: train the built-in model for two steps, in a worker that Vite bundles by itself.
import { connectEngine } from 'mgrpo/worker';
import EngineWorker from './worker.js?worker';

const log = document.querySelector('#log');
const engine = connectEngine(new EngineWorker(), (event) => {
  if (event.type === 'step') log.append(`step ${event.step}: corrections right ${event.metrics.acc_t2}\n`);
});

document.querySelector('button').onclick = async () => {
  await engine.open('auto');
  await engine.load({ url: new URL('signs-0.2m', document.baseURI).href }, 'full');
  await engine.train({
    algorithm: 'mgrpo',
    data: { task: 'signs', size: 'small', rows: 256 },
    args: { maxSteps: 2, temperature: 1, learningRate: 1e-4, maxCompletionLength: 32, layer2: { answersPerQuery: 2 } },
    folder: null,
  });
  log.append('done\n');
};
