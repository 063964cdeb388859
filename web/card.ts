// The model card that goes with a model out of this page: the one of every run, from what the page knows.
import { modelCard } from '../src/report/card.js';
import type { State } from './state.js';

/** README.md of the trained model. @param kind what the saved files are */
export function cardOf(
  {
    settings,
    steps,
    measured,
    device,
    source,
    data,
  }: Pick<State, 'settings' | 'steps' | 'measured' | 'device' | 'source' | 'data'>,
  kind: 'adapter' | 'model',
): string {
  const { algorithm, ...rest } = settings;
  const model = 'hub' in source ? source.hub : 'url' in source ? source.url.split('/').at(-1)! : source.name;
  const config = { ...rest, steps: steps.at(-1)?.step ?? 0 };
  const run = {
    ...({ command: 'train', mgrpo: '', started: '', device: device ?? '' } as const),
    settings: { algorithm, model, task: data?.name ?? 'signs' },
    config,
  };
  const evaluations = { ...(measured && { before: measured.before, after: measured.now }), during: [] };
  return modelCard(run, evaluations, { kind });
}
