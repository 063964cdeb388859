// Files that mean no good: seeds of every kind that is read, changed at random. What reads them must give something or name the fault, in
// bounded time.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse as parseYaml } from 'yaml';
import { readRecords } from '../../src/data/records.js';
import { MgrpoError } from '../../src/errors.js';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { parseLoraConfig } from '../../src/formats/peft.js';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import { loraModules } from '../../src/nn/lora.js';
import { parameterSpecs } from '../../src/nn/parameters.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { checkSealed, replaceSealed } from '../../src/platform/sealed.js';
import { Rng } from '../../src/rng.js';
import { latestCheckpoint } from '../../src/run/checkpoints.js';
import { RunFolder } from '../../src/run/folder.js';
import { readReportData } from '../../src/run/reader.js';
import { renderReport } from '../../src/report/page.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import { jsonlRows } from '../../src/tasks/jsonl.js';
import { ChatTemplate } from '../../src/text/chat-template.js';
import { Tokenizer } from '../../src/text/tokenizer.js';
import { ANSWER_READERS, GOOD_ANSWERS, HOSTILE_ANSWERS } from './hostile-answers.js';
import { SMALL_CONFIG } from './policy.js';
import { reportData } from './report-data.js';

/** A reader and the files it is given. */
export interface Reader {
  readonly name: string;
  /** Texts or bytes that it reads without complaint. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Others that are changed too, which it may refuse. */
  readonly refused?: readonly string[];
  /** How many of the files of others one of this reader costs. */
  readonly cost?: number;
  /** Reads one; gives something or throws. @param patience milliseconds that a server may say nothing, where one is asked */
  read(file: Uint8Array, patience?: number): unknown;
}

const text = (file: Uint8Array): string => new TextDecoder().decode(file);
const json = (file: Uint8Array): unknown => {
  try {
    return JSON.parse(text(file));
  } catch {
    throw new MgrpoError('bad_file', 'no JSON');
  }
};

const CONFIG = {
  ...SMALL_CONFIG,
  vocab_size: 60,
  eos_token_id: [1, 2],
  rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 },
  sliding_window: null,
};
const ADAPTER = {
  peft_type: 'LORA',
  r: 4,
  lora_alpha: 8,
  target_modules: '.*\\.(q|v)_proj',
  rank_pattern: { 'layers.0.self_attn.q_proj': 8 },
  alpha_pattern: { v_proj: 3 },
  use_rslora: true,
  bias: 'none',
  modules_to_save: null,
};
const TEMPLATE = `{%- for message in messages %}{{ '<' + message.role + '>' + message['content'] | trim }}{%- if loop.last and add_generation_prompt %}<assistant>{%- endif %}{%- endfor %}`;
const ROWS = `{"question":"1+1","answer":"2","level":3}\n{"prompt":[{"role":"user","content":"2+2"}],"gold":"#### 4"}\n`;
const TABLE = 'question,answer\n1+1,2\n"a ""b"", c","#### 4"\r\n';
const YAML = 'model: &m models/signs\nlearningRate: 1e-5\nlayer2: {mode: eq5, phrases: [a, *m]}\nmaxSteps: 10\n';

const tokenizerFiles = charTokenizer(['Wait.']).files;
const memory = (files: Record<string, string | Uint8Array>): MemoryFiles => new MemoryFiles('hostile', files);

const records = (name: string, file: Uint8Array): Promise<unknown> =>
  readRecords({ files: memory({ [name]: file }), path: name });

