// Grids longer than 65,535 workgroups are folded into two dimensions by Recorder.dispatch; this unfolds them.
fn linear_index(id: vec3u, count: vec3u) -> u32 {
  return id.x + id.y * count.x;
}
