// Draws one token per row of logits.
//
// LANES threads sample a row (ROWS rows a workgroup; more than one only where LANES is 1). Lane l owns the packs l, l + LANES, ... of
// N neighbouring ids (its segment). It sums them in rising order, and lane 0 sums the lanes in order: no result depends on the subgroup
// size, the batch size or the slot.
//   z = penalised logit / temperature; every filter keeps {z >= cut}, so the filters are one cut (ties are kept)
//   top-k: cut = k-th largest z; top-p: cut = the largest value whose mass {z >= cut} reaches p of what top-k kept;
//   min-p: cut = max z + ln(minP)
//   draw: inverse CDF at u = philox(seed; step, stream, 0, 0) / 2^32, cut to 24 bits, over the segments in order: one uniform a token, and
//   no exp beyond the softmax's own (Gumbel noise would take a logarithm and a Philox call for every id)
//   logp = log-softmax of the raw logits / temperature at the drawn id
// top-k and top-p find their cut by selection on the order-preserving bits of z, weights summed in 64-bit integers (exact: no order of summation).
// Put before this text: LANES; ROWS; V, N and their functions by lib/pack-1 or lib/pack-4 (where vocab is a multiple of 4); find_cut by
// lib/cut-walk or lib/cut-lanes where FILTER. #if is expanded by src/kernels/unroll.ts.
#include "index"
#include "rng"

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

@group(0) @binding(0) var<storage, read> logits: array<V>;             // [rows, vocab]
// Columns of one state buffer may be bound here, so all of them are read_write.
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;     // [rows]
@group(0) @binding(2) var<storage, read_write> streams: array<u32>;    // [rows]
@group(0) @binding(3) var<storage, read_write> steps: array<u32>;      // [rows]
@group(0) @binding(4) var<storage, read_write> actives: array<u32>;    // [rows]
@group(0) @binding(5) var<storage, read_write> logps: array<f32>;      // [rows]
@group(0) @binding(6) var<storage, read_write> seen: array<u32>;       // [rows, ceil(vocab / 32)], where PENALTY
@group(0) @binding(7) var<storage, read_write> probs: array<V>;        // [rows, vocab], where PROBS
@group(1) @binding(0) var<uniform> params: Sample;

const LOWEST = -3.0e38;
const NO_ID = 0xffffffffu;

// What the lanes of a row share. Every use of `results` has its own column: lanes may still read an earlier one.
var<workgroup> slots: array<f32, LANES * ROWS>;
var<workgroup> slot_ids: array<u32, LANES * ROWS>;
var<workgroup> results: array<array<f32, 5>, ROWS>;
var<workgroup> chosen_key: array<u32, ROWS>;
var<workgroup> chosen_id: array<u32, ROWS>;

// This thread's place.
struct Place {
  row: u32,
  local_row: u32,
  lane: u32,
  packs: u32, // of the row; 0 where it is not active
  base: u32,  // first pack of the row
}

// Makes the lanes of a row wait for each other.
fn meet() {
  if (LANES > 1) { workgroupBarrier(); }
}

fn raw_scaled(at: Place, pack: u32) -> V {
  return logits[at.base + pack] * params.inverse_temperature;
}

// Penalised logit / temperature: the logit is divided by the penalty if positive, else multiplied, where the id was seen (Keskar et al. 2019).
fn scaled(at: Place, pack: u32) -> V {
  let raw = raw_scaled(at, pack);
  if (PENALTY) {
    let id = pack * N;
    let word = seen[at.row * ((params.vocab + 31) / 32) + id / 32];
    let bits = (VU(word) >> (VU(id % 32) + OFFSETS)) & VU(1u);
    let changed = raw * select(V(params.inverse_penalty), V(params.penalty), raw < V(0.0));
    return select(raw, changed, bits == VU(1u));
  }
  return raw;
}

// Bits of z in the order of the values; -0 and 0 are one value.
fn ordered(z: V) -> VU {
  let bits = bitcast<VU>(select(z, V(0.0), z == V(0.0)));
  return bits ^ select(VU(0x80000000u), VU(0xffffffffu), bits >= VU(0x80000000u));
}

