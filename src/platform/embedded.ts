// Bytes that the build puts into a script as text.

/**
 * The bytes of such a text. A character stands for a byte, so that the script packs as well as the bytes do (base64 packs a quarter worse); the
 * build (scripts/plugins.mjs) leaves out what a string would have to escape.
 */
export function embeddedBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = code < 127 ? code - 35 : code - 69;
  }
  return bytes;
}
