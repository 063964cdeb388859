// The HTML page around a report's sections, which needs nothing else: styles and the charts' script are inside.
import { CHART_SCRIPT } from './chart.js';
import { Html, markup, type HtmlValue } from './html.js';
import { PAGE_STYLE } from './style.js';

/** A whole page. @param facts short things to know, by name, that stand under the title */
export function page(title: string, facts: readonly (readonly [name: string, value: string])[], body: HtmlValue): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${body}
</main>
<script>${new Html(CHART_SCRIPT)}</script>
</body>
</html>
`.text;
}

/** A table that scrolls by itself, with a column for the rows' names before those of `head`. */
export function table(head: readonly HtmlValue[], rows: readonly Html[]): Html {
  return markup`<div class="scroll"><table><thead><tr><th></th>${head.map((text) => markup`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
