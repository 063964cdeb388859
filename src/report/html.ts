// HTML from templates. A component is a function of a tag and of what it shows: with `markup` it gives text, in which every value is escaped; the
// page and the script of a report give preact's tag instead, and get elements.

/** What a template takes: parts made by the same tag, lists of them, and values that are shown as text; nothing for null and booleans. */
export type Part<T> = T | readonly Part<T>[] | string | number | boolean | null | undefined;

/**
 * A tag of templates: tag`<b title=${title}>${text}</b>`. Templates are those that htm understands too: elements are closed, attributes that are one
 * value stand without quotes, and are left out where it is false.
 */
export type Tag<T> = (parts: TemplateStringsArray, ...values: Part<T>[]) => T;

/** HTML that needs no escaping any more. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What {@link markup} takes. */
export type HtmlValue = Part<Html>;

/** markup`<b>${text}</b>`: every value is escaped, but for HTML and lists of it. */
export function markup(template: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let bare = BARE.get(template);
  if (!bare) BARE.set(template, (bare = withoutIndents(template)));
  const parts = bare;
  let text = parts[0]!;
  values.forEach((value, i) => {
    const attribute = /\s[\w-]+=$/.exec(parts[i]!)?.[0];
    if (attribute === undefined) text += textOf(value);
    else if (value === false || value === null || value === undefined) text = text.slice(0, -attribute.length);
    else if (value === true) text += '""';
    else text += `"${textOf(value)}"`;
    text += parts[i + 1]!;
  });
  return new Html(text);
}

/** Templates that were used before, as they are written out. */
const BARE = new WeakMap<TemplateStringsArray, readonly string[]>();

/** A template as htm reads it: line breaks beside tags and values are for who reads the source. */
function withoutIndents(template: TemplateStringsArray): readonly string[] {
  let inTag = false;
  return template.map((part) => {
    const [before, after] = [inTag, part.lastIndexOf('<') - part.lastIndexOf('>')];
    if (after !== 0) inTag = after > 0;
    return part
      .replace(/^\s*\n\s*/, before ? ' ' : '')
      .replace(/\s*\n\s*$/, inTag ? ' ' : '')
      .replace(/>\s*\n\s*/g, '>')
      .replace(/\s*\n\s*</g, '<');
  });
}

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return (value as readonly HtmlValue[]).map(textOf).join('');
  if (value === null || value === undefined || typeof value === 'boolean') return '';
  return String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
