// Cross-pairs: of many distinct golds every ordered pair is judged; what is accepted must stand in pairs/accepted.jsonl, which a person has read.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FLAG_BARE, OUTCOMES } from '../../src/reward/status.js';
import { outcomes } from '../../src/reward/verify.js';

/** A gold, and another gold that is accepted as its answer. */
export type Pair = readonly [gold: string, answer: string];

const EQUAL = OUTCOMES.indexOf('equal');
const SHARED = '../shared/data';
const linesOf = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

/** Where golds and accepted pairs of this project stand. */
export const ACCEPTED: string = path.join('test', 'verify', 'pairs', 'accepted.jsonl');
const OWN = path.join('test', 'verify', 'pairs', 'golds.jsonl');

/** Golds of this project: every form of answer that its tests know. */
export const ownGolds = (): string[] => linesOf<string>(OWN);

/** The pairs that were read, and whether each is right: a third entry "wrong" says that it is a fault that is known. */
export const reviewedPairs = (): Map<string, boolean> =>
  new Map(
    linesOf<[string, string, 'wrong'?]>(ACCEPTED).map(([gold, answer, wrong]) => [keyOf([gold, answer]), wrong === undefined]),
  );

/** A pair as it stands in its file. */
export const keyOf = (pair: Pair): string => JSON.stringify(pair);

/** Golds of the data sets beside the project, where they are: GSM8K, SVAMP, and the cases that were given. */
export function sharedGolds(): string[] {
  if (!existsSync(SHARED)) return [];
  const read = (file: string): { gold?: unknown; answer?: unknown }[] => linesOf(path.join(SHARED, file));
  const gsm8k = ['gsm8k_test.jsonl', 'gsm8k_train.jsonl']
    .flatMap(read)
    .map(({ answer }) => String(answer).split('####').pop()!.trim());
  const svamp = read('svamp.jsonl').map(({ answer }) => String(answer));
  const given = ['verify_dev_cases.jsonl', 'verify_cases_2.jsonl', 'verify_issue_cases.jsonl'].flatMap(read);
  return [...gsm8k, ...svamp, ...given.flatMap(({ gold }) => (typeof gold === 'string' ? [gold] : []))];
}

/**
 * The accepted pairs among all ordered pairs of different texts.
 * @param take which of the pairs are judged, by the places of gold and answer; default all
 */
export function acceptedPairs(golds: readonly string[], take: (i: number, j: number) => boolean = () => true): Pair[] {
  const found: Pair[] = [];
  golds.forEach((gold, i) => {
    const answers = golds.filter((_, j) => j !== i && take(i, j));
    const results = outcomes(
      'grade',
      answers.map((text) => ({ gold, text, flags: FLAG_BARE })),
    );
    answers.forEach((answer, j) => {
      if (results[j] === EQUAL) found.push([gold, answer]);
    });
  });
  return found;
}
