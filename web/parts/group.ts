// The group of the present step as a table: G answers of a puzzle, and under those that went on, H corrections each; right or wrong, and by how
// much each is preferred (the advantage). So the group's mean as baseline, and dynamic verification, are seen.
import { useState } from 'preact/hooks';
import type { CompletionRecord } from '../../src/train/events.js';
import { short } from '../../src/report/format.js';
import { bare, marked } from '../../src/report/samples.js';
import { html, type Children } from '../html.js';
import { routeTo } from '../route.js';
import type { TrainSettings } from '../settings.js';
import { lookAt } from '../store.js';
import { Icon } from './icon.js';

/** An answer with its corrections; none where it did not go on. */
interface AnswerCell {
  readonly record: CompletionRecord;
  readonly corrections: CompletionRecord[];
}

/** The answers to one puzzle. */
export interface Group {
  readonly prompt: string;
  readonly answers: readonly AnswerCell[];
}

/** Puts the records of a step together: corrections belong to the first answer of their text that has none yet. */
export function groupsOf(records: readonly CompletionRecord[]): Group[] {
  const groups = new Map<string, { prompt: string; answers: AnswerCell[] }>();
  for (const record of records) {
    if (record.layer === 1) {
      const group = groups.get(record.prompt) ?? { prompt: record.prompt, answers: [] };
      group.answers.push({ record, corrections: [] });
      groups.set(record.prompt, group);
      continue;
    }
    const group = [...groups.values()].find(({ prompt }) => record.prompt.startsWith(prompt));
    const same = group?.answers.filter((cell) => cell.record.completion === record.answer) ?? [];
    const open = same.find(({ corrections }) => corrections.length === 0 || corrections[0]!.prompt === record.prompt);
    open?.corrections.push(record);
  }
  return [...groups.values()];
}

/** A group says most where answers differ and a correction made one right. */
function interest({ answers }: Group): number {
  const right = answers.filter(({ record }) => record.correct).length;
  const repaired = answers.flatMap(({ corrections }) => corrections).filter((r) => r.correct && r.answerCorrect === false).length;
  return 2 * Math.min(repaired, 3) + Math.min(right, answers.length - right);
}

/** An advantage as a bar: up and blue where it is preferred, down and grey where not. */
function Advantage({ value, most }: { readonly value: number; readonly most: number }): Children {
  const height = most > 0 ? Math.round((Math.min(Math.abs(value) / most, 1) * 100) / 2) : 0;
  return html`<svg
    class="advantage"
    viewBox="0 0 10 100"
    preserveAspectRatio="none"
    role="img"
    aria-label="advantage ${short(value)}"
  >
    <line x1="0" x2="10" y1="50" y2="50" />
    <rect class=${value >= 0 ? 'up' : 'down'} x="1" width="8" y=${value >= 0 ? 50 - height : 50} height=${height} />
  </svg>`;
}

function Mark({ right }: { readonly right: boolean }): Children {
  const name = right ? 'right' : 'wrong';
  return html`<${Icon} name=${name} label=${name} />`;
}

/** A completion that can be looked into. */
function Look({ record, children }: { readonly record: CompletionRecord; readonly children: Children }): Children {
  return html`<a
    class="look"
    href=${routeTo('inside')}
    title="Look inside: ${record.completion}"
    onClick=${() => void lookAt(record)}
    >${children}</a
  >`;
}

/** The final answer of a completion: what stands after its thinking. */
function finalOf(text: string): string {
  return text.split('</think>').at(-1)!.trim() || 'nothing';
}

/** The table of one group, with a choice of the others. */
export function GroupTable({
  records,
  settings: { g, k, h },
}: {
  readonly records: readonly CompletionRecord[];
  readonly settings: TrainSettings;
}): Children {
  const [chosen, choose] = useState<number | null>(null);
  const groups = groupsOf(records);
  // As tall as the table will be, so that nothing moves when it comes.
  const room = { '--g': g, '--k': Math.min(g, k), '--h': h };
  if (groups.length === 0)
    return html`<section class="card group" style=${room}>
      <h2>The present step</h2>
      <p class="quiet">Its answers and corrections are shown here.</p>
    </section>`;
  const best = groups.reduce((top, group, i) => (interest(group) > interest(groups[top]!) ? i : top), 0);
  const at = chosen !== null && chosen < groups.length ? chosen : best;
  const { prompt, answers } = groups[at]!;
  const mean = answers.reduce((sum, { record }) => sum + (record.reward ?? 0), 0) / answers.length;
  const most = Math.max(...records.map(({ advantage }) => Math.abs(advantage)), 1e-9);
  return html`<section class="card group" aria-labelledby="group-title" style=${room}>
    <h2 id="group-title">Step ${records[0]!.step}, puzzle ${at + 1} of ${groups.length}</h2>
    <p><code>${bare(prompt)}</code></p>
    <div class="picker" role="group" aria-label="Puzzles of this step">
      ${groups.map((group, i) => {
        const right = group.answers.filter(({ record }) => record.correct).length;
        return html`<button
          type="button"
          class="dot"
          aria-pressed=${i === at}
          aria-label="puzzle ${i + 1}: ${right} of ${group.answers.length} right"
          title="${right} of ${group.answers.length} right"
          onClick=${() => choose(i)}
        >
          <i style=${{ height: `${(100 * right) / group.answers.length}%` }}></i>
        </button>`;
      })}
    </div>
    <p class="quiet">
      ${answers.length} answers, mean reward ${short(mean)}. Each is compared with this mean, the baseline of its own group: a bar
      up is made likelier, a bar down less likely. Corrections are compared with the others of the same answer.
    </p>
    <ol class="answers" key=${prompt}>
      ${answers.map(({ record, corrections }) => {
        const lost = corrections.length > 0 && !record.correct && corrections.every(({ correct }) => !correct);
        return html`<li class=${corrections.length > 0 ? 'went-on' : ''}>
          <div class="cell answer">
            <${Advantage} value=${record.advantage} most=${most} />
            <${Mark} right=${record.correct} />
            <${Look} record=${record}><code>${finalOf(record.completion)}</code></${Look}>
          </div>
          ${
            corrections.length > 0 &&
            html`<div class="next">
              <p>
                <q>${corrections[0]!.phrase}</q>${
                  lost &&
                  html`<span title="All wrong, as the answer was: dynamic verification leaves it out of the update">
                    left out: all wrong</span
                  >`
                }
              </p>
              <ul class=${lost ? 'lost' : ''}>
                ${corrections.map(
                  (correction) =>
                    html`<li class="cell">
                      <${Advantage} value=${correction.advantage} most=${most} />
                      <${Mark} right=${correction.correct} />
                      <${Look} record=${correction}>
                        <code>${marked(html, finalOf(record.completion), finalOf(correction.completion), true)}</code>
                      </${Look}>
                    </li>`,
                )}
              </ul>
            </div>`
          }
        </li>`;
      })}
    </ol>
  </section>`;
}
