// Verify: the answer checker by itself. Its module is loaded when this view is first shown.
import { useEffect, useState } from 'preact/hooks';
import type { ExtractionMode, Verdict, VerifyPair } from '../../src/reward/verify.js';
import { html, type Children } from '../html.js';
import { Icon } from '../parts/icon.js';
import { routeTo } from '../route.js';
import type { State } from '../state.js';

type Check = (pair: VerifyPair) => Verdict;

const EXAMPLES: readonly (readonly [gold: string, response: string])[] = [
  ['1/2', '<think>Three of six are red.</think>So the probability is $\\frac{3}{6}$.'],
  ['x^2-1', 'The product is \\boxed{(x-1)(x+1)}.'],
  ['12 \\text{ cm}', 'It is 0.12 m long.'],
  ['{1, 3}', 'x = 3 or x = 1'],
  ['132', '47 + 85'],
];

let checker: Promise<Check> | undefined;

/** The view. */
export function Verify({ state }: { readonly state: State }): Children {
  const { query } = state.route;
  const [check, setCheck] = useState<{ readonly run: Check } | null>(null);
  const [gold, setGold] = useState(query.get('gold') ?? EXAMPLES[0]![0]);
  const [response, setResponse] = useState(query.get('response') ?? EXAMPLES[0]![1]);
  const [mode, setMode] = useState<ExtractionMode>(query.get('mode') === 'strict' ? 'strict' : 'lenient');
  useEffect(() => {
    checker ??= import('../../src/verify.js').then(({ verify }) => verify);
    void checker.then((run) => setCheck({ run }));
  }, []);
  const show = (pair: { gold: string; response: string; mode: ExtractionMode }): void => {
    history.replaceState(null, '', routeTo('verify', { ...pair, mode: pair.mode === 'strict' ? 'strict' : undefined }));
    setGold(pair.gold);
    setResponse(pair.response);
    setMode(pair.mode);
  };
  const verdict = check && gold.trim() !== '' ? check.run({ gold, response, mode }) : null;
  const value = (event: Event): string => (event.target as HTMLInputElement).value;
  return html`<section class="hero small">
      <h1>Does the answer mean the same?</h1>
      <p>The checker that gives the rewards: it finds the final answer of a text and decides whether it equals the right one.</p>
    </section>
    <div class="columns">
      <section class="card">
        <div class="field wide">
          <label for="gold">Right answer</label>
          <input
            id="gold"
            class="big"
            spellcheck="false"
            value=${gold}
            onInput=${(e: Event) => show({ gold: value(e), response, mode })}
          />
        </div>
        <div class="field wide">
          <label for="response">Response</label>
          <textarea
            id="response"
            rows="6"
            spellcheck="false"
            onInput=${(e: Event) => show({ gold, response: value(e), mode })}
            value=${response}
          ></textarea>
        </div>
        <p class="buttons">
          <label class="check"
            ><input
              type="checkbox"
              checked=${mode === 'strict'}
              onChange=${(e: Event) => show({ gold, response, mode: (e.target as HTMLInputElement).checked ? 'strict' : 'lenient' })}
            />
            strict: only a marked answer, worked out (as for rewards)</label
          >
        </p>
      </section>
      <section class="card verdict" aria-live="polite">
        ${
          verdict === null
            ? html`<p class="quiet">${check ? 'Give the right answer.' : 'Loading the checker (60 kB).'}</p>`
            : html`<p class="big ${verdict.verdict ? 'right' : 'wrong'}">
                  <${Icon}
                    name=${verdict.verdict ? 'right' : 'wrong'}
                  />${' '}${verdict.verdict ? 'the same' : verdict.outcome === 'undecided' ? 'undecided' : 'not the same'}
                </p>
                <dl>
                  <dt>read</dt>
                  <dd>${verdict.extracted === null ? 'nothing' : html`<code>${verdict.extracted}</code>`}</dd>
                  <dt>rule</dt>
                  <dd><code>${verdict.rule}</code></dd>
                  <dt>outcome</dt>
                  <dd><code>${verdict.outcome}</code></dd>
                  <dt>reason</dt>
                  <dd>${verdict.reason}</dd>
                </dl>`
        }
      </section>
    </div>
    <section class="card">
      <h2>Try</h2>
      <ul class="examples">
        ${EXAMPLES.map(
          ([g, r]) =>
            html`<li>
              <button type="button" onClick=${() => show({ gold: g, response: r, mode })}>
                <code>${g}</code><span>${r}</span>
              </button>
            </li>`,
        )}
      </ul>
    </section>`;
}
