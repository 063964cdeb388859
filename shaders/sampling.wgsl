// Draws one token per row of logits, and moves the slots of a decoding batch on by one token.
//
// One workgroup samples one row. Lane l owns the ids l, l + LANES, l + 2 LANES, ... (its segment). LANES is a function of the vocabulary
// size alone, lanes sum their ids in rising order and lane 0 sums the lanes in order: no result depends on the subgroup size, the batch
// size or the slot.
//   z = penalised logit / temperature; every filter keeps {z >= cut}, so the filters are one cut (ties are kept)
//   top-k: cut = k-th largest z; top-p: cut = the largest value whose mass {z >= cut} reaches p of what top-k kept;
//   min-p: cut = max z + ln(minP)
//   draw: inverse CDF at u = philox(seed; step, stream, 0, 0) / 2^32 over the segments in order: one uniform a token, no exp beyond the
//   softmax's own (Gumbel noise would take vocab logarithms and Philox calls)
//   logp = log-softmax of the raw logits / temperature at the drawn id
// top-k and top-p find their cut by radix selection on the order-preserving bits of z, 8 bits a pass, weights summed in 64-bit integers
// (exact: no order of summation).
#include "math"
#include "index"
#include "rng"

override LANES: u32 = 64;
override PENALTY: bool = false; // repetition penalty
override FILTER: bool = false;  // top-k, top-p or min-p
override PROBS: bool = false;   // write the probabilities

struct Sample {
  rows: u32,
  vocab: u32,
  seed0: u32,
  seed1: u32,
  inverse_temperature: f32,
  greedy: u32,
  top_k: u32,           // 0: off
  top_p: f32,           // >= 1: off
  log_min_p: f32,       // <= -1e30: off
  penalty: f32,
  inverse_penalty: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;           // [rows, vocab]
// Columns of one state buffer may be bound here, so all of them are read_write.
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;     // [rows]
@group(0) @binding(2) var<storage, read_write> streams: array<u32>;    // [rows]
@group(0) @binding(3) var<storage, read_write> steps: array<u32>;      // [rows]
@group(0) @binding(4) var<storage, read_write> actives: array<u32>;    // [rows]
@group(0) @binding(5) var<storage, read_write> logps: array<f32>;      // [rows]
@group(0) @binding(6) var<storage, read_write> seen: array<u32>;       // [rows, ceil(vocab / 32)], where PENALTY
@group(0) @binding(7) var<storage, read_write> probs: array<f32>;      // [rows, vocab], where PROBS
@group(1) @binding(0) var<uniform> params: Sample;

const LOWEST = -3.0e38;

var<workgroup> slots: array<f32, LANES>;
var<workgroup> slot_ids: array<u32, LANES>;
var<workgroup> results: array<f32, 5>;
var<workgroup> chosen_key: u32;
var<workgroup> chosen_id: u32;

// Penalised logit: divided by the penalty if positive, else multiplied, where the id was seen (Keskar et al. 2019).
fn penalised(row: u32, i: u32) -> f32 {
  let raw = logits[row * params.vocab + i];
  if (PENALTY) {
    let word = seen[row * ((params.vocab + 31u) / 32u) + i / 32u];
    if (((word >> (i % 32u)) & 1u) == 1u) { return raw * select(params.inverse_penalty, params.penalty, raw < 0.0); }
  }
  return raw;
}

fn scaled(row: u32, i: u32) -> f32 {
  return penalised(row, i) * params.inverse_temperature;
}

// Bits of z in the order of the values; -0 and 0 are one value.
fn ordered(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
}

// Largest of the lanes' values, in every lane. Every use has its own `slot` of `results`: lanes may still read an earlier one.
fn lanes_max(v: f32, lane: u32, slot: u32) -> f32 {
  slots[lane] = v;
  workgroupBarrier();
  if (lane == 0u) {
    var best = slots[0];
    for (var l = 1u; l < LANES; l++) { best = max(best, slots[l]); }
    results[slot] = best;
  }
  workgroupBarrier();
  return results[slot];
}

// Sum of the lanes' values in their order, in every lane; leaves them in `slots`.
fn lanes_sum(v: f32, lane: u32, slot: u32) -> f32 {
  slots[lane] = v;
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var l = 0u; l < LANES; l++) { sum += slots[l]; }
    results[slot] = sum;
  }
  workgroupBarrier();
  return results[slot];
}

var<workgroup> high: array<atomic<u32>, 256>;
var<workgroup> low: array<atomic<u32>, 256>;

