import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'puppeteer';

/** The parts of @sparticuz/chromium that a machine without libraries and fonts needs, unpacked once into the user's cache. */
async function unpackedChromium(): Promise<string> {
  const require = createRequire(import.meta.url);
  const root = path.resolve(require.resolve('@sparticuz/chromium'), '../../..');
  const { version } = require(path.join(root, 'package.json')) as { version: string };
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'mgrpo');
  const folder = path.join(cache, `chromium-${version}-with-fonts`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(path.join(cache, 'chromium.'));
  const tmpdir = process.env['TMPDIR'];
  try {
    // The package unpacks into the folder of temporary files; an interrupted run must not leave half a browser behind.
    process.env['TMPDIR'] = fresh;
    const { inflate } = (await import(path.join(root, 'build/esm/lambdafs.js'))) as { inflate(file: string): Promise<string> };
    for (const part of ['chromium.br', 'al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br'])
      await inflate(path.join(root, 'bin', part));
    chmodSync(path.join(fresh, 'chromium'), 0o755);
    // The packed fonts.conf expects the fonts in /tmp.
    const fonts = path.join(folder, 'fonts');
    const conf = `<?xml version="1.0"?><fontconfig><dir>${fonts}</dir><cachedir>${path.join(fonts, 'cache')}</cachedir></fontconfig>`;
    writeFileSync(path.join(fresh, 'fonts/fonts.conf'), conf);
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    if (tmpdir === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = tmpdir;
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Starts Chromium with WebGPU, or gives the reason why it cannot be started here. @param needs file of the repository that must be built */
export async function startChromium(needs?: string): Promise<Browser | string> {
  try {
    if (needs !== undefined && !existsSync(path.resolve(import.meta.dirname, '../..', needs)))
      return `no ${needs}; run npm run build`;
    if (process.platform !== 'linux' || process.arch !== 'x64') return 'the carried Chromium is for x64 Linux';
    const folder = await unpackedChromium();
    const { default: puppeteer } = await import('puppeteer');
    const isRoot = process.getuid?.() === 0;
    return await puppeteer.launch({
      executablePath: path.join(folder, 'chromium'),
      headless: 'shell',
      args: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', ...(isRoot ? ['--no-sandbox'] : [])],
      env: {
        ...process.env,
        LANG: 'en_US.UTF-8',
        LANGUAGE: 'en_US',
        LD_LIBRARY_PATH: path.join(folder, 'al2023/lib'),
        FONTCONFIG_PATH: path.join(folder, 'fonts'),
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
