// A web component: <mgrpo-trainer model="models/signs-0.2m" task="signs" steps="30"></mgrpo-trainer>
import { connectEngine } from 'mgrpo/worker';

class MgrpoTrainer extends HTMLElement {
  connectedCallback() {
    const button = Object.assign(document.createElement('button'), { textContent: 'Train' });
    const line = Object.assign(document.createElement('output'), { textContent: 'ready' });
    button.onclick = () => this.train(line).catch((error) => (line.textContent = error.message));
    this.replaceChildren(button, line);
  }

  async train(line) {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    const percent = (share) => `${Math.round(100 * share)} %`;
    this.engine = connectEngine(worker, (event) => {
      if (event.type === 'step')
        line.textContent = `step ${event.step}: ${percent(event.metrics.acc_t1)}, corrected ${percent(event.metrics.acc_t2)}`;
    });
    await this.engine.open('auto');
    await this.engine.load({ url: new URL(this.getAttribute('model'), document.baseURI).href }, 'full');
    const args = { maxSteps: Number(this.getAttribute('steps')), temperature: 1, learningRate: 1e-4, maxCompletionLength: 32 };
    const data = { task: this.getAttribute('task'), size: 'small', rows: 256 };
    await this.engine.train({ algorithm: 'mgrpo', data, args: { ...args, layer2: { answersPerQuery: 2 } }, folder: null });
  }

  disconnectedCallback() {
    this.engine?.terminate();
  }
}

customElements.define('mgrpo-trainer', MgrpoTrainer);
