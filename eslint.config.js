import * as regexp from 'eslint-plugin-regexp';
import vue from 'eslint-plugin-vue';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * Which folder may import from which (DESIGN.md, "Direction of imports"): src-compute ← src-main ← hosts, and the
 * window sees src-main only through types of src-main/api. Electron is known to src-main/hosts/electron alone.
 */
const electronOnly = { name: 'electron', message: 'Only src-main/hosts/electron knows Electron.' };
const forbid = (group, message) => ({ group, message });
const noWindow = forbid(['**/src-renderer/**'], 'The window sits on top: nothing below imports it.');
const noHosts = forbid(['**/hosts/**'], 'Hosts sit on top: nothing below imports them.');
const imports = (paths, patterns) => ({ 'no-restricted-imports': ['error', { paths, patterns }] });

export default tseslint.config(
  { ignores: ['node_modules/', 'out/', 'dist/', 'demo-output/', 'test-output/', 'resources/'] },
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue,js,mjs}'],
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: { parser: tseslint.parser },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      ...imports([electronOnly], []),
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/attributes-order': 'off',
    },
  },
  {
    files: ['src-*/**/*.{ts,vue}'],
    plugins: { regexp },
    rules: {
      // a pattern whose time grows faster than its text hangs on a file of blank lines, comments or digits
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  {
    files: ['src-compute/**/*.ts'],
    rules: {
      ...imports(
        ['electron', 'better-sqlite3', 'drizzle-orm', 'fs', 'path', 'vue'].map((name) => ({
          name,
          message: 'src-compute holds numerics only: no Electron, SQLite, file system or DOM.',
        })),
        [
          forbid(['**/src-main/**'], 'src-compute knows nothing of src-main.'),
          noWindow,
          forbid(['node:*'], 'src-compute runs in the browser too: no Node modules.'),
        ],
      ),
      'no-restricted-globals': ['error', 'window', 'document', 'process', 'Buffer', 'require'],
    },
  },
  {
    files: ['src-main/**/*.ts'],
    ignores: ['src-main/hosts/**'],
    rules: imports([electronOnly], [noWindow, noHosts]),
  },
  { files: ['src-main/hosts/**/*.ts'], rules: imports([electronOnly], [noWindow]) },
  {
    files: ['src-main/hosts/electron/**/*.ts'],
    rules: imports([], [noWindow]),
  },
  // the contract test holds both ends of the pipe
  { files: ['test/src-main/hosts/electron/**/*.ts'], rules: imports([], []) },
  {
    files: ['src-renderer/**/*.{ts,vue}'],
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [electronOnly],
          patterns: [
            { regex: 'src-main/(?!api/)', message: 'The window sees src-main only through src-main/api.' },
            {
              group: ['**/src-main/api/**'],
              allowTypeImports: true,
              message: 'Only types cross this border.',
            },
            { group: ['node:*'], message: 'The window has no Node.' },
          ],
        },
      ],
    },
  },
);
