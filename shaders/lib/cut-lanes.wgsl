// The cut of top-k and top-p, found by all lanes of a row together, for GPUs (ROWS is 1). Few values are above a floor that is known to keep
// enough: the k-th largest of the lanes' maxima, or where bins of 1/4 in z reach the mass. If there is no more than one for each lane, the lanes
// list them all, and each finds the rank of its own: two passes over the row. Else radix selection, 6 bits of the keys a pass.
// Keys are order-preserving bits; weights are 64-bit integers (low, high), whose sums are exact: both ways and any order give the same cut.
// #if is expanded by src/kernels/unroll.ts.
const BINS = 64u;

var<workgroup> high: array<atomic<u32>, BINS>;
var<workgroup> low: array<atomic<u32>, BINS>;
var<workgroup> listed: array<u32, LANES>;
var<workgroup> list_length: atomic<u32>;
var<workgroup> masses: array<vec2u, LANES>; // of the listed keys
var<workgroup> found: u32;

fn plus(a: vec2u, b: vec2u) -> vec2u {
  let low_word = a.x + b.x;
  return vec2u(low_word, a.y + b.y + u32(low_word < a.x));
}

fn minus(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

fn is_less(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
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
  if (weight.x > 0) {
    let before = atomicAdd(&low[bin], weight.x);
    whole += u32(before + weight.x < before);
  }
  if (whole > 0) { atomicAdd(&high[bin], whole); }
}

fn clear_bins(at: Place) {
  meet();
  for (var b = at.lane; b < BINS; b += LANES) {
    atomicStore(&high[b], 0u);
    atomicStore(&low[b], 0u);
  }
  meet();
}

fn bin_sum(bin: u32) -> vec2u {
  return vec2u(atomicLoad(&low[bin]), atomicLoad(&high[bin]));
}

fn sum_of_bins() -> vec2u {
  var sum = vec2u();
  for (var b = 0u; b < BINS; b++) { sum = plus(sum, bin_sum(b)); }
  return sum;
}

struct Reached {
  bin: u32,
  missing: vec2u, // what the bins above it leave of the goal
}

// The highest bin from which on the sum reaches the goal.
fn bin_of(goal: vec2u) -> Reached {
  var missing = goal;
  var bin = BINS - 1;
  for (; bin > 0; bin--) {
    let sum = bin_sum(bin);
    if (!is_less(sum, missing)) { break; }
    missing = minus(missing, sum);
  }
  return Reached(bin, missing);
}

// A floor of top-p's cut (0: it is too far below the top), and the mass of all values.
struct Floor {
  key: u32,
  all: vec2u,
}

fn floor_of_mass(at: Place, top: f32, kept: Kept) -> Floor {
  clear_bins(at);
  for (var pack = at.lane; pack < at.packs; pack += LANES) {
    let below = V(top) - scaled(at, pack);
    let exponentials = exp_each(-below);
    for (var c = 0u; c < N; c++) {
      add_to_bin(BINS - 1 - min(u32(element(below, c) * 4.0), BINS - 1), mass_of(element(exponentials, c)));
    }
  }
  meet();
  let all = sum_of_bins();
  let bin = bin_of(goal_of(kept, true, all)).bin;
  return Floor(select(key_of(top - f32(BINS - bin) / 4.0), 0u, bin == 0), all);
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
    if (((word >> (id % 32)) & 1) == 1) { return raw * select(params.inverse_penalty, params.penalty, raw < 0.0); }
  }
  return raw;
}

fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
}

// Lists the keys from `floor` on; gives their number, more than LANES where there is no room for all, or no floor.
fn list_from(at: Place, floor: u32) -> u32 {
  if (at.lane == 0) { atomicStore(&list_length, select(0u, LANES + 1, floor == 0)); }
  meet();
  var place = select(0u, LANES, floor == 0);
  for (var pack = at.lane; pack < at.packs && place < LANES; pack += LANES) {
    let keys = ordered(scaled(at, pack));
    if (!any(keys >= VU(floor))) { continue; }
    for (var c = 0u; c < N; c++) {
      let key = element_u(keys, c);
      if (key < floor) { continue; }
      place = atomicAdd(&list_length, 1u);
      if (place < LANES) { listed[place] = key; }
    }
  }
  meet();
  if (at.lane == 0) { found = atomicLoad(&list_length); }
  return workgroupUniformLoad(&found);
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
    if (at.lane < length && larger < kept.count && reached >= kept.count) { found = mine; }
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
    if (at.lane < length && mine >= cut && is_less(above, goal) && !is_less(reached, goal)) { found = mine; }
    cut = workgroupUniformLoad(&found);
  }
  return cut;
}

// The cut among all values from a floor on: that of top-k, then that of top-p among those from there on.
fn cut_by_radix(at: Place, top: f32, kept: Kept, begin: Floor) -> u32 {
  var floor = begin.key;
  var by_mass = kept.count == 0;
  var shift = 26u; // of the 6 bits that a pass chooses; the last one has 4 of the pass before among them
  var fixed = 0u; // bits that are chosen
  var prefix = 0u;
  var goal = goal_of(kept, true, begin.all);
  loop {
    clear_bins(at);
    for (var id = at.lane; id < at.packs * N; id += LANES) {
      let z = scaled_one(at, id);
      let key = key_of(z);
      if (key < floor || (key & fixed) != prefix) { continue; }
      var weight = vec2u(0, 1);
      if (by_mass) { weight = mass_of(precise_exp(z - top)); }
      add_to_bin((key >> shift) % BINS, weight);
    }
    meet();
    if (fixed == 0 && kept.count > 0) { goal = goal_of(kept, by_mass, sum_of_bins()); }
    let reached = bin_of(goal);
    prefix |= reached.bin << shift;
    goal = reached.missing;
    let whole = shift == 0;
    if (whole && (by_mass || kept.share >= 1.0)) { break; }
    floor = select(floor, prefix, whole);
    prefix = select(prefix, 0, whole);
    by_mass = by_mass || whole;
    fixed = select(0xffffffffu << shift, 0, whole);
    shift = select(max(shift, 6) - 6, 26, whole);
  }
  return prefix;
}

// Order-preserving bits of the lowest value that top-k and top-p keep; 0 where both are off.
fn find_cut(at: Place, top: f32, count: u32, share: f32) -> u32 {
  let kept = Kept(count, share);
  if (kept.count == 0 && kept.share >= 1.0) { return 0; }
  var floor = Floor();
  if (kept.count == 0) {
    floor = floor_of_mass(at, top, kept);
  } else if (kept.count <= LANES) {
    floor.key = kth_maximum(at, kept.count);
  }
  let length = list_from(at, floor.key);
  if (length <= LANES) { return cut_of_list(at, top, kept, length, floor.all); }
  return cut_by_radix(at, top, kept, floor);
}
