// Philox 4x32-10 (Salmon et al., SC 2011): the twin of src/rng.ts.
fn mul_wide(a: u32, b: u32) -> vec2u { // (high, low) words of a*b
  let a0 = a & 0xffffu;
  let a1 = a >> 16;
  let b0 = b & 0xffffu;
  let b1 = b >> 16;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16);
  let cross = (middle & 0xffffu) + a0 * b1;
  return vec2u(a1 * b1 + (middle >> 16) + (cross >> 16), a * b);
}

fn philox(key: vec2u, counter: vec4u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10; round++) {
    let p0 = mul_wide(0xd2511f53u, c.x);
    let p1 = mul_wide(0xcd9e8d57u, c.z);
    c = vec4u(p1.x ^ c.y ^ k.x, p1.y, p0.x ^ c.w ^ k.y, p0.y);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
