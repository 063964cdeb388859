// What a correction changed, marked in place.
import { diffText } from '../../src/report/diff.js';
import { html, type Children } from '../html.js';

/** The new text with what is new marked, and what is gone struck out; in the short form what is gone is left out. */
export function Diff({
  before,
  after,
  short = false,
}: {
  readonly before: string;
  readonly after: string;
  readonly short?: boolean;
}): Children {
  return html`<span class="diff"
    >${diffText(before, after).map(({ kind, text }) =>
      kind === 'same' ? text : kind === 'new' ? html`<ins>${text}</ins>` : short ? null : html`<del>${text}</del>`,
    )}</span
  >`;
}
