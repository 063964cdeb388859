// The engine: lists of operations over one memory, done by any number of threads that take shares of each operation in turn. The results do
// not depend on who takes which. The host (src/wasm/) owns the memory: it makes the lists, the tensors and each thread's scratch memory.
import { runUnit, unitsOf } from './kernels';
import { COUNTERS, Op, OP_BYTES } from './op';

/** Called by a thread when the `count`-th list is done. */
declare function finished(count: u32): void;

/** Called by a thread before each list. Does nothing; V8 tells a thread only in JavaScript that another has grown the memory. */
declare function refresh(): void;

/** What the host and the threads share. */
@unmanaged
class Control {
  /** Lists handed over so far; atomic. */
  submitted: u32;
  /** Lists done so far; atomic. */
  completed: u32;
  /** 1: the threads shall return; atomic. */
  stop: u32;
  /** Threads that sleep until an operation is done; atomic. */
  sleepers: u32;
  threads: u32;
}

/** The control block: addresses and lengths of the last lists, then how many lists each thread has left behind. */
const RING: u32 = 64;
const LISTS: usize = 64;
const PASSED: usize = LISTS + 8 * RING;

/** Looks at a counter before a thread goes to sleep: some 20 µs between operations, 100 µs between lists. */
const SPINS: u32 = 2000;
const IDLE_SPINS: u32 = 10000;

/** Sets the shares of the operations of a list, which are 0 before. */
export function prepare(list: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const op = changetype<Op>(list + <usize>i * OP_BYTES);
    op.units = unitsOf(op);
  }
}

/** Does operations of a list on this thread alone. */
export function run(list: usize, count: u32, scratch: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const op = changetype<Op>(list + <usize>i * OP_BYTES);
    for (let unit: u32 = 0; unit < op.units; unit++) runUnit(op, unit, scratch);
  }
}

/** Most ranges of an operation's shares. */
const RANGES: u32 = 8;

/**
 * Takes shares of an operation until none is left, then waits until all are done. The shares lie in as many ranges as there are threads; a
 * thread takes those of its own first, which are where those of the operation before were, so that their data are in its cache.
 */
function share(op: Op, control: Control, thread: u32, scratch: usize): void {
  const units = op.units;
  const ranges = min(control.threads, RANGES);
  const done = changetype<usize>(op) + COUNTERS;
  let mine: u32 = 0;
  for (let k: u32 = 0; k < ranges; k++) {
    const range = (thread + k) % ranges;
    const first = (units * range) / ranges;
    const count = (units * (range + 1)) / ranges - first;
    const taken = done + 4 + 4 * range;
    // A look first: threads that are late must not take the counters' cache line from those that work.
    while (atomic.load<u32>(taken) < count) {
      const unit = atomic.add<u32>(taken, 1);
      if (unit >= count) break;
      runUnit(op, first + unit, scratch);
      mine++;
    }
  }
  const sleepers = changetype<usize>(control) + offsetof<Control>('sleepers');
  if (mine && atomic.add<u32>(done, mine) + mine == units && atomic.load<u32>(sleepers)) atomic.notify(done, -1);
  for (let spins: u32 = 0; ; spins++) {
    const seen = atomic.load<u32>(done);
    if (seen == units) return;
    if (spins < SPINS) continue;
    atomic.add<u32>(sleepers, 1);
    if (atomic.load<u32>(done) == seen) atomic.wait<i32>(done, seen, -1);
    atomic.sub<u32>(sleepers, 1);
  }
}

/** A thread's life: does every list that is handed over, until it is told to stop. */
export function work(address: usize, thread: u32, scratch: usize): void {
  const control = changetype<Control>(address);
  const submitted = address + offsetof<Control>('submitted');
  const completed = address + offsetof<Control>('completed');
  let count = atomic.load<u32>(completed);
  atomic.store<u32>(address + PASSED + 4 * thread, count);
  for (;;) {
    for (let spins: u32 = 0; atomic.load<u32>(submitted) == count; spins++) {
      if (atomic.load<u32>(address + offsetof<Control>('stop'))) return;
      if (spins >= IDLE_SPINS) atomic.wait<i32>(submitted, count, -1);
    }
    refresh();
    const entry = address + LISTS + 8 * (count % RING);
    const list = load<usize>(entry);
    const length = load<u32>(entry, 4);
    for (let i: u32 = 0; i < length; i++) share(changetype<Op>(list + <usize>i * OP_BYTES), control, thread, scratch);
    atomic.store<u32>(address + PASSED + 4 * thread, count + 1);
    if (atomic.cmpxchg<u32>(completed, count, count + 1) == count) finished(count + 1);
    count++;
  }
}
