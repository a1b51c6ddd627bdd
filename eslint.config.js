import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * The arrows of the house: a folder may import only what stands to its right.
 *
 *   cli → commands → serve → adapters → flows → policy, credentials, token → registry → refusal, subject, …
 *
 * Beside the flows stands control, the core of the controller, which knows credentials alone.
 *
 * test/unit/architecture.test.ts holds the same picture as an allow-list and looks for cycles.
 */
const never = (from, folders) => ({
  files: [`src/${from}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: folders.map((folder) => ({
          group: [`**/${folder}/**`],
          message: `${from} never imports ${folder}: see "The house" in CONTRIBUTING.md`,
        })),
      },
    ],
  },
})

/** The core neither reads the clock, the environment nor a file: these arrive by argument. */
const pure = {
  files: [
    'src/*.ts',
    'src/registry/**/*.ts',
    'src/policy/**/*.ts',
    'src/credentials/**/*.ts',
    'src/token/**/*.ts',
    'src/control/**/*.ts',
    'src/credential-provider/**/*.ts',
  ],
  ignores: ['src/cli.ts', 'src/credential-provider-cli.ts'],
  rules: {
    'no-restricted-globals': ['error', 'process', 'console', 'setTimeout', 'setInterval', 'fetch'],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'take a Clock' },
      { object: 'Math', property: 'random', message: 'take an id generator' },
    ],
  },
}

export default tseslint.config(
  { ignores: ['dist/', '.build/', '.rauth/', 'coverage/', 'proto/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'tools/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Express tells an error handler by its number of parameters.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
    },
  },
  {
    files: ['*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    // The page of the live view: what browsers run. What clients wrote becomes text, never markup.
    files: ['src/adapters/live-view/page/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      parserOptions: { projectService: false },
      globals: Object.fromEntries(
        [
          ...['document', 'location', 'fetch', 'performance', 'setTimeout', 'clearTimeout'],
          ...['EventSource', 'FormData', 'URLSearchParams', 'requestAnimationFrame'],
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'setHTMLUnsafe'].map(
          (property) => ({ property, message: 'use element() of dom.js' }),
        ),
      ],
    },
  },
  {
    // node:test's describe/it return promises that the runner itself awaits.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
  pure,
  never('registry', [
    'control',
    'policy',
    'credentials',
    'token',
    'adapters',
    'config',
    'serve',
    'commands',
  ]),
  never('policy', ['control', 'credentials', 'token', 'adapters', 'config', 'serve', 'commands']),
  never('credentials', ['control', 'policy', 'token', 'adapters', 'config', 'serve', 'commands']),
  never('token', ['control', 'policy', 'credentials', 'adapters', 'config', 'serve', 'commands']),
  never('control', ['policy', 'token', 'registry', 'adapters', 'config', 'serve', 'commands']),
  never('credential-provider', ['control', 'policy', 'adapters', 'config', 'serve', 'commands']),
  never('config', ['control', 'adapters', 'serve', 'commands']),
  never('adapters', ['config', 'serve', 'commands']),
  never('serve', ['commands']),
)
