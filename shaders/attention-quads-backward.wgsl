// attention-backward.wgsl for software devices with subgroups, in the manner of attention-quads.wgsl: every lane holds STREAMS queries (dq)
// or STREAMS keys (dk, dv) in registers; the four neighbours of the other side are loaded once per quad and shared by broadcast.
#include "attention-gradient"
#include "attention-queries"
#include "head4"

// Grid: blocks of LANES * STREAMS queries x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dq_quads(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = queries_of(group, LANES * STREAMS);
  if (block.first >= block.count) { return; }
  #for c CHUNKS
  let column$c = min(4u * $c + lane % 4, HEAD_DIM - 1);
  #end
  #for r STREAMS
  // surplus lanes repeat the last query
  let pair$r = pair_of(min(block.first + $r * LANES + lane, block.count - 1), block.kv_head, block.repeats);
  let row$r = vec4u(pair$r / params.heads);
  let start$r = vec4u(first_seen(row$r.x, seq_start[row$r.x]));
  let lse$r = lse_delta[pair$r].x;
  let delta$r = lse_delta[pair$r].y;
  var q$r: array<vec4f, CHUNKS>;
  var u$r: array<vec4f, CHUNKS>;
  var sum$r: array<vec4f, CHUNKS>;
  for (var c = 0u; c < CHUNKS; c++) {
    q$r[c] = load_4(&q, pair$r * HEAD_DIM, 4 * c) * params.scale;
    u$r[c] = load_4(&d_o, pair$r * HEAD_DIM, 4 * c);
  }
  #end
  var keys: array<vec4f, CHUNKS>;
  let stride = params.kv_heads * HEAD_DIM;
  for (var j = first_key(block.first_row); j <= block.last_row; j = next_seen(j + 4, block.first_row)) {
    let at = vec4u(j, j + 1, j + 2, j + 3);
    let near = min(at, vec4u(block.last_row));
    let key = near * stride + block.kv_head * HEAD_DIM;
    #for r STREAMS
    var s$r = vec4f();
    var g$r = vec4f();
    #end
    #for c CHUNKS
    {
      let x = vec4f(k[key.x + column$c], k[key.y + column$c], k[key.z + column$c], k[key.w + column$c]);
      let y = vec4f(v[key.x + column$c], v[key.y + column$c], v[key.z + column$c], v[key.w + column$c]);
      keys[$c] = x;
      #for e 4
      let x$e = quadBroadcast(x, $e);
      let y$e = quadBroadcast(y, $e);
      #end
      #for r STREAMS
      s$r += mat4x4f(x0, x1, x2, x3) * q$r[$c];
      g$r += mat4x4f(y0, y1, y2, y3) * u$r[$c];
      #end
    }
    #end
    #for r STREAMS
    let seen$r = sees_4(row$r, start$r, at, end_4(near));
    let ds$r = select(vec4f(), exp(s$r - lse$r) * (g$r - delta$r) * params.scale, seen$r);
    #end
    #for c CHUNKS
    {
      #for e 4
      let x$e = quadBroadcast(keys[$c], $e);
      #end
      #for r STREAMS
      sum$r[$c] += ds$r * mat4x4f(x0, x1, x2, x3);
      #end
    }
    #end
  }
  #for r STREAMS
  if (block.first + $r * LANES + lane < block.count) {
    for (var c = 0u; c < CHUNKS; c++) { store_4(&dq, pair$r * HEAD_DIM, 4 * c, sum$r[c]); }
  }
  #end
}

// Grid: blocks of LANES * STREAMS rows x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dkv_quads(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count);
  let repeats = params.heads / params.kv_heads;
  let kv_head = index % params.kv_heads;
  let first = index / params.kv_heads * (LANES * STREAMS);
  if (first >= params.tokens) { return; }
  let last = min(first + LANES * STREAMS, params.tokens) - 1;
  let end = end_of_views(first, last);
  #for c CHUNKS
  let column$c = min(4u * $c + lane % 4, HEAD_DIM - 1);
  #end
  #for r STREAMS
  let row$r = vec4u(min(first + $r * LANES + lane, params.tokens - 1)); // surplus lanes repeat the last row
  let end$r = vec4u(end_of_view(row$r.x, seq_end[row$r.x]));
  let base$r = (row$r.x * params.kv_heads + kv_head) * HEAD_DIM;
  var k$r: array<vec4f, CHUNKS>;
  var v$r: array<vec4f, CHUNKS>;
  var dk$r: array<vec4f, CHUNKS>;
  var dv$r: array<vec4f, CHUNKS>;
  for (var c = 0u; c < CHUNKS; c++) {
    k$r[c] = load_4(&k, base$r, 4 * c) * params.scale;
    v$r[c] = load_4(&v, base$r, 4 * c);
  }
  #end
  var queries: array<vec4f, CHUNKS>;
  var upstream: array<vec4f, CHUNKS>;
  for (var t = first; t < end; t += 4) {
    let at = vec4u(t, t + 1, t + 2, t + 3);
    let rows = min(at, vec4u(end - 1));
    #for r STREAMS
    let seen$r = (at >= row$r) & (at < end$r);
    #end
    for (var h = kv_head * repeats; h < (kv_head + 1) * repeats; h++) {
      let pair = rows * params.heads + h;
      let query = pair * HEAD_DIM;
      let lses = vec4f(lse_delta[pair.x].x, lse_delta[pair.y].x, lse_delta[pair.z].x, lse_delta[pair.w].x);
      let deltas = vec4f(lse_delta[pair.x].y, lse_delta[pair.y].y, lse_delta[pair.z].y, lse_delta[pair.w].y);
      #for r STREAMS
      var s$r = vec4f();
      var g$r = vec4f();
      #end
      #for c CHUNKS
      {
        let x = vec4f(q[query.x + column$c], q[query.y + column$c], q[query.z + column$c], q[query.w + column$c]);
        let y = vec4f(d_o[query.x + column$c], d_o[query.y + column$c], d_o[query.z + column$c], d_o[query.w + column$c]);
        queries[$c] = x;
        upstream[$c] = y;
        #for e 4
        let x$e = quadBroadcast(x, $e);
        let y$e = quadBroadcast(y, $e);
        #end
        #for r STREAMS
        s$r += mat4x4f(x0, x1, x2, x3) * k$r[$c];
        g$r += mat4x4f(y0, y1, y2, y3) * v$r[$c];
        #end
      }
      #end
      #for r STREAMS
      let p$r = select(vec4f(), exp(s$r - lses), seen$r);
      let ds$r = p$r * (g$r - deltas) * params.scale;
      #end
      #for c CHUNKS
      {
        #for e 4
        let x$e = quadBroadcast(queries[$c], $e);
        let y$e = quadBroadcast(upstream[$c], $e);
        #end
        #for r STREAMS
        dk$r[$c] += ds$r * mat4x4f(x0, x1, x2, x3);
        dv$r[$c] += p$r * mat4x4f(y0, y1, y2, y3);
        #end
      }
      #end
    }
  }
  #for r STREAMS
  if (first + $r * LANES + lane < params.tokens) {
    for (var c = 0u; c < CHUNKS; c++) {
      store_4(&dk, base$r, 4 * c, dk$r[c]);
      store_4(&dv, base$r, 4 * c, dv$r[c]);
    }
  }
  #end
}
