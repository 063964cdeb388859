// The cut of top-k and top-p, found by all lanes of a row together, for GPUs (ROWS is 1). Few values are above a floor that is known to keep
// enough: the k-th largest of the lanes' maxima, or where bins of 1/2 in z reach the mass. If there is no more than one for each lane, the lanes
// list them all, and each finds the rank of its own: two passes over the row. Else radix selection, 5 bits of the keys a pass.
// Keys are order-preserving bits; weights are 64-bit integers (low, high), whose sums are exact: both ways and any order give the same cut.
// #if is expanded by src/kernels/unroll.ts.
const BINS = 32u; // no more than LANES

var<workgroup> high: array<atomic<u32>, BINS>;
var<workgroup> low: array<atomic<u32>, BINS>;
var<workgroup> listed: array<u32, LANES>;
var<workgroup> list_length: atomic<u32>;
var<workgroup> masses: array<vec2u, LANES>; // of the listed keys
var<workgroup> found: u32;
var<workgroup> sums: array<vec2u, BINS + 1>; // of each bin and those above it

fn plus(a: vec2u, b: vec2u) -> vec2u {
  let low_word = a.x + b.x;
  return vec2u(low_word, a.y + b.y + u32(low_word < a.x));
}

fn minus(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

fn is_less(a: vec2u, b: vec2u) -> bool {
  return select(a.y < b.y, a.x < b.x, a.y == b.y);
}

// How many values are to be kept (0: all), and of those what share of their mass (1: all).
struct Kept {
  count: u32,
  share: f32,
}

// What is to be reached: a number of values, or a share of a mass.
fn goal_of(kept: Kept, by_mass: bool, all: vec2u) -> vec2u {
  let mass = kept.share * (f32(all.y) + f32(all.x) * 2.3283064365386963e-10);
  let goal = vec2u(u32(fract(mass) * 4294967296.0), u32(mass));
  if (!by_mass) { return vec2u(0, kept.count); }
  return select(max(goal, vec2u(u32(goal.y == 0), 0)), all, is_less(all, goal)); // more than 0, and no more than there is
}

// exp(z - top), at most 4096: the sum over 2^20 ids fits in 32 bits before the point.
fn mass_of(exponential: f32) -> vec2u {
  let mass = exponential * 4096.0;
  return vec2u(u32(fract(mass) * 4294967296.0), u32(mass));
}

fn add_to_bin(bin: u32, weight: vec2u) {
  var whole = weight.y;
  let before = atomicAdd(&low[bin], weight.x);
  whole += u32(before + weight.x < before);
  if (whole > 0) { atomicAdd(&high[bin], whole); }
}

fn clear_bins(at: Place) {
  if (at.lane < BINS) {
    atomicStore(&high[at.lane], 0u);
    atomicStore(&low[at.lane], 0u);
  }
  if (at.lane == 0) { atomicStore(&list_length, 0u); }
  meet();
}

fn bin_sum(bin: u32) -> vec2u {
  return vec2u(atomicLoad(&low[bin]), atomicLoad(&high[bin]));
}

// The highest bin from which on the sum reaches a goal.
struct Reached {
  bin: u32,
  missing: vec2u, // what the bins above it leave of the goal
}

var<workgroup> chosen: Reached;

// The sum of a bin and of those above it, in the lane of its number; 0 in lanes past the last bin. It stays in `sums`.
fn sums_from(at: Place) -> vec2u {
  let bin = min(at.lane, BINS);
  var sum = vec2u();
  if (bin < BINS) { sum = bin_sum(bin); }
  sums[bin] = sum;
  meet();
  for (var far = 1u; far < BINS; far *= 2) {
    let above = sums[min(bin + far, BINS)];
    meet();
    sum = plus(sum, above);
    sums[bin] = sum;
    meet();
  }
  return sum;
}

// The same as `scaled` and `ordered` for one id.
fn scaled_one(at: Place, id: u32) -> f32 {
  #if FOUR
  let raw = logits[at.base + id / 4][id % 4] * params.inverse_temperature;
  #end
  #if !FOUR
  let raw = logits[at.base + id] * params.inverse_temperature;
  #end
  if (PENALTY) {
    let word = seen[at.row * ((params.vocab + 31) / 32) + id / 32];
    return select(raw, raw * select(params.inverse_penalty, params.penalty, raw < 0.0), ((word >> (id % 32)) & 1) == 1);
  }
  return raw;
}

fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
}

// The z of a key.
fn value_of(key: u32) -> f32 {
  return bitcast<f32>(key ^ select(0xffffffffu, 0x80000000u, key >= 0x80000000u));
}

