// How long completions may be, which a model's files say without a device.
import { GRPO_OPTIONS, Tokenizer, fittingCompletionLength, longRows, parseModelConfig } from '../index.js';
import type { FileSource, Layer2Config, TaskRow } from '../index.js';
import { readJson } from '../platform/files.js';
import { say } from './output.js';

/** What turns texts into tokens, and how many of them a model takes. */
export interface TextModel {
  readonly tokenizer: Tokenizer;
  /** Tokens of a context. */
  readonly context: number;
}

/** Tokenizer and context of a model's folder. @param most tokens that a setting allows */
export async function textOf(files: FileSource, most: number | null = null): Promise<TextModel> {
  const json = await readJson(files, 'config.json');
  const { maxPositionEmbeddings } = parseModelConfig(json, `${files.name}/config.json`);
  const tokenizer = await Tokenizer.load(files, json as Record<string, unknown>);
  return { tokenizer, context: Math.min(most ?? maxPositionEmbeddings, maxPositionEmbeddings) };
}

/** Tokens of a completion where nobody says how many: as the context allows. What is less than by default is said. */
export function fittingLength(text: TextModel, rows: readonly TaskRow[], layer2: Layer2Config | null): number {
  return saidLength(fittingCompletionLength(text, longRows(rows), layer2), text.context);
}

/** A length that nobody chose; where it is less than the default, that is said. */
export function saidLength(length: number, context: number): number {
  if (length < GRPO_OPTIONS.maxCompletionLength.default)
    say(
      `completions have at most ${length} tokens, as the model's context of ${context} allows; --max-completion-length sets it`,
    );
  return length;
}
