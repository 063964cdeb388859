// The generated parts of docs/verifiers.md, from the cases and tables that they describe.
import { VERIFIER_OPTIONS } from '../../src/config/verifier.js';
import { describe as valuesOf } from '../../src/options/fill.js';
import { listOptions } from '../../src/options/table.js';
import { REWARDS } from '../../src/reward/registry.js';
import { choices, equivalences } from './cases/documented.js';

/** A text as code in a cell of a table. */
const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ⏎ ')}\``;
/** Tags in prose as code. */
const tagged = (text: string): string => text.replaceAll(/<\/?\w+>(?:…<\/\w+>)?/g, (tag) => code(tag));
const yes = (is: boolean): string => (is ? 'yes' : 'no');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')).join('\n');

const parts: Readonly<Record<string, () => string>> = {
  options: () =>
    table(
      ['option', 'values', 'default', 'meaning'],
      listOptions(VERIFIER_OPTIONS).map(({ name, spec }) => [
        code(name),
        valuesOf({ ...spec, choices: spec.type === 'choice' ? spec.choices : undefined } as typeof spec),
        String(spec.default),
        tagged(spec.doc.replaceAll('|', '\\|')),
      ]),
    ),
  equivalences: () =>
    table(
      ['gold', 'answer', 'equal', 'why'],
      equivalences.map(([gold, answer, equal, why]) => [code(gold), code(answer), yes(equal), why]),
    ),
  choices: () =>
    choices
      .map(({ name, reason, texts, cases }) => {
        const rows = cases.map(([gold, text, counts, options = {}]) => [
          [gold].flat().map(code).join(', '),
          code(text),
          yes(counts),
          Object.entries(options)
            .map(([option, value]) => code(`${option}: ${JSON.stringify(value).replaceAll('"', "'")}`))
            .join(', '),
        ]);
        return `### ${name}\n\n${reason}\n\n${table(['gold', texts, 'counts', 'asked for'], rows)}`;
      })
      .join('\n\n'),
  rewards: () =>
    table(
      ['name', 'also', 'columns', 'what it gives'],
      REWARDS.map(({ name, also, columns, doc }) => [
        code(name),
        also.map(code).join(', '),
        columns.map(code).join(', '),
        tagged(doc),
      ]),
    ),
};

/** The document with its generated parts as they are now: each stands between `<!-- generated: NAME -->` and `<!-- end -->`. */
export function withGenerated(document: string): string {
  const names: string[] = [];
  const now = document.replace(
    /(<!-- generated: (\w+) -->\n)[^]*?(\n<!-- end -->)/g,
    (_, start: string, name: string, end: string) => {
      names.push(name);
      return `${start}\n${parts[name]!()}\n${end}`;
    },
  );
  const missing = Object.keys(parts).filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`docs/verifiers.md: no place for ${missing.join(', ')}`);
  return now;
}
