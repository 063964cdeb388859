// What exp and log of both devices are held against: points over the whole range of f32, and errors in units of the last place of an f32.

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** The f32 with these bits. */
function f32(pattern: number): number {
  bits[0] = pattern;
  return value[0]!;
}

/** Zeros, the least and largest numbers of each kind, infinities, NaN, and both sides of the places where the functions change their ways. */
const SPECIAL = [
  ...[
    0, 1, 0x007fffff, 0x00800000, 0x3f3504f2, 0x3f3504f3, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x7f7fffff, 0x7f800000, 0x7fc00000,
  ],
  ...[0x42ae0000, 0x42ae999a, 0x42aeac4f, 0x42b00000, 0x42b17217, 0x42b17218, 0x42b20000].flatMap((p) => [p - 1, p, p + 1]),
].flatMap((p) => [f32(p), f32(p ^ 0x80000000)]);

/** The special values, every `step`-th f32 there is, and as many evenly between -104 and 104, where exp has something to do. */
export function points(step: number): Float32Array<ArrayBuffer> {
  const sampled = Math.ceil(2 ** 32 / step);
  const found = new Float32Array(SPECIAL.length + 2 * sampled);
  found.set(SPECIAL);
  for (let i = 0; i < sampled; i++) {
    found[SPECIAL.length + 2 * i] = f32(i * step);
    found[SPECIAL.length + 2 * i + 1] = (208 * i) / sampled - 104;
  }
  return found;
}

/** Distance of an f32 from an exact, positive or negative normal value, in units of the last place there. */
export function ulps(found: number, exact: number): number {
  return Math.abs(found - exact) / 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23);
}
