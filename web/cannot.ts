// What this page says where something cannot be done: what happened, in a sentence, and what to do instead.
import { MgrpoError, type ErrorCode } from '../src/errors.js';

const SENTENCES: Partial<Readonly<Record<ErrorCode, string>>> = {
  no_adapter:
    'This browser gives no GPU for this. Choose the device auto or wasm in the settings of Train: it computes on the cores instead. The recording under Play, and Verify, need neither.',
  device_lost:
    'The GPU was taken away, as happens when the machine sleeps or its driver restarts. Start again: it is opened anew, and a saved training goes on.',
  out_of_memory: 'There is not enough room for this. A smaller model, fewer answers at once or shorter ones need less.',
  device_limit: 'This is more than the device can do at once. The device wasm, a smaller model or fewer answers at once may fit.',
  unsupported:
    'This browser lacks something that this needs. A newer one has it; the recording under Play, and Verify, may still work.',
  network:
    'Something could not be fetched. Are you offline? What was loaded before still works, and so does the recording under Play.',
  diverged: 'The training went astray: numbers became infinite. The weights are those before it; a lower learning rate helps.',
};

/** A sentence for people, and below it what exactly was wrong. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const calm = error instanceof MgrpoError ? SENTENCES[error.code] : undefined;
  return calm === undefined ? text : `${calm}\n${text}`;
}
