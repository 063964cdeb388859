// What the page trains, as a run: for reports, comparisons and the card of its model.
import type { ReportData, RunConfig } from '../src/report/data.js';
import type { State } from './state.js';

/** The name of the chosen model. */
export function modelName({ source }: Pick<State, 'source'>): string {
  return 'hub' in source ? source.hub : 'url' in source ? source.url.split('/').at(-1)! : source.name;
}

/** What the page trains, as a run. */
export function trainingOf({ steps, measured, completions, ...now }: State): ReportData {
  const evaluations = { ...(measured && { before: measured.before, after: measured.now }), during: [] };
  return { run: configOf({ steps, ...now }), steps, evaluations, completions };
}

/** The settings of what the page trains, as those of a run. */
export function configOf({
  settings,
  device,
  data,
  steps,
  source,
  started,
}: Pick<State, 'settings' | 'device' | 'data' | 'steps' | 'source' | 'started'>): RunConfig {
  const { algorithm, ...rest } = settings;
  return {
    ...({ command: 'train', mgrpo: '', started, device: device ?? '' } as const),
    settings: { algorithm, model: modelName({ source }), task: data?.name ?? 'signs' },
    config: { ...rest, steps: steps.at(-1)?.step ?? 0 },
  };
}
