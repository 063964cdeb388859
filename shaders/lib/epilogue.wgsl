// What every matrix product does with its sums. Needs p: Params, bias, residual and out of the including shader.
const ACCUMULATE = 1u;
const RESIDUAL = 2u;
const BIAS_F32 = 4u;
const BIAS_BF16 = 8u;

fn bias_at(c: u32) -> f32 {
  if ((p.flags & BIAS_F32) != 0) { return bitcast<f32>(bias[c]); }
  let pair = bias[c / 2];
  return bitcast<f32>(select(pair << 16, pair & 0xffff0000u, c % 2 == 1));
}

fn store(split: u32, r: u32, c: u32, sum: f32) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = p.first + (split * p.rows + r) * p.stride + c;
  var value = p.alpha * sum;
  if ((p.flags & (BIAS_F32 | BIAS_BF16)) != 0) { value += bias_at(c); }
  if ((p.flags & RESIDUAL) != 0) { value += residual[at]; }
  if ((p.flags & ACCUMULATE) != 0) { value += out[at]; }
  out[at] = value;
}

fn store4(split: u32, r: u32, c: u32, sums: vec4f) {
  store(split, r, c, sums.x);
  store(split, r, c + 1, sums.y);
  store(split, r, c + 2, sums.z);
  store(split, r, c + 3, sums.w);
}
