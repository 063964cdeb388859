// What a command needs from files and the hub: what of it cannot be had is told at once.
import { MgrpoError } from '../errors.js';

/**
 * Does each piece of work, one after another, whatever became of those before.
 * @throws the error of one that failed; where several did, a MgrpoError with all their messages
 */
export async function together<T extends readonly unknown[]>(
  ...work: { readonly [K in keyof T]: () => Promise<T[K]> }
): Promise<T> {
  const results: unknown[] = [];
  const failed: MgrpoError[] = [];
  for (const one of work) {
    try {
      results.push(await one());
    } catch (error) {
      if (!(error instanceof MgrpoError)) throw error;
      failed.push(error);
    }
  }
  const [first] = failed;
  if (!first) return results as unknown as T;
  if (failed.length === 1) throw first;
  throw new MgrpoError(first.code, failed.map(({ message }) => message).join('\nerror: '), { cause: first });
}