// Order-preserving bits of the largest value v among {z >= floor} with weight({z >= v}) >= goal. Weights: 1 each and goal = `share`
// (count), or exp(z - top) and goal = `share` of all of it. `n` ids of the row (0 if it is not active).
fn select_cut(row: u32, n: u32, lane: u32, top: f32, floor: u32, by_mass: bool, share: f32) -> u32 {
  var prefix = 0u;
  var goal = share;
  for (var shift = 24i; shift >= 0i; shift -= 8i) {
    for (var b = lane; b < 256u; b += LANES) {
      atomicStore(&high[b], 0u);
      atomicStore(&low[b], 0u);
    }
    workgroupBarrier();
    let fixed = select(0xffffffffu << u32(shift + 8i), 0u, shift == 24i); // bits that are already chosen
    for (var i = lane; i < n; i += LANES) {
      let z = scaled(row, i);
      let key = ordered(z);
      if (key >= floor && (key & fixed) == prefix) {
        let bin = (key >> u32(shift)) & 255u;
        if (by_mass) {
          let w = precise_exp(z - top) * 4096.0; // at most 4096: the sum over 2^20 ids fits in 32 bits
          let whole = u32(w);
          let fraction = u32((w - f32(whole)) * 4294967296.0);
          if (whole > 0u) { atomicAdd(&high[bin], whole); }
          if (fraction > 0u) {
            let before = atomicAdd(&low[bin], fraction);
            if (before + fraction < before) { atomicAdd(&high[bin], 1u); }
          }
        } else {
          atomicAdd(&high[bin], 1u);
        }
      }
    }
    workgroupBarrier();
    if (lane == 0u) {
      if (by_mass && shift == 24i) {
        var all = 0.0;
        for (var b = 256u; b > 0u; b--) { all += bin_weight(b - 1u); }
        goal = share * all;
      }
      var above = 0.0;
      var chosen = 0u;
      var chosen_above = 0.0;
      for (var b = 256u; b > 0u; b--) {
        let weight = bin_weight(b - 1u);
        if (weight > 0.0) {
          chosen = b - 1u; // the lowest one if rounding leaves the goal out of reach
          chosen_above = above;
          above += weight;
          if (above >= goal) { break; }
        }
      }
      goal -= chosen_above;
      chosen_key = prefix | (chosen << u32(shift));
    }
    workgroupBarrier();
    prefix = chosen_key;
  }
  return prefix;
}

fn bin_weight(b: u32) -> f32 {
  return f32(atomicLoad(&high[b])) + f32(atomicLoad(&low[b])) * 2.3283064365386963e-10;
}

// Grid: one workgroup per row.
@compute @workgroup_size(LANES)
fn sample(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = linear_index(group, groups);
  if (row >= params.rows) { return; }
  let on = actives[row] != 0u;
  let n = select(0u, params.vocab, on);
  let base = row * params.vocab;

  // Largest z and its lowest id; largest raw z.
  var z_max = LOWEST;
  var z_id = 0u;
  var raw_max = LOWEST;
  for (var i = lane; i < n; i += LANES) {
    let z = scaled(row, i);
    if (z > z_max) {
      z_max = z;
      z_id = i;
    }
    if (PENALTY) { raw_max = max(raw_max, logits[base + i] * params.inverse_temperature); }
  }
  let top = lanes_max(z_max, lane, 0u);
  var raw_top = top;
  if (PENALTY) { raw_top = lanes_max(raw_max, lane, 1u); }
  if (params.greedy != 0u) {
    slot_ids[lane] = select(0xffffffffu, z_id, z_max == top);
    workgroupBarrier();
    if (lane == 0u) {
      var best = 0xffffffffu;
      for (var l = 0u; l < LANES; l++) { best = min(best, slot_ids[l]); }
      chosen_id = best;
    }
    workgroupBarrier();
  }

  var cut = 0u; // order-preserving bits; 0 keeps all
  if (FILTER) {
    if (params.top_k > 0u) { cut = select_cut(row, n, lane, top, cut, false, f32(params.top_k)); }
    if (params.top_p < 1.0) { cut = max(cut, select_cut(row, n, lane, top, cut, true, params.top_p)); }
    if (params.log_min_p > -1e30) { cut = max(cut, ordered(top + params.log_min_p)); }
  }

  // Sums of precise_exp(z - top) over what is kept, and over the raw distribution.
  var kept = 0.0;
  var raw = 0.0;
  for (var i = lane; i < n; i += LANES) {
    let z = scaled(row, i);
    let e = precise_exp(z - top);
    if (!FILTER || ordered(z) >= cut) { kept += e; }
    if (PENALTY) { raw += precise_exp(logits[base + i] * params.inverse_temperature - raw_top); }
    else if (FILTER) { raw += e; }
  }
  var raw_sum = 0.0;
  if (PENALTY || FILTER) { raw_sum = lanes_sum(raw, lane, 2u); }
  let kept_sum = lanes_sum(kept, lane, 3u);
  if (!PENALTY && !FILTER) { raw_sum = kept_sum; }

  if (PROBS) {
    let best = chosen_id;
    for (var i = lane; i < n; i += LANES) {
      let z = scaled(row, i);
      var p = select(0.0, precise_exp(z - top) / kept_sum, !FILTER || ordered(z) >= cut);
      if (params.greedy != 0u) { p = select(0.0, 1.0, i == best); }
      probs[base + i] = p;
    }
  }

  var token = 0u;
  if (params.greedy != 0u) {
    token = chosen_id;
  } else {
    // The segment that holds the goal, then the id in it.
    if (lane == 0u) {
      let word = philox(vec2u(params.seed0, params.seed1), vec4u(steps[row], streams[row], 0u, 0u)).x;
      let goal = f32(word >> 8u) * 5.9604644775390625e-8 * kept_sum;
      var before = 0.0;
      var segment = 0u;
      var segment_before = 0.0;
      for (var l = 0u; l < LANES; l++) {
        if (slots[l] > 0.0) {
          segment = l;
          segment_before = before;
          before += slots[l];
          if (before > goal) { break; }
        }
      }
      chosen_id = segment;
      results[4] = goal - segment_before;
    }
    workgroupBarrier();
    let segment = chosen_id;
    let goal = results[4];
    let stride = LANES * LANES;
    var sum = 0.0;
    var found = false;
    for (var tile = 0u; tile < params.vocab; tile += stride) {
      let i = tile + lane * LANES + segment;
      workgroupBarrier();
      var e = 0.0;
      if (i < n) {
        let z = scaled(row, i);
        e = select(0.0, precise_exp(z - top), !FILTER || ordered(z) >= cut);
      }
      slots[lane] = e;
      workgroupBarrier();
      if (lane == 0u && !found) {
        for (var l = 0u; l < LANES; l++) {
          if (slots[l] > 0.0) {
            token = tile + l * LANES + segment; // the last one kept if rounding leaves the goal out of reach
            sum += slots[l];
            if (sum > goal) {
              found = true;
              break;
            }
          }
        }
      }
    }
  }

  if (lane == 0u && on) {
    tokens[row] = token;
    logps[row] = logits[base + token] * params.inverse_temperature - raw_top - precise_log(raw_sum);
    if (PENALTY) { seen[row * ((params.vocab + 31u) / 32u) + token / 32u] |= 1u << (token % 32u); }
  }
}

