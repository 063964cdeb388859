// The small models that the package carries, as folders on disk.
import { createRequire } from 'node:module';
import path from 'node:path';
import { NodeFiles } from './node-files.js';

/** Names of the models that come with the package. */
export type BuiltinModel = 'signs-0.2m' | 'arithmetic-0.2m';

/** The folder of a model that comes with the package (default: signs-0.2m, which `npm start` trains). */
export function builtinModel(name: BuiltinModel = 'signs-0.2m'): NodeFiles {
  const root = path.dirname(createRequire(import.meta.url).resolve('mgrpo/package.json'));
  return new NodeFiles(path.join(root, 'models', name));
}
