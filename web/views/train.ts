// Train: start, hold and end a training, and see what it does.
import { bytesText, duration, metricTable, short } from '../../src/report/format.js';
import { CHARTS, mainCharts } from '../../src/report/curves.js';
import { table } from '../../src/report/sections.js';
import { inWords } from '../../src/report/words.js';
import { html, type Children } from '../html.js';
import { smooth } from '../../src/report/smooth.js';
import { Curves } from '../parts/curves.js';
import { GroupTable } from '../parts/group.js';
import { Icon } from '../parts/icon.js';
import { routeTo } from '../route.js';
import { FIELDS, LIVE, linkOf, type Field } from '../settings.js';
import { current, type State, type Step } from '../state.js';
import { modelName } from '../training.js';
import { discard, goOn, isBuiltin, isTraining, measure, oneStep, pause, setSetting, start, stop, takeBuiltin } from '../store.js';

/** The view. */
export function Train({ state }: { readonly state: State }): Children {
  const { steps, completions, saved } = state;
  const begun = steps.length > 0 || isTraining(state);
  return html`${!begun && html`<${Hero} state=${state} />`}
    ${saved && !isTraining(state) && html`<${SavedCard} state=${state} />`} <${Controls} state=${state} />
    ${
      begun &&
      html`<${Figures} state=${state} /><${Charts} state=${state} /><${GroupTable}
          records=${completions}
          settings=${state.settings}
        /><${Measured} state=${state} /><${Work} state=${state} />`
    }
    <${Settings} state=${state} />`;
}

function Hero({ state }: { readonly state: State }): Children {
  return html`<section class="hero">
    <h1>Watch a small model learn to correct itself</h1>
    ${
      isBuiltin(state) && state.data === null
        ? html`<p>
              The puzzle: put + or − before the numbers so that they make the target. The model’s first answer is a guess; shown
              its guess and a phrase of doubt it can check the sum and flip one sign, and reinforcement learning, here in your
              browser, makes it do so.
            </p>
            <p class="strip">
              <code>7?3?9?4=9</code><${Icon} name="next" /><code>7+3+9-4 <${Icon} name="wrong" label="wrong" /></code
              ><${Icon} name="next" /> <q>Wait, let me double-check that.</q><${Icon} name="next" /><code
                >7<ins>-</ins>3+9-4 <${Icon} name="right" label="right"
              /></code>
            </p>`
        : html`<p>
            ${state.data ? html`Problems: <b>${state.data.name}</b>. ` : ''}${isBuiltin(state) ? '' : html`Model: <b>${modelName(state)}</b>. `}
            <button type="button" class="link" onClick=${takeBuiltin}>Back to the built-in puzzle</button>
          </p>`
    }
  </section>`;
}

function SavedCard({ state }: { readonly state: State }): Children {
  const { step, config } = state.saved!;
  return html`<section class="card saved" aria-label="Saved training">
    <p><b>A training is saved in this browser:</b> step ${step} of ${String(config['maxSteps'])}.</p>
    <p class="buttons">
      <button type="button" class="primary" onClick=${() => start({ resume: true })}>Go on</button>
      <button type="button" onClick=${discard}>Discard</button>
    </p>
  </section>`;
}

function Controls({ state }: { readonly state: State }): Children {
  const { activity, steps, totalSteps, secondsLeft, progress, loading, savedStep } = state;
  const busy = isTraining(state);
  const held = activity === 'paused' || activity === 'pausing';
  const done = steps.at(-1)?.step ?? 0;
  const part = progress && busy && !held ? progress.done / Math.max(progress.total, 1) : 0;
  const all = Math.max(totalSteps, 1);
  return html`<section class="controls" aria-label="Controls">
    <p class="buttons">
      ${!busy && html`<button type="button" class="primary" onClick=${() => start()}>${done > 0 ? 'Start again' : 'Start'}</button>`}
      ${busy && !held && html`<button type="button" class="primary" disabled=${activity !== 'running'} onClick=${pause}>Pause</button>`}
      ${held && html`<button type="button" class="primary" disabled=${activity !== 'paused'} onClick=${goOn}>Go on</button>`}
      <button type="button" disabled=${busy && activity !== 'paused'} onClick=${oneStep}>Step</button>
      <button type="button" disabled=${!busy || activity === 'stopping' || activity === 'starting'} onClick=${stop}>Stop</button>
    </p>
    <div class="course">
      <progress max=${all} value=${Math.min(done + (done < all ? part : 0), all)} aria-label="Steps done"></progress>
      <p class="quiet" role="status">${courseText(state, { done, loading, secondsLeft, savedStep })}</p>
    </div>
  </section>`;
}

