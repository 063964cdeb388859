// The same as text: the parts one below the other, each token a button; the shade behind a token is the share of attention that it got when the
// chosen one was written.
import { html, type Children } from '../html.js';
import { lookOf, mostLookedAt, logpOf, partShares, partsOf, PARTS, type Choice, type PartName, type Seen } from './attention.js';
import type { Colouring } from './colours.js';
import { visible, type SeenProps } from './picture.js';

/** The parts as people call them. */
export const NAMES: Readonly<Record<PartName, string>> = {
  question: 'question',
  answer: 'first answer',
  phrase: 'phrase',
  correction: 'correction',
};

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/** A tone as one of five degrees, for the style. */
function degree(tone: number, colouring: Colouring): string {
  if (colouring === 'sure') return tone > -0.1 ? '' : tone > -0.5 ? 'p1' : tone > -0.85 ? 'p2' : 'p3';
  return Math.abs(tone) < 0.05 ? '' : tone > 0 ? 'better' : 'worse';
}

/** The text, and what is known of the chosen token. */
export function SeenText({ seen, choice, colouring, tones, token, onToken }: SeenProps): Children {
  const { looked, read } = seen;
  const shares = lookOf(looked, token, choice);
  const most = Math.max(...shares, 1e-9);
  const shade = (t: number): number => (t < token ? Math.round((100 * shares[t]!) / most) : 0);
  return html`<div class="seen">
    ${partsOf(read)
      .filter(({ from, to }) => to > from)
      .map(
        ({ name, from, to }) =>
          html`<p>
            <span class="who">${NAMES[name]}</span>
            <span class="tokens"
              >${Array.from({ length: to - from }, (_, i) => {
                const t = from + i;
                return html`<button
                  type="button"
                  key=${t}
                  class="token ${degree(tones[t]!, colouring)}"
                  aria-pressed=${t === token}
                  disabled=${t === 0}
                  title=${t < token ? `${percent(shares[t]!)} of the attention` : undefined}
                  style=${{ '--look': `${shade(t)}%` }}
                  onClick=${() => onToken(t)}
                >
                  ${visible(looked.texts[t]!)}
                </button>`;
              })}</span
            >
          </p>`,
      )}
    <${Chosen} seen=${seen} choice=${choice} token=${token} shares=${shares} />
  </div>`;
}

function Chosen({
  seen: { looked },
  choice,
  token,
  shares,
}: {
  readonly seen: Seen;
  readonly choice: Choice;
  readonly token: number;
  readonly shares: Float64Array;
}): Children {
  const logp = logpOf(looked, token);
  if (logp === null) return null;
  const layer = choice.layer ?? looked.layers - 1;
  return html`<dl class="chosen" aria-live="polite">
    <dt>token</dt>
    <dd>
      <code>${visible(looked.texts[token]!)}</code>, probability ${percent(Math.exp(logp))}; the model hesitated by
      ${` ${looked.entropies[token - 1]!.toFixed(2)}`} nats
    </dd>
    <dt>looked at</dt>
    <dd>
      ${mostLookedAt(shares, 4).map(
        (j, i) => html`${i > 0 ? ', ' : ''}<code>${visible(looked.texts[j]!)}</code> ${percent(shares[j]!)}`,
      )}
    </dd>
    <dt>length of its vector</dt>
    <dd>${looked.norms[layer * looked.tokens + token]!.toFixed(1)} after layer ${layer + 1}</dd>
  </dl>`;
}

/** Where a part looked, in numbers: all together and layer by layer. */
export function Shares({ seen, head }: { readonly seen: Seen; readonly head: number | null }): Children {
  const written: PartName = seen.read.correction < seen.read.ids.length ? 'correction' : 'answer';
  const layers = Array.from({ length: seen.looked.layers }, (_, layer) => layer);
  const columns = PARTS.filter((name) => partsOf(seen.read).some((part) => part.name === name && part.to > part.from));
  const all = partShares(seen, written, { layer: null, head });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Where the ${NAMES[written]} looked">
    <table class="shares">
      <caption>
        Where the ${NAMES[written]} looked
      </caption>
      <thead>
        <tr>
          <th scope="col">layer</th>
          ${columns.map((name) => html`<th scope="col">${name === written ? 'itself' : NAMES[name]}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${[null, ...layers].map((layer) => {
          const shares = layer === null ? all : partShares(seen, written, { layer, head });
          return html`<tr class=${layer === null ? 'all' : ''}>
            <th scope="row">${layer === null ? 'all' : layer + 1}</th>
            ${columns.map(
              (name) =>
                html`<td class="num" style=${{ '--share': `${Math.round(100 * shares[name])}%` }}>${percent(shares[name])}</td>`,
            )}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
