// The policy objective per token, with its gradient: src/algo/objective.ts in f32, where formulas and sources stand.
// Sequence i has the tokens start .. end - 1, the advantage A and the weight w of each of its loss tokens. Per loss token:
//   loss = w (m l + beta k3), kl = k3 (times the ratio if corrected), d_logps = d loss / d logp, d_entropies = -entropy_weight if active.
// Tokens outside the mask get zeros. Grid: one workgroup per sequence; lane_sum by lib/lanes-subgroup or lib/lanes-shared, before this text.
#include "index"
#include "math"

override LANES: u32 = 64;

struct Objective {
  sequences: u32,
  kind: u32,            // 0 clipped, 1 sapo, 2 cispo, 3 vespo
  flags: u32,           // HAS_*, SEQUENCE_RATIO, CORRECT_KL below
  low: f32,             // 1 - epsilon
  high: f32,            // 1 + epsilonHigh
  cap: f32,             // cispo's cap of the ratio
  delta: f32,           // cap of the unclipped ratio
  beta: f32,
  entropy_floor: f32,   // tokens with less entropy carry no policy term
  entropy_weight: f32,
  off_policy: f32,      // largest mean log-ratio old - new of a kept sequence with A < 0
  tau_positive: f32,
  tau_negative: f32,
  k_positive: f32,
  lambda_positive: f32,
  k_negative: f32,
  lambda_negative: f32,
}

struct Sequence {
  start: u32,
  end: u32,
  advantage: f32,
  weight: f32,
}

const HAS_OLD = 1u;
const HAS_REFERENCE = 2u;
const HAS_ENTROPIES = 4u;
const HAS_MASK = 8u;
const SEQUENCE_RATIO = 16u;
const CORRECT_KL = 32u;

@group(0) @binding(0) var<storage, read> sequences: array<Sequence>;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> old_logps: array<f32>;
@group(0) @binding(3) var<storage, read> ref_logps: array<f32>;
@group(0) @binding(4) var<storage, read> entropies: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_logps: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_entropies: array<f32>;
@group(0) @binding(8) var<storage, read_write> losses: array<f32>;
@group(0) @binding(9) var<storage, read_write> kls: array<f32>;
@group(1) @binding(0) var<uniform> params: Objective;

fn has(flag: u32) -> bool {
  return (params.flags & flag) != 0u;
}

fn counts(t: u32) -> bool {
  return !has(HAS_MASK) || mask[t] != 0u;
}

fn log_ratio(t: u32) -> f32 {
  if (has(HAS_OLD)) { return logps[t] - old_logps[t]; }
  return 0.0;
}

// e^d - d - 1, by its series where that cancels.
fn k3(d: f32) -> f32 {
  if (abs(d) > 0.5) { return precise_exp(d) - d - 1.0; }
  var p = fma(d, 1.0 / 40320.0, 1.0 / 5040.0);
  p = fma(d, p, 1.0 / 720.0);
  p = fma(d, p, 1.0 / 120.0);
  p = fma(d, p, 1.0 / 24.0);
  p = fma(d, p, 1.0 / 6.0);
  return d * d * fma(d, p, 0.5);
}

// phi = exp(lambda + k ln W - lambda W) of VESPO.
fn vespo_weight(sum: f32, k: f32, lambda: f32) -> f32 {
  let x = clamp(sum, -18.420680744, 20.0);
  return precise_exp(lambda + k * x - lambda * precise_exp(x));
}

// Surrogate of one token: (l, dl/dc, dl/dlogp at a fixed ratio).
fn surrogate(c: f32, A: f32, phi: f32, logp: f32) -> vec3f {
  if (params.kind == 0u) {
    let free = min(c, params.delta) * A;
    let clipped = clamp(c, params.low, params.high) * A;
    let inside = c >= params.low && c <= params.high;
    let follows = select(select(c <= params.delta || inside, inside, free > clipped), c <= params.delta, free < clipped);
    return vec3f(-min(free, clipped), select(0.0, -A, follows), 0.0);
  }
  if (params.kind == 1u) {
    let tau = select(params.tau_negative, params.tau_positive, A > 0.0);
    let s = 1.0 / (1.0 + precise_exp(-tau * (c - 1.0)));
    return vec3f(-(4.0 / tau) * A * s, -4.0 * s * (1.0 - s) * A, 0.0);
  }
  let slope = -select(phi, min(c, params.cap), params.kind == 2u) * A;
  return vec3f(slope * logp, 0.0, slope);
}

@compute @workgroup_size(LANES)
fn objective(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = linear_index(group, groups);
  if (i >= params.sequences) { return; }
  let s = sequences[i];
  let A = s.advantage;
  var count = 0.0;
  var ratios = 0.0;
  var clamped = 0.0;
  for (var t = s.start + lane; t < s.end; t += LANES) {
    if (counts(t)) {
      let r = log_ratio(t);
      count += 1.0;
      ratios += r;
      clamped += clamp(r, -20.0, 20.0);
    }
  }
  let n = lane_sum(count, lane);
  let mean_ratio = lane_sum(ratios, lane) / max(n, 1.0);
  let clamped_sum = lane_sum(clamped, lane);
  let sequence_ratio = precise_exp(mean_ratio);
  let kept = A >= 0.0 || -mean_ratio <= params.off_policy;
  var phi = 0.0;
  if (params.kind == 3u) {
    if (A >= 0.0) {
      phi = vespo_weight(clamped_sum, params.k_positive, params.lambda_positive);
    } else {
      phi = vespo_weight(clamped_sum, params.k_negative, params.lambda_negative);
    }
  }

  var slopes = 0.0; // d loss / d sequence ratio
  for (var t = s.start + lane; t < s.end; t += LANES) {
    var loss = 0.0;
    var gradient = 0.0;
    var kl = 0.0;
    var d_entropy = 0.0;
    if (counts(t)) {
      let logp = logps[t];
      let c = select(precise_exp(log_ratio(t)), sequence_ratio, has(SEQUENCE_RATIO));
      let is_active = !has(HAS_ENTROPIES) || entropies[t] >= params.entropy_floor;
      var l = vec3f();
      if (kept && is_active) { l = surrogate(c, A, phi, logp); }
      if (has(HAS_REFERENCE)) {
        let d = ref_logps[t] - logp;
        let estimate = k3(d);
        let factor = select(1.0, c, has(CORRECT_KL));
        kl = estimate * factor;
        l += params.beta * vec3f(kl, select(0.0, estimate, has(CORRECT_KL)), -(d + estimate) * factor);
      }
      loss = s.weight * l.x;
      gradient = s.weight * select(fma(l.y, c, l.z), l.z, has(SEQUENCE_RATIO));
      slopes = fma(s.weight, l.y, slopes);
      if (is_active) { d_entropy = -params.entropy_weight; }
    }
    losses[t] = loss;
    kls[t] = kl;
    d_logps[t] = gradient;
    d_entropies[t] = d_entropy;
  }
  // A sequence ratio has dc/dlogp = c / n for each of its loss tokens.
  let shared_gradient = lane_sum(slopes, lane) * sequence_ratio / max(n, 1.0);
  if (has(SEQUENCE_RATIO)) {
    for (var t = s.start + lane; t < s.end; t += LANES) {
      if (counts(t)) { d_logps[t] += shared_gradient; }
    }
  }
}
