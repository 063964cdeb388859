// attention.wgsl for software devices with subgroups, where loads cost more than arithmetic. A workgroup is one subgroup; its lanes hold
// different queries of one key head, STREAMS each, in registers. Queries are numbered through the rows and the heads of the group:
// n = row * repeats + head. Four keys at a time: the lanes of a quad load one element each of four neighbours and share them by
// broadcast, so that every load feeds 4 x STREAMS products per lane.
// Grid: blocks of LANES * STREAMS queries x key heads, heads fastest.
#include "attention-forward"
#include "attention-queries"
#include "head4"

@compute @workgroup_size(LANES)
fn attention_fwd_quads(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = queries_of(group, LANES * STREAMS);
  if (block.first >= block.count) { return; }
  #for c CHUNKS
  let column$c = min(4u * $c + lane % 4, HEAD_DIM - 1);
  #end
  #for r STREAMS
  var highest$r = -1e30;
  var total$r = 0.0;
  // surplus lanes repeat the last query
  let pair$r = pair_of(min(block.first + $r * LANES + lane, block.count - 1), block.kv_head, block.repeats);
  let row$r = vec4u(pair$r / params.heads);
  let start$r = vec4u(first_seen(row$r.x, seq_start[row$r.x]));
  var q$r: array<vec4f, CHUNKS>;
  var sum$r: array<vec4f, CHUNKS>;
  for (var c = 0u; c < CHUNKS; c++) { q$r[c] = load_4(&q, pair$r * HEAD_DIM, 4 * c) * params.scale; }
  #end
  let stride = params.kv_heads * HEAD_DIM;
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + 4, block.first_row)) {
    let at = vec4u(j, j + 1, j + 2, j + 3);
    let near = min(at, vec4u(block.last_row));
    let key = near * stride + block.kv_head * HEAD_DIM;
    #for r STREAMS
    var s$r = vec4f();
    #end
    #for c CHUNKS
    {
      let x = vec4f(k[key.x + column$c], k[key.y + column$c], k[key.z + column$c], k[key.w + column$c]);
      #for e 4
      let x$e = quadBroadcast(x, $e);
      #end
      #for r STREAMS
      s$r += mat4x4f(x0, x1, x2, x3) * q$r[$c];
      #end
    }
    #end
    #for r STREAMS
    let seen$r = sees_4(row$r, start$r, at, end_4(near));
    let t$r = select(vec4f(-1e30), s$r, seen$r);
    let next$r = max(max(highest$r, max(t$r.x, t$r.y)), max(t$r.z, t$r.w));
    let decay$r = exp(highest$r - next$r);
    let p$r = select(vec4f(), exp(t$r - next$r), seen$r);
    highest$r = next$r;
    total$r = total$r * decay$r + p$r.x + p$r.y + p$r.z + p$r.w;
    #end
    #for c CHUNKS
    {
      let x = vec4f(v[key.x + column$c], v[key.y + column$c], v[key.z + column$c], v[key.w + column$c]);
      #for e 4
      let x$e = quadBroadcast(x, $e);
      #end
      #for r STREAMS
      sum$r[$c] = sum$r[$c] * decay$r + p$r * mat4x4f(x0, x1, x2, x3);
      #end
    }
    #end
  }
  #for r STREAMS
  if (block.first + $r * LANES + lane < block.count) {
    for (var c = 0u; c < CHUNKS; c++) { store_4(&o, pair$r * HEAD_DIM, 4 * c, sum$r[c] / total$r); }
    lse[pair$r] = highest$r + log(total$r);
  }
  #end
}
