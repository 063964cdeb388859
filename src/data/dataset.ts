// Data sets by name: an address, or a name on the hub. Folders on disk are the command line's business.
import { MgrpoError } from '../errors.js';
import { need } from '../options/border.js';
import { hubDataset, isHubDataset, remoteData } from '../platform/hub-data.js';
import type { HubDataOptions } from '../platform/hub-data.js';
import type { DataRecord } from '../tasks/rows.js';
import { readRecords } from './records.js';

/** Options of {@link readDataset}. */
export interface DatasetOptions extends HubDataOptions {
  /** Split of a data set of the hub whose name has none. Default train. */
  readonly split?: string;
  /** Most records; null: all. */
  readonly limit?: number | null;
}

/**
 * Records of a data set: `https://…` of a file, or `owner/name`, `owner/name:config`, `owner/name:config:split` on the hub, whose parquet
 * files are read by ranges. For {@link taskRows} and {@link sftExamples}.
 * @throws not_found, network or bad_file naming what is wrong
 */
export async function readDataset(name: string, options: DatasetOptions = {}): Promise<DataRecord[]> {
  need('readDataset', 'name', name, { noun: 'text', is: (value) => typeof value === 'string', wayOut: 'name a data set' });
  const { split = 'train', limit = null } = options;
  if (/^https?:\/\//.test(name)) return readRecords(remoteData(name, { ...options, headers: {} }), limit);
  if (!isHubDataset(name))
    throw new MgrpoError(
      'not_found',
      `${name}: expected a data file, an address, or owner/name of the hub, found no such file; check the path`,
    );
  const records: DataRecord[] = [];
  for (const file of await hubDataset(name, split, options)) {
    if (limit !== null && records.length >= limit) break;
    for (const record of await readRecords(file, limit === null ? null : limit - records.length)) records.push(record);
  }
  return records;
}