// Largest of the lanes' values, in every lane; leaves them in `slots`.
fn lanes_max(at: Place, v: f32, column: u32) -> f32 {
  let first = at.local_row * LANES;
  slots[first + at.lane] = v;
  if (LANES == 1) { return v; }
  meet();
  if (at.lane == 0) {
    var best = v;
    for (var l = 1u; l < LANES; l++) { best = max(best, slots[first + l]); }
    results[at.local_row][column] = best;
  }
  meet();
  return results[at.local_row][column];
}

// Sum of the lanes' values in their order, in every lane; leaves them in `slots`.
fn lanes_sum(at: Place, v: f32, column: u32) -> f32 {
  let first = at.local_row * LANES;
  slots[first + at.lane] = v;
  if (LANES == 1) { return v; }
  meet();
  if (at.lane == 0) {
    var sum = 0.0;
    for (var l = 0u; l < LANES; l++) { sum += slots[first + l]; }
    results[at.local_row][column] = sum;
  }
  meet();
  return results[at.local_row][column];
}

// Order-preserving bits of the k-th largest of the lanes' maxima, which `slots` hold: at least k values of the row are not below it, so
// nothing below it can be the k-th largest value. k <= LANES.
fn kth_maximum(at: Place, k: u32) -> u32 {
  let first = at.local_row * LANES;
  let mine = slots[first + at.lane];
  var larger = 0u;
  for (var l = 0u; l < LANES; l++) { larger += u32(slots[first + l] > mine); }
  slot_ids[first + at.lane] = select(NO_ID, lowest(ordered(V(mine))), larger < k);
  meet();
  var bits = NO_ID;
  for (var l = 0u; l < LANES; l++) { bits = min(bits, slot_ids[first + l]); }
  return bits;
}

// exp(z - top) where z is kept, else 0.
fn kept_mass(z: V, top: f32, cut: u32) -> V {
  let e = exp_each(z - V(top));
  if (FILTER) { return select(V(0.0), e, ordered(z) >= VU(cut)); }
  return e;
}

