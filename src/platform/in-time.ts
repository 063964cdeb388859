// A time limit on what is awaited from outside: servers, drivers, browsers.

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
