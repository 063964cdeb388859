// The script inside a report (src/report/shell.ts): what a reader may choose is drawn by the components of the page, in place of what stands there.
import { render } from 'preact';
import type { PageData } from '../src/report/shell.js';
import { html } from './html.js';
import { Completions } from './parts/completions.js';
import { Curves } from './parts/curves.js';
import { followPointer } from './parts/pointer.js';

followPointer();
const data = document.querySelector('#data');
const [curves, completions] = ['#curves', '#completions'].map((place) => document.querySelector(place));
if (data) {
  const { runs, axis, completions: records } = JSON.parse(data.textContent) as PageData;
  if (curves?.querySelector('figure')) render(html`<${Curves} runs=${runs} axis=${axis} />`, emptied(curves));
  if (completions) render(html`<${Completions} records=${records} />`, emptied(completions));
}

function emptied(element: Element): Element {
  element.replaceChildren();
  return element;
}
