// The few signs of the page as drawings: fonts need not have them.
import { html, type Children } from '../html.js';

const PATHS = {
  right: 'M3 8.5l3.5 3.5L13 4.5',
  wrong: 'M4 4l8 8M12 4l-8 8',
  next: 'M2 8h11M9 4l4 4-4 4',
} as const;

/** A sign; with a label it is read out, without one it is for the eye alone. */
export function Icon({ name, label }: { readonly name: keyof typeof PATHS; readonly label?: string }): Children {
  const spoken = label === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label };
  return html`<svg class="icon icon-${name}" viewBox="0 0 16 16" ...${spoken}><path d=${PATHS[name]} /></svg>`;
}
