// Elements by template strings: preact behind htm. Texts in templates are text nodes, never markup.
import htm from 'htm';
import { h, type ComponentChildren, type VNode } from 'preact';

/** Makes elements: html`<p class="quiet">${text}</p>`. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = htm.bind(h) as never;

/** What a component may return or hold. */
export type Children = ComponentChildren;
