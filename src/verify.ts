// `mgrpo/verify`: the answer checker alone. No GPU, no Node module, no network; works in Node, browsers and workers.
export { equal, extract, groupAnswers } from './reward/answers.js';
export { verify, verifyBatch } from './reward/verify.js';
export type { CountdownTask } from './reward/countdown-task.js';
export type { AnswerForm, ExtractionMode, Verdict, VerifyPair } from './reward/verify.js';
export type { Outcome } from './reward/status.js';
