// Builds the Next.js example with Next.js itself, as an app that installs the package finds it, and trains in it: npm run check:examples.
// Next.js and React come from npm into a temporary folder (some 340 MB).
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { servePage } from '../src/cli/ui.js';
import { startChromium } from '../test/support/chromium.js';
import { pressAndTrain } from '../test/support/examples.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-next-'));
const run = (cwd: string, command: string, ...words: string[]): void =>
  void execFileSync(command, words, { cwd, stdio: 'inherit', env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } });
const browser = await startChromium();
if (typeof browser === 'string') throw new Error(browser);
try {
  run('.', 'npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  cpSync('examples/next', folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', `./mgrpo-${version}.tgz`, 'next@16', 'react@19', 'react-dom@19');
  cpSync(path.join(folder, 'node_modules/mgrpo/models'), path.join(folder, 'public/models'), { recursive: true });
  run(folder, 'npx', 'next', 'build');
  const server = await servePage(path.join(folder, 'out'), 0);
  const errors = await pressAndTrain(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'done');
  server.closeAllConnections();
  server.close();
  if (errors.length > 0) throw new Error(errors.join('\n'));
  console.log('the Next.js example: built by Next.js, and trained two steps in Chromium');
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
