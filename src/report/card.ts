// The README.md of a trained model: metadata as the Hugging Face hub reads it, results with their intervals, how to run it.
import type { Metric } from '../algo/evaluation.js';
import type { Evaluations, Metrics, RunConfig } from './data.js';

/** What a card says beside its run. */
export interface CardOptions {
  /** Whether the folder holds an adapter or a whole model. */
  readonly kind: 'adapter' | 'model';
  /** Ids on the hub; null where the run's model and data are no such ones. */
  readonly baseModel?: string | null;
  readonly dataset?: string | null;
  /** The hub's short name of a licence; left out, the card names none. */
  readonly license?: string | undefined;
  /** What the model will be called; left out, "this folder". */
  readonly name?: string | undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  mgrpo: 'Multi-Layer GRPO (arXiv 2506.04746)',
  grpo: 'GRPO',
  sft: 'supervised fine-tuning',
};

/** Metrics that the hub's page of results lists, and what they mean. */
const RESULTS: readonly (readonly [name: string, meaning: string])[] = [
  ['acc_t1', 'first answers that are right'],
  ['acc_t2', 'corrections that are right'],
  ['delta_t1_t2', 'what the correction adds'],
];

/** The text of the card. */
export function modelCard(run: RunConfig, evaluations: Evaluations, options: CardOptions): string {
  const { before, after } = evaluations;
  const { settings, config } = run;
  const algorithm = run.command === 'sft' ? 'sft' : String(settings.algorithm ?? 'mgrpo');
  const source = options.baseModel ?? textOf(settings.model);
  const data = options.dataset ?? textOf(settings.dataset) ?? textOf(settings.task);
  const title = options.name?.split('/').at(-1) ?? (source ? `${lastPart(source)}-${algorithm}` : algorithm);
  const lines = [
    `# ${title}`,
    '',
    `${source ? `${code(source)}, trained` : 'Trained'} with ${NAMES[algorithm] ?? algorithm}${data ? ` on ${code(data)}` : ''} by [mgrpo](https://www.npmjs.com/package/mgrpo)${run.mgrpo && ` ${run.mgrpo}`}.`,
    '',
    ...(after ? ['## Results', '', ...resultTable(before, after), ''] : []),
    '## How to run it',
    '',
    ...usage(options, source),
    '',
    '## How it was trained',
    '',
    '```json',
    JSON.stringify({ command: run.command, settings, config }, null, 2),
    '```',
    '',
  ];
  return `${metadata(title, algorithm, after, options)}\n${lines.join('\n')}`;
}

/** YAML between its marks; a JSON text is a YAML text. */
function metadata(title: string, algorithm: string, after: Metrics | undefined, options: CardOptions): string {
  const { kind, baseModel, dataset, license } = options;
  const results = RESULTS.flatMap(([name, meaning]) => {
    const metric = after?.[name];
    return metric
      ? [
          `      - type: ${name}`,
          `        value: ${metric.value}`,
          `        name: ${JSON.stringify(`${meaning} (95 % interval ${interval(metric)}, n = ${metric.n})`)}`,
        ]
      : [];
  });
  const index = [
    'model-index:',
    `- name: ${JSON.stringify(title)}`,
    '  results:',
    '  - task:',
    '      type: text-generation',
    '    dataset:',
    `      name: ${JSON.stringify(dataset ?? 'held-out problems')}`,
    `      type: ${JSON.stringify(dataset ?? 'held-out')}`,
    '    metrics:',
    ...results,
  ];
  return [
    '---',
    ...(license ? [`license: ${JSON.stringify(license)}`] : []),
    ...(baseModel ? [`base_model: ${JSON.stringify(baseModel)}`] : []),
    ...(dataset ? ['datasets:', `- ${JSON.stringify(dataset)}`] : []),
    `library_name: ${kind === 'adapter' ? 'peft' : 'transformers'}`,
    'pipeline_tag: text-generation',
    'tags:',
    '- mgrpo',
    ...(algorithm === 'mgrpo' ? [] : [`- ${algorithm}`]),
    ...(kind === 'adapter' ? ['- lora'] : []),
    ...(results.length > 0 ? index : []),
    '---',
    '',
  ].join('\n');
}

function resultTable(before: Metrics | undefined, after: Metrics): string[] {
  const cell = (metric: Metric | undefined): string => (metric ? `${metric.value.toFixed(3)} ${interval(metric)}` : '');
  const rows = Object.entries(after).map(
    ([name, metric]) => `| ${name} | ${cell(before?.[name])} | ${cell(metric)} | ${metric.n} |`,
  );
  return ['| | before [95 % interval] | after [95 % interval] | problems |', '|---|---|---|---|', ...rows];
}

function interval({ ci95 }: Metric): string {
  return `[${ci95[0].toFixed(3)}, ${ci95[1].toFixed(3)}]`;
}

function usage({ kind, name = '.' }: CardOptions, source: string | null): string[] {
  const base = source ?? 'BASE';
  const words = kind === 'adapter' ? `--model ${base} --adapter ${name}` : `--model ${name}`;
  const python =
    kind === 'adapter'
      ? [
          'from peft import AutoPeftModelForCausalLM',
          '',
          `model = AutoPeftModelForCausalLM.from_pretrained(${JSON.stringify(name)})`,
        ]
      : [
          'from transformers import AutoModelForCausalLM',
          '',
          `model = AutoModelForCausalLM.from_pretrained(${JSON.stringify(name)})`,
        ];
  return ['```sh', `npx -p mgrpo -p webgpu mgrpo generate ${words} --prompt "..."`, '```', '', '```python', ...python, '```'];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Text that Markdown leaves alone. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replace(/\s+/g, ' ')}\``;
}

function lastPart(name: string): string {
  return (
    name
      .split(/[/\\]/)
      .filter((part) => /[^.]/.test(part))
      .at(-1) ?? 'model'
  );
}
