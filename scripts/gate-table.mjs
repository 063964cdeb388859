// The table of registers in docs/kernels.md, which gate-gpu.mjs writes: a row for each kernel, a column for each maker of GPUs.
const MAKERS = { amd: 'AMD', nvidia: 'NVIDIA', apple: 'Apple', intel: 'Intel' };
const HEAD = `| kernel | ${Object.values(MAKERS).join(' | ')} |\n|---|${'---|'.repeat(Object.keys(MAKERS).length)}\n`;
const BEGIN = '<!-- written by npm run gate:gpu -- --docs -->\n';
const END = '<!-- end -->\n';

/**
 * A text whose table has the columns of some GPUs anew; those of the others stay, and kernels that no column has any more go.
 * @param {string} text
 * @param {readonly string[]} gpus keys of the makers that were asked
 * @param {ReadonlyMap<string, ReadonlyMap<string, string>>} cells by kernel and GPU
 * @returns {string}
 */
export function withTable(text, gpus, cells) {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`gate-table: expected ${BEGIN.trim()} and ${END.trim()} in the text, found none`);
  const rows = new Map();
  for (const line of text
    .slice(from + BEGIN.length, to)
    .split('\n')
    .slice(2)
    .filter(Boolean)) {
    const [kernel, ...before] = line.slice(2, -2).split(' | ');
    rows.set(kernel, new Map(Object.keys(MAKERS).map((gpu, i) => [gpu, before[i] ?? ''])));
  }
  for (const kernel of cells.keys()) rows.set(kernel, rows.get(kernel) ?? new Map());
  const lines = [...rows].flatMap(([kernel, row]) => {
    for (const gpu of gpus) row.set(gpu, cells.get(kernel)?.get(gpu) ?? '');
    const all = Object.keys(MAKERS).map((gpu) => row.get(gpu) ?? '');
    return all.some((cell) => cell !== '') ? [`| ${kernel} | ${all.join(' | ')} |\n`] : [];
  });
  return text.slice(0, from + BEGIN.length) + HEAD + lines.join('') + text.slice(to);
}
