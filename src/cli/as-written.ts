// Names settings in a message as its reader wrote them: max_steps of a YAML file and --max-steps are maxSteps to whatever complains.
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { isObject } from '../options/border.js';
import { flagNames } from './flags.js';
import type { CommandSpec } from './flags.js';
import { ourName } from './trl.js';

/** A message about a call, whose settings have the names that the call, or the file of its `--config`, gives them; a flag wins over the file. */
export function asWritten(message: string, command: CommandSpec, argv: readonly string[]): string {
  const flags = flagNames(command, argv);
  const written = new Map([...fileNames(argv), ...flags]);
  return [...written].reduce((text, [name, word]) => {
    const escaped = name.replace('.', '\\.');
    // A name of one small word may stand for the word itself: it is one where a value is refused.
    const place = /[A-Z.]/.test(name) ? `(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)` : `(?<=\\bfor )${escaped}(?=, got)`;
    return text.replace(new RegExp(place, 'g'), () => word);
  }, message);
}

/** Settings of the config file that it does not name as they are named here. */
function fileNames(argv: readonly string[]): Map<string, string> {
  const at = argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  const file = argv[at]?.startsWith('--config=') ? argv[at]?.slice('--config='.length) : argv[at + 1];
  const names = new Map<string, string>();
  if (at < 0 || file === undefined) return names;
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch {
    // The message says so.
    return names;
  }
  for (const key of isObject(content) ? Object.keys(content) : []) if (ourName(key) !== key) names.set(ourName(key), key);
  return names;
}
