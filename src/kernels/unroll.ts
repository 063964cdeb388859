// Loops of a shader written out in text, where a compiler must see constant indices.
import { check } from '../errors.js';

/**
 * Writes out the loops of a shader whose tile must be text (an array in private memory is far slower than named values on software devices):
 * the lines between `#for x N` and its `#end` stand N times, with `$x` the index. N is a number or a name in `counts`; x is one letter.
 * The lines between `#if N` and its `#end` stand where N is not 0, those of `#if !N` where it is.
 */
export function unroll(source: string, counts: Readonly<Record<string, number>>): string {
  const lines = source.split('\n');
  let at = 0;
  const block = (): string[] => {
    const out: string[] = [];
    while (at < lines.length) {
      const line = lines[at++]!;
      const directive = /^\s*#(?:for ([a-z])|if(?: (!))?) ?(\w+)$/.exec(line);
      if (/^\s*#end$/.test(line)) break;
      if (!directive) {
        out.push(line);
        continue;
      }
      const [, name, not, value] = directive as unknown as [string, string | undefined, string | undefined, string];
      const count = counts[value] ?? Number(value);
      check(
        Number.isInteger(count),
        `unroll: expected a number or one of ${Object.keys(counts).join(', ')} in ${line.trim()}, got ${value}`,
      );
      const body = block().join('\n');
      if (name !== undefined) for (let i = 0; i < count; i++) out.push(body.replaceAll(`$${name}`, `${i}`));
      else if ((count === 0) === (not !== undefined)) out.push(body);
    }
    return out;
  };
  return block().join('\n');
}
