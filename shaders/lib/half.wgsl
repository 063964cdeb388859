// Two numbers as f16, as the cache of keys and values keeps them: past ±65504 they become those, below 2^-14 they become 0.
fn to_half(x: vec2f) -> u32 {
  return pack2x16float(select(vec2f(), clamp(x, vec2f(-65504.0), vec2f(65504.0)), abs(x) >= vec2f(6.103515625e-5)));
}
