// The browser's WebGPU.
/** The browser's WebGPU object, or undefined where the browser has none. */
export function browserGpu(): GPU | undefined {
  return globalThis.navigator?.gpu;
}
