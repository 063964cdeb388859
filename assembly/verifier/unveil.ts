// Takes the veil off the module's texts (scripts/pack-data.mjs), before anything else runs.

/** What the bytes are veiled with. */
const VEIL: u8 = 110;

/** Takes it off the texts in [p, end). */
export function unveil(p: usize, end: usize): void {
  for (; p < end; p++) store<u8>(p, load<u8>(p) ^ VEIL);
}
