// `mgrpo/verify`: the answer checker alone. No GPU, no Node module, no network; works in Node, browsers and workers.
export { equal, extract, groupAnswers, parse } from './reward/answers.js';
export type { ComparisonOptions, ExtractionOptions, Parsed } from './reward/answers.js';
export { verify, verifyBatch } from './reward/verify.js';
export type { CountdownTask } from './reward/countdown-task.js';
export type { AnswerForm, ExtractionMode, Verdict, VerifyOptions, VerifyPair } from './reward/verify.js';
export { loadVerifier } from './reward/wasm.js';
export type { VerifierSource } from './reward/wasm.js';
export { responseText } from './reward/response.js';
export type { Response, ResponseMessage } from './reward/response.js';
export { ANSWER_KINDS } from './config/verifier.js';
export type { AnswerKind } from './config/verifier.js';
export type { Outcome } from './reward/status.js';