// Grid: one workgroup per ROWS rows.
@compute @workgroup_size(LANES * ROWS)
fn sample(group: Group, @builtin(local_invocation_index) thread: u32) {
  let local_row = thread / LANES;
  let wanted = linear_index(group.id, group.count) * ROWS + local_row;
  let row = min(wanted, params.rows - 1);
  let on = wanted < params.rows && actives[row] != 0;
  let row_packs = params.vocab / N;
  let at = Place(row, local_row, thread % LANES, select(0u, row_packs, on), row * row_packs);

  // Largest z and its lowest id; largest raw z.
  var z_max = V(LOWEST);
  var z_id = VU(NO_ID);
  var raw_max = V(LOWEST);
  for (var pack = at.lane; pack < at.packs; pack += LANES) {
    let z = scaled(at, pack);
    if (params.greedy != 0) { z_id = select(z_id, VU(pack * N) + OFFSETS, z > z_max); }
    z_max = max(z_max, z);
    if (PENALTY) { raw_max = max(raw_max, raw_scaled(at, pack)); }
  }
  var raw_top = 0.0;
  if (PENALTY) { raw_top = lanes_max(at, largest(raw_max), 1u); }
  let top = lanes_max(at, largest(z_max), 0u); // leaves the lanes' maxima in `slots`
  if (!PENALTY) { raw_top = top; }
  if (params.greedy != 0) {
    let first = local_row * LANES;
    slot_ids[first + at.lane] = lowest(select(VU(NO_ID), z_id, z_max == V(top)));
    meet();
    if (at.lane == 0) {
      var best = NO_ID;
      for (var l = 0u; l < LANES; l++) { best = min(best, slot_ids[first + l]); }
      chosen_id[local_row] = best;
    }
    meet();
  }

  var cut = 0u; // order-preserving bits; 0 keeps all
  #if FILTER
  cut = find_cut(at, top, params.top_k, params.top_p);
  if (params.log_min_p > -1e30) { cut = max(cut, lowest(ordered(V(top + params.log_min_p)))); }
  #end

  // Sums of exp(z - top) over what is kept, and over the raw distribution.
  var kept = V(0.0);
  var raw = V(0.0);
  for (var pack = at.lane; pack < at.packs; pack += LANES) {
    let z = scaled(at, pack);
    let e = exp_each(z - V(top));
    if (FILTER) { kept += select(V(0.0), e, ordered(z) >= VU(cut)); } else { kept += e; }
    if (PENALTY) { raw += exp_each(raw_scaled(at, pack) - V(raw_top)); } else if (FILTER) { raw += e; }
  }
  var raw_sum = 0.0;
  if (PENALTY || FILTER) { raw_sum = lanes_sum(at, total(raw), 2u); }
  let kept_sum = lanes_sum(at, total(kept), 3u);
  if (!PENALTY && !FILTER) { raw_sum = kept_sum; }

  if (PROBS) {
    for (var pack = at.lane; pack < at.packs; pack += LANES) {
      var p = kept_mass(scaled(at, pack), top, cut) / kept_sum;
      if (params.greedy != 0) { p = select(V(0.0), V(1.0), VU(pack * N) + OFFSETS == VU(chosen_id[local_row])); }
      probs[at.base + pack] = p;
    }
  }

  var token = 0u;
  if (params.greedy != 0) {
    token = chosen_id[local_row];
  } else {
    // The segment that holds the goal, then the id in it. Where rounding leaves the goal out of reach: the last one with any mass.
    let first = local_row * LANES;
    if (at.lane == 0) {
      let word = philox(vec2u(params.seed0, params.seed1), vec4u(steps[row], streams[row], 0u, 0u)).x;
      let goal = f32(word >> 8) * 5.9604644775390625e-8 * kept_sum;
      var before = 0.0;
      var segment = 0u;
      var segment_before = 0.0;
      for (var l = 0u; l < LANES; l++) {
        let mass = slots[first + l];
        if (mass > 0.0) {
          segment = l;
          segment_before = before;
          before += mass;
          if (before > goal) { break; }
        }
      }
      chosen_id[local_row] = segment;
      results[local_row][4] = goal - segment_before;
    }
    meet();
    let segment = chosen_id[local_row];
    let goal = results[local_row][4];
    var sum = 0.0;
    var found = false;
    // LANES packs of the segment at a time: every lane sums one, lane 0 walks over them, then over the ids of the one that has the goal.
    for (var tile = 0u; tile < row_packs; tile += LANES * LANES) {
      let mine = tile + at.lane * LANES + segment;
      meet();
      var mass = 0.0;
      if (mine < at.packs && !found) { mass = total(kept_mass(scaled(at, mine), top, cut)); }
      slots[first + at.lane] = mass;
      meet();
      if (at.lane == 0 && !found) {
        for (var l = 0u; l < LANES; l++) {
          let pack_mass = slots[first + l];
          if (pack_mass > 0.0) {
            token = tile + l * LANES + segment; // in packs until the end
            if (sum + pack_mass > goal) {
              found = true;
              break;
            }
            sum += pack_mass;
          }
        }
      }
    }
    if (at.lane == 0 && on) {
      let pack = token;
      let e = kept_mass(scaled(at, pack), top, cut);
      for (var c = 0u; c < N; c++) {
        let mass = element(e, c);
        if (mass > 0.0) {
          token = pack * N + c;
          sum += mass;
          if (sum > goal) { break; }
        }
      }
    }
  }

  if (at.lane == 0 && on) {
    tokens[row] = token;
    let raw_z = element(raw_scaled(at, token / N), token % N);
    logps[row] = raw_z - raw_top - precise_log(raw_sum);
    if (PENALTY) { seen[row * ((params.vocab + 31) / 32) + token / 32] |= 1u << (token % 32); }
  }
}