/** Everything that is read and may come from somebody else. */
export async function readers(): Promise<readonly Reader[]> {
  const tensors = memory({});
  const data = (n: number) => () => Promise.resolve(new Float32Array(n).fill(0.5));
  await writeSafetensors(tensors, 'model.safetensors', [
    { name: 'a', dtype: 'F32', shape: [2, 3], data: data(6) },
    { name: 'b', dtype: 'F32', shape: [4], data: data(4) },
  ]);
  const sealed = memory({});
  await replaceSealed(sealed, 'one', 'one', (sink) => sink.write('a', 'x'));
  const run = memory({});
  await RunFolder.create(run, reportData().run);
  const model = parseModelConfig(CONFIG);
  return [
    {
      name: 'safetensors',
      seeds: [tensors.files.get('model.safetensors')!],
      async read(file) {
        const found = await Safetensors.open(memory({ 'model.safetensors': file }));
        for (const name of found.tensors.keys()) await found.readF32(name);
      },
    },
    {
      name: 'config.json',
      seeds: [JSON.stringify(CONFIG)],
      read: (file) => parameterSpecs(parseModelConfig(json(file), 'hostile')),
    },
    {
      name: 'adapter_config.json',
      seeds: [JSON.stringify(ADAPTER)],
      read: (file) => loraModules(model, parseLoraConfig(json(file), 'hostile')),
    },
    {
      name: 'tokenizer.json',
      seeds: [tokenizerFiles['tokenizer.json']!],
      async read(file) {
        const tokenizer = await Tokenizer.load(memory({ ...tokenizerFiles, 'tokenizer.json': file }));
        return tokenizer.decode(tokenizer.encode('1+2=3 and so on'));
      },
    },
    {
      name: 'chat template',
      seeds: [TEMPLATE, '{{ messages[0].content.upper() ~ bos_token }}{% set x = range(9) | list %}{{ x }}'],
      read: (file) => new ChatTemplate(text(file), { bos_token: '<s>' }).render([{ role: 'user', content: 'Hello' }]),
    },
    { name: 'JSON lines', seeds: [ROWS], read: (file) => jsonlRows(text(file), { name: 'hostile', goldOptional: true }) },
    {
      name: 'YAML',
      seeds: [YAML],
      read(file) {
        try {
          return parseYaml(text(file), { logLevel: 'error' }) as unknown;
        } catch (error) {
          // As the flags' reader does.
          throw new MgrpoError('bad_file', String(error));
        }
      },
    },
    {
      name: 'run folder',
      seeds: [
        JSON.stringify(reportData().run),
        JSON.stringify(reportData().evaluations),
        JSON.stringify(reportData().steps[0]),
        JSON.stringify(reportData().completions[0]),
      ],
      async read(file) {
        const files = memory(Object.fromEntries(run.files));
        const marks = { during: 'evaluation.json', seconds: 'steps.jsonl', completion: 'completions.jsonl' };
        const at = Object.entries(marks).find(([key]) => text(file).includes(`"${key}"`))?.[1] ?? 'config.json';
        await files.write(at, file);
        const page = renderReport(await readReportData(files));
        if (/<script>(?!\()|<img/i.test(page.replace(/<script>[^]*?<\/script>/, ''))) throw new Error('a script in the page');
      },
    },
    ...['gsm8k-none', 'gsm8k-snappy', 'chats', 'encodings-1', 'encodings-2'].map((name) => ({
      name: `parquet (${name})`,
      cost: 10,
      seeds: [readFileSync(path.join(import.meta.dirname, `../data/files/${name}.parquet`))],
      read: (file: Uint8Array) => records('a.parquet', file),
    })),
    { name: 'CSV', seeds: [TABLE], read: (file) => records('a.csv', file) },
    { name: 'gzip', cost: 5, seeds: [gzipSync(ROWS)], read: (file) => records('a.jsonl.gz', file) },
    ...ANSWER_READERS.map((reader) => ({ ...reader, seeds: GOOD_ANSWERS, refused: HOSTILE_ANSWERS })),
    {
      name: 'manifest.json',
      seeds: [sealed.files.get('one/manifest.json')!],
      async read(file) {
        const files = memory(Object.fromEntries(sealed.files));
        await files.write('one/manifest.json', file);
        await checkSealed(files.folder('one'), 'one');
        await latestCheckpoint(files);
      },
    },
  ];
}

/** Values that stand where others are expected. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, -1, 0, 0.5, 1e308, 2 ** 31, 2 ** 53, 1e6, -0, '', 'x', '__proto__', '\ud800', '<img src=x onerror=1>'],
  ...[
    [],
    {},
    [[]],
    [null],
    { a: {} },
    'constructor',
    '(a+)+b',
    '((',
    '{% for %}',
    '../../../x',
    '/etc/passwd',
    'file:///etc/passwd',
    'http://[',
    'a'.repeat(3000),
    Array(200).fill(1),
  ],
  JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown,
];

/** Changes a file: its JSON where it has some, else its bytes. */
export function mutate(file: Uint8Array, rng: Rng): Uint8Array {
  const below = (n: number): number => Math.floor(rng.uniform() * n);
  if (below(3) > 0) {
    try {
      const value: unknown = JSON.parse(text(file));
      return new TextEncoder().encode(JSON.stringify(mutateJson(value, below)));
    } catch {
      // Bytes then.
    }
  }
  let bytes = [...file];
  for (let edits = 1 + below(3); edits > 0; edits--) {
    const at = below(bytes.length + 1);
    const kind = below(6);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes.splice(at, 1 + below(8));
    else if (kind === 2) bytes.splice(at, 0, ...Array.from({ length: 1 + below(8) }, () => below(256)));
    else if (kind === 3) bytes = bytes.slice(0, at);
    else if (kind === 4) bytes.splice(at, 0, ...bytes.slice(below(bytes.length), below(bytes.length)).slice(0, 200));
    else bytes.splice(at, 0, ...new TextEncoder().encode(WORDS[below(WORDS.length)]));
  }
  return Uint8Array.from(bytes);
}

const WORDS = [
  ...[
    '{%',
    '%}',
    '{{',
    '}}',
    'for i in range(1000000000)',
    '{% for i in range(99999) %}',
    '{% endfor %}',
    '"',
    '[',
    '{',
    '\\u0000',
    'null',
  ],
  ...[
    'constructor',
    '__proto__',
    '.constructor("return 1")()',
    '*',
    '&a',
    '!!binary',
    '!!js/function',
    '<<: *a',
    '---',
    '\n',
    '1e999',
    '-',
    '#',
  ],
];

function mutateJson(value: unknown, below: (n: number) => number): unknown {
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || below(4) === 0) return VALUES[below(VALUES.length)];
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys[below(keys.length)];
  if (key === undefined) return VALUES[below(VALUES.length)];
  const kind = below(8);
  if (kind === 0) delete copy[key];
  else if (kind === 1) copy[`${key}x`] = copy[key];
  else copy[key] = mutateJson(copy[key], below);
  return copy;
}

