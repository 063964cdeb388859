// Keeps the sampled token of every active slot of a decoding batch and moves the slot on by one token, or stops it at an end id or at its
// limit. Grid: one thread per slot.
struct Advance {
  slots: u32,
  stride: u32, // from one column of the state to the next
  max_context: u32,
  max_new: u32,
  eos_count: u32,
}

// Columns of the state (DECODE_FIELDS in src/ops/sampling.ts).
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
@group(1) @binding(0) var<uniform> params: Advance;

fn field(column: u32, slot: u32) -> u32 {
  return column * params.stride + slot;
}

@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) id: vec3u) {
  let slot = id.x;
  if (slot >= params.slots || state[field(ACTIVE, slot)] == 0) { return; }
  let token = state[field(TOKEN, slot)];
  let step = state[field(STEP, slot)];
  if (step < params.max_new) {
    out_tokens[slot * params.max_new + step] = token;
    out_logps[slot * params.max_new + step] = sampled[slot];
  }
  state[field(STEP, slot)] = step + 1;
  let position = state[field(POSITION, slot)] + 1;
  var stop = step + 1 >= min(state[field(LIMIT, slot)], params.max_new) || position >= params.max_context;
  for (var e = 0u; e < params.eos_count; e++) { stop |= eos[e] == token; }
  if (stop) {
    state[field(ACTIVE, slot)] = 0u;
    state[field(CONTEXT, slot)] = 0u;
    state[field(CACHE_ROW, slot)] = 0xffffffffu;
  } else {
    state[field(POSITION, slot)] = position;
    state[field(CONTEXT, slot)] += 1;
    state[field(CACHE_ROW, slot)] = kv_index[slot * params.max_context + position];
  }
}