struct Advance {
  slots: u32,
  stride: u32, // from one column of the state to the next
  max_context: u32,
  max_new: u32,
  eos_count: u32,
}

// Columns of the state (DECODE_FIELDS in src/kernels/sampling.ts).
const TOKEN = 0u;
const POSITION = 1u;
const CONTEXT = 2u;
const CACHE_ROW = 3u;
const STEP = 4u;
const ACTIVE = 5u;
const LIMIT = 6u;

@group(0) @binding(0) var<storage, read_write> state: array<u32>;      // [fields, stride]
@group(0) @binding(1) var<storage, read> sampled: array<f32>;          // [slots]
@group(0) @binding(2) var<storage, read> kv_index: array<u32>;         // [slots, max_context]
@group(0) @binding(3) var<storage, read> eos: array<u32>;              // [eos_count]
@group(0) @binding(4) var<storage, read_write> out_tokens: array<u32>; // [slots, max_new]
@group(0) @binding(5) var<storage, read_write> out_logps: array<f32>;  // [slots, max_new]
@group(1) @binding(0) var<uniform> batch: Advance;

fn field(column: u32, slot: u32) -> u32 {
  return column * batch.stride + slot;
}

// Keeps the sampled token of every active slot and moves the slot on, or stops it at an end id or at its limit. Grid: one thread per slot.
@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) id: vec3u) {
  let slot = id.x;
  if (slot >= batch.slots || state[field(ACTIVE, slot)] == 0u) { return; }
  let token = state[field(TOKEN, slot)];
  let step = state[field(STEP, slot)];
  if (step < batch.max_new) {
    out_tokens[slot * batch.max_new + step] = token;
    out_logps[slot * batch.max_new + step] = sampled[slot];
  }
  state[field(STEP, slot)] = step + 1u;
  let position = state[field(POSITION, slot)] + 1u;
  var stop = step + 1u >= min(state[field(LIMIT, slot)], batch.max_new) || position >= batch.max_context;
  for (var e = 0u; e < batch.eos_count; e++) { stop |= eos[e] == token; }
  if (stop) {
    state[field(ACTIVE, slot)] = 0u;
    state[field(CONTEXT, slot)] = 0u;
    state[field(CACHE_ROW, slot)] = 0xffffffffu;
  } else {
    state[field(POSITION, slot)] = position;
    state[field(CONTEXT, slot)] += 1u;
    state[field(CACHE_ROW, slot)] = kv_index[slot * batch.max_context + position];
  }
}
