// Exits 0 when the installed modules are exactly those of the lock file. Usage: modules-match.mjs FOLDER
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2] ?? '.'
const hidden = join(folder, 'node_modules', '.package-lock.json')
if (!existsSync(hidden)) process.exit(1)

const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
const installed = packages(hidden)
const locked = packages(join(folder, 'package-lock.json'))

// An optional module of another platform is locked and rightly absent.
const missing = Object.entries(locked).filter(([path, wanted]) =>
  path !== '' && !wanted.optional && installed[path]?.version !== wanted.version)
const surplus = Object.keys(installed).filter((path) => !(path in locked))
process.exit(missing.length + surplus.length === 0 ? 0 : 1)
