// Packages that mgrpo can do without, where it is called from elsewhere (`npx mgrpo`).
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyProject } from '../support/project.js';
import type { Project } from '../support/project.js';

let project: Project;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-nearby-'));
beforeAll(() => {
  project = emptyProject();
  rmSync(path.join(project.folder, 'node_modules/webgpu'), { recursive: true, force: true });
});
afterAll(() => {
  project.remove();
  rmSync(folder, { recursive: true });
});

it('webgpu is taken from the working directory where the package has none beside it, and how to get it is said', () => {
  const cli = path.join(project.folder, 'node_modules/mgrpo/dist/cli.js');
  const without = execFileSync(process.execPath, [cli, 'info'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(JSON.parse(without.trim().split('\n').at(-1)!)).toMatchObject({
    notes: expect.arrayContaining([
      expect.stringMatching(/npm install webgpu, or call npx -p mgrpo -p webgpu mgrpo$/) as string,
    ]) as string[],
  });
  const fake = path.join(folder, 'node_modules/webgpu');
  mkdirSync(fake, { recursive: true });
  writeFileSync(path.join(fake, 'package.json'), '{"name":"webgpu","type":"module","main":"index.js"}');
  writeFileSync(
    path.join(fake, 'index.js'),
    "console.error('found here');\nexport const globals = {};\nexport const create = () => ({ requestAdapter: async () => null });\n",
  );
  const { stderr, status } = spawnSync(process.execPath, [cli, 'info'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toContain('found here');
  expect(status).toBe(0);
});
