// What is awaited and may not come: from servers, drivers and browsers in time, or at all where a signal ends the work.

/**
 * What is awaited, or an error where it takes too long.
 * @param late makes the error that is thrown then
 * @param stop ends then what is under way
 */
export async function inTime<T>(
  awaited: Promise<T>,
  milliseconds: number,
  late: () => Error,
  stop?: AbortController,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late());
      stop?.abort();
    }, milliseconds);
  });
  awaited.catch(() => undefined);
  try {
    return await Promise.race([awaited, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The result of some work, or undefined where the signal ended it. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}
