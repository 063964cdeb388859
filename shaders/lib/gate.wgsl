// The share s of a gate g in f(g) = g s: see glu.wgsl. V and exp_each by lib/pack-1 or lib/pack-4.
override GELU: u32 = 0; // 1: gelu_tanh; 0: silu

fn sigmoid(z: V) -> V {
  return 1.0 / (1.0 + exp_each(-max(z, V(-80.0)))); // exp stays finite
}

// s of a gate.
fn share(g: V) -> V {
  if (GELU == 1) { return sigmoid(1.5957691216 * g * (1.0 + 0.044715 * g * g)); }
  return sigmoid(g);
}
