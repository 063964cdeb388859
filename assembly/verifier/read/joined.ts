// Answers that had to be put together from parts of a text. They live until the next batch.
import { NOWHERE, Span, span } from './span';

/** Room for the answers and the texts made plain of one batch, whose texts have 2 MiB together. */
const CAPACITY: usize = 5 << 20;
const buffer: usize = heap.alloc(CAPACITY);
let top: usize = buffer;

/** Forgets the answers of the batch before. */
export function beginBatch(): void {
  top = buffer;
}

/** Writes one answer, part by part. */
@unmanaged
class Joined {
  from: usize;
  full: bool;

  start(): void {
    this.from = top;
    this.full = false;
  }

  bytes(p: usize, e: usize): void {
    if (this.full || top + (e - p) > buffer + CAPACITY) this.full = true;
    else {
      memory.copy(top, p, e - p);
      top += e - p;
    }
  }

  byte(c: i32): void {
    if (this.full || top >= buffer + CAPACITY) this.full = true;
    else {
      store<u8>(top, <u8>c);
      top++;
    }
  }

  /** The last byte written. */
  get last(): i32 {
    return <i32>load<u8>(top - 1);
  }

  /** Takes back what was written. */
  drop(): void {
    top = this.from;
  }

  /** The answer; NOWHERE where the buffer was full. */
  get whole(): Span {
    return this.full ? NOWHERE : span(this.from, top);
  }
}

export const joined = changetype<Joined>(memory.data(8, 4));
