// AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW, and the global gradient norm of torch.nn.utils.clip_grad_norm_.
#include "index"

override ITEMS: u32 = 4;

struct Sum {
  size: u32,
  items: u32,  // elements per thread
  first: u32,  // where the partial sums start in the output
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(1) @binding(0) var<uniform> sum_params: Sum;

// partial[first + thread] = sum of x^2 over `items` elements of x f32[size], interleaved over the 64 threads of a workgroup.
// Each thread sums runs of 32 first, so that rounding grows with the number of runs and not of elements.
// Grid: linear, 64 * items elements a workgroup; the order of the sum depends on size alone.
@compute @workgroup_size(64)
fn grad_norm_partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let workgroup = linear_index(group, groups);
  let first = workgroup * 64u * sum_params.items + lane;
  if (workgroup * 64u * sum_params.items >= sum_params.size) { return; }
  var total = 0.0;
  for (var k = 0u; k < sum_params.items; k += 32u) {
    var run = 0.0;
    let end = min(first + 64u * min(k + 32u, sum_params.items), sum_params.size);
    for (var i = first + 64u * k; i < end; i += 64u) { run = fma(x[i], x[i], run); }
    total += run;
  }
  partial[sum_params.first + workgroup * 64u + lane] = total;
}

struct Final {
  size: u32,
  max_norm: f32,
}

@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(1) @binding(0) var<uniform> final_params: Final;
var<workgroup> slots: array<f32, 64>;

// norm = [sqrt(sum of x f32[size]), min(1, max_norm / (norm + 1e-6)), or 1 where max_norm is 0]. Grid: one workgroup.
@compute @workgroup_size(64)
fn grad_norm_final(@builtin(local_invocation_index) lane: u32) {
  var total = 0.0;
  for (var k = lane; k < final_params.size; k += 64u * 32u) {
    var run = 0.0;
    for (var i = k; i < min(k + 64u * 32u, final_params.size); i += 64u) { run += x[i]; }
    total += run;
  }
  slots[lane] = total;
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var i = 0u; i < 64u; i++) { sum += slots[i]; }
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

@group(0) @binding(0) var<storage, read> grad: array<f32>;
@group(0) @binding(1) var<storage, read> clip: array<f32>;
@group(0) @binding(2) var<storage, read_write> param: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;
@group(1) @binding(0) var<uniform> step: Step;

// g = grad clip[1]; m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g^2;
// param = param decay - step_size m / (sqrt(v) inverse_root + epsilon). All f32[size]. Grid: linear, ITEMS * 64 elements a workgroup.
@compute @workgroup_size(64)
fn adamw(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = linear_index(group, groups) * ITEMS * 64u + lane;
  let c = clip[1];
  for (var k = 0u; k < ITEMS; k++) {
    let i = first + 64u * k;
    if (i < step.size) {
      let g = grad[i] * c;
      let m1 = fma(step.one_minus_beta1, g - m[i], m[i]);
      let v1 = fma(step.one_minus_beta2 * g, g, step.beta2 * v[i]);
      m[i] = m1;
      v[i] = v1;
      param[i] = param[i] * step.decay - step.step_size * (m1 / fma(sqrt(v1), step.inverse_root, step.epsilon));
    }
  }
}
