import { copyFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

/** The Go server of a development run; `make dev` starts both halves. */
const backend = process.env['CINEMA_BACKEND'] ?? 'http://127.0.0.1:8080'

/** The package's own production file: its general one carries the developer tools along. */
const slimPinia = fileURLToPath(
  new URL('./node_modules/pinia/dist/pinia.esm-browser.prod.js', import.meta.url),
)

/** Icons are drawn by our own few lines; see the file it names. */
const leanIcons: Plugin = {
  name: 'lean-icons',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!source.endsWith('/createLucideIcon.mjs') || !importer?.includes('@lucide')) return null
    return fileURLToPath(new URL('./src/shared/ui/lucideIcon.ts', import.meta.url))
  },
}

/** Copies the reader of the API document into the build: /api/docs works without the internet. */
const apiDocs: Plugin = {
  name: 'api-docs',
  apply: 'build',
  closeBundle() {
    const from = fileURLToPath(new URL('./node_modules/swagger-ui-dist/', import.meta.url))
    const to = fileURLToPath(new URL('./dist/docs/', import.meta.url))
    mkdirSync(to, { recursive: true })
    for (const file of [
      'swagger-ui.css',
      'swagger-ui-bundle.js',
      'swagger-ui-bundle.js.LICENSE.txt',
    ]) {
      copyFileSync(from + file, to + file)
    }
  },
}

/** Names the packages that have something in the pages, for the notices of a release. The server hands out no file whose name begins with a dot. */
const packages: Plugin = {
  name: 'packages',
  apply: 'build',
  generateBundle(_options, bundle) {
    // What no module brings: the reader of the API document, and the base of the style sheet.
    const found = new Set(['swagger-ui-dist', 'tailwindcss'])
    const files = Object.values(bundle).flatMap((it) =>
      it.type === 'asset' ? it.originalFileNames : Object.keys(it.modules),
    )
    for (const file of [...this.getModuleIds(), ...files]) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
      if (name) found.add(name)
    }
    this.emitFile({
      type: 'asset',
      fileName: '.vite/packages.json',
      source: JSON.stringify([...found].sort(), null, 1) + '\n',
    })
  },
}

export default defineConfig(({ mode }) => ({
  plugins: [leanIcons, vue(), tailwindcss(), apiDocs, packages],
  resolve: {
    alias: [
      { find: '@', replacement: fileURLToPath(new URL('./src', import.meta.url)) },
      ...(mode === 'production' ? [{ find: /^pinia$/, replacement: slimPinia }] : []),
    ],
  },
  // Compile-time switches that keep dead code out of the bundle.
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  build: {
    target: 'es2022',
    manifest: true,
    // Inlined assets would need `data:` in the policy for fonts; every asset is a hashed file instead.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/api': backend,
      '/media': backend,
      '/health': backend,
      '/ws': { target: backend, ws: true },
    },
  },
}))
