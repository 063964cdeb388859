// Completions of a run by step, kind and words, each with what the correction changed: in reports and in the page.
import { useMemo, useState } from 'preact/hooks';
import { KINDS, distinct, sample } from '../../src/report/samples.js';
import type { CompletionRecord } from '../../src/train/events.js';
import { html, type Children } from '../html.js';

/** Completions that are shown at once. */
const SHOWN = 12;

/** The view. */
export function Completions({ records }: { readonly records: readonly CompletionRecord[] }): Children {
  const steps = useMemo(() => [...new Set(records.map(({ step }) => step))].sort((a, b) => b - a), [records]);
  const [step, setStep] = useState<number | null>(null);
  const [kind, setKind] = useState<number | null>(null);
  const [words, setWords] = useState('');
  const [shown, setShown] = useState(SHOWN);
  const found = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    const isWanted = ({ prompt, completion, answer = '' }: CompletionRecord): boolean =>
      [prompt, completion, answer].some((text) => text.toLowerCase().includes(wanted));
    const kept = records.filter(
      (record) =>
        (step === null || record.step === step) &&
        (kind === null || KINDS[kind]!.of(record)) &&
        (wanted === '' || isWanted(record)),
    );
    // Newest first; within a step the kinds that tell most.
    const rank = (record: CompletionRecord): number => KINDS.findIndex(({ of }) => of(record));
    return distinct(kept.sort((a, b) => b.step - a.step || rank(a) - rank(b)));
  }, [records, step, kind, words]);
  const count = found.reduce((sum, { times }) => sum + times, 0);
  const number = (event: Event): number | null => {
    const { value } = event.target as HTMLSelectElement;
    return value === '' ? null : Number(value);
  };
  const pick = <V>(set: (value: V) => void, value: V): void => {
    set(value);
    setShown(SHOWN);
  };
  return html`<div class="choices">
      <label
        >Step
        <select onChange=${(event: Event) => pick(setStep, number(event))}>
          <option value="">all, newest first</option>
          ${steps.map((each) => html`<option value=${each}>${each}</option>`)}
        </select></label
      >
      <label
        >Kind
        <select onChange=${(event: Event) => pick(setKind, number(event))}>
          <option value="">all</option>
          ${KINDS.map(({ title }, i) => html`<option value=${i}>${title}</option>`)}
        </select></label
      >
      <label
        >Words
        <input type="search" value=${words} onInput=${(event: Event) => pick(setWords, (event.target as HTMLInputElement).value)}
      /></label>
      <span class="quiet" role="status">${count} of ${records.length} that are kept here</span>
    </div>
    ${found.slice(0, shown).map(({ record, times }) => sample(html, record, times))}
    ${found.length > shown && html`<button type="button" onClick=${() => setShown(shown + SHOWN)}>Show more</button>`}`;
}
