// Loads by vectors of four elements where rows are whole vectors, else by single elements.
import pack1 from '../../shaders/lib/pack-1.wgsl';
import pack4 from '../../shaders/lib/pack-4.wgsl';

/** How many elements a kernel loads at a time: the text that defines `V`, and its length. */
export interface Pack {
  readonly n: 1 | 4;
  readonly prelude: string;
}

/** One element at a time. */
export const ONE: Pack = { n: 1, prelude: pack1 };
/** Four elements at a time. */
export const FOUR: Pack = { n: 4, prelude: pack4 };

/** Kernels for both packs; the result picks by the lengths that must be whole packs. */
export function byPack<T extends object>(make: (pack: Pack) => T): (...lengths: readonly number[]) => T & { readonly n: 1 | 4 } {
  const [one, four] = [ONE, FOUR].map((pack) => ({ ...make(pack), n: pack.n }));
  return (...lengths) => (lengths.every((length) => length % 4 === 0) ? four! : one!);
}
