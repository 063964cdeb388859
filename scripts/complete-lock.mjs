// Completes package-lock.json: enters the optional packages for other platforms that npm leaves out where its registry does not have them.
// `npm ci` refuses a lock without them ("Missing: … from lock file"), and with them skips those of other platforms unseen.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = new URL('../package-lock.json', import.meta.url);

/** Entries that are missing: path in the lock, and what belongs there. */
export function missingEntries(lock) {
  const missing = new Map();
  for (const [where, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
    if (where === '') continue;
    for (const [name, range] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`;
      if (path in lock.packages || `${where}/${path}` in lock.packages || missing.has(path)) continue;
      missing.set(path, { version: range.replace(/^[~^]/, ''), ...platformOf(name), ...(dev && { dev }), optional: true });
    }
  }
  return missing;
}

/** Platform of a package by its name, as napi-rs, esbuild and rollup name theirs: …-linux-arm64-musl. */
function platformOf(name) {
  if (name === 'fsevents') return { os: ['darwin'] };
  const word = (list) => list.find((w) => new RegExp(`[-/]${w}(?=-|$)`).test(name));
  const os = word([
    'android',
    'darwin',
    'freebsd',
    'openbsd',
    'netbsd',
    'openharmony',
    'sunos',
    'aix',
    'linux',
    'win32',
    'windows',
  ]);
  const cpu = word(['arm64', 'arm', 'x64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32']);
  if (!os && cpu !== 'wasm32') throw new Error(`${name}: no platform in the name; enter it in package-lock.json by hand`);
  const libc = /musl/.test(name) ? ['musl'] : /linux.*-gnu/.test(name) ? ['glibc'] : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc }), ...(os && { os: [os === 'windows' ? 'win32' : os] }) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(FILE, 'utf8'));
  const missing = missingEntries(lock);
  const [root, ...rest] = [...Object.entries(lock.packages), ...missing];
  rest.sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = Object.fromEntries([root, ...rest]);
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.error(`package-lock.json: ${missing.size} entries added: ${[...missing.keys()].join(', ')}`);
}