const PHASES: Readonly<Record<string, string>> = {
  sample: 'answering',
  score: 'scoring',
  update: 'learning',
  evaluate: 'measuring',
  save: 'saving',
};

function courseText(
  { activity, progress, totalSteps, steps, downloading }: State,
  now: { done: number; loading: number | null; secondsLeft: number | null; savedStep: number | null },
): string {
  const { done, loading, secondsLeft, savedStep } = now;
  const saved = savedStep === null || savedStep === 0 ? '' : `, saved at step ${savedStep}`;
  if (activity === 'starting' && downloading)
    return `downloading ${downloading.file}: ${bytesText(downloading.done)} of ${bytesText(downloading.total)}`;
  if (activity === 'starting')
    return loading === null ? 'starting the engine' : `loading the model: ${Math.round(100 * loading)} %`;
  if (activity === 'pausing') return 'holding after this step';
  if (activity === 'paused') return `held after step ${done} of ${totalSteps}${saved}`;
  if (activity === 'stopping') return 'stopping after this step';
  if (activity === 'done') return `${done < totalSteps ? 'stopped' : 'done'} after step ${done} of ${totalSteps}${saved}`;
  if (activity !== 'running') return 'ready; the model (0.9 MB) is loaded when you start';
  const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`;
  const doing = progress
    ? `${PHASES[progress.phase] ?? progress.phase}${progress.layer === 2 ? ' (corrections)' : ''}`
    : 'working';
  return `step ${Math.min(done + 1, totalSteps)} of ${totalSteps}: ${doing}${steps.length === 0 ? '' : left}${saved}`;
}

/** Large figures: where the training stands. */
function Figures({ state }: { readonly state: State }): Children {
  const { steps } = state;
  const course = (name: string): (number | null)[] => smooth(valuesOf(steps, name), 0.6);
  const share = (x: number | null | undefined): string => (x === null || x === undefined ? '–' : `${(100 * x).toFixed(0)} %`);
  const figure = (name: string, label: string, tone: 1 | 2): Children => {
    const values = course(name);
    const [first, last] = [values.find((v) => v !== null), values.findLast((v) => v !== null)];
    return html`<div class="figure tone${tone}">
      <span>${label}</span><b>${share(last)}</b><small>${steps.length > 1 ? `${share(first)} at first` : 'first step'}</small>
    </div>`;
  };
  return html`<section class="figures" aria-label="Where the training stands">
    ${figure('acc_t1', 'first answers solved', 1)} ${figure('acc_t2', 'solved after correction', 2)}
    ${figure('delta_i_to_c', 'wrong answers repaired', 2)}
  </section>`;
}

/** A metric over the steps. */
function valuesOf(steps: readonly Step[], name: string): (number | null)[] {
  return steps.map(({ metrics }) => metrics[name] ?? null);
}

function Charts({ state }: { readonly state: State }): Children {
  const { steps, measured, settings, data } = state;
  const first = mainCharts({
    corrections: settings.algorithm === 'mgrpo',
    reward: data !== null || !isBuiltin(state),
    kl: settings.beta > 0,
  });
  const evaluations = measured ? { before: measured.before, after: measured.now, during: [] } : { during: [] };
  const last = steps.slice(-10).reverse();
  const drawn = CHARTS.filter(({ curves }) => curves.some(({ key }) => steps.some(({ metrics }) => key in metrics)));
  const columns = drawn.flatMap(({ curves }) => curves.map(({ key }) => key));
  return html`<section aria-labelledby="curves">
    <h2 id="curves">Curves</h2>
    <${Curves} runs=${[{ name: 'this training', steps, evaluations }]} first=${first} />
    <details class="values">
      <summary>The last steps as a table, and what the curves mean</summary>
      <dl>
        ${drawn.map(
          ({ title, doc }) =>
            html`<dt>${title}</dt>
              <dd>${doc}</dd>`,
        )}
      </dl>
      ${table(
        html,
        columns,
        last.map(
          ({ step, metrics }) =>
            html`<tr>
              <th scope="row">${step}</th>
              ${columns.map((name) => html`<td class="num">${metrics[name] === undefined ? '' : short(metrics[name])}</td>`)}
            </tr>`,
        ),
        'Metrics of the last steps',
      )}
    </details>
  </section>`;
}

/** Before and after on held-out puzzles, with intervals. */
function Measured({ state }: { readonly state: State }): Children {
  const { measured, isMeasuring, progress, activity } = state;
  if (!isBuiltin(state) || state.data !== null) return null;
  const share = progress?.phase === 'evaluate' ? ` ${Math.round((100 * progress.done) / Math.max(progress.total, 1))} %` : '';
  const canMeasure = activity === 'done' || activity === 'paused';
  return html`<section class="card" aria-labelledby="measured">
    <h2 id="measured">Has it learnt?</h2>
    ${
      measured === null
        ? html`<p>
            500 puzzles that it was not trained on, answered and corrected by the model before the training and by the model now.
            ${canMeasure ? '' : ' Pause or finish the training first.'}
          </p>`
        : html`${inWords(measured.before, measured.now).map((text) => html`<p class="headline">${text}</p>`)}
            <details>
              <summary>All metrics with their 95 % intervals</summary>
              <pre tabindex="0" role="region" aria-label="Metrics before and after">
${metricTable(measured.before, measured.now)}</pre>
            </details>`
    }
    <p class="buttons">
      <button type="button" disabled=${isMeasuring || !canMeasure} onClick=${measure}>
        ${isMeasuring ? `Measuring${share}` : 'Measure on 500 new puzzles'}
      </button>
    </p>
  </section>`;
}

/** Where the time goes. */
function Work({ state }: { readonly state: State }): Children {
  const step = state.steps.at(-1);
  if (!step) return html`<section class="work"><h2>Work</h2></section>`;
  const total = Object.values(step.seconds).reduce((a, b) => a + b, 0);
  const label = (key: string): string => {
    const [phase, layer] = key.split('/');
    return `${PHASES[phase!] ?? phase!}${layer === '2' ? ', corrections' : ''}`;
  };
  const tokens = step.metrics['num_tokens'] ?? 0;
  return html`<section class="work" aria-labelledby="work">
    <h2 id="work">Work of step ${step.step}</h2>
    <p class="quiet">
      ${duration(total)} in all${tokens > 0 ? `, ${short(tokens / Math.max(total, 1e-9))} tokens a second` : ''}; ${' '}
      ${bytesText(step.memory.peak)} of device memory at most.
    </p>
    <div
      class="stack"
      role="img"
      aria-label=${Object.entries(step.seconds)
        .map(([key, s]) => `${label(key)} ${duration(s)}`)
        .join(', ')}
    >
      ${Object.entries(step.seconds).map(
        ([key, seconds]) =>
          html`<i
            class="phase-${key.replace('/', '-')}"
            style=${{ flexGrow: (100 * seconds) / Math.max(total, 1e-9) }}
            title="${label(key)}: ${duration(seconds)}"
          ></i>`,
      )}
    </div>
    <p class="keys">
      ${Object.entries(step.seconds).map(
        ([key, seconds]) => html`<span><i class="phase-${key.replace('/', '-')}"></i>${label(key)} ${duration(seconds)}</span>`,
      )}
    </p>
  </section>`;
}

function Settings({ state }: { readonly state: State }): Children {
  const { settings } = state;
  const busy = isTraining(state);
  // A weight of 0 keeps no reference to be held near to.
  const locked = (name: Field['name']): boolean => busy && (LIVE[name] === undefined || (name === 'beta' && settings.beta === 0));
  const set = (field: Field, text: string): void => {
    const value = field.choices ? text : Number(text);
    if (typeof value === 'number' && !Number.isFinite(value)) return;
    void setSetting(field.name, value);
    history.replaceState(null, '', routeTo('train', linkOf(current().settings)));
  };
  return html`<details class="card settings" open=${state.route.query.size > 0}>
    <summary>Settings</summary>
    <fieldset>
      <legend class="hidden">Settings of the training</legend>
      ${FIELDS.map((field) => {
        const { name, label, doc, choices, min, max, step } = field;
        const onChange = (event: Event): void => set(field, (event.target as HTMLInputElement).value);
        return html`<div class="field">
          <label for="set-${name}">${label}</label>
          ${
            choices
              ? html`<select disabled=${locked(name)} id="set-${name}" aria-describedby="doc-${name}" onChange=${onChange}>
                  ${choices.map((choice) => html`<option value=${choice} selected=${settings[name] === choice}>${choice}</option>`)}
                </select>`
              : html`<input
                  disabled=${locked(name)}
                  id="set-${name}"
                  type="number"
                  inputmode="decimal"
                  aria-describedby="doc-${name}"
                  min=${min}
                  max=${max}
                  step=${step === 0.00001 ? 'any' : step}
                  value=${settings[name]}
                  onChange=${onChange}
                />`
          }
          <p id="doc-${name}" class="quiet">${doc}${busy && !locked(name) && ' From the next step on.'}</p>
        </div>`;
      })}
    </fieldset>
    <p class="quiet">The address of this page holds what differs from the defaults: it is a link to this experiment.</p>
  </details>`;
}
