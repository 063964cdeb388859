// What a run folder's files must hold to be used: settings, evaluations, and the lines of the logs. The disk is not trusted.
import { MgrpoError, show } from '../errors.js';
import { textLines, type FileSource, type TextPlace } from '../platform/files.js';
import type { Evaluations, Metrics, RunConfig, StepRecord } from '../report/data.js';
import type { CompletionRecord } from '../train/events.js';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the settings of a run. @param where what messages call the file @throws bad_file naming the field */
export function parseRunConfig(json: unknown, where: string): RunConfig {
  const fields = isFields(json) ? json : fail(where, 'the settings of a run', json);
  for (const name of ['command', 'mgrpo', 'started', 'device'])
    if (typeof fields[name] !== 'string') fail(where, `a text for ${name}`, fields[name]);
  for (const name of ['settings', 'config'])
    if (!isFields(fields[name])) fail(where, `an object of options for ${name}`, fields[name]);
  return fields as unknown as RunConfig;
}

/** Checks the evaluations of a run. @throws bad_file naming the field */
export function parseEvaluations(json: unknown, where: string): Evaluations {
  const fields = isFields(json) ? json : fail(where, 'the evaluations of a run', json);
  const { during } = fields;
  for (const when of ['before', 'after'])
    if (fields[when] !== undefined && !isMetrics(fields[when])) fail(where, `metrics with intervals for ${when}`, fields[when]);
  if (!Array.isArray(during) || !during.every((entry) => isFields(entry) && isStep(entry['step']) && isMetrics(entry['metrics'])))
    fail(where, 'a list of steps with their metrics for during', during);
  return fields as unknown as Evaluations;
}

/** Lines of steps.jsonl that can be used. */
export function isStepRecord(record: Fields): record is Fields & StepRecord {
  return isStep(record['step']) && isNumbers(record['metrics']) && isNumbers(record['seconds']) && isNumbers(record['memory']);
}

/** Lines of completions.jsonl that can be used. */
export function isCompletionRecord(record: Fields): record is Fields & CompletionRecord {
  const texts = ['prompt', 'completion', 'gold'].every((name) => typeof record[name] === 'string');
  const more = ['answer', 'phrase'].every((name) => record[name] === undefined || typeof record[name] === 'string');
  return isStep(record['step']) && isNumbers(record['rewards']) && texts && more;
}

/** Whether a line of a log says which step it is of. */
export function hasStep(record: Fields): record is Fields & { readonly step: number } {
  return isStep(record['step']);
}

/** Records of a log that `is` takes; none where the file is missing. What is no such record, or cut short, is left out and counted. */
export async function* logRecords<T>(
  files: FileSource,
  path: string,
  is: (record: Fields) => record is Fields & T,
  onBad?: (line: number) => void,
  place?: TextPlace,
): AsyncGenerator<T> {
  let at = 0;
  for await (const line of textLines(files, path, place)) {
    at++;
    if (line === '') continue;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      record = null;
    }
    if (isFields(record) && is(record)) yield record as T;
    else onBad?.(at);
  }
}

function isStep(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** JSON has no NaN and no infinity: such a number is null. */
function isNumbers(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((n) => typeof n === 'number' || n === null);
}

function isMetrics(value: unknown): value is Metrics {
  return (
    isFields(value) &&
    Object.values(value).every(
      (metric) => isFields(metric) && 'value' in metric && 'n' in metric && Array.isArray(metric['ci95']),
    )
  );
}

function fail(where: string, expected: string, got: unknown): never {
  throw new MgrpoError('bad_file', `${where}: expected ${expected}, got ${show(got)}; the file is damaged`);
}
