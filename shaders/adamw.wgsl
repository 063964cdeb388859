// AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW, and the global gradient norm of torch.nn.utils.clip_grad_norm_.
// The sizes of grad_norm_partial and adamw are in units of N (lib/pack-1 or lib/pack-4, before this text).
#include "index"

struct Sum {
  size: u32,
  items: u32,  // V per thread
  first: u32,  // where the partial sums start in the output
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(1) @binding(0) var<uniform> sum_params: Sum;

// partial[first + thread] = sum of x^2 over `items` V of x f32[size], interleaved over the 64 threads of a workgroup.
// Each thread sums runs of 32 first, so that rounding grows with the number of runs and not of elements.
// Grid: linear, 64 * items V a workgroup; the order of the sum depends on size alone.
@compute @workgroup_size(64)
fn grad_norm_partial(group: Group, @builtin(local_invocation_index) lane: u32) {
  let workgroup = linear_index(group.id, group.count);
  let first = workgroup * 64 * sum_params.items + lane;
  if (workgroup * 64 * sum_params.items >= sum_params.size) { return; }
  var sum = 0.0;
  for (var k = 0u; k < sum_params.items; k += 32) {
    var run = V();
    let end = min(first + 64 * min(k + 32, sum_params.items), sum_params.size);
    for (var i = first + 64 * k; i < end; i += 64) { run = fma(x[i], x[i], run); }
    sum += total(run);
  }
  partial[sum_params.first + workgroup * 64 + lane] = sum;
}

struct Final {
  size: u32,
  max_norm: f32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(1) @binding(0) var<uniform> final_params: Final;
var<workgroup> slots: array<f32, 64>;

// norm = [sqrt(sum of partials f32[size]), min(1, max_norm / (norm + 1e-6)), or 1 where max_norm is 0]. Grid: one workgroup.
@compute @workgroup_size(64)
fn grad_norm_final(@builtin(local_invocation_index) lane: u32) {
  var mine = 0.0;
  for (var k = lane; k < final_params.size; k += 64 * 32) {
    var run = 0.0;
    for (var i = k; i < min(k + 64 * 32, final_params.size); i += 64) { run += partials[i]; }
    mine += run;
  }
  slots[lane] = mine;
  workgroupBarrier();
  if (lane == 0) {
    var sum = 0.0;
    for (var i = 0u; i < 64; i++) { sum += slots[i]; }
    let n = sqrt(sum);
    norm[0] = n;
    norm[1] = select(1.0, min(1.0, final_params.max_norm / (n + 1e-6)), final_params.max_norm > 0.0);
  }
}

struct Step {
  size: u32,
  decay: f32,            // 1 - learningRate weightDecay
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  step_size: f32,        // learningRate / (1 - beta1^t)
  inverse_root: f32,     // 1 / sqrt(1 - beta2^t)
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> grad: array<V>;
@group(0) @binding(1) var<storage, read> clip: array<f32>;
@group(0) @binding(2) var<storage, read_write> param: array<V>;
@group(0) @binding(3) var<storage, read_write> m: array<V>;
@group(0) @binding(4) var<storage, read_write> v: array<V>;
@group(1) @binding(0) var<uniform> step: Step;

// g = grad clip[1]; m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g^2;
// param = param decay - step_size m / (sqrt(v) inverse_root + epsilon). All f32[size]. Grid: linear, one thread per V.
@compute @workgroup_size(64)
fn adamw(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i >= step.size) { return; }
  let g = grad[i] * clip[1];
  let m0 = m[i];
  let m1 = fma(V(step.one_minus_beta1), g - m0, m0);
  let v1 = fma(step.one_minus_beta2 * g, g, step.beta2 * v[i]);
  m[i] = m1;
  v[i] = v1;
  param[i] = param[i] * step.decay - step.step_size * (m1 / fma(sqrt(v1), V(step.inverse_root), V(step.epsilon)));
}
