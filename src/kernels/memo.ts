// Kernels that are made once per variant.
/** Returns `make(key)`, made once per key. */
export function memo<K extends readonly unknown[], T>(make: (...key: K) => T): (...key: K) => T {
  const made = new Map<string, T>();
  return (...key) => {
    const name = key.join();
    let value = made.get(name);
    if (value === undefined) made.set(name, (value = make(...key)));
    return value;
  };
}
