// Next.js: train the built-in model for two steps, in a worker that Next bundles by itself.
import { connectEngine } from 'mgrpo/worker';
import { useState } from 'react';

export default function Page() {
  const [lines, setLines] = useState([]);
  const say = (line) => setLines((before) => [...before, line]);

  async function train() {
    const worker = new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
    const engine = connectEngine(worker, (event) => {
      if (event.type === 'step') say(`step ${event.step}: corrections right ${event.metrics.acc_t2}`);
    });
    await engine.open('auto');
    await engine.load({ url: new URL('models/signs-0.2m', document.baseURI).href }, 'full');
    await engine.train({
      algorithm: 'mgrpo',
      data: { task: 'signs', size: 'small', rows: 256 },
      args: { maxSteps: 2, temperature: 1, learningRate: 1e-4, maxCompletionLength: 32, layer2: { answersPerQuery: 2 } },
      folder: null,
    });
    say('done');
  }

  return (
    <>
      <button onClick={() => train().catch((error) => say(error.message))}>Train two steps</button>
      <pre>{lines.join('\n')}</pre>
    </>
  );
}
