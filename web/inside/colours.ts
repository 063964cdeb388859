// Colours of tokens in the picture and in the text, from the page's style.
import type { Colour } from './scene.js';
import { logpOf, partsOf, type Seen } from './attention.js';

/** What the colour of a token says. */
export type Colouring = 'sure' | 'change' | 'advantage';

/** The colours of the page's style that are used here. */
export interface Palette {
  readonly plain: Colour;
  readonly unsure: Colour;
  readonly up: Colour;
  readonly down: Colour;
  readonly look: Colour;
  readonly ground: Colour;
}

/** Reads the style's colours at an element. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): Colour => parsed(style.getPropertyValue(name));
  return {
    plain: colour('--quiet'),
    unsure: colour('--wrong'),
    up: colour('--right'),
    down: colour('--wrong'),
    look: colour('--two'),
    ground: colour('--bg'),
  };
}

/** `#1f6fc4` or `#fff` as numbers. */
function parsed(text: string): Colour {
  const digits = text.trim().replace('#', '');
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const part = (i: number): number => parseInt(wide.slice(2 * i, 2 * i + 2), 16) / 255 || 0;
  return [part(0), part(1), part(2), 1];
}

/**
 * What is said by its colour of each token that the model wrote, −1 to 1: `sure` 0 (certain) to −1 (against the odds); `change` what training did to its
 * probability; `advantage` that of the completion.
 */
export function tones(seen: Seen, colouring: Colouring, other: Seen | null, advantage: number | null): number[] {
  const isWritten = (t: number): boolean =>
    partsOf(seen.read).some(({ name, from, to }) => (name === 'answer' || name === 'correction') && t >= from && t < to);
  return seen.read.ids.map((_, t) => {
    const logp = logpOf(seen.looked, t);
    if (logp === null || !isWritten(t)) return 0;
    if (colouring === 'sure') return Math.exp(logp) - 1;
    if (colouring === 'advantage') return t < ownStart(seen) || advantage === null ? 0 : Math.max(-1, Math.min(advantage, 1));
    return other ? Math.exp(logp) - Math.exp(logpOf(other.looked, t)!) : 0;
  });
}

/** The first token of the completion that was judged. */
function ownStart({ read: { ids, answer, correction } }: Seen): number {
  return correction < ids.length ? correction : answer;
}

/** The colour of a tone. */
export function colourOf(tone: number, { plain, up, down, unsure }: Palette, colouring: Colouring): Colour {
  const end = colouring === 'sure' ? unsure : tone >= 0 ? up : down;
  const mixed = plain.map((value, i) => value + (end[i]! - value) * Math.min(1, Math.abs(tone)));
  return mixed as unknown as Colour;
}