// The cut among listed keys: that of top-k, then that of top-p among those from there on. `all` is the mass of all values where `count` is 0.
fn cut_of_list(at: Place, top: f32, kept: Kept, length: u32, all_mass: vec2u) -> u32 {
  var mine = 0u;
  if (at.lane < length) {
    mine = listed[at.lane];
    masses[at.lane] = mass_of(precise_exp(value_of(mine) - top));
  }
  meet();
  var cut = 0u;
  if (kept.count > 0) {
    var larger = 0u;
    var reached = 0u;
    for (var l = 0u; l < length; l++) {
      larger += u32(listed[l] > mine);
      reached += u32(listed[l] >= mine);
    }
    if ((at.lane < length) & (larger < kept.count) & (reached >= kept.count)) { found = mine; }
    cut = workgroupUniformLoad(&found);
  }
  if (kept.share < 1.0) {
    var above = vec2u();
    var reached = vec2u();
    var all = vec2u();
    for (var l = 0u; l < length; l++) {
      let key = listed[l];
      let weight = masses[l];
      above = plus(above, select(vec2u(), weight, key > mine));
      reached = plus(reached, select(vec2u(), weight, key >= mine));
      all = plus(all, select(vec2u(), weight, key >= cut));
    }
    if (kept.count == 0) { all = all_mass; }
    let goal = goal_of(kept, true, all);
    if ((at.lane < length) & (mine >= cut) & is_less(above, goal) & !is_less(reached, goal)) { found = mine; }
    cut = workgroupUniformLoad(&found);
  }
  return cut;
}

// What a pass over the row does: sums masses by their distance from the top, for a floor of the cut; lists the keys from the floor on; or counts
// or sums those that share the digits chosen so far, by their next digit.
const FLOOR = 0u;
const LIST = 1u;
const DIGIT = 2u;

// Order-preserving bits of the lowest value that top-k and top-p keep; 0 where both are off. All passes are turns of one loop over the packs: as
// loops in a loop each took compilers' registers and time of its own.
fn find_cut(at: Place, top: f32, count: u32, share: f32) -> u32 {
  let kept = Kept(count, share);
  if (kept.count == 0 && kept.share >= 1.0) { return 0; }
  var floor = 0u;
  if (kept.count > 0 && kept.count <= LANES) { floor = kth_maximum(at, kept.count); }
  var pass_kind = select(select(LIST, DIGIT, kept.count > LANES), FLOOR, kept.count == 0);
  var by_mass = kept.count == 0;
  var all = vec2u(); // the mass of all values, where that was summed
  var shift = 27u; // of the 5 bits that a pass chooses; the last one has 3 of the pass before among them
  var fixed = 0u; // bits that are chosen
  var prefix = 0u;
  var goal = vec2u();
  var length = 0u;
  var begin = 0u;
  clear_bins(at);
  loop {
    let id = begin + at.lane;
    if (id < at.packs * N) {
      let z = scaled_one(at, id);
      let key = key_of(z);
      if ((key >= floor) & ((key & fixed) == prefix)) {
        if (pass_kind == LIST) {
          let place = atomicAdd(&list_length, 1u);
          if (place < LANES) { listed[place] = key; }
        } else {
          let distance = min(u32((top - z) * 2.0), BINS - 1);
          let bin = select((key >> shift) % BINS, BINS - 1 - distance, pass_kind == FLOOR);
          add_to_bin(bin, select(vec2u(0, 1), mass_of(precise_exp(z - top)), by_mass));
        }
      }
    }
    begin += LANES;
    if (begin < params.vocab) { continue; }
    begin = 0;
    meet();
    if (pass_kind == LIST) {
      if (at.lane == 0) { found = select(atomicLoad(&list_length), LANES + 1, floor == 0); }
      length = workgroupUniformLoad(&found);
      if (length <= LANES) { break; }
      pass_kind = DIGIT;
      prefix = 0;
    } else {
      let sum = sums_from(at);
      if ((pass_kind == FLOOR) | (kept.count > 0)) { all = sums[0]; }
      if (fixed == 0) { goal = goal_of(kept, by_mass, all); }
      if (at.lane < BINS) {
        let above = sums[at.lane + 1];
        if (is_less(above, goal) & ((at.lane == 0) | !is_less(sum, goal))) { chosen = Reached(at.lane, minus(goal, above)); }
      }
      meet();
      let reached = chosen;
      if (pass_kind == FLOOR) {
        floor = select(key_of(top - f32(BINS - reached.bin) / 2.0), 0u, reached.bin == 0);
        prefix = u32(floor == 0); // no key has it: nothing is listed
        pass_kind = LIST;
      } else {
        prefix |= reached.bin << shift;
        goal = reached.missing;
        let whole = shift == 0;
        if (whole & (by_mass | (kept.share >= 1.0))) { break; }
        floor = select(floor, prefix, whole);
        prefix = select(prefix, 0, whole);
        by_mass |= whole;
        fixed = select(0xffffffffu << shift, 0, whole);
        shift = select(max(shift, 5) - 5, 27, whole);
      }
    }
    clear_bins(at);
  }
  if (pass_kind == LIST) { return cut_of_list(at, top, kept, length, all); }
  return prefix;
}
