// Finds blocks of code written twice: runs of at least 8 equal lines (comments, blank lines and lines of brackets alone do not count) in
// src, shaders and assembly. Prints each and exits with 1 if there is one.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const LEAST = 8;

/** @returns {string[]} paths of all source files, relative to the root; what a bench has installed is none of ours */
export function sourceFiles(folders = ['src', 'shaders', 'assembly'], extensions = /\.(ts|wgsl)$/) {
  return folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extensions.test(entry.name))
      .map((entry) => path.relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name)))
      .filter((file) => !file.split(path.sep).includes('node_modules'))
      .sort(),
  );
}

/** The lines of a file that count, with their numbers: no comments, imports, exports of names, or lines without a letter or digit. */
function countingLines(text) {
  const lines = [];
  let inComment = false;
  let inImport = false;
  text.split('\n').forEach((raw, i) => {
    const line = raw.trim().replace(/\s+/g, ' ');
    if (inComment) {
      inComment = !line.includes('*/');
      return;
    }
    if (line.startsWith('/*')) {
      inComment = !line.includes('*/');
      return;
    }
    if (/^(import|export) (type )?\{/.test(line) || /^import /.test(line)) inImport = true;
    if (inImport) {
      inImport = !line.endsWith(';');
      return;
    }
    if (line.startsWith('//') || !/\w/.test(line)) return;
    lines.push({ line, number: i + 1 });
  });
  return lines;
}

/**
 * Blocks that stand in two places.
 * @param {readonly { name: string; text: string }[]} files
 * @returns {{ lines: number; first: string; second: string }[]} places as file:line
 */
export function duplicates(files) {
  const parsed = files.map(({ name, text }) => ({ name, lines: countingLines(text) }));
  const windows = new Map();
  const found = [];
  const covered = new Set();
  parsed.forEach(({ name, lines }, f) => {
    for (let at = 0; at + LEAST <= lines.length; at++) {
      const key = lines
        .slice(at, at + LEAST)
        .map(({ line }) => line)
        .join('\n');
      const known = windows.get(key);
      if (!known) {
        windows.set(key, { f, at });
        continue;
      }
      if (known.f === f && at - known.at < LEAST) continue;
      const id = `${known.f}:${f}:${at - known.at}`;
      const other = parsed[known.f];
      if (!covered.has(`${id}:${at - 1}`)) {
        let length = LEAST;
        while (lines[at + length] && lines[at + length].line === other.lines[known.at + length]?.line) length++;
        found.push({
          lines: length,
          first: `${other.name}:${other.lines[known.at].number}`,
          second: `${name}:${lines[at].number}`,
        });
      }
      covered.add(`${id}:${at}`);
    }
  });
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = sourceFiles().map((name) => ({ name, text: readFileSync(path.join(ROOT, name), 'utf8') }));
  const found = duplicates(files);
  for (const { lines, first, second } of found) console.error(`${lines} equal lines: ${first} and ${second}`);
  console.error(`${files.length} files, ${found.length} blocks written twice`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
