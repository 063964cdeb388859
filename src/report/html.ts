// HTML from templates: whatever is put into one is escaped at its edge, text or number, unless it is HTML made here.

/** HTML that needs no escaping any more. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: HTML, lists of it, and values that are shown as text. */
export type HtmlValue = Html | readonly HtmlValue[] | string | number;

/** markup`<b>${text}</b>`: every value is escaped, but for HTML and lists of it. */
export function markup(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, i) => (i < values.length ? part + textOf(values[i]!) : part)).join(''));
}

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return (value as readonly HtmlValue[]).map(textOf).join('');
  return String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
