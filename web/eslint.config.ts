import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import type { Linter } from 'eslint'
import pluginVue from 'eslint-plugin-vue'
import pluginA11y from 'eslint-plugin-vuejs-accessibility'

/** Refuses imports that would turn the arrow app → pages → features → shared around. */
function refuse(message: string, group: string[]) {
  return { group, message }
}

// `lazy.ts` is the second door of a feature: what others load on demand, without the rest of it.
const outOfFeature = refuse('A feature is entered by its index.ts only.', [
  '@/features/*/*',
  '@/features/*/*/**',
  '!@/features/*/lazy',
])
const climbing = refuse('Leave a folder by the @ alias, not by climbing.', ['../../*', '../../**'])

function imports(...patterns: { group: string[]; message: string }[]): Linter.RulesRecord {
  return { 'no-restricted-imports': ['error', { patterns }] }
}

export default defineConfigWithVueTs(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'test-results/**',
      'playwright-report/**',
      'src/shared/api/schema.d.ts',
      'scripts/**',
      'e2e/**',
      '*.config.ts',
    ],
  },
  pluginVue.configs['flat/recommended'],
  pluginA11y.configs['flat/recommended'],
  vueTsConfigs.strictTypeChecked,
  {
    name: 'cinema/shape',
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      'no-console': 'error',
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      // Prettier decides the look; these are about shape.
      'vue/max-template-depth': ['error', { maxDepth: 12 }],
      'vue/require-default-prop': 'off',
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { name: 'cinema/tests', files: ['src/**/*.test.ts'], rules: { 'max-lines': 'off' } },
  {
    name: 'cinema/app',
    files: ['src/app/**', 'src/main.ts'],
    rules: imports(outOfFeature, climbing),
  },
  {
    name: 'cinema/pages',
    files: ['src/pages/**'],
    rules: imports(outOfFeature, climbing, refuse('Pages do not know the app.', ['@/app/**'])),
  },
  {
    name: 'cinema/features',
    files: ['src/features/**'],
    rules: imports(
      outOfFeature,
      climbing,
      refuse('Features know neither pages nor the app.', ['@/app/**', '@/pages/**']),
    ),
  },
  {
    name: 'cinema/shared',
    files: ['src/shared/**'],
    rules: imports(
      climbing,
      refuse('Shared code knows nothing above it.', ['@/app/**', '@/pages/**', '@/features/**']),
    ),
  },
  {
    name: 'cinema/ui',
    files: ['src/shared/ui/**'],
    rules: imports(
      climbing,
      refuse('A building block knows no store, no route data and no fetch.', [
        '@/app/**',
        '@/pages/**',
        '@/features/**',
        '@/shared/api/client*',
        'pinia',
        '@pinia/colada',
      ]),
    ),
  },
)
