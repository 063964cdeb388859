// Guiding phrases and system prompts.
/**
 * Layer-1 system prompt: what Table 1 of the paper asks for, in our own words. First the reasoning inside `<think></think>`, then the
 * final answer after it; no answer tags and no \boxed{} instruction.
 */
export const LAYER1_SYSTEM_PROMPT: string =
  'You are a helpful assistant. The user asks a mathematical question, and you solve it step by step. ' +
  'Reason first, inside <think> and </think>. After </think>, give the final answer.';

/** Layer-2 system prompt. The paper calls it "tailored for the correction task" and does not print it; this text is ours. */
export const LAYER2_SYSTEM_PROMPT: string =
  'You are a helpful assistant. The user asks a mathematical question, an answer to it has been given, and you check that answer. ' +
  'Go through its reasoning again step by step, inside <think> and </think>: correct what is wrong and keep what is right. ' +
  'After </think>, give the final answer.';

/** The guiding phrases that the paper prints (§3.2), which all imply doubt. */
export const PAPER_PHRASES: readonly string[] = [
  'Where might I have gone wrong this time? Let me double-check carefully.',
  'Wait, let me double-check that.',
  "Wait a minute, let me make sure I didn't make a mistake.",
  "Hmm, let me think if there's another way to approach this problem.",
  'Wait, maybe I can think about it like this:',
  'Another thought: maybe I can',
  "But wait, let me just make sure I didn't miss anything in the original problem.",
];

/** Phrases that ask for a second look without saying that the first was wrong (ours: all seven of the paper imply that it was). */
export const NEUTRAL_PHRASES: readonly string[] = [
  'Let me go through the problem once more.',
  'Let me solve it a second time, and then give the answer.',
  'Now I work through it again from the start.',
  'Here is the solution again, step by step:',
];

/** Phrases that each look at the answer from another side (after Costa 2026, who lets several perspectives reflect; the words are ours). */
export const PERSPECTIVE_PHRASES: readonly string[] = [
  'Let me put the result back into the question and see whether it fits.',
  'Let me look at this as a teacher who marks it line by line.',
  'Let me solve it in a different way and compare.',
  'Let me take the side of somebody who thinks this is wrong.',
  'Let me check the size and the sign of the result first.',
];

/** Pools of guiding phrases by the name that the option `phrases` uses. */
export const PHRASE_POOLS: Readonly<Record<'paper' | 'neutral' | 'perspectives', readonly string[]>> = {
  paper: PAPER_PHRASES,
  neutral: NEUTRAL_PHRASES,
  perspectives: PERSPECTIVE_PHRASES,
};

/**
 * The text between the first attempt and the second, in the assistant's turn: the phrase on a line of its own. The same text follows
 * the complete answer (mode eq5) and the still open thought (mode open_think).
 */
export function guidingText(phrase: string): string {
  return `\n${phrase}\n`;
}
