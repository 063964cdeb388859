// Sizes that a shader is made for, as text. Not as `override`: wgpu refuses arrays in workgroup memory whose length is one.

/** Declarations of u32 constants. */
export function sizes(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n');
}
