// attention-backward.wgsl for software devices with wide subgroups, in the manner of attention-wide.wgsl: every lane holds STREAMS queries (dq) or
// STREAMS keys (dk, dv) in registers; those of the other side are loaded one after the other, by all lanes together.
#include "attention-gradient"
#include "attention-queries"
#include "head-vectors"

@group(0) @binding(0) var<storage, read> delta_o: array<Vec>;
@group(0) @binding(1) var<storage, read> delta_d_o: array<Vec>;
@group(0) @binding(2) var<storage, read> delta_lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta_out: array<vec2f>;

// attention_bwd_delta, whose sums have the order of those below: a query that sees one key has a gradient of 0. Grid: (row, head) pairs / LANES.
@compute @workgroup_size(LANES)
fn attention_bwd_delta_wide(group: Group, @builtin(local_invocation_index) lane: u32) {
  let pair = linear_index(group.id, group.count) * LANES + lane;
  if (pair >= params.tokens * params.heads) { return; }
  var sum = vec4f();
  for (var i = 0u; i < vectors(params.heads); i++) { sum = fma(delta_o[pair * VECS + i], delta_d_o[pair * VECS + i], sum); }
  delta_out[pair] = vec2f(delta_lse[pair], (sum.x + sum.y) + (sum.z + sum.w));
}

// Grid: blocks of LANES * STREAMS queries x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dq_wide(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = queries_of(group, LANES * STREAMS);
  if (block.first >= block.count) { return; }
  #for r STREAMS
  // surplus lanes repeat the last query
  let pair$r = pair_of(min(block.first + $r * LANES + lane, block.count - 1), block.kv_head, block.repeats);
  let row$r = pair$r / params.heads;
  let start$r = first_seen(row$r, seq_start[row$r]);
  let lse_delta$r = lse_delta[pair$r];
  var q$r: array<vec4f, VECS>;
  var u$r: array<vec4f, VECS>;
  var sum$r: array<vec4f, VECS>;
  for (var i = 0u; i < vectors(block.repeats); i++) {
    let query = q[pair$r * VECS + i] * params.scale;
    let upstream = d_o[pair$r * VECS + i];
    #for c VECS
    q$r[$c] = select(q$r[$c], query, i == $c);
    u$r[$c] = select(u$r[$c], upstream, i == $c);
    #end
  }
  #end
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + 1, block.first_row)) {
    let end = seq_end[j];
    var keys: array<vec4f, LOADS>;
    var values: array<vec4f, LOADS>;
    #for i LOADS
    let at$i = (j * params.kv_heads + block.kv_head) * VECS + part_of($i, lane);
    keys[$i] = k[at$i];
    values[$i] = v[at$i];
    #end
    #for r STREAMS
    var s$r = vec4f();
    var g$r = vec4f();
    #end
    #for c VECS
    let key$c = subgroupBroadcast(keys[$cu / LANES], $cu % LANES);
    let value$c = subgroupBroadcast(values[$cu / LANES], $cu % LANES);
    #for r STREAMS
    s$r = fma(key$c, q$r[$c], s$r);
    g$r = fma(value$c, u$r[$c], g$r);
    #end
    #end
    #for r STREAMS
    let p$r = exp((s$r.x + s$r.y) + (s$r.z + s$r.w) - lse_delta$r.x);
    let dp$r = (g$r.x + g$r.y) + (g$r.z + g$r.w);
    let ds$r = select(0.0, p$r * (dp$r - lse_delta$r.y) * params.scale, sees(row$r, start$r, j, end));
    #for c VECS
    sum$r[$c] = fma(vec4f(ds$r), key$c, sum$r[$c]);
    #end
    #end
  }
  #for r STREAMS
  let vectors$r = select(0u, VECS, block.first + $r * LANES + lane < block.count);
  for (var i = 0u; i < vectors$r; i++) {
    var value = sum$r[0];
    #for c VECS
    value = select(value, sum$r[$c], i == $c);
    #end
    dq[pair$r * VECS + i] = value;
  }
  #end
}

// Grid: blocks of LANES * STREAMS rows x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dkv_wide(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let kv_head = index % params.kv_heads;
  let first = index / params.kv_heads * (LANES * STREAMS);
  if (first >= params.tokens) { return; }
  let end = end_of_views(first, min(first + LANES * STREAMS, params.tokens) - 1);
  #for r STREAMS
  let row$r = min(first + $r * LANES + lane, params.tokens - 1); // surplus lanes repeat the last row
  let end$r = end_of_view(row$r, seq_end[row$r]);
  let base$r = (row$r * params.kv_heads + kv_head) * VECS;
  var k$r: array<vec4f, VECS>;
  var v$r: array<vec4f, VECS>;
  var dk$r: array<vec4f, VECS>;
  var dv$r: array<vec4f, VECS>;
  for (var i = 0u; i < vectors(repeats); i++) {
    let key = k[base$r + i] * params.scale;
    let value = v[base$r + i];
    #for c VECS
    k$r[$c] = select(k$r[$c], key, i == $c);
    v$r[$c] = select(v$r[$c], value, i == $c);
    #end
  }
  #end
  for (var t = first; t < end; t++) {
    for (var h = kv_head * repeats; h < (kv_head + 1) * repeats; h++) {
      let pair = t * params.heads + h;
      let lse_delta_t = lse_delta[pair];
      var queries: array<vec4f, LOADS>;
      var upstreams: array<vec4f, LOADS>;
      #for i LOADS
      queries[$i] = q[pair * VECS + part_of($i, lane)];
      upstreams[$i] = d_o[pair * VECS + part_of($i, lane)];
      #end
      #for r STREAMS
      var s$r = vec4f();
      var g$r = vec4f();
      #end
      #for c VECS
      let query$c = subgroupBroadcast(queries[$cu / LANES], $cu % LANES);
      let upstream$c = subgroupBroadcast(upstreams[$cu / LANES], $cu % LANES);
      #for r STREAMS
      s$r = fma(query$c, k$r[$c], s$r);
      g$r = fma(upstream$c, v$r[$c], g$r);
      #end
      #end
      #for r STREAMS
      let p$r = select(0.0, exp((s$r.x + s$r.y) + (s$r.z + s$r.w) - lse_delta_t.x), t >= row$r && t < end$r);
      let dp$r = (g$r.x + g$r.y) + (g$r.z + g$r.w);
      let ds$r = p$r * (dp$r - lse_delta_t.y) * params.scale;
      #for c VECS
      dk$r[$c] = fma(vec4f(ds$r), query$c, dk$r[$c]);
      dv$r[$c] = fma(vec4f(p$r), upstream$c, dv$r[$c]);
      #end
      #end
    }
  }
  #for r STREAMS
  let vectors$r = select(0u, VECS, first + $r * LANES + lane < params.tokens);
  for (var i = 0u; i < vectors$r; i++) {
    var key = dk$r[0];
    var value = dv$r[0];
    #for c VECS
    key = select(key, dk$r[$c], i == $c);
    value = select(value, dv$r[$c], i == $c);
    #end
    dk[base$r + i] = key;
    dv[base$r + i] = value;
  }
  #end
}
