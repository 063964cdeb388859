// An empty project in which the package is installed as npm would install it: the files that `npm pack` lists, its dependencies beside it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt, root } from './cli.js';

/** Packages that a user installs beside mgrpo: its peers, and what type-checking needs. */
const BESIDE = ['webgpu', '@types/node'];

/** A project folder; {@link Project.remove} deletes it. */
export interface Project {
  readonly folder: string;
  /** Writes a file of the project. */
  write(name: string, text: string): void;
  remove(): void;
}

/** Makes a project in the folder of temporary files. Dependencies are linked, not copied: they resolve their own ones where they lie. */
export function emptyProject(): Project {
  ensureBuilt();
  const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-project-'));
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  const listing = execFileSync('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], { cwd: root, encoding: 'utf8' });
  const [{ files }] = JSON.parse(listing) as [{ files: { path: string }[] }];
  for (const file of files)
    cpSync(path.join(root, file.path), path.join(folder, 'node_modules/mgrpo', file.path), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), ...BESIDE]) {
    const link = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), link, 'junction');
  }
  write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
