import path from 'node:path';
import tseslint from 'typescript-eslint';
import { violation } from './scripts/zones.mjs';

const root = import.meta.dirname;

/** The dependency rule of scripts/zones.mjs, on every import: static, dynamic, and of a type alone. */
const zonesRule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const importer = path.relative(root, context.filename).split(path.sep).join('/');
    const check = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const message = violation(importer, node.source.value);
      if (message !== undefined) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

const WHOLE_ZOD = {
  selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
  message: "import * as z from 'zod': the object z holds every locale and is never shaken out of a bundle",
};

/** Files, servers and models decide how long a list is: 125,000 arguments end the process. */
const SPREAD_ON_THE_STACK = {
  selector: 'CallExpression[callee.object.name="Math"] > SpreadElement',
  message: 'largest() or least() of core/extremes: a long list does not fit on the stack',
};

/** Texts of others are encoded in one place for each kind of output. */
const UNENCODED = {
  selector:
    'MemberExpression[object.property.name="window"][property.name=/^(show.*Message|showQuickPick|showInputBox|createInputBox|withProgress|setStatusBarMessage|createOutputChannel)$/]',
  message: 'through editor/dialogs.ts or editor/log.ts, which encode texts of others for VS Code',
};
const UNENCODED_IN_PAGES = {
  selector: 'AssignmentExpression[left.property.name=/^(textContent|innerText|innerHTML|outerHTML)$/]',
  message: 'setText() of webview/dom.ts, which shows what is invisible',
};

export default tseslint.config(
  { ignores: ['dist/', 'dist-test/', '.staging/', 'node_modules/', 'sample/', 'test-results/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.page.json'],
        tsconfigRootDir: root,
      },
    },
    plugins: { local: { rules: { zones: zonesRule } } },
    rules: {
      'local/zones': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', WHOLE_ZOD],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', WHOLE_ZOD, SPREAD_ON_THE_STACK] },
  },
  {
    files: ['src/editor/**/*.ts', 'src/features/**/*.ts', 'src/extension.ts', 'src/shell.ts'],
    ignores: ['src/editor/dialogs.ts', 'src/editor/log.ts'],
    rules: { 'no-restricted-syntax': ['error', WHOLE_ZOD, SPREAD_ON_THE_STACK, UNENCODED] },
  },
  {
    files: ['webview/**/*.ts'],
    ignores: ['webview/dom.ts'],
    rules: { 'no-restricted-syntax': ['error', WHOLE_ZOD, UNENCODED_IN_PAGES] },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'core takes randomness as an argument' },
        { object: 'Date', property: 'now', message: 'core takes time as an argument' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
