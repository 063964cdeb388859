// The cut of top-k and top-p where barriers cost more than a walk: lane 0 of a row walks over its bins. The prelude gives BINS, which is 256 ROWS.
var<workgroup> high: array<atomic<u32>, BINS>;
var<workgroup> low: array<atomic<u32>, BINS>;

fn bin_weight(bin: u32) -> f32 {
  return f32(atomicLoad(&high[bin])) + f32(atomicLoad(&low[bin])) * 2.3283064365386963e-10;
}

// Order-preserving bits of the largest value v among {z >= floor} with weight({z >= v}) >= goal. Weights: 1 each and goal = `share`
// (count), or exp(z - top) and goal = `share` of all of it (mass).
fn select_cut(at: Place, top: f32, floor: u32, by_mass: bool, share: f32) -> u32 {
  let bins = at.local_row * 256;
  var prefix = 0u;
  var goal = share;
  for (var shift = 24i; shift >= 0i; shift -= 8i) {
    for (var b = at.lane; b < 256; b += LANES) {
      atomicStore(&high[bins + b], 0u);
      atomicStore(&low[bins + b], 0u);
    }
    meet();
    let fixed = select(0xffffffffu << u32(shift + 8i), 0u, shift == 24i); // bits that are already chosen
    for (var pack = at.lane; pack < at.packs; pack += LANES) {
      let z = scaled(at, pack);
      let keys = ordered(z);
      if (!any(((keys & VU(fixed)) == VU(prefix)) & (keys >= VU(floor)))) { continue; }
      for (var c = 0u; c < N; c++) {
        let key = element_u(keys, c);
        if (key < floor || (key & fixed) != prefix) { continue; }
        let bin = bins + ((key >> u32(shift)) & 255);
        if (by_mass) {
          let w = precise_exp(element(z, c) - top) * 4096.0; // at most 4096: the sum over 2^20 ids fits in 32 bits
          let whole = u32(w);
          let fraction = u32((w - f32(whole)) * 4294967296.0);
          if (whole > 0) { atomicAdd(&high[bin], whole); }
          if (fraction > 0) {
            let before = atomicAdd(&low[bin], fraction);
            if (before + fraction < before) { atomicAdd(&high[bin], 1u); }
          }
        } else {
          atomicAdd(&high[bin], 1u);
        }
      }
    }
    meet();
    if (at.lane == 0) {
      if (by_mass && shift == 24i) {
        var all = 0.0;
        for (var b = 256u; b > 0; b--) { all += bin_weight(bins + b - 1); }
        goal = share * all;
      }
      var above = 0.0;
      var chosen = 0u;
      var chosen_above = 0.0;
      for (var b = 256u; b > 0; b--) {
        let weight = bin_weight(bins + b - 1);
        if (weight > 0.0) {
          chosen = b - 1; // the lowest one if rounding leaves the goal out of reach
          chosen_above = above;
          above += weight;
          if (above >= goal) { break; }
        }
      }
      goal -= chosen_above;
      chosen_key[at.local_row] = prefix | (chosen << u32(shift));
    }
    meet();
    prefix = chosen_key[at.local_row];
  }
  return prefix;
}

// Order-preserving bits of the lowest value that top-k and top-p keep; 0 where both are off.
fn find_cut(at: Place, top: f32, count: u32, share: f32) -> u32 {
  var cut = 0u;
  if (count > 0 && count <= LANES) { cut = kth_maximum(at, count); }
  if (count > 0) { cut = select_cut(at, top, cut, false, f32(count)); }
  if (share < 1.0) { cut = max(cut, select_cut(at, top, cut, true, share)); }
  return cut;
}
