// Writes .gz and .br beside every compressible file of a folder, so that the server never
// compresses while it serves. Usage: node scripts/precompress.mjs web/dist
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compressible = new Set(['.js', '.css', '.html', '.svg', '.json', '.txt', '.webmanifest', '.map', '.wasm'])
const smallest = 512 // bytes; below it a header costs more than is saved
const worthwhile = 0.95 // a copy that saves less than 5 % is not written

const gz = promisify(gzip)
const br = promisify(brotliCompress)

const root = process.argv[2]
if (!root) {
  console.error('usage: node scripts/precompress.mjs FOLDER')
  process.exit(2)
}

let files = 0
let before = 0
let after = 0
for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue
  const path = join(entry.parentPath ?? entry.path, entry.name)
  const body = await readFile(path)
  if (body.length < smallest) continue
  const variants = [
    ['.gz', await gz(body, { level: 9 })],
    ['.br', await br(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } })],
  ]
  for (const [suffix, packed] of variants) {
    if (packed.length < body.length * worthwhile) await writeFile(path + suffix, packed)
  }
  files += 1
  before += body.length
  after += variants[1][1].length
}
console.log(`precompressed ${files} files: ${kib(before)} KiB, ${kib(after)} KiB as brotli`)

function kib(bytes) {
  return Math.round(bytes / 1024)
}
