// What the package is made of, with versions and licences, as CycloneDX 1.5 JSON: node scripts/sbom.mjs [--dev] > sbom.json
// Dependencies come from the lock file; what is compiled into the package itself (AssemblyScript's runtime, in its wasm) is listed too.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const { name, version, license } = read('package.json');
const { packages } = read('package-lock.json');
const withDev = process.argv.includes('--dev');
/** Development dependencies of which parts are in what is published. */
const COMPILED_IN = new Set(['node_modules/assemblyscript']);

const licenceOf = (where, entry) => {
  if (entry.license) return entry.license;
  const file = path.join(where, 'package.json');
  return existsSync(path.join(root, file)) ? (read(file).license ?? 'unknown') : 'unknown';
};

const components = Object.entries(packages)
  .filter(([where, entry]) => where !== '' && !entry.link && (withDev || COMPILED_IN.has(where) || !entry.dev))
  .map(([where, entry]) => {
    const component = where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = licenceOf(where, entry);
    return {
      type: 'library',
      name: component,
      version: entry.version,
      purl: `pkg:npm/${component.replace('@', '%40')}@${entry.version}`,
      licenses: [/ (AND|OR) /.test(licence) ? { expression: licence } : { license: { name: licence } }],
      ...(COMPILED_IN.has(where) && { description: 'its runtime is compiled into the WebAssembly modules' }),
      ...(entry.optional || entry.peer ? { scope: 'optional' } : {}),
    };
  });
const component = { type: 'application', name, version, licenses: [{ license: { id: license } }] };
console.log(
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component }, components }, null, 2),
);
