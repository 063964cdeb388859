export declare function missingEntries(lock: unknown): Map<string, object>;
