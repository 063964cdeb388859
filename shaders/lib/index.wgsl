// Grids longer than 65,535 workgroups are folded into two dimensions by Recorder.dispatch; this unfolds them.
fn linear_index(id: vec3u, count: vec3u) -> u32 {
  return id.x + id.y * count.x;
}

// Where a workgroup is in the grid: the parameter of an entry point.
struct Group {
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) count: vec3u,
}
