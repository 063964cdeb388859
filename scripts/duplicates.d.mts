export declare function sourceFiles(folders?: readonly string[], extensions?: RegExp): string[];
export declare function duplicates(
  files: readonly { readonly name: string; readonly text: string }[],
): { lines: number; first: string; second: string }[];
