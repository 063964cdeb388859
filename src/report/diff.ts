// What a correction changed in an answer, character by character. Pure; the report and the page draw it.

/** A piece of text that both have, that only the old one has, or only the new one. */
export interface DiffPart {
  readonly kind: 'same' | 'gone' | 'new';
  readonly text: string;
}

/** Beyond this many pairs of characters the middle is taken as one change. */
const MOST = 4_000_000;

/** The shortest edit from one text to another (longest common subsequence of characters). */
export function diffText(before: string, after: string): DiffPart[] {
  const [a, b] = [[...before], [...after]];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [old, fresh] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const middle: (readonly [DiffPart['kind'], string])[] =
    old.length * fresh.length > MOST
      ? [...old.map((c) => ['gone', c] as const), ...fresh.map((c) => ['new', c] as const)]
      : shortestEdit(old, fresh);
  return joined([
    ...a.slice(0, start).map((c) => ['same', c] as const),
    ...middle,
    ...a.slice(a.length - end).map((c) => ['same', c] as const),
  ]);
}

function shortestEdit(a: readonly string[], b: readonly string[]): (readonly [DiffPart['kind'], string])[] {
  const width = b.length + 1;
  // common[i * width + j]: length of the longest common subsequence of a from i on and b from j on.
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const edit: (readonly [DiffPart['kind'], string])[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edit.push(['same', a[i]!]);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      edit.push(['gone', a[i++]!]);
    else edit.push(['new', b[j++]!]);
  }
  return edit;
}

/** Neighbours of one kind as one piece. */
function joined(edit: readonly (readonly [DiffPart['kind'], string])[]): DiffPart[] {
  const parts: { kind: DiffPart['kind']; text: string }[] = [];
  for (const [kind, text] of edit) {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  }
  return parts;
}

/** A text as what was thought and what is answered after it; no thought is ''. */
export function splitThought(text: string): { readonly thought: string; readonly answer: string } {
  const end = text.lastIndexOf('</think>');
  if (end < 0) return { thought: '', answer: text.trim() };
  return {
    thought: text
      .slice(0, end)
      .replaceAll(/<\/?think>/g, '')
      .trim(),
    answer: text.slice(end + '</think>'.length).trim(),
  };
}
