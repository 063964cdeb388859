// What every command that computes needs: the device, progress, and Ctrl-C as a signal.
import type { Gpu } from '../index.js';
import { openGpu } from './device.js';
import { Progress } from './progress.js';
import { INTERRUPTED, interruptible } from './signals.js';

/** What a command works with. */
export interface Session {
  readonly gpu: Gpu;
  readonly progress: Progress;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Opens the device, runs a command's work on it, and leaves nothing open. Work that the signal ends without a result gives exit code
 * {@link INTERRUPTED}.
 * @param onInterrupt what is said after the first Ctrl-C
 */
export async function withSession(onInterrupt: string, work: (session: Session) => Promise<number>): Promise<number> {
  const gpu = await openGpu();
  const progress = new Progress();
  const { signal, release } = interruptible(onInterrupt);
  try {
    return await work({ gpu, progress, signal });
  } catch (error) {
    progress.clear();
    if (signal.aborted && signal.reason === error) return INTERRUPTED;
    throw error;
  } finally {
    release();
    await gpu.destroy();
  }
}
