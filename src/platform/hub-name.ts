// How models and data sets of the Hugging Face hub are named, and where it is.
import { check } from '../errors.js';

/** owner/name, as the text of a pattern. */
export const HUB_ID: string = String.raw`[\w-][\w.-]*\/[\w-][\w.-]*`;

const ID = new RegExp(`^${HUB_ID}$`);
const MODEL = new RegExp(String.raw`^(${HUB_ID})(?:@([\w./-]+))?$`);

/** Whether a text is owner/name. */
export function isHubId(text: string): boolean {
  return ID.test(text);
}

/** A model named as owner/name or owner/name@revision; null for another form. */
export function hubModelName(text: string): { readonly id: string; readonly revision: string | undefined } | null {
  const [, id, revision] = MODEL.exec(text) ?? [];
  return id === undefined ? null : { id, revision };
}

/** A token that a header can hold. @throws MgrpoError `invalid_argument`, which does not show it, as later errors would */
export function checkToken(token: string): string {
  check(
    /^[\x21-\x7e]+$/.test(token),
    'hub: expected a token of letters, digits and signs, got one with spaces, line ends or other characters in it; copy it again',
  );
  return token;
}

/** The hub's address, without a slash at its end. */
export function hubAddress(url = 'https://huggingface.co'): string {
  return url.replace(/\/+$/, '');
}
