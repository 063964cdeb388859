// The error of a WebAssembly memory that the system has no address space for.
import { MgrpoError } from '../errors.js';

/** What is said where there is no address space for `what`: V8 reserves some 10 GiB for a memory, however small it is. */
export function noAddressSpace(what: string, cause?: unknown): MgrpoError {
  return new MgrpoError(
    'out_of_memory',
    `wasm: expected address space for ${what}, got none; Node reserves 10 GiB of it for each memory: raise the limit of this process ` +
      '(ulimit -v, a container) or start it as node --disable-wasm-trap-handler (slower); in a page, close other tabs',
    { cause },
  );
}
