// The page: tabs, and under them the view that the address names.
import { render } from 'preact';
import { html, type Children } from './html.js';
import { later } from './parts/later.js';
import { followPointer } from './parts/pointer.js';
import { parseRoute, routeTo, type View } from './route.js';
import { settingsOf } from './settings.js';
import { current, onChange, update, type State } from './state.js';
import { findSaved, isTraining } from './store.js';
import { Home } from './views/home.js';
import { Play } from './views/play.js';
import { Train } from './views/train.js';
import { Verify } from './views/verify.js';

const TABS: readonly (readonly [View, string])[] = [
  ['train', 'Train'],
  ['runs', 'Runs'],
  ['play', 'Play'],
  ['inside', 'Inside'],
  ['verify', 'Verify'],
  ['bench', 'Bench'],
  ['home', 'Take home'],
];

const SHOW = {
  train: Train,
  runs: later(() => import('./views/runs.js').then(({ Runs }) => Runs)),
  play: Play,
  inside: later(() => import('./views/inside.js').then(({ Inside }) => Inside)),
  verify: Verify,
  bench: later(() => import('./views/bench.js').then(({ Bench }) => Bench)),
  home: Home,
};

function App({ state }: { readonly state: State }): Children {
  const { route, problem, notice, device, activity, steps, totalSteps } = state;
  const status = isTraining(state) ? `step ${steps.at(-1)?.step ?? 0} of ${totalSteps}` : activity === 'done' ? 'trained' : '';
  return html`<header>
      <a class="mark" href=${routeTo('train')}>mgrpo</a>
      <nav aria-label="Views">
        ${TABS.map(
          ([view, label]) => html`<a href=${routeTo(view)} aria-current=${route.view === view ? 'page' : undefined}>${label}</a>`,
        )}
      </nav>
      <p class="chip" role="status">
        ${status && html`<b>${status}</b>`}<span title=${device ?? undefined}>${device ?? 'nothing loaded'}</span>
      </p>
    </header>
    <main>
      ${problem !== null && html`<${Problem} text=${problem} />`}
      ${notice !== null && html`<p class="notice" role="status">${notice}</p>`} ${html`<${SHOW[route.view]} state=${state} />`}
    </main>
    <footer>
      <p>
        Nothing you type or train leaves this browser. mgrpo trains small language models with Multi-Layer GRPO (arXiv
        2506.04746), on a GPU by WebGPU or on the cores by WebAssembly.
      </p>
    </footer>`;
}

/** What went wrong: a sentence, and smaller below it what exactly was said. */
function Problem({ text }: { readonly text: string }): Children {
  const [first, ...rest] = text.split('\n');
  return html`<div class="problem" role="alert">${first}${rest.length > 0 && html`<small>${rest.join('\n')}</small>`}</div>`;
}

addEventListener('hashchange', () => {
  const route = parseRoute(location.hash);
  const hasSettings = route.view === 'train' && !isTraining(current()) && route.query.size > 0;
  update({ route, ...(hasSettings && { settings: settingsOf(route.query) }) });
  scrollTo(0, 0);
});

onChange((state) => render(html`<${App} state=${state} />`, document.querySelector('#app')!));
followPointer();
void findSaved();
