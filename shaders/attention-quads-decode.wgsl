// attention-decode.wgsl for software devices with subgroups. A workgroup is one quad and serves STREAMS query heads of one key head of a slot:
// its lanes hold neighbouring elements of the head vectors, so that every load of the cache is four neighbours wide; four positions at a
// time, whose scores are summed over the quad. HALF: the cache is in f16, a load of it is two elements. Grid: slots x key heads x blocks of STREAMS heads, blocks fastest.
#if HALF
alias Cell = u32;
alias Share = vec2f; // of a head vector, that a lane has
const EACH = 2u;
#end
#if !HALF
alias Cell = f32;
alias Share = f32;
const EACH = 1u;
#end
#include "attention-cached"
#include "index"

#if HALF
// Of four words the first elements, then the second ones.
fn columns_of(words: vec4u) -> mat2x4f {
  let x = unpack2x16float(words.x);
  let y = unpack2x16float(words.y);
  let z = unpack2x16float(words.z);
  let w = unpack2x16float(words.w);
  return mat2x4f(x.x, y.x, z.x, w.x, x.y, y.y, z.y, w.y);
}
#end

@compute @workgroup_size(4)
fn attention_decode_quads(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let blocks = (repeats + STREAMS - 1) / STREAMS;
  let kv_head = index / blocks % params.kv_heads;
  let slot = index / blocks / params.kv_heads;
  if (slot >= params.slots) { return; }
  #for c CHUNKS
  let column$c = min((4u * $c + lane) * EACH, HEAD_DIM - EACH);
  #end
  #for r STREAMS
  // surplus streams repeat the last head of the group
  let base$r = (slot * params.heads + kv_head * repeats + min(index % blocks * STREAMS + $r, repeats - 1)) * HEAD_DIM;
  var highest$r = -1e30;
  var total$r = 0.0;
  #for c CHUNKS
  #if HALF
  let pair$r_$c = vec2f(q[base$r + column$c], q[base$r + column$c + 1]);
  #end
  #if !HALF
  let pair$r_$c = q[base$r + column$c];
  #end
  let q$r_$c = select(Share(), pair$r_$c * params.scale, (4u * $c + lane) * EACH < HEAD_DIM);
  var sum$r_$c = Share();
  #end
  #end
  let context = context_length[slot];
  for (var j = context - min(context, params.window); j < context; j += 4) {
    let at = vec4u(j, j + 1, j + 2, j + 3);
    let entry = slot * params.max_context + min(at, vec4u(context - 1));
    let rows = vec4u(kv_index[entry.x], kv_index[entry.y], kv_index[entry.z], kv_index[entry.w]);
    let key = (rows * params.kv_heads + kv_head) * HEAD_DIM;
    #if HALF
    let words = key / 2;
    #end
    #for r STREAMS
    var s$r = vec4f();
    #end
    #for c CHUNKS
    #if HALF
    let at_k$c = words + column$c / 2;
    let k$c = columns_of(vec4u(k_cache[at_k$c.x], k_cache[at_k$c.y], k_cache[at_k$c.z], k_cache[at_k$c.w]));
    #for r STREAMS
    s$r += k$c * q$r_$c;
    #end
    #end
    #if !HALF
    let k$c = vec4f(k_cache[key.x + column$c], k_cache[key.y + column$c], k_cache[key.z + column$c], k_cache[key.w + column$c]);
    #for r STREAMS
    s$r += q$r_$c * k$c;
    #end
    #end
    #end
    #for r STREAMS
    s$r += quadSwapX(s$r);
    s$r += quadSwapY(s$r);
    s$r = select(vec4f(-1e30), s$r, at < vec4u(context));
    let next$r = max(max(highest$r, max(s$r.x, s$r.y)), max(s$r.z, s$r.w));
    let decay$r = exp(highest$r - next$r);
    let p$r = exp(s$r - next$r); // 0 past the context: there -1e30, and next is the score of position j at least
    highest$r = next$r;
    total$r = total$r * decay$r + p$r.x + p$r.y + p$r.z + p$r.w;
    #end
    #for c CHUNKS
    #if HALF
    let at_v$c = words + column$c / 2;
    let v$c = columns_of(vec4u(v_cache[at_v$c.x], v_cache[at_v$c.y], v_cache[at_v$c.z], v_cache[at_v$c.w]));
    #for r STREAMS
    sum$r_$c = sum$r_$c * decay$r + p$r * v$c;
    #end
    #end
    #if !HALF
    let v$c = vec4f(v_cache[key.x + column$c], v_cache[key.y + column$c], v_cache[key.z + column$c], v_cache[key.w + column$c]);
    #for r STREAMS
    sum$r_$c = sum$r_$c * decay$r + dot(p$r, v$c);
    #end
    #end
    #end
  }
  #for r STREAMS
  let norm$r = select(1.0 / total$r, 0.0, context == 0);
  #for c CHUNKS
  if ((4u * $c + lane) * EACH < HEAD_DIM) {
    #if HALF
    o[base$r + column$c] = sum$r_$c.x * norm$r;
    o[base$r + column$c + 1] = sum$r_$c.y * norm$r;
    #end
    #if !HALF
    o[base$r + column$c] = sum$r_$c * norm$r;
    #end
  }
  #end
  #end
}
