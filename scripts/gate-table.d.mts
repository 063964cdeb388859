export function withTable(text: string, gpus: readonly string[], cells: ReadonlyMap<string, ReadonlyMap<string, string>>): string;
