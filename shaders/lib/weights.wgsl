// How weights and biases are read. kernels/weight.ts keeps the lines of one format and writes them for OPERAND, what is bound as `weights`
// (array<W>) or `bias` (array<u32>): weight(i) is V number i of the weights, bias_at(c) element c of the bias.
// A format of two elements a word has OPERAND_pair(word), with the even index in the low half; one in blocks of 32 has OPERAND_quad(i), elements
// 4i .. 4i + 3. Both give f32. The numbers and their order are those of src/numbers/.
#if bf16
fn OPERAND_pair(word: u32) -> vec2f {
  return bitcast<vec2f>(vec2u(word << 16, word & 0xffff0000u));
}
#end
#if f16
fn OPERAND_pair(word: u32) -> vec2f {
  return unpack2x16float(word);
}
#end
#if q8
// A block is nine words: the scale in f32, then signed bytes.
fn OPERAND_quad(i: u32) -> vec4f {
  let block = 9 * (i / 8);
  let integers = bitcast<vec4i>(vec4u(OPERAND[block + 1 + i % 8]) << vec4u(24, 16, 8, 0)) >> vec4u(24);
  return bitcast<f32>(OPERAND[block]) * vec4f(integers);
}
#end
#if q4
// A block is five words: the scale in f32, then bytes with elements 0 .. 15 in their low halves and 16 .. 31 in their high ones, each plus 8.
fn OPERAND_quad(i: u32) -> vec4f {
  let block = 5 * (i / 8);
  let integers = vec4i((vec4u(OPERAND[block + 1 + i % 4]) >> (vec4u(0, 8, 16, 24) + (i & 4))) & vec4u(15)) - 8;
  return bitcast<f32>(OPERAND[block]) * vec4f(integers);
}
#end
#if WEIGHTS
#if SINGLES
alias W = V;

fn weight(i: u32) -> V {
  return weights[i];
}
#end
#if PAIRS
#if FOUR
alias W = vec2u;

fn weight(i: u32) -> V {
  let words = weights[i];
  return vec4f(weights_pair(words.x), weights_pair(words.y));
}
#end
#if !FOUR
alias W = u32;

fn weight(i: u32) -> V {
  let pair = weights_pair(weights[i / 2]);
  return select(pair.x, pair.y, i % 2 == 1);
}
#end
#end
#if BLOCKS
alias W = u32;

fn weight(i: u32) -> V {
#if FOUR
  return weights_quad(i);
#end
#if !FOUR
  return weights_quad(i / 4)[i % 4];
#end
}
#end
#end
#if BIAS
fn bias_at(c: u32) -> f32 {
#if SINGLES
  return bitcast<f32>(bias[c]);
#end
#if PAIRS
  let pair = bias_pair(bias[c / 2]);
  return select(pair.x, pair.y, c % 2 == 1);
#end
#if BLOCKS
  return bias_quad(c / 4)[c % 4];
#end
}
#end
