// Inside: where a model looked when it wrote an answer and its correction, before and after training, as a picture and as text.
import { useState } from 'preact/hooks';
import { html, type Children } from '../html.js';
import { firstChange, type Choice, type Seen } from '../inside/attention.js';
import { tones, type Colouring } from '../inside/colours.js';
import { CAMERA, Picture } from '../inside/picture.js';
import { SeenText, Shares } from '../inside/text.js';
import { routeTo } from '../route.js';
import type { State } from '../state.js';
import { isBuiltin, lookInside } from '../store.js';
import type { Camera } from '../inside/scene.js';

const COLOURINGS: readonly (readonly [Colouring, string])[] = [
  ['sure', 'how sure the model was'],
  ['change', 'what training changed'],
  ['advantage', 'advantage in training'],
];

/** The view. */
export function Inside({ state }: { readonly state: State }): Children {
  const { query } = state.route;
  const [question, setQuestion] = useState(query.get('q') ?? '7?3?9?4=9');
  const [seed, setSeed] = useState(Number(query.get('seed') ?? 1));
  const [choice, setChoice] = useState<Choice>({ layer: null, head: null });
  const [colouring, setColouring] = useState<Colouring>('sure');
  const [camera, setCamera] = useState<Camera>(CAMERA);
  const { before, now, advantage, isSame } = state.seen;
  const phrase = query.get('phrase') ?? 'Wait, let me double-check that.';
  const submit = (event: Event): void => {
    event.preventDefault();
    history.replaceState(null, '', routeTo('inside', { q: question, seed, phrase: query.get('phrase') ?? undefined }));
    void lookInside(question, phrase, Number(query.get('greedy')) === 1 ? 0 : 1, seed);
  };
  const panels = [
    { title: 'Before training', seen: before, other: now },
    { title: `After step ${state.steps.at(-1)?.step ?? 0}`, seen: now, other: before },
  ].filter((panel): panel is typeof panel & { seen: Seen } => panel.seen !== null);
  const shape = panels[0]?.seen.looked;
  const offered = COLOURINGS.filter(
    ([name]) => name === 'sure' || (name === 'change' ? isSame && panels.length === 2 : advantage !== null),
  );
  const number = (event: Event): number | null => {
    const { value } = event.target as HTMLSelectElement;
    return value === '' ? null : Number(value);
  };
  return html`<section class="hero small">
      <h1>Where did the correction look?</h1>
      <p>
        Each token is written by looking back at those before it. Choose a token, and see what the model looked at, layer by
        layer.
      </p>
    </section>
    <form class="card ask" onSubmit=${submit}>
      <div class="field wide">
        <label for="inside-question">${isBuiltin(state) ? 'Puzzle' : 'Question'}</label>
        <div class="row">
          <input
            id="inside-question"
            class="big"
            autocomplete="off"
            spellcheck="false"
            value=${question}
            onInput=${(event: Event) => setQuestion((event.target as HTMLInputElement).value)}
          />
          <button type="button" disabled=${state.isAsking} onClick=${() => setSeed(seed + 1)}>Other dice: ${seed}</button>
          <button type="submit" class="primary" disabled=${state.isAsking || question.trim() === ''}>
            ${state.isAsking ? 'Looking' : 'Look inside'}
          </button>
        </div>
      </div>
    </form>
    ${
      shape &&
      html`<div class="choices" role="group" aria-label="What is shown">
        <${Select}
          id="inside-layer"
          label="Layer"
          all="all layers"
          count=${shape.layers}
          value=${choice.layer}
          onChange=${(event: Event) => setChoice({ ...choice, layer: number(event) })}
        />
        <${Select}
          id="inside-head"
          label="Head"
          all="mean of all heads"
          count=${shape.heads}
          value=${choice.head}
          onChange=${(event: Event) => setChoice({ ...choice, head: number(event) })}
        />
        <label
          >Colour
          <select
            id="inside-colour"
            onChange=${(event: Event) => setColouring((event.target as HTMLSelectElement).value as Colouring)}
          >
            ${offered.map(([name, label]) => html`<option value=${name} selected=${name === colouring}>${label}</option>`)}
          </select></label
        >
      </div>`
    }
    <div class="columns inside">
      ${panels.map(
        ({ title, seen, other }) =>
          html`<${Panel}
            key=${title}
            title=${title}
            seen=${seen}
            other=${isSame ? other : null}
            advantage=${advantage}
            choice=${choice}
            colouring=${colouring}
            camera=${camera}
            onCamera=${setCamera}
          />`,
      )}
    </div>
    ${
      panels.length === 0
        ? html`<p class="quiet">
            Nothing looked at yet. A training shows more: what the same look was before it and is after it.
          </p>`
        : html`<p class="quiet legend">
            The stronger an arc or a shade, the more attention the token got when the chosen one was written. Drag or use the
            arrow keys to turn the picture, + and − to come nearer, comma and full stop to go from token to token.
          </p>`
    }`;
}

function Select({
  id,
  label,
  all,
  count,
  value,
  onChange,
}: {
  readonly id: string;
  readonly label: string;
  readonly all: string;
  readonly count: number;
  readonly value: number | null;
  readonly onChange: (event: Event) => void;
}): Children {
  return html`<label
    >${label}
    <select id=${id} onChange=${onChange}>
      <option value="" selected=${value === null}>${all}</option>
      ${Array.from(
        { length: count },
        (_, i) => html`<option value=${i} selected=${value === i}>${label.toLowerCase()} ${i + 1}</option>`,
      )}
    </select></label
  >`;
}

interface PanelProps {
  readonly title: string;
  readonly seen: Seen;
  readonly other: Seen | null;
  readonly advantage: number | null;
  readonly choice: Choice;
  readonly colouring: Colouring;
  readonly camera: Camera;
  readonly onCamera: (camera: Camera) => void;
}

function Panel({ title, seen, other, advantage, choice, colouring, camera, onCamera }: PanelProps): Children {
  const [chosen, setChosen] = useState<{ readonly of: Seen; readonly token: number } | null>(null);
  const token = chosen?.of === seen ? chosen.token : firstChange(seen.read);
  const shown = {
    ...{ seen, choice, colouring, token, tones: tones(seen, colouring, other, advantage) },
    onToken: (next: number) => setChosen({ of: seen, token: next }),
  };
  return html`<section class="card panel" aria-label=${title}>
    <h2>${title}</h2>
    <${Picture} label="${title}: tokens, layers and attention" camera=${camera} onCamera=${onCamera} ...${shown} />
    <${SeenText} ...${shown} />
    <${Shares} seen=${seen} head=${choice.head} />
  </section>`;
}
