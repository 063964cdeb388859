// Plain HTML: train the built-in model for three steps, and say how each went. Any bundler that knows workers builds it.
import { connectEngine } from 'mgrpo/worker';

const log = document.querySelector('#log');
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const engine = connectEngine(worker, (event) => {
  if (event.type === 'step')
    log.append(`step ${event.step}: answers ${event.metrics.acc_t1}, corrections ${event.metrics.acc_t2}\n`);
});

document.querySelector('button').onclick = async () => {
  log.append(`${(await engine.open('auto')).description}\n`);
  await engine.load({ url: new URL('models/signs-0.2m', document.baseURI).href }, 'full');
  await engine.train({
    algorithm: 'mgrpo',
    data: { task: 'signs', size: 'small', rows: 256 },
    args: { maxSteps: 3, temperature: 1, learningRate: 1e-4, maxCompletionLength: 32, layer2: { answersPerQuery: 2 } },
    folder: null,
  });
  log.append('done\n');
};
