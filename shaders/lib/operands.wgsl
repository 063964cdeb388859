// The operands of a matrix product: load_a and load_b give four neighbouring elements as f32, from an index in elements, a multiple of 4 where
// ALIGNED; with ROUNDED the nearest numbers of f16 (#if is expanded by src/kernels/unroll.ts). The prelude gives the format of b.
fn operand(values: vec4f) -> vec4f {
  #if ROUNDED
  return vec4f(unpack2x16float(pack2x16float(values.xy)), unpack2x16float(pack2x16float(values.zw)));
  #end
  #if !ROUNDED
  return values;
  #end
}

#if ALIGNED_A
@group(0) @binding(0) var<storage, read> a: array<vec4f>;

fn load_a(i: u32) -> vec4f {
  return operand(a[i / 4]);
}
#end
#if !ALIGNED_A
@group(0) @binding(0) var<storage, read> a: array<f32>;

fn load_a(i: u32) -> vec4f {
  return operand(vec4f(a[i], a[i + 1], a[i + 2], a[i + 3]));
}
#end

@group(0) @binding(1) var<storage, read> weights: array<W>; // b

#if ALIGNED_B
fn load_b(i: u32) -> vec4f {
  return operand(weight(i / 4));
}
#end
#if !ALIGNED_B
fn load_b(i: u32) -> vec4f {
  return operand(vec4f(weight(i), weight(i + 1), weight(i + 2), weight(i + 3)));
}
#end
