// What may end a command before its time: Ctrl-C and other signals, a reader that is gone, an error outside of all awaits, an exit from
// within. The first one asks the command to end, which saves; a second signal ends the process.
import { writeSync } from 'node:fs';
import { InterruptThread } from '../platform/interrupts-node.js';
import { say } from './output.js';

/** Exit code of a run that was stopped (Ctrl-C, SIGTERM, SIGHUP, nobody reads its output), after what it had was saved. */
export const INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What {@link interruptible} gives. */
export interface Interruption {
  /** Aborted by the first signal or failure. */
  readonly signal: AbortSignal;
  /** What was thrown outside of all awaits, if anything was. */
  readonly failure: { readonly error: unknown } | undefined;
  /** Leaves the process to itself again. */
  release(): Promise<void>;
}

/**
 * Aborts on the first signal, on a failed write to the terminal, and on an error that nobody awaits; ends the process on the second signal.
 * @param message what happens after the first one
 */
export function interruptible(message: string): Interruption {
  const controller = new AbortController();
  let failure: Interruption['failure'];
  const thread = new InterruptThread(() => onSignal('SIGINT'));
  // A promise that nobody settles must not end the process in the middle of a run without a word.
  const alive = setInterval(() => undefined, 60_000);

  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) return endBy(signal);
    say(`\n${message}; Ctrl-C again to exit at once`);
    controller.abort();
  };
  /** By the signal itself: nothing is torn down that another thread may still use. */
  const endBy = (signal: NodeJS.Signals): void => {
    void thread.close().finally(() => {
      process.off('exit', onExit);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  };
  const onFailure = (error: unknown): void => {
    failure ??= { error };
    controller.abort();
  };
  const onTooLarge = (): void => undefined;
  const onClosed = (): void => controller.abort();
  const onExit = (code: number): void => {
    writeSync(
      2,
      `\nerror: a module ended the process by process.exit(${code}) in the middle of the work, unsaved; remove that call\n`,
    );
    process.kill(process.pid, 'SIGKILL');
  };

  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', onFailure);
  process.on('unhandledRejection', onFailure);
  process.on('exit', onExit);
  // A file that may not grow is then an error of the write, which is named.
  if (process.platform !== 'win32') process.on('SIGXFSZ', onTooLarge);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onClosed);
  return {
    signal: controller.signal,
    get failure() {
      return failure;
    },
    async release() {
      clearInterval(alive);
      await thread.close();
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('uncaughtException', onFailure);
      process.off('unhandledRejection', onFailure);
      process.off('exit', onExit);
      process.off('SIGXFSZ', onTooLarge);
    },
  };
}
