// Sums over lanes through workgroup memory, where there are no subgroups of one known size. The prelude gives LANES.
var<workgroup> lane_slots: array<f32, LANES>;
// Sum of v over the lanes of the workgroup, the same in every lane.
fn lane_sum(v: f32, lane: u32) -> f32 {
  workgroupBarrier();
  lane_slots[lane] = v;
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { lane_slots[lane] += lane_slots[lane + half]; }
  }
  workgroupBarrier();
  return lane_slots[0];
}

// Largest v of the lanes of the workgroup, the same in every lane.
fn lane_max(v: f32, lane: u32) -> f32 {
  workgroupBarrier();
  lane_slots[lane] = v;
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { lane_slots[lane] = max(lane_slots[lane], lane_slots[lane + half]); }
  }
  workgroupBarrier();
  return lane_slots[0];
}
