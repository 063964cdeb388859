// Kinds of damage that a disk, a person or a program may do to the folder of a run with checkpoints of steps 2 and 4. After each of them the run
// must go on to the bytes of a run that was left alone.
import type { FileFolder } from '../../src/platform/files.js';

/** One kind of damage. */
export interface Damage {
  readonly name: string;
  /** The checkpoint that the run must go on from. */
  readonly from: 2 | 4;
  /** What must be said of it; undefined where the damage is of no account. */
  readonly says?: RegExp;
  harm(run: FileFolder): Promise<void>;
}

const NEWEST = 'checkpoints/step-4';
const BEFORE = 'checkpoints/step-2';

async function bytesOf(run: FileFolder, path: string): Promise<Uint8Array> {
  return run.readRange(path, 0, await run.size(path));
}

/** Changes the bytes of a file. */
const edit = async (run: FileFolder, path: string, change: (bytes: Uint8Array) => unknown): Promise<void> => {
  const bytes = (await bytesOf(run, path)).slice();
  const changed = change(bytes);
  await run.write(path, changed instanceof Uint8Array ? changed : bytes);
};

/** Changes the JSON of a file. */
const set = async (run: FileFolder, path: string, fields: object): Promise<void> => {
  const json = JSON.parse(await run.readText(path)) as object;
  await run.write(path, JSON.stringify({ ...json, ...fields }));
};

const take = async (run: FileFolder, path: string, from: string): Promise<void> => run.write(path, await bytesOf(run, from));

const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, bytes.length >> 1);

/** Damage to a file of the newest checkpoint: the one before is gone on from. */
const inNewest = (name: string, file: string, harm: (run: FileFolder, path: string) => Promise<void>): Damage => ({
  name,
  from: 2,
  says: new RegExp(`step-4/(${file.replace('.', '\\.')}|manifest\\.json)|step-4: expected a file ${file}`),
  harm: (run) => harm(run, `${NEWEST}/${file}`),
});

