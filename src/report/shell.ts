// The HTML page around a report's sections, which needs nothing else: styles, data and the script are inside.
import SCRIPT from '../../web/report.ts?script';
import type { CompletionRecord } from '../train/events.js';
import type { Axis, CurvesRun } from './curves.js';
import { Html, markup, type HtmlValue } from './html.js';
import BASE from './page.css';
import PARTS from './parts.css';

/** What the script of a page (web/report.ts) draws anew as a reader chooses. */
export interface PageData {
  readonly runs: readonly CurvesRun[];
  readonly axis: Axis;
  readonly completions: readonly CompletionRecord[];
}

/**
 * A whole page.
 * @param facts short things to know, by name, that stand under the title
 * @param data what of it the reader can choose; null: nothing
 */
export function page(
  title: string,
  facts: readonly (readonly [name: string, value: string])[],
  body: HtmlValue,
  data: PageData | null = null,
): string {
  // Within a script element nothing is markup but its end.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(PARTS + BASE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${body}
</main>
${data && markup`<script type="application/json" id="data">${new Html(json)}</script>`}
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.text;
}
