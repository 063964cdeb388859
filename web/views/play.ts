// Play: the visitor's own problem, answered and corrected, by the model before the training and as it is now.
import { useEffect, useState } from 'preact/hooks';
import { marked } from '../../src/report/samples.js';
import type { Spoken } from '../../src/worker/protocol.js';
import { html, type Children } from '../html.js';
import { Icon } from '../parts/icon.js';
import { routeTo } from '../route.js';
import type { Answered, State } from '../state.js';
import { ask, isBuiltin, puzzleOf, showRecorded, type Recording } from '../store.js';

const PHRASES = [
  'Wait, let me double-check that.',
  'Where might I have gone wrong this time? Let me double-check carefully.',
  "Wait a minute, let me make sure I didn't make a mistake.",
  "Hmm, let me think if there's another way to approach this problem.",
];

/** A puzzle that has a solution. */
function randomPuzzle(): string {
  const numbers = Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 9));
  const sum = numbers.slice(1).reduce((total, n) => total + (Math.random() < 0.5 ? n : -n), numbers[0]!);
  return sum < 0 ? randomPuzzle() : `${numbers.join('?')}=${sum}`;
}

/** The view. */
export function Play({ state }: { readonly state: State }): Children {
  const { query } = state.route;
  const [question, setQuestion] = useState(query.get('q') ?? '7?3?9?4=9');
  const [phrase, setPhrase] = useState(query.get('phrase') ?? PHRASES[0]!);
  const [greedy, setGreedy] = useState(query.get('greedy') === '1');
  const [seed, setSeed] = useState(Number(query.get('seed') ?? 1));
  const builtin = isBuiltin(state);
  const isPuzzle = puzzleOf(question) !== undefined;
  const trained = state.steps.length > 0;
  const { recordedSteps } = state;
  const submit = (event: Event): void => {
    event.preventDefault();
    history.replaceState(null, '', routeTo('play', { q: question, phrase, greedy: greedy ? 1 : undefined, seed }));
    void ask(question, phrase, greedy ? 0 : 1, seed);
  };
  const value = (event: Event): string => (event.target as HTMLInputElement).value;
  return html`<section class="hero small">
      <h1>Ask it yourself</h1>
      <p>
        ${
          builtin
            ? 'A puzzle of yours: numbers with question marks between them, and their target. The model guesses, reads its guess and your phrase, and answers again.'
            : 'A question of yours. The model answers, reads its answer and your phrase, and answers again.'
        }
      </p>
    </section>
    <form class="card ask" onSubmit=${submit}>
      <div class="field wide">
        <label for="question">${builtin ? 'Puzzle' : 'Question'}</label>
        <div class="row">
          <input
            id="question"
            class="big"
            autocomplete="off"
            spellcheck="false"
            value=${question}
            onInput=${(event: Event) => setQuestion(value(event))}
          />
          ${builtin && html`<button type="button" onClick=${() => setQuestion(randomPuzzle())}>Another</button>`}
        </div>
        ${builtin && !isPuzzle && html`<p class="quiet">A puzzle looks like <code>7?3?9?4=9</code>: whole numbers, ? between them, = and the target.</p>`}
      </div>
      <div class="field wide">
        <label for="phrase">Phrase of doubt</label>
        <input id="phrase" list="phrases" value=${phrase} onInput=${(event: Event) => setPhrase(value(event))} />
        <datalist id="phrases">${PHRASES.map((text) => html`<option value=${text}></option>`)}</datalist>
        ${builtin && !PHRASES.includes(phrase) && html`<p class="quiet">The built-in model was taught the paper’s phrases alone; others are strange to it.</p>`}
      </div>
      <p class="buttons">
        <button type="submit" class="primary" disabled=${state.isAsking || question.trim() === '' || phrase.trim() === ''}>
          ${state.isAsking ? 'Answering' : 'Ask'}
        </button>
        <button type="button" disabled=${state.isAsking} onClick=${() => setSeed(seed + 1)}>Other dice: ${seed}</button>
        <label class="check"
          ><input
            type="checkbox"
            checked=${greedy}
            onChange=${(event: Event) => setGreedy((event.target as HTMLInputElement).checked)}
          />
          no dice (greedy)</label
        >
      </p>
    </form>
    <div class="columns">
      <${Column}
        title="Before training${recordedSteps === null ? '' : ' (recorded)'}"
        answered=${state.asked.before}
        phrase=${phrase}
      />
      ${
        recordedSteps !== null
          ? html`<${Column} title="After ${recordedSteps} steps (recorded)" answered=${state.asked.now} phrase=${phrase} />`
          : trained
            ? html`<${Column} title="After step ${state.steps.at(-1)!.step}" answered=${state.asked.now} phrase=${phrase} />`
            : html`<section class="card empty">
                <h2>After training</h2>
                <p class="quiet">
                  Not trained yet. <a href=${routeTo('train')}>Train it</a> for a few steps, and ask again with the same dice.
                </p>
              </section>`
      }
    </div>
    ${builtin && html`<${Recorded} onChoose=${setQuestion} />`}
    ${
      state.asked.before !== null &&
      recordedSteps === null &&
      html`<p>
        <a href=${routeTo('inside', { q: question, phrase, greedy: greedy ? 1 : undefined, seed })}
          >Look inside: where did the correction look?</a
        >
      </p>`
    }
    <p class="quiet legend" aria-hidden=${state.asked.before === null}>
      Colour of a token: how sure the model was. <span class="token p0">sure</span> <span class="token p1">fairly</span>
      <span class="token p2">wavering</span> <span class="token p3">against the odds</span>
    </p>`;
}

