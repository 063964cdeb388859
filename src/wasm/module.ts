// The engine's module (assembly/engine/), with a shared memory or one of a single thread, with relaxed SIMD or without.
import text from '../../build/engine.wasm';
import { embeddedBytes } from '../platform/embedded.js';
import { MgrpoError } from '../errors.js';

/** Exports of assembly/engine/index.ts. Addresses are bytes in the memory. */
export interface EngineExports {
  prepare(list: number, count: number): void;
  run(list: number, count: number, scratch: number): void;
  work(control: number, thread: number, scratch: number): void;
}

/** Bytes of one operation of a list, its code, operands and counters: OP_BYTES of assembly/engine/op.ts. */
export const OP_BYTES = 192;
/** Word of an operation at which its operands start. */
export const OPERANDS = 2;

/** Codes of the operations: `Code` of assembly/engine/kernels.ts, in its order. */
export const CODES = [
  'matmulNT',
  'matmulNN',
  'matmulTN',
  'columnSum',
  'attention',
  'attentionBackward',
  'cachedAttention',
  'kvStore',
  'rmsNorm',
  'rmsNormBackward',
  'glu',
  'gluBackward',
  'rope',
  'embed',
  'embedBackward',
  'rowStats',
  'logitsBackward',
  'sample',
  'advance',
  'squareSum',
  'gradNorm',
  'adamW',
  'add',
  'scale',
  'gatherRows',
  'scatterRowsAdd',
  'copy',
] as const;

/** Name of an operation of the engine. */
export type Code = (typeof CODES)[number];

/** The import of a shared memory in the binary format: its name, the kind "memory", and the flags "has a maximum" (1) and "shared" (2). */
const SHARED_IMPORT = [...new TextEncoder().encode('memory'), 2, 3];

/** What a module is compiled for. */
export interface ModuleKind {
  /** Its memory is shared with threads. */
  readonly shared: boolean;
  /** Its products use relaxed SIMD: fused multiply-adds, where the processor has them. */
  readonly relaxed: boolean;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The compiled module of a kind. @throws MgrpoError `unsupported` where the host has no relaxed SIMD */
export function engineModule({ shared, relaxed }: ModuleKind): Promise<WebAssembly.Module> {
  const key = `${shared} ${relaxed}`;
  let module = modules.get(key);
  if (!module) {
    module = compile(shared, relaxed);
    modules.set(key, module);
    // Asked for again it is tried again.
    module.catch(() => modules.delete(key));
  }
  return module;
}

async function compile(shared: boolean, relaxed: boolean): Promise<WebAssembly.Module> {
  const binary = embeddedBytes(relaxed ? (await import('../../build/engine-relaxed.wasm')).default : text);
  const module = shared ? binary : unshared(binary);
  if (relaxed && !WebAssembly.validate(module)) {
    throw new MgrpoError(
      'unsupported',
      'wasm: expected a host with relaxed SIMD for the device wasm-relaxed, got one without; use the device wasm, or Node 22 or newer',
    );
  }
  return WebAssembly.compile(module);
}

/** The module with a memory that is not shared: one bit of its import. Atomic instructions are allowed on both. */
function unshared(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const out = module.slice();
  const at = out.findIndex((_, i) => SHARED_IMPORT.every((byte, k) => out[i + k] === byte));
  if (at < 0)
    throw new MgrpoError('unsupported', 'wasm: expected an imported shared memory in the engine, got none; build again');
  out[at + SHARED_IMPORT.length - 1] = 1;
  return out;
}
