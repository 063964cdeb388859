// The WebAssembly modules: one entry each. Module NAME is compiled from assembly/NAME/index.ts to build/NAME.wasm, NAME-VARIANT from the same source.

/** Flags of asc for a module that allocates nothing after start (stub: nothing is ever freed) and never traps on its input (noAssert). */
const STATIC = ['--runtime', 'stub', '--noAssert', '--use', 'abort='];

const ENGINE = [
  ...STATIC,
  ...['--enable', 'bulk-memory', '--enable', 'sign-extension', '--enable', 'simd', '--enable', 'threads'],
  // 4 GiB at most; src/wasm/ makes the memory, shared or not.
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
];

/** @type {Readonly<Record<string, readonly string[]>>} flags of asc by the module's name */
export const WASM_MODULES = {
  verifier: [...STATIC, '--enable', 'bulk-memory', '--enable', 'sign-extension', '--disable', 'simd'],
  engine: ENGINE,
  'engine-relaxed': [...ENGINE, '--enable', 'relaxed-simd'],
};

/** Where a module's sources lie, and what they become. */
export const sourceOf = (name) => `assembly/${name.split('-')[0]}`;
export const targetOf = (name) => `build/${name}.wasm`;
