// Progress on stderr: the events of a trainer as lines for people. Results are not its business.
import type { Forecast, Listener, TrainEvent } from '../train/events.js';
import { bytesText, countText, duration, short } from '../report/format.js';
import { say } from './output.js';

type Event<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>;

/** Metrics that a line of progress shows, where the step has them. */
const SHOWN = ['acc_t1', 'acc_t2', 'reward', 'layer2/reward', 'loss', 'entropy', 'kl', 'grad_norm'] as const;

/** Seconds after which a phase says how far it is, where there is no terminal. */
const QUIET_SECONDS = 20;

/** A line on stderr for each finished step; below them one that is drawn anew on a terminal, elsewhere now and then how far a long phase is. */
export class Progress {
  readonly #live = process.stderr.isTTY;
  #drawn = 0;
  #step: Event<'step'> | undefined;
  #steps = 0;
  /** Tokens sampled in the present step, by layer. */
  #sampled = new Map<number, number>();
  #phaseStart = { key: '', time: 0 };
  #spoken = performance.now();
  /** Seconds of all steps so far, by phase and layer. */
  readonly #seconds = new Map<string, number>();
  #peak = 0;

  readonly listen: Listener = (event) => {
    switch (event.type) {
      case 'start':
        this.#steps = event.steps;
        this.line(
          `${event.algorithm}: ${event.model}, ${countText(event.parameters)} parameters, ${countText(event.trainable)} trained, ` +
            `${event.rows} rows, steps ${event.firstStep + 1} to ${event.steps}`,
        );
        if (event.memory) this.line(memoryLine(event.memory));
        break;
      case 'progress':
        this.#progress(event);
        break;
      case 'step':
        this.#finishStep(event);
        break;
      case 'notice':
        this.line(`step ${event.step}: ${event.text}`);
        break;
      case 'end':
        this.#summarize();
        break;
      default:
    }
  };

  /** Progress of something outside of a step. */
  readonly loading = (what: string, done: number, total: number): void => {
    if (this.#live) this.#draw(`${what} ${bar(done, total)} ${Math.round((100 * done) / Math.max(total, 1))} %`, done === total);
  };

  /** Progress of completions outside of a training. */
  readonly completing = (done: number, total: number, tokens: number): void => {
    this.#progress({ type: 'progress', step: 0, phase: 'evaluate', done, total, tokens });
  };

  /** Writes a line that stays. */
  line(text: string): void {
    this.clear();
    say(text);
    this.#spoken = performance.now();
  }

  /** Removes the line that is drawn anew. */
  clear(): void {
    if (this.#live && this.#drawn > 0) process.stderr.write('\r\x1b[K');
    this.#drawn = 0;
  }

  #progress(event: Event<'progress'>): void {
    const { phase, layer, done, total, tokens } = event;
    const key = `${phase}/${layer ?? ''}`;
    const now = performance.now();
    if (key !== this.#phaseStart.key || done === 0) this.#phaseStart = { key, time: now };
    if (phase === 'sample' && tokens !== undefined) this.#sampled.set(layer ?? 1, tokens);
    if (!this.#live && now - this.#spoken < 1000 * QUIET_SECONDS) return;
    const seconds = (now - this.#phaseStart.time) / 1000;
    const rate = tokens && seconds > 0.2 ? ` ${countText(tokens / seconds)} tok/s` : '';
    const where = `${phase}${layer ? ` ${layer}` : ''} ${bar(done, total, this.#live ? 8 : 16)} ${done}/${total}${rate}`;
    const step = phase === 'evaluate' ? '' : `step ${Math.min(event.step + 1, this.#steps)}/${this.#steps} `;
    const left = this.#step ? ` · ${duration(this.#step.secondsLeft)} left` : '';
    if (this.#live) this.#draw(`${step}${where}${left}`, done === total);
    else this.line(`${step}${where}`);
  }

  #finishStep(event: Event<'step'>): void {
    this.#step = event;
    const seconds = Object.entries(event.seconds);
    const sampling = seconds.filter(([key]) => key.startsWith('sample')).reduce((sum, [, s]) => sum + s, 0);
    const tokens = [...this.#sampled.values()].reduce((a, b) => a + b, 0);
    this.#sampled.clear();
    const rate = tokens > 0 && sampling > 0 ? ` · ${countText(tokens / sampling)} tok/s` : '';
    const total = seconds.reduce((sum, [, s]) => sum + s, 0);
    for (const [key, s] of seconds) this.#seconds.set(key, (this.#seconds.get(key) ?? 0) + s);
    this.#peak = Math.max(this.#peak, event.memory.peak);
    const time = `${duration(total)}/step · ${duration(event.secondsLeft)} left`;
    const text = `step ${event.step}/${event.steps} · ${time} · ${metricWords(event)}${rate}`;
    // On a terminal what would need a second line is left out.
    this.line(this.#live ? fitted(text, terminalWidth()) : text);
  }

  /** Where the time went, and how much memory it took. */
  #summarize(): void {
    if (this.#seconds.size === 0) return this.clear();
    const phases = [...this.#seconds].map(([key, s]) => `${key.replace('/', ' ')} ${duration(s)}`);
    this.line(`time: ${phases.join(' · ')}; peak device memory ${bytesText(this.#peak)}`);
  }

  #draw(text: string, force: boolean): void {
    const now = performance.now();
    if (!force && now - this.#drawn < 100) return;
    this.#drawn = now;
    process.stderr.write(`\r\x1b[K${fitted(text, terminalWidth())}`);
  }
}

/** Columns that a line may have before it is broken. */
const terminalWidth = (): number => (process.stderr.columns || 80) - 1;

/** Parts of a line, cut off where the next one would not fit. */
function fitted(text: string, width: number): string {
  if (text.length <= width) return text;
  const cut = text.lastIndexOf(' · ', width);
  return text.slice(0, cut > 0 ? cut : width);
}

function metricWords({ metrics }: Event<'step'>): string {
  return SHOWN.flatMap((name) => (metrics[name] === undefined ? [] : [`${name} ${short(metrics[name])}`])).join(' · ');
}

/** [#####.....] */
function bar(done: number, total: number, width = 16): string {
  const full = Math.round((width * done) / Math.max(total, 1));
  return `[${'#'.repeat(full)}${'.'.repeat(Math.max(width - full, 0))}]`;
}

/** What a run will hold, and what happens where that is more than there is. */
function memoryLine({ peak, total }: Forecast): string {
  const text = `memory: at most ${bytesText(peak)}${total === undefined ? '' : ` of ${bytesText(total)}`}`;
  return total === undefined || peak <= total
    ? text
    : `${text}: where completions get as long as they may, work is done in smaller pieces`;
}
