// Head vectors of neighbours as the lanes of a subgroup load them together: each lane LOADS of the VECS vectors that every one of KEYS neighbours has.
fn neighbour_of(load: u32, lane: u32) -> u32 {
  return (load * LANES + lane) / VECS;
}

fn part_of(load: u32, lane: u32) -> u32 {
  return (load * LANES + lane) % VECS;
}

// VECS, by a number that is not 0 but in a compiler's eyes might be: it does not write out loops of so many turns, and each of their loads and stores
// is compiled once. A vector of a lane is then picked by `select`, so that all stay in registers.
fn vectors(some: u32) -> u32 {
  return VECS * min(1u, some);
}
