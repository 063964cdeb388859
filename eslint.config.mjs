import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'build', 'node_modules', 'runs', 'coverage', 'models', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    languageOptions: {
      globals: { globalThis: 'readonly', process: 'readonly', console: 'readonly', URL: 'readonly', performance: 'readonly' },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      'no-control-regex': 'off',
    },
  },
  {
    files: ['examples/**/*.{js,jsx}'],
    languageOptions: {
      parserOptions: { ecmaFeatures: { jsx: true } },
      globals: { document: 'readonly', Worker: 'readonly', HTMLElement: 'readonly', customElements: 'readonly' },
    },
  },
  {
    // AssemblyScript is parsed as TypeScript. Its references are never undefined, its `==` compares values of one type, its `i32 & bool`
    // is no mistake, and its numbers may have 64 bits. TypeScript has decorators on methods alone, so `@inline` makes functions static methods.
    files: ['assembly/**/*.ts'],
    rules: {
      'no-loss-of-precision': 'off',
      '@typescript-eslint/prefer-literal-enum-member': 'off',
      '@typescript-eslint/no-non-null-asserted-optional-chain': 'off',
      '@typescript-eslint/no-inferrable-types': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
);
