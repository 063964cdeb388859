// Ctrl-C: the first one asks a command to end, the second ends the process.
import { say } from './output.js';

/** Exit code of a run that Ctrl-C (or SIGTERM) stopped, after what it had was saved. */
export const INTERRUPTED = 130;

/**
 * Aborts on the first Ctrl-C or SIGTERM and ends the process on the second.
 * @param message what happens after the first one
 */
export function interruptible(message: string): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    say(`\n${message}; Ctrl-C again to exit at once`);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
