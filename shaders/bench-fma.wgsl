// As many fused multiply-adds as the device can do: eight independent chains of four in each invocation, nothing from memory. What is written is
// there so that nothing is left out.
struct Params {
  steps: u32,
}

@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(1) @binding(0) var<uniform> p: Params;

@compute @workgroup_size(64)
fn bench_fma(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(f32(id.x) * 1e-9 + 0.999);
  var s0 = x;
  var s1 = x + 0.1;
  var s2 = x + 0.2;
  var s3 = x + 0.3;
  var s4 = x + 0.4;
  var s5 = x + 0.5;
  var s6 = x + 0.6;
  var s7 = x + 0.7;
  for (var i = 0u; i < p.steps; i++) {
    s0 = fma(s0, x, x);
    s1 = fma(s1, x, x);
    s2 = fma(s2, x, x);
    s3 = fma(s3, x, x);
    s4 = fma(s4, x, x);
    s5 = fma(s5, x, x);
    s6 = fma(s6, x, x);
    s7 = fma(s7, x, x);
  }
  out[id.x] = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7;
}
