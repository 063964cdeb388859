// The verifiers’ WebAssembly module and its buffers.
import source from '../../build/verifier.wasm';
import { MgrpoError } from '../errors.js';
import { compiledFrom } from '../platform/compiled.js';
import { embeddedBytes } from '../platform/embedded.js';
import { noAddressSpace } from '../platform/address-space.js';

/** Exports of assembly/verifier/index.ts. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  rowBuffer(): number;
  rowCapacity(): number;
  textBuffer(): number;
  textCapacity(): number;
  grade(count: number): void;
  countdown(count: number): void;
}

const ROW_WORDS = 12;
/** Bytes of a gold that are read: more than a message shows of it. */
const SHOWN_BYTES = 1024;

/** One pair as the module sees it. */
export interface Row {
  readonly gold: string;
  readonly text: string;
  readonly flags: number;
  /** With FLAG_TOLERANT. */
  readonly tolerances?: Tolerances | undefined;
}

/** How far numbers may lie apart, and what share of the gold: each digits · 10^-places, whole numbers. */
export type Tolerances = readonly [digits: number, places: number, shareDigits: number, sharePlaces: number];

/** What the module says about one pair; the strings are decoded only where they are asked for. */
export interface RawResult {
  /** Index into OUTCOMES; -1 for a pair whose texts do not fit the buffer. */
  readonly outcome: number;
  /** Key of RULES. */
  readonly rule: number;
  readonly answer: () => string | null;
  readonly goldAnswer: () => string | null;
  /** With FLAG_KIND: what the answer is, AnswerKind of assembly/verifier/status.ts. */
  readonly kind: number;
}

/** What the module can be compiled from. */
export type VerifierSource = string | URL | Response | BufferSource | WebAssembly.Module;

const EXPECTED = "loadVerifier: expected the checker's WebAssembly";
const SERVE = 'serve verifier.wasm beside the script (Vite: optimizeDeps.exclude mgrpo), or import mgrpo/verify/inline';

let compiled: WebAssembly.Module | undefined;

/**
 * Compiles the checker, while it still arrives where the runtime can: in browsers `mgrpo/verify` has it as a file beside its script, and needs
 * this before the first verdict. Elsewhere, and for `mgrpo/verify/inline`, it is at hand and this only compiles it ahead.
 * @param from another place: an address, a response, bytes, or the module itself; default the file or text that came with the script
 * @throws MgrpoError `network` where the file cannot be fetched or is none
 */
export async function loadVerifier(from?: VerifierSource): Promise<void> {
  if (from === undefined && compiled) return;
  const what = from ?? (typeof source === 'string' ? embeddedBytes(source) : source);
  if (what instanceof WebAssembly.Module) compiled = what;
  else if (what instanceof ArrayBuffer || ArrayBuffer.isView(what)) compiled = await WebAssembly.compile(what);
  else compiled = await compiledFrom(what, EXPECTED, SERVE);
}

function moduleAtHand(): WebAssembly.Module {
  if (compiled) return compiled;
  if (typeof source === 'string') return (compiled = new WebAssembly.Module(embeddedBytes(source)));
  throw new MgrpoError(
    'unsupported',
    'verifier: expected its WebAssembly to be loaded before the first verdict, got none; await loadVerifier() first, or import mgrpo/verify/inline',
  );
}

function instantiate(module: WebAssembly.Module): Exports {
  try {
    return new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  } catch (error) {
    throw noAddressSpace('the memory of the verifier', error);
  }
}

/**
 * The verifier module with its buffers: rows are packed, the module is called once per batch of up to 4,096 pairs and 2 MiB of text, and
 * nothing is allocated in it after start. Texts are UTF-8 inside; lone surrogates become U+FFFD.
 */
export class VerifierModule {
  readonly #exports: Exports;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #bytes: Uint8Array;
  readonly #rows: Int32Array;
  readonly #textStart: number;
  readonly #capacity: number;

  constructor() {
    this.#exports = instantiate(moduleAtHand());
    const { memory } = this.#exports;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#rows = new Int32Array(memory.buffer, this.#exports.rowBuffer(), this.#exports.rowCapacity() * ROW_WORDS);
    this.#textStart = this.#exports.textBuffer();
    this.#capacity = this.#exports.textCapacity();
  }

  /** Bytes of the module's memory; the same after any number of calls. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /**
   * Runs `kind` over all rows and hands each result to `receive` in order. The result's `answer()` must be called inside `receive`.
   * @throws {MgrpoError} `unsupported` where the module's memory has moved: a bug, since nothing in it grows
   */
  run(kind: 'grade' | 'countdown', rows: readonly Row[], receive: (index: number, result: RawResult) => void): void {
    const most = this.#rows.length / ROW_WORDS;
    let from = 0;
    while (from < rows.length) {
      let used = 0;
      let count = 0;
      let tooLong = false;
      while (from + count < rows.length && count < most) {
        const row = rows[from + count]!;
        const base = count * ROW_WORDS;
        const gold = this.#write(row.gold, used);
        const text = gold < 0 ? -1 : this.#write(row.text, used + gold);
        if (text < 0) {
          tooLong = count === 0;
          break;
        }
        this.#rows[base] = this.#textStart + used;
        this.#rows[base + 1] = gold;
        this.#rows[base + 2] = this.#textStart + used + gold;
        this.#rows[base + 3] = text;
        this.#rows[base + 4] = row.flags;
        if (row.tolerances) this.#rows.set(row.tolerances, base + 5);
        used += gold + text;
        count++;
      }
      if (tooLong) {
        receive(from, { outcome: -1, rule: 0, answer: () => null, goldAnswer: () => null, kind: 0 });
        from++;
        continue;
      }
      this.#exports[kind](count);
      if (this.#bytes.length === 0)
        throw new MgrpoError('unsupported', 'verifier: expected its memory never to grow, got a detached buffer; report it');
      for (let i = 0; i < count; i++) {
        const base = i * ROW_WORDS;
        receive(from + i, {
          outcome: this.#rows[base + 5]!,
          rule: this.#rows[base + 6]!,
          answer: () => this.#read(base + 7),
          goldAnswer: () => this.#read(base + 9, SHOWN_BYTES),
          kind: this.#rows[base + 11]!,
        });
      }
      from += count;
    }
  }

  /** Writes text at `at` bytes into the text buffer; gives its length in bytes, or -1 where it does not fit. */
  #write(text: string, at: number): number {
    const start = this.#textStart + at;
    const room = this.#capacity - at;
    const n = text.length;
    if (n > room) return -1;
    if (n <= 48) {
      // Short ASCII without a call into the encoder.
      let i = 0;
      for (; i < n; i++) {
        const c = text.charCodeAt(i);
        if (c >= 128) break;
        this.#bytes[start + i] = c;
      }
      if (i === n) return n;
    }
    const { read, written } = this.#encoder.encodeInto(text, this.#bytes.subarray(start, start + room));
    return read === n ? written : -1;
  }

  /** The text whose address and length stand at `word`, or its first `most` bytes. */
  #read(word: number, most = Infinity): string | null {
    const length = Math.min(this.#rows[word + 1]!, most);
    if (length <= 0) return null;
    const start = this.#rows[word]! >>> 0;
    return this.#decoder.decode(this.#bytes.subarray(start, start + length));
  }
}
