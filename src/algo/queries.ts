// The one place that makes layer 2's queries from answers, for training and evaluation alike: a phrase is drawn for every answer, Eq. 5
// builds its query or says why there is none, and K of the answers of each question are chosen.
import { check } from '../errors.js';
import type { Layer2Config } from '../config/layer2.js';
import { buildCorrection } from './correction.js';
import type { CorrectionRules, SkipReason } from './correction.js';
import type { Completion, Phrase, Prompt, Query, Question } from './rollout.js';
import { chooseAnswers } from './selection.js';

/** What a query is made with, beside the answer. */
export interface QuerySource {
  /** The pool of guiding phrases; one is drawn per answer. */
  readonly phrases: readonly Phrase[];
  readonly eosIds: CorrectionRules['eosIds'];
  readonly thinkEnd: CorrectionRules['thinkEnd'];
  readonly maxContextLength: number;
  /** Next number in [0, 1) of the random stream for phrases and choices. */
  draw(): number;
}

/** The settings that queries depend on. */
export type QuerySettings = Pick<Layer2Config, 'mode' | 'shown' | 'truncatedAnswers' | 'answersPerQuery' | 'answerChoice'> & {
  /** Most tokens of a correction. */
  readonly maxCompletionLength: number;
};

/** Answers in group order; question q has as many as `completions[q]`. */
export interface Answers<Q extends Question> {
  readonly prompts: readonly Prompt<Q>[];
  readonly completions: readonly (readonly Completion[])[];
  /** bool[answers] */
  readonly correct: readonly boolean[];
}

/** The queries of a round, and what became of the answers without one. */
export interface Queries<Q extends Question> {
  /** In the order of the answers. */
  readonly queries: readonly Query<Q>[];
  /** `layer2/queries`, `layer2/skipped_{reason}` (no_other only with shown other), and in mode open_think `layer2/unclosed_thoughts`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Eq. 5 for the answers that go to layer 2; what gets no query is counted by reason. */
export function buildQueries<Q extends Question>(answers: Answers<Q>, settings: QuerySettings, source: QuerySource): Queries<Q> {
  const { phrases, eosIds, thinkEnd, maxContextLength } = source;
  check(phrases.length > 0, 'buildQueries: expected at least one guiding phrase, got 0; set layer2.phrases');
  const rules: CorrectionRules = { ...settings, eosIds, thinkEnd, maxContextLength };
  const draw = (): number => source.draw();
  const skipped: Partial<Record<SkipReason, number>> = {
    truncated: 0,
    too_long: 0,
    empty: 0,
    ...(settings.shown === 'other' && { no_other: 0 }),
  };
  const wrong = wrongAnswers(answers);
  const queries: Query<Q>[] = [];
  let unclosed = 0;
  let row = 0;
  answers.prompts.forEach(({ question }, q) => {
    const first = row;
    const built = answers.completions[q]!.map((answer) => {
      const phrase = phrases[Math.floor(draw() * phrases.length)]!;
      const shown = settings.shown === 'other' ? otherAnswer(wrong, q, row, draw) : answer;
      const correction = shown
        ? buildCorrection(
            {
              ...question,
              answerIds: settings.shown === 'hidden' ? null : shown.ids,
              truncated: shown.truncated,
              phraseIds: phrase.ids,
            },
            rules,
          )
        : 'no_other';
      return { row: row++, answer, phrase, correction };
    });
    for (const { correction } of built) if (typeof correction === 'string') skipped[correction] = (skipped[correction] ?? 0) + 1;
    const eligible = built.flatMap(({ correction }, i) => (typeof correction === 'string' ? [] : [i]));
    const correct = answers.correct.slice(first, row);
    for (const i of chooseAnswers(correct, eligible, settings.answersPerQuery, settings.answerChoice, draw)) {
      const { correction, ...origin } = built[i]!;
      if (typeof correction === 'string') continue;
      if (correction.unclosed) unclosed++;
      queries.push({ question, ids: correction.ids, origin: { ...origin, correct: correct[i]! } });
    }
  });
  return {
    queries,
    metrics: {
      'layer2/queries': queries.length,
      ...Object.fromEntries(Object.entries(skipped).map(([reason, count]) => [`layer2/skipped_${reason}`, count])),
      ...(settings.mode === 'open_think' && { 'layer2/unclosed_thoughts': unclosed }),
    },
  };
}

/** A wrong answer of the round. */
interface WrongAnswer {
  readonly row: number;
  readonly question: number;
  readonly answer: Completion;
}

function wrongAnswers<Q extends Question>({ completions, correct }: Answers<Q>): WrongAnswer[] {
  let row = 0;
  return completions
    .flatMap((group, question) => group.map((answer): WrongAnswer => ({ row: row++, question, answer })))
    .filter((item) => !correct[item.row]);
}

/** Another sample's wrong answer: to this question where the round has one, else to another question; undefined: none. */
function otherAnswer(wrong: readonly WrongAnswer[], question: number, row: number, draw: () => number): Completion | undefined {
  const others = wrong.filter((item) => item.row !== row);
  const same = others.filter((item) => item.question === question);
  const pool = same.length > 0 ? same : others;
  return pool[Math.floor(draw() * pool.length)]?.answer;
}
