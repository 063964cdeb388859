import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** The one table whose file also uses its options: it makes the words of them that kernels get. It checks none, ranges are in the rows. */
const WORDS = '/config/sampling.ts';

/** The checked sources, with further files that are only in memory. */
function programOf(files: readonly string[], virtual: Readonly<Record<string, string>> = {}): ts.Program {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => virtual[path.relative(root, name)] ?? readFile(name);
  host.fileExists = (name) => path.relative(root, name) in virtual || fileExists(name);
  const names = [...files, ...Object.keys(virtual)].map((name) => path.join(root, name));
  return ts.createProgram(names, { ...options, noEmit: true }, host);
}

/**
 * Options that nobody reads. A row of a table is a property whose value has a type, a default and a doc. It is read where the code names a
 * property that was declared by that row (also through the types that follow from its table), in another file than the row's own or below a
 * command's table; or, since settings are handed on as they are, a property of that name of some interface.
 */
function unread(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const sources = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(path.join(root, 'src')));
  const rows = new Map<ts.Node, string>();
  const readRows = new Set<ts.Node>();
  const readNames = new Set<string>();
  const isRow = (type: ts.Type): boolean =>
    ['type', 'default', 'doc'].every((name) => type.getProperty(name) !== undefined) && type.getProperty('flag') === undefined;
  const each = (visit: (node: ts.Node, source: ts.SourceFile) => void): void => {
    for (const source of sources) {
      const walk = (node: ts.Node): void => {
        visit(node, source);
        ts.forEachChild(node, walk);
      };
      walk(source);
    }
  };
  each((node, source) => {
    if (!ts.isPropertyAssignment(node) || ts.isPropertyAccessExpression(node.initializer)) return;
    const isLiteral =
      ts.isObjectLiteralExpression(node.initializer) ||
      ts.isCallExpression(node.initializer) ||
      ts.isIdentifier(node.initializer);
    if (isLiteral && isRow(checker.getTypeAtLocation(node.initializer)))
      rows.set(node, `${path.relative(root, source.fileName)}: ${node.name.getText()}`);
  });
  const read = (property: ts.Symbol | undefined, source: ts.SourceFile): void => {
    for (const declaration of property?.declarations ?? []) {
      const isOwnTable =
        declaration.getSourceFile() === source && source.fileName.includes('/config/') && !source.fileName.endsWith(WORDS);
      if (rows.has(declaration) && !isOwnTable) readRows.add(declaration);
      else if (!rows.has(declaration)) readNames.add(property!.name);
    }
  };
  each((node, source) => {
    if (ts.isPropertyAccessExpression(node)) read(checker.getSymbolAtLocation(node.name), source);
    if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression))
      read(checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text), source);
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) read(checker.getTypeAtLocation(node.parent).getProperty(name.text), source);
    }
  });
  const nameOf = (row: ts.Node): string => (row as ts.PropertyAssignment).name.getText();
  return [...rows].filter(([row]) => !readRows.has(row) && !readNames.has(nameOf(row))).map(([, place]) => place);
}

describe('every option of every table', () => {
  it('has a reader', { timeout: 120_000 }, () => {
    expect(unread(programOf(sourceFiles(['src'], /\.ts$/)))).toEqual([]);
  });

  it('would be named here if it had none', { timeout: 120_000 }, () => {
    const table = `
      import type { Settings } from '../options/table.js';
      export const PLANTED_OPTIONS = {
        plantedUsed: { type: 'integer', default: 1, doc: 'Read below.' },
        plantedUnused: { type: 'integer', default: 1, doc: 'Only checked.' },
      } as const;
      export const checkPlanted = ({ plantedUnused }: Settings<typeof PLANTED_OPTIONS>): boolean => plantedUnused === 1;`;
    const reader = `
      import { PLANTED_OPTIONS } from './config/planted.js';
      import type { Settings } from './options/table.js';
      export const twice = (settings: Settings<typeof PLANTED_OPTIONS>): number => 2 * settings.plantedUsed;`;
    const program = programOf(['src/options/table.ts'], { 'src/config/planted.ts': table, 'src/planted.ts': reader });
    expect(unread(program)).toEqual(['src/config/planted.ts: plantedUnused']);
  });
});
