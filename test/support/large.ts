// Large and deep inputs of a given size: each is read, or named, in time that grows with it.
import { gzipSync } from 'node:zlib';
import { readRecords } from '../../src/data/records.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import { jsonlRows } from '../../src/tasks/jsonl.js';
import { ChatTemplate } from '../../src/text/chat-template.js';
import { Tokenizer } from '../../src/text/tokenizer.js';

/** One of them. */
export interface Large {
  readonly name: string;
  /** Makes it, about `bytes` long; gives what reads it. */
  make(bytes: number): () => unknown;
  /** What is said where it is refused; undefined where it is read. */
  readonly says?: RegExp;
}

const rows = (text: string): unknown => jsonlRows(text, { name: 'large', goldOptional: true });
const records = (name: string, content: string | Uint8Array): Promise<unknown> =>
  readRecords({ files: new MemoryFiles('large', { [name]: content }), path: name });
const chat = [{ role: 'user', content: 'Hello' }];

/** All of them. */
export const LARGE: readonly Large[] = [
  {
    name: 'a line of JSON with a long text',
    make: (bytes) => {
      const text = `{"question":"${'1+'.repeat(bytes / 2)}1","answer":"2"}\n`;
      return () => rows(text);
    },
  },
  {
    name: 'a line of JSON with a deep value beside the problem',
    says: /at most 1000 values in each other/,
    make: (bytes) => {
      const text = `{"question":"1+1","answer":"2","x":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`;
      return () => rows(text);
    },
  },
  {
    name: 'a prompt of brackets in each other',
    says: /at most 1000 values in each other/,
    make: (bytes) => {
      const text = `{"prompt":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)},"gold":"1"}`;
      return () => rows(text);
    },
  },
  {
    name: 'brackets that never close',
    says: /at most 1000 values in each other/,
    make: (bytes) => {
      const text = '['.repeat(bytes);
      return () => rows(text);
    },
  },
  {
    name: 'a line of JSON with many columns',
    says: /at most 1000 columns/,
    make: (bytes) => {
      const columns = Array.from({ length: bytes / 16 }, (_, i) => `"c${i}":1`);
      const text = `{"question":"1+1","answer":"2",${columns.join()}}`;
      return () => rows(text);
    },
  },
  {
    name: 'half characters and a prototype',
    make: (bytes) => {
      const text = `{"question":"${'\\ud800'.repeat(bytes / 6)}","answer":"2","__proto__":{"x":1}}`;
      return () => {
        rows(text);
        if ('x' in {}) throw new Error('the prototype of all objects was changed');
      };
    },
  },
  {
    name: 'a quote in a table that never closes',
    says: /expected a closing double quote/,
    make: (bytes) => () => records('a.csv', `question,answer\n"${'a'.repeat(bytes)}`),
  },
  {
    name: 'a table of many columns',
    says: /at most 1000 cells/,
    make: (bytes) => {
      const text = Array.from({ length: bytes / 8 }, (_, i) => `c${i}`).join();
      return () => records('a.csv', text);
    },
  },
  {
    name: 'a table of separators',
    says: /at most 1000 cells/,
    make: (bytes) => () => records('a.csv', `question,answer\n${','.repeat(bytes)}`),
  },
  {
    name: 'a packed file of nothing but zeros, a thousand times as long',
    says: /expected at most 536870912 bytes|expected one JSON object/,
    make: (bytes) => {
      const zeros = gzipSync(Buffer.alloc(2 ** 24));
      const parts = Array.from({ length: Math.ceil(bytes / 32 / zeros.length) }, () => zeros);
      const packed = Buffer.concat(parts);
      return () => records('a.jsonl.gz', packed);
    },
  },
  {
    name: 'bytes that are no text',
    says: /expected UTF-8 text/,
    make: (bytes) => {
      const content = new Uint8Array(bytes).fill(0xff);
      return () => records('a.jsonl', content);
    },
  },
  {
    name: 'a header of weights without an end',
    says: /expected/,
    make: (bytes) => {
      const header = new TextEncoder().encode('['.repeat(bytes));
      const content = new Uint8Array(8 + header.length);
      new DataView(content.buffer).setBigUint64(0, BigInt(header.length), true);
      content.set(header, 8);
      return () => Safetensors.open(new MemoryFiles('large', { 'model.safetensors': content }));
    },
  },
  {
    name: 'a template that doubles a text for ever',
    says: /more than 16777216 letters/,
    make: () => () =>
      new ChatTemplate(
        '{% set ns = namespace(x="aaaaaaaa") %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}',
      ).render(chat),
  },
  {
    name: 'a template of loops in loops',
    says: /more than (1000000 steps|5000 ms)/,
    make: () => () =>
      new ChatTemplate(
        '{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{{ c }}{% endfor %}{% endfor %}{% endfor %}',
      ).render(chat),
  },
  {
    name: 'a template of long text',
    says: /a template of at most 1048576 letters/,
    make: (bytes) => {
      const text = 'a '.repeat(bytes);
      return () => new ChatTemplate(text).render(chat);
    },
  },
  {
    name: 'a text for the tokenizer',
    says: /a text of at most 4194304 letters/,
    make: (bytes) => {
      const text = '1+2=3 '.repeat(Math.max(bytes, 2 ** 23) / 6);
      return async () => (await Tokenizer.load(new MemoryFiles('large', charTokenizer(['Wait.']).files))).encode(text);
    },
  },
];
