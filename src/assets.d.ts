// What the build turns into text: shaders, WebAssembly, styles, and scripts of pages.
/** WGSL sources, imported as text by the build (scripts/plugins.mjs). */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
/** The checker, as text (platform/embedded.ts) or, where the build leaves it a file, its address. */
declare module '*/verifier.wasm' {
  const source: string | URL;
  export default source;
}
/** WebAssembly modules, imported as text by the build (scripts/plugins.mjs). */
declare module '*.wasm' {
  const text: string;
  export default text;
}
/** Style sheets, imported as text. */
declare module '*.css' {
  const text: string;
  export default text;
}
/** A script of a page with all that it imports, bundled and minified, as text. */
declare module '*?script' {
  const text: string;
  export default text;
}
