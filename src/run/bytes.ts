// Bytes that the file formats of other programs share.

/** A whole number >= 0 in groups of seven bits, the lowest first (LEB128). */
export function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 128);
  }
}

/** A text in UTF-8. */
export function utf8(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
