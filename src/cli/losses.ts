// A device that is lost (a driver's timeout, a GPU that is unplugged, a thread that was ended) is opened again, and the work repeated from
// what was saved: a run is the same bytes from there.
import { MgrpoError } from '../errors.js';
import type { Session } from './session.js';

/** Losses without a new checkpoint between them, after which there is no further try. */
const MOST = 3;

/**
 * Does some work, again where it lost the device.
 * @param resume what is gone on from, and its step
 */
export async function throughLosses<P>(
  session: Pick<Session, 'progress' | 'signal' | 'reopen'>,
  plan: P,
  resume: (plan: P) => Promise<{ readonly plan: P; readonly step: number }>,
  work: (plan: P) => Promise<number>,
): Promise<number> {
  let [losses, last] = [0, -1];
  for (let now = plan; ;) {
    try {
      return await work(now);
    } catch (error) {
      if (!(error instanceof MgrpoError) || error.code !== 'device_lost' || session.signal.aborted) throw error;
      const { plan: next, step } = await resume(now);
      losses = step > last ? 1 : losses + 1;
      last = step;
      if (losses > MOST) throw error;
      session.progress.line(`${error.message}\nopening the device again; the run goes on from step ${step + 1}`);
      await session.reopen();
      now = next;
    }
  }
}
