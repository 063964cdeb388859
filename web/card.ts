// The model card that goes with a model out of this page: the one of every run, from what the page knows.
import { modelCard } from '../src/report/card.js';
import { trainingOf } from './training.js';
import type { State } from './state.js';

/** README.md of the trained model. @param kind what the saved files are */
export function cardOf(state: State, kind: 'adapter' | 'model'): string {
  const { run, evaluations } = trainingOf(state);
  return modelCard(run, evaluations, { kind });
}
