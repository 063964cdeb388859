// The model card that goes with a model out of this page.
import type { State } from './store.js';

/** README.md of the trained model, with what the hub reads at its head. */
export function modelCard({ settings, steps, measured, device, source }: State): string {
  const base = 'url' in source ? source.url.split('/').at(-1)! : source.name;
  const last = steps.at(-1);
  const share = (name: string): string | null => {
    const [a, b] = [measured?.before[name], measured?.now[name]];
    return a && b ? `${a.value.toFixed(3)} | ${b.value.toFixed(3)} [${b.ci95.map((x) => x.toFixed(3)).join(', ')}]` : null;
  };
  const rows = ['acc_t1', 'acc_t2', 'delta_t1_t2'].flatMap((name) => {
    const text = share(name);
    return text === null ? [] : [`| ${name} | ${text} |`];
  });
  const table =
    rows.length > 0
      ? `\nOn 500 held-out puzzles:\n\n| metric | before | after [95 % interval] |\n|---|---|---|\n${rows.join('\n')}\n`
      : '';
  return `---
library_name: transformers
tags: [grpo, mgrpo, reinforcement-learning]
base_model: ${base}
---

# ${base}, trained with ${settings.algorithm.toUpperCase()}

Trained in a browser with mgrpo for ${last?.step ?? 0} steps (${device ?? 'no device'}).
${table}
Settings: ${Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}.
`;
}
