// Who may use what when. A device does one piece of work at a time (sampling a batch, one optimiser step, a save), whoever asks, because scratch
// memory and gradients are shared within it; and a policy has one trainer at a time, because steps of two would mix silently.
import { MgrpoError } from '../errors.js';

const queues = new WeakMap<object, Promise<unknown>>();

/** Does a piece of work when all work asked for earlier on the same device is done. Work must not ask for a turn of its own. */
export function takeTurn<T>(device: object, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(device) ?? Promise.resolve()).then(work);
  queues.set(
    device,
    turn.catch(() => undefined),
  );
  return turn;
}

const trained = new WeakSet<object>();

/**
 * Marks a policy as being trained until the returned function is called.
 * @throws MgrpoError `invalid_argument` where it is being trained already
 */
export function holdPolicy(policy: { readonly name: string; readonly decoder: object }): () => void {
  const { decoder } = policy;
  if (trained.has(decoder)) {
    throw new MgrpoError(
      'invalid_argument',
      `train: expected a policy that nobody else trains, got ${policy.name} in the middle of a training; await that one first, or load the policy twice`,
    );
  }
  trained.add(decoder);
  return () => void trained.delete(decoder);
}

/** @throws MgrpoError `invalid_argument` where a policy is being trained, whose memory cannot be freed yet */
export function checkUntrained({ name, decoder }: { readonly name: string; readonly decoder: object }): void {
  if (!trained.has(decoder)) return;
  throw new MgrpoError(
    'invalid_argument',
    `free: expected a policy that nobody trains, got ${name} in the middle of a training; abort its signal, or await the training, first`,
  );
}