/** What became of the files of one reader. */
export interface Findings {
  readonly reader: string;
  readonly files: number;
  readonly read: number;
  readonly named: number;
  /** Failures without a name, and files that took longer than {@link SLOW}. */
  readonly faults: { readonly file: string; readonly fault: string }[];
}

/** Milliseconds that one file may take. */
export const SLOW = 2000;

/** Reads changed files; a reader that costs more gets fewer. */
export async function fuzz(reader: Reader, most: number, seed: number): Promise<Findings> {
  const rng = new Rng(seed, 0);
  const count = Math.ceil(most / (reader.cost ?? 1));
  const seeds = [...reader.seeds, ...(reader.refused ?? [])].map((file) =>
    typeof file === 'string' ? new TextEncoder().encode(file) : file,
  );
  const found = { reader: reader.name, files: count, read: 0, named: 0, faults: [] as { file: string; fault: string }[] };
  for (let i = 0; i < count; i++) {
    const file = mutate(seeds[i % seeds.length]!, rng);
    const start = process.cpuUsage();
    const note = (fault: string): void => void found.faults.push({ file: text(file).slice(0, 400), fault });
    try {
      await reader.read(file);
      found.read++;
    } catch (error) {
      if (error instanceof MgrpoError && error.message.length < 2000) found.named++;
      else note(error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error));
    }
    const { user, system } = process.cpuUsage(start);
    const took = (user + system) / 1000;
    if (took > SLOW) note(`took ${Math.round(took)} ms`);
  }
  return found;
}
