// Sums over lanes that are one subgroup. The prelude gives LANES.
enable subgroups;
// The workgroup is one subgroup. Sum of v over its lanes, the same in every lane.
fn lane_sum(v: f32, lane: u32) -> f32 {
  return subgroupAdd(v);
}

// Largest v of its lanes, the same in every lane.
fn lane_max(v: f32, lane: u32) -> f32 {
  return subgroupMax(v);
}
