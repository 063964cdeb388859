// attention-decode.wgsl for software devices with wide subgroups. A workgroup is one subgroup and serves STREAMS query heads of one key head of a slot.
// PARTS of its lanes share a vector of keys or values, CHUNKS loads each; those of the next position are beside them, LANES / PARTS positions at a
// time. Every such group of lanes has sums of its own, which are added up at the end. Grid: as for attention-quads-decode.wgsl.
#include "cache-cell"
#include "attention-cached"
#include "index"

const POSITIONS = LANES / PARTS;

@compute @workgroup_size(LANES)
fn attention_decode_wide(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let blocks = (repeats + STREAMS - 1) / STREAMS;
  let kv_head = index / blocks % params.kv_heads;
  let slot = index / blocks / params.kv_heads;
  if (slot >= params.slots) { return; }
  #for c CHUNKS
  let column$c = min($c * PARTS + lane % PARTS, VECS - 1);
  #end
  #for r STREAMS
  // surplus streams repeat the last head of the group
  let base$r = (slot * params.heads + kv_head * repeats + min(index % blocks * STREAMS + $r, repeats - 1)) * VECS;
  var highest$r = -1e30;
  var total$r = 0.0;
  #for c CHUNKS
  let q$r_$c = select(vec4f(), q[base$r + column$c] * params.scale, $c * PARTS + lane % PARTS < VECS);
  var sum$r_$c = vec4f();
  #end
  #end
  let context = context_length[slot];
  for (var j = context - min(context, params.window); j < context; j += POSITIONS) {
    let at = j + lane / PARTS;
    let key = (kv_index[slot * params.max_context + min(at, context - 1)] * params.kv_heads + kv_head) * VECS;
    #for c CHUNKS
    let k$c = vec_of(k_cache[key + column$c]);
    let v$c = vec_of(v_cache[key + column$c]);
    #end
    #for r STREAMS
    {
      var products = vec4f();
      #for c CHUNKS
      products = fma(q$r_$c, k$c, products);
      #end
      var s = (products.x + products.y) + (products.z + products.w);
      #for b PART_STEPS
      s += subgroupShuffleXor(s, 1u << $b);
      #end
      let next = select(highest$r, max(highest$r, s), at < context);
      let decay = exp(highest$r - next);
      let p = select(0.0, exp(s - next), at < context);
      highest$r = next;
      total$r = fma(total$r, decay, p);
      #for c CHUNKS
      sum$r_$c = fma(vec4f(p), v$c, sum$r_$c * decay);
      #end
    }
    #end
  }
  #for r STREAMS
  #for b POSITION_STEPS
  {
    let next = max(highest$r, subgroupShuffleXor(highest$r, PARTS << $b));
    let decay = exp(highest$r - next);
    highest$r = next;
    total$r *= decay;
    total$r += subgroupShuffleXor(total$r, PARTS << $b);
    #for c CHUNKS
    sum$r_$c *= decay;
    sum$r_$c += subgroupShuffleXor(sum$r_$c, PARTS << $b);
    #end
  }
  #end
  let norm$r = select(1.0 / total$r, 0.0, context == 0);
  #for c CHUNKS
  if (lane < PARTS && $c * PARTS + lane < VECS) { o[base$r + column$c] = sum$r_$c * norm$r; }
  #end
  #end
}