/** @param weights the name of the policy's weights file, and its settings' */
export function damages(weights: string, config: string): readonly Damage[] {
  const flip = (at: number) => (run: FileFolder, path: string) =>
    edit(run, path, (bytes) => void (bytes[Math.floor(at * (bytes.length - 1))]! ^= 1));
  const write = (text: string) => (run: FileFolder, path: string) => run.write(path, text);
  const remove = (run: FileFolder, path: string): Promise<void> => run.remove(path);
  const cut = (run: FileFolder, path: string): Promise<void> => edit(run, path, half);
  const optimizer = 'optimizer.safetensors';
  const state = 'trainer_state.json';
  const stranger = (name: string, harm: Damage['harm']): Damage => ({ name, from: 4, harm });
  return [
    ...[0, 0.2, 0.7, 1].map((at) => inNewest(`a flipped bit at ${at} of the weights`, weights, flip(at))),
    inNewest('a flipped bit in the optimizer', optimizer, flip(0.6)),
    inNewest('a page of zeros in the weights', weights, (run, path) =>
      edit(run, path, (bytes) => void bytes.fill(0, bytes.length - 5000, bytes.length - 904)),
    ),
    inNewest('a tail of zeros in the optimizer', optimizer, (run, path) =>
      edit(run, path, (bytes) => void bytes.fill(0, bytes.length - 4096)),
    ),
    inNewest('weights cut short', weights, cut),
    inNewest('weights with bytes after their end', weights, (run, path) =>
      edit(run, path, (bytes) => new Uint8Array([...bytes, 0])),
    ),
    inNewest('weights missing', weights, remove),
    inNewest('weights empty', weights, write('')),
    inNewest('weights of another step', weights, (run, path) => take(run, path, `${BEFORE}/${weights}`)),
    inNewest('optimizer of another step', optimizer, (run, path) => take(run, path, `${BEFORE}/${optimizer}`)),
    inNewest('optimizer missing', optimizer, remove),
    inNewest('state of another step', state, (run, path) => take(run, path, `${BEFORE}/${state}`)),
    inNewest('step 99999 in the state', state, (run, path) => set(run, path, { step: 99_999 })),
    inNewest('another count of streams', state, (run, path) => set(run, path, { streams: 1 })),
    inNewest('a negative cursor', state, (run, path) => set(run, path, { cursor: -7 })),
    inNewest('state null', state, write('null')),
    inNewest('state cut short', state, cut),
    inNewest('state missing', state, remove),
    inNewest('settings of the model changed', config, (run, path) => set(run, path, { num_hidden_layers: 1, r: 1 })),
    inNewest('settings of the model missing', config, remove),
    inNewest('settings of the model empty', config, write('')),
    inNewest('settings of the model cut short', config, cut),
    inNewest('settings of the model null', config, write('null')),
    inNewest('another tokenizer', 'tokenizer.json', (run, path) => set(run, path, { version: '2' })),
    inNewest('run.json null', 'run.json', write('null')),
    inNewest('a file more', 'model.safetensors.index.json', write('{"weight_map":{}}')),
    inNewest('manifest missing', 'manifest.json', remove),
    inNewest('manifest cut short', 'manifest.json', cut),
    inNewest('manifest null', 'manifest.json', write('null')),
    inNewest('manifest of another step', 'manifest.json', (run, path) => take(run, path, `${BEFORE}/manifest.json`)),
    {
      name: 'a whole checkpoint of another step',
      from: 2,
      says: /step-4\/manifest\.json: expected the label step-4, got "step-2"/,
      async harm(run) {
        for (const { name } of (await run.entries(BEFORE))!) await take(run, `${NEWEST}/${name}`, `${BEFORE}/${name}`);
      },
    },
    { name: 'the newest checkpoint gone', from: 2, harm: (run) => run.remove(NEWEST) },
    {
      name: 'a later checkpoint with nothing but a state',
      from: 4,
      says: /step-9/,
      harm: (run) => take(run, `checkpoints/step-9/${state}`, `${NEWEST}/${state}`),
    },
    { ...stranger('a file called step-9', (run) => run.write('checkpoints/step-9', 'x')), says: /step-9 is no checkpoint/ },
    ...['step-99999999999999999999999', 'step-0005', 'step--1', 'notes'].map((name) => ({
      ...stranger(`a folder called ${name}`, (run) => run.write(`checkpoints/${name}/a`, 'x')),
      says: new RegExp(`${name} is no checkpoint`),
    })),
    stranger('what a killed write left', (run) => run.write('checkpoints/.step-6.12ab34cd.part/model.safetensors', 'x')),
    stranger('config.json of the run missing', (run) => run.remove('config.json')),
    stranger('config.json of the run empty', (run) => run.write('config.json', '')),
    stranger('config.json of the run cut short', (run) => cut(run, 'config.json')),
    stranger('config.json of the run null', (run) => run.write('config.json', 'null')),
    stranger('evaluation.json null', (run) => run.write('evaluation.json', 'null')),
    stranger('evaluation.json cut short', (run) => run.write('evaluation.json', '{"during":[')),
    stranger('report.html missing', (run) => run.remove('report.html')),
    {
      ...stranger('a line null in metrics.jsonl', (run) => run.append('metrics.jsonl', 'null\n')),
      says: /metrics\.jsonl: expected a record of a step in line/,
    },
    {
      ...stranger('a line without fields in steps.jsonl', (run) => run.append('steps.jsonl', '{}\n')),
      says: /steps\.jsonl: expected a record of a step in line/,
    },
    {
      ...stranger('a torn line in completions.jsonl', (run) => run.append('completions.jsonl', '{"step":5,"pro')),
      says: /completions\.jsonl: expected a record of a step in line/,
    },
    stranger('all logs missing', async (run) => {
      for (const name of ['metrics.jsonl', 'steps.jsonl', 'completions.jsonl']) await run.remove(name);
    }),
  ];
}
