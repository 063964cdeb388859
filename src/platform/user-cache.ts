// Where this package keeps for a user what can be made again, in Node.
import { homedir } from 'node:os';
import path from 'node:path';

/** The package's folder among all caches (XDG Base Directory Specification). */
export function userCache(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'mgrpo');
}
