// Kernels that are made once per variant.

/** What a kernel's text depends on: a word, a number, or a record of such. */
type Part = string | number | boolean | object;

/** Returns `make(key)`, made once per key. */
export function memo<K extends readonly Part[], T>(make: (...key: K) => T): (...key: K) => T {
  const made = new Map<string, T>();
  return (...key) => {
    const name = key.map((part) => (typeof part === 'object' ? Object.values(part).join() : part)).join();
    let value = made.get(name);
    if (value === undefined) made.set(name, (value = make(...key)));
    return value;
  };
}