/** Puzzles with recorded answers: they need no engine, and nothing is trained for them. */
function Recorded({ onChoose }: { readonly onChoose: (question: string) => void }): Children {
  const [recording, setRecording] = useState<Recording | null>(null);
  const columns = (): void => document.querySelector('.columns')?.scrollIntoView({ block: 'nearest' });
  useEffect(() => {
    void import('../recorded.json').then(
      ({ default: found }) => setRecording(found as unknown as Recording),
      () => undefined,
    );
  }, []);
  return html`<section class="card recorded" aria-label="Recorded">
    <p>Or see what was recorded before and after a training of ${recording?.steps ?? 30} steps, without starting anything:</p>
    <p class="buttons">
      ${recording?.puzzles.map(
        (puzzle) =>
          html`<button
            type="button"
            onClick=${() => {
              onChoose(puzzle.question);
              showRecorded(recording, puzzle);
              requestAnimationFrame(columns);
            }}
          >
            <code>${puzzle.question}</code>
          </button>`,
      )}
    </p>
  </section>`;
}

function Column({
  title,
  answered,
  phrase,
}: {
  readonly title: string;
  readonly answered: Answered | null;
  readonly phrase: string;
}): Children {
  const result = answered?.result ?? null;
  return html`<section class="card column" aria-live="polite">
    <h2>${title}</h2>
    ${
      answered === null
        ? html`<p class="quiet">Nothing asked yet.</p>`
        : html`<${Turn} who="first answer" text=${answered.answer} spoken=${result?.answer ?? null} />
            <blockquote>${result?.phrase ?? phrase}</blockquote>
            <${Turn} who="correction" text=${answered.correction} spoken=${result?.correction ?? null} />
            ${
              result &&
              html`<p class="change">
                <span class="who">what changed</span
                ><code>${marked(html, finalOf(result.answer.text), finalOf(result.correction.text))}</code>
              </p>`
            }`
    }
  </section>`;
}

function finalOf(text: string): string {
  return text.split('</think>').at(-1)!.trim();
}

/** How sure the model was of a token, in four degrees. */
function degree(logp: number): number {
  const p = Math.exp(logp);
  return p > 0.9 ? 0 : p > 0.5 ? 1 : p > 0.15 ? 2 : 3;
}

function Turn({ who, text, spoken }: { readonly who: string; readonly text: string; readonly spoken: Spoken | null }): Children {
  const verdict = spoken?.verdict ?? null;
  const kind = verdict === null ? '' : verdict.verdict ? 'right' : 'wrong';
  return html`<div class="turn ${kind}">
    <span class="who">${who}${verdict !== null && html` · ${kind} <${Icon} name=${kind} />`}</span>
    <code class="said"
      >${
        spoken
          ? spoken.tokens.map(
              ({ text: piece, logp }) =>
                html`<span class="token p${degree(logp)}" title="probability ${(100 * Math.exp(logp)).toFixed(1)} %"
                  >${piece}</span
                >`,
            )
          : text || '…'
      }</code
    >
    ${verdict !== null && html`<p class="quiet">${verdict.reason}</p>`}
  </div>`;
}
