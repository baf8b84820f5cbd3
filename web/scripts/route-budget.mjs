// Adds up what the browser must fetch to show each route, from the build's manifest, and fails when
// a route is over its budget. Sizes are gzip bytes: they do not change with the machine, times do.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const kB = 1000
const budgets = { base: 48 * kB, customer: 75 * kB, staff: 130 * kB, css: 12 * kB }

const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const entry = 'index.html'

/** All chunks that `name` needs before it runs. */
function closure(name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  for (const dependency of manifest[name]?.imports ?? []) closure(dependency, found)
  return found
}

const sizes = new Map()
function gzip(file) {
  if (!sizes.has(file)) {
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length)
  }
  return sizes.get(file)
}

function weigh(names) {
  const scripts = new Set()
  const styles = new Set()
  for (const name of names) {
    const chunk = manifest[name]
    if (chunk.file.endsWith('.js')) scripts.add(chunk.file)
    for (const style of chunk.css ?? []) styles.add(style)
  }
  const sum = (files) => [...files].reduce((total, file) => total + gzip(file), 0)
  return { js: sum(scripts), css: sum(styles) }
}

const base = closure(entry)
const rows = [{ name: 'base', limit: budgets.base, ...weigh(base) }]
for (const page of manifest[entry].dynamicImports ?? []) {
  if (!page.startsWith('src/pages/')) continue
  const limit = page.startsWith('src/pages/staff/') ? budgets.staff : budgets.customer
  const name = page.replace(/^src\/pages\/(.*)\.vue$/, '$1')
  rows.push({ name, limit, ...weigh(new Set([...base, ...closure(page)])) })
}
if (rows.length === 1)
  throw new Error('the manifest names no page: has the build changed its shape?')

let over = 0
const show = (bytes) => `${(bytes / kB).toFixed(1)} kB`.padStart(9)
process.stdout.write(`${'route'.padEnd(26)}       JS     limit       CSS     limit\n`)
for (const { name, js, css, limit } of rows) {
  const bad = js > limit || css > budgets.css
  if (bad) over++
  const line = `${name.padEnd(26)}${show(js)} ${show(limit)} ${show(css)} ${show(budgets.css)}`
  process.stdout.write(`${line}${bad ? '   OVER' : ''}\n`)
}
if (over > 0) {
  process.stderr.write(`${over} of ${rows.length} routes are over budget\n`)
  process.exitCode = 1
}
