// The version of this package.
import { readFileSync } from 'node:fs';

/** Version in package.json, which lies beside dist/ (or two folders above this source). */
export function packageVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as Record<string, string>;
      if (name === 'mgrpo' && version) return version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
