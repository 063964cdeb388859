// What every command that computes needs: the device, progress, and Ctrl-C as a signal. Whatever happens, the device is closed before the process ends.
import type { Device } from '../index.js';
import type { DeviceSettings } from '../open/choice.js';
import { openChosen } from './device.js';
import { Progress } from './progress.js';
import { INTERRUPTED, interruptible } from './signals.js';

/** What a command works with. */
export interface Session {
  /** The open device; another one after {@link reopen}. */
  readonly device: Device;
  /** Closes a device that is lost, and opens another. */
  reopen(): Promise<void>;
  readonly progress: Progress;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Opens the device, runs a command's work on it, and leaves nothing open. Work that the signal ends without a result gives exit code
 * {@link INTERRUPTED}.
 * @param which what `--device` and the flags beside it say
 * @param onInterrupt what is said after the first Ctrl-C
 */
export async function withSession(
  which: DeviceSettings,
  onInterrupt: string,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const interruption = interruptible(onInterrupt);
  const { signal } = interruption;
  const progress = new Progress();
  let device: Device | undefined;
  try {
    let open = (device = await openChosen(which));
    const code = await work({
      get device() {
        return open;
      },
      async reopen() {
        await open.destroy();
        open = device = await openChosen(which);
      },
      progress,
      signal,
    });
    if (interruption.failure) throw interruption.failure.error;
    return code;
  } catch (error) {
    progress.clear();
    if (interruption.failure) throw interruption.failure.error;
    if (signal.aborted && signal.reason === error) return INTERRUPTED;
    throw error;
  } finally {
    await device?.destroy();
    await interruption.release();
  }
}
