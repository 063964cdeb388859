/** One form of answer: for each gold, predictions that are the same answer and predictions that are near misses. */
export interface Form {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** A gold with the predictions it accepts and those it refuses. */
export type Row = readonly [gold: string, same: readonly string[], different: readonly string[]];
