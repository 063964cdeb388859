// attention.wgsl for software devices with wide subgroups, in few instructions: drivers there take milliseconds to compile one that reads or writes memory,
// and what is fetched is what takes the time. A workgroup is one subgroup; its lanes hold different queries of one key head, STREAMS each, in
// registers, numbered as in attention-quads.wgsl. KEYS keys at a time are loaded by all lanes together, and shared by broadcast.
// Grid: blocks of LANES * STREAMS queries x key heads, heads fastest.
#include "attention-forward"
#include "attention-queries"
#include "head-vectors"

@compute @workgroup_size(LANES)
fn attention_fwd_wide(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = queries_of(group, LANES * STREAMS);
  if (block.first >= block.count) { return; }
  #for r STREAMS
  var highest$r = -1e30;
  var total$r = 0.0;
  // surplus lanes repeat the last query
  let pair$r = pair_of(min(block.first + $r * LANES + lane, block.count - 1), block.kv_head, block.repeats);
  let row$r = pair$r / params.heads;
  let start$r = first_seen(row$r, seq_start[row$r]);
  var q$r: array<vec4f, VECS>;
  var sum$r: array<vec4f, VECS>;
  for (var i = 0u; i < vectors(block.repeats); i++) {
    let query = q[pair$r * VECS + i] * params.scale;
    #for c VECS
    q$r[$c] = select(q$r[$c], query, i == $c);
    #end
  }
  #end
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + KEYS, block.first_row)) {
    let ends = seq_end[min(j + lane, block.last_row)];
    var keys: array<vec4f, LOADS>;
    var values: array<vec4f, LOADS>;
    #for i LOADS
    let at$i = (min(j + neighbour_of($i, lane), block.last_row) * params.kv_heads + block.kv_head) * VECS + part_of($i, lane);
    keys[$i] = k[at$i];
    values[$i] = v[at$i];
    #end
    #for n KEYS
    let end$n = subgroupBroadcast(ends, $n);
    #for r STREAMS
    var s$r_$n = vec4f();
    #end
    #for c VECS
    {
      let key = subgroupBroadcast(keys[($nu * VECS + $c) / LANES], ($nu * VECS + $c) % LANES);
      #for r STREAMS
      s$r_$n = fma(key, q$r[$c], s$r_$n);
      #end
    }
    #end
    #end
    #for r STREAMS
    var next$r = highest$r;
    #for n KEYS
    let seen$r_$n = sees(row$r, start$r, j + $n, end$n);
    let t$r_$n = select(-1e30, (s$r_$n.x + s$r_$n.y) + (s$r_$n.z + s$r_$n.w), seen$r_$n);
    next$r = max(next$r, t$r_$n);
    #end
    let decay$r = exp(highest$r - next$r);
    highest$r = next$r;
    total$r *= decay$r;
    #for c VECS
    sum$r[$c] *= decay$r;
    #end
    #for n KEYS
    let p$r_$n = select(0.0, exp(t$r_$n - next$r), seen$r_$n);
    total$r += p$r_$n;
    #end
    #end
    #for n KEYS
    #for c VECS
    {
      let value = subgroupBroadcast(values[($nu * VECS + $c) / LANES], ($nu * VECS + $c) % LANES);
      #for r STREAMS
      sum$r[$c] = fma(vec4f(p$r_$n), value, sum$r[$c]);
      #end
    }
    #end
    #end
  }
  #for r STREAMS
  let vectors$r = select(0u, VECS, block.first + $r * LANES + lane < block.count);
  if (vectors$r > 0) { lse[pair$r] = highest$r + log(total$r); }
  for (var i = 0u; i < vectors$r; i++) {
    var value = sum$r[0];
    #for c VECS
    value = select(value, sum$r[$c], i == $c);
    #end
    o[pair$r * VECS + i] = value / total$r;
  }
  #end
}
