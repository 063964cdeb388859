// Completions for people: question, first answer, phrase, check and correction, with what the correction changed marked in place.
import type { CompletionRecord } from '../train/events.js';
import { diffText, splitThought } from './diff.js';
import { short } from './format.js';
import type { Part, Tag } from './html.js';

/** The kinds of completions, most telling first. */
export const KINDS: readonly { readonly title: string; readonly of: (record: CompletionRecord) => boolean }[] = [
  { title: 'Wrong answer, corrected', of: (r) => r.layer === 2 && r.answerCorrect === false && r.correct },
  { title: 'Right answer, made wrong', of: (r) => r.layer === 2 && r.answerCorrect === true && !r.correct },
  { title: 'Right answer, confirmed', of: (r) => r.layer === 2 && r.answerCorrect === true && r.correct },
  { title: 'Wrong answer, still wrong', of: (r) => r.layer === 2 && r.answerCorrect === false && !r.correct },
  { title: 'First answer, right', of: (r) => r.layer === 1 && r.correct },
  { title: 'First answer, wrong', of: (r) => r.layer === 1 && !r.correct },
];

/** The newest of each kind, as they stand in a report before anything is chosen. */
export function samplesByKind<T>(html: Tag<T>, completions: readonly CompletionRecord[], most: number): T[] {
  const groups = KINDS.map(({ title, of }) => ({ title, found: distinct(completions.filter(of)).slice(-most) })).filter(
    ({ found }) => found.length > 0,
  );
  return groups.map(
    ({ title, found }, i) =>
      html`<details open=${i === 0}>
        <summary>${title} <span class="quiet">(${found.length} of the last ones)</span></summary>
        ${found.map(({ record, times }) => sample(html, record, times))}
      </details>`,
  );
}

/** Completions of a step that read alike, once each, where the first of them stands. */
export function distinct(records: readonly CompletionRecord[]): { readonly record: CompletionRecord; readonly times: number }[] {
  const found = new Map<string, { record: CompletionRecord; times: number }>();
  for (const record of records) {
    const { step, prompt, completion, correct, reward } = record;
    const key = JSON.stringify([step, prompt, completion, correct, record.answerCorrect, reward]);
    const same = found.get(key);
    if (same) same.times++;
    else found.set(key, { record, times: 1 });
  }
  return [...found.values()];
}

/** Marks of chat templates: where a turn begins and ends, and whose it is. */
const MARKUP = /<\|[^<>|]*\|>|<\/?(?:s|bos|eos|user|assistant|system|start_of_turn|end_of_turn)>|\[\/?INST\]/g;

/** A prompt without the marks of its chat template. */
export function bare(prompt: string): string {
  return prompt.replaceAll(MARKUP, ' ').trim();
}

/** A completion with what it answers to. @param times how often it was said */
export function sample<T>(html: Tag<T>, record: CompletionRecord, times = 1): T {
  const { answer, phrase, completion, correct, answerCorrect, gold, step, reward, truncated } = record;
  const turn = (label: string, text: Part<T>, right?: boolean): T =>
    html`<div class="turn ${right === undefined ? '' : right ? 'right' : 'wrong'}">
      <span class="who">${label}${right === undefined ? '' : right ? ' · right' : ' · wrong'}</span>
      <pre>${(typeof text === 'string' ? text.trim() : text) || html`<i>empty</i>`}</pre>
    </div>`;
  // A correction's prompt ends in the first answer and the phrase, which are shown by themselves.
  const cut = answer === undefined ? -1 : record.prompt.indexOf(answer.trim());
  const question = cut > 0 ? record.prompt.slice(0, cut) : record.prompt;
  const thought = answer === undefined ? '' : splitThought(completion).thought;
  const facts = [
    `step ${step}`,
    `expected ${gold}`,
    `read ${record.extracted ?? 'no answer'}`,
    `reward ${reward === null ? 'none' : short(reward)}`,
  ];
  if (times > 1) facts.push(`${times} times`);
  if (truncated) facts.push('cut at the length limit');
  return html`<article>
    ${turn('question', bare(question))}
    ${answer === undefined ? turn('answer', completion, correct) : turn('first answer', answer, answerCorrect)}
    ${phrase !== undefined && turn('guiding phrase', phrase)} ${thought !== '' && turn('check', thought)}
    ${
      answer !== undefined &&
      turn('correction', changes(html, splitThought(answer).answer, splitThought(completion).answer), correct)
    }
    <p class="quiet">${facts.join(' · ')}</p>
  </article>`;
}

/** A new answer with what it changed in the one before; as it is where the two have little in common, which is read better so. */
function changes<T>(html: Tag<T>, answer: string, corrected: string): Part<T> {
  if (corrected === '') return '';
  const kept = diffText(answer, corrected).reduce((n, { kind, text }) => (kind === 'same' ? n + text.length : n), 0);
  return 2 * kept < Math.min(answer.length, corrected.length) ? corrected : marked(html, answer, corrected);
}

/** The new text with what is new marked, and what is gone struck out; in the short form what is gone is left out. */
export function marked<T>(html: Tag<T>, before: string, after: string, isShort = false): readonly Part<T>[] {
  return diffText(before, after).map(({ kind, text }) =>
    kind === 'same' ? text : kind === 'new' ? html`<ins>${text}</ins>` : isShort ? null : html`<del>${text}</del>`,
  );
}
