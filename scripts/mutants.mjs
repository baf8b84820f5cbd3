// Switches the rules of docs/security.md off, one at a time, in a copy of the last commit, and looks whether the test that names the rule
// notices. Usage: node scripts/mutants.mjs ROOT SCRATCH [NAME...]   (scripts/mutants.sh calls it)
//
// A file of scripts/mutants is one rule:
//   rule   what is switched off, in words
//   test   the pattern of go test -run that must fail
//   in     the package of the test; without the line ./test/blackbox, against the built binary
//   file   the file that is changed
//   <<<    the text that stands there, exactly once
//   ===    what is put in its place
//   >>>
// file and texts may come several times. A text that is not found is a stale mutant, and a failure: the rule moved, and so must the mutant.
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [root, scratch, ...wanted] = process.argv.slice(2)
const tree = join(scratch, 'tree')
const binary = join(scratch, 'cinema')
const blackbox = './test/blackbox'

function read(name) {
  const mutant = { name: name.replace(/\.txt$/, ''), in: blackbox, edits: [] }
  let file = ''
  let part = null
  for (const line of readFileSync(join(root, 'scripts/mutants', name), 'utf8').split('\n')) {
    if (line === '<<<') {
      part = { file, old: [], fresh: [] }
      part.into = part.old
    } else if (line === '===' && part) part.into = part.fresh
    else if (line === '>>>' && part) {
      mutant.edits.push({ file: part.file, old: part.old.join('\n'), fresh: part.fresh.join('\n') })
      part = null
    } else if (part) part.into.push(line)
    else {
      const [, key, value] = /^(\w+)\s+(.*)$/.exec(line) ?? []
      if (key === 'file') file = value
      else if (key) mutant[key] = value
    }
  }
  if (!mutant.rule || !mutant.test || mutant.edits.length === 0) throw new Error(`${name} lacks a rule, a test or an edit`)
  return mutant
}

function run(command, args, options = {}) {
  const r = spawnSync(command, args, { cwd: tree, encoding: 'utf8', maxBuffer: 256 << 20, ...options })
  return { ok: r.status === 0, text: `${r.stdout ?? ''}${r.stderr ?? ''}${r.error ?? ''}` }
}

const env = { ...process.env, CGO_ENABLED: '0', CINEMA_BIN: binary }
const build = () => run('go', ['build', '-tags', 'nomsgpack', '-ldflags', '-s -w', '-o', binary, './cmd/cinema'], { env })

// The tests from outside are compiled once: they hold nothing of what is changed.
function test(mutant, timeout = '10m') {
  if (mutant.in === blackbox) {
    return run(join(scratch, 'blackbox.test'), ['-test.run', mutant.test, '-test.timeout', timeout], { env, cwd: join(tree, 'test/blackbox') })
  }
  return run('go', ['test', '-tags', 'nomsgpack', '-count=1', '-run', mutant.test, mutant.in], { env })
}

function apply(mutant) {
  const before = new Map()
  for (const { file, old, fresh } of mutant.edits) {
    const path = join(tree, file)
    const text = readFileSync(path, 'utf8')
    if (!before.has(path)) before.set(path, text)
    if (text.split(old).length !== 2) {
      restore(before)
      return { stale: `${file} does not hold this text exactly once:\n${old}` }
    }
    writeFileSync(path, text.replace(old, () => fresh))
  }
  return { before }
}

function restore(before) {
  for (const [path, text] of before) writeFileSync(path, text)
}

const mutants = readdirSync(join(root, 'scripts/mutants'))
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .map(read)
  .filter((m) => wanted.length === 0 || wanted.some((w) => m.name.includes(w)))
if (mutants.length === 0) throw new Error('there is no such mutant')

rmSync(tree, { recursive: true, force: true })
const cloned = run('git', ['clone', '--quiet', '--no-hardlinks', root, tree], { cwd: root })
if (!cloned.ok) throw new Error(cloned.text)
cpSync(join(root, 'web/dist'), join(tree, 'web/dist'), { recursive: true })
const compiled = run('go', ['test', '-c', '-tags', 'nomsgpack', '-o', join(scratch, 'blackbox.test'), blackbox])
const built = build()
if (!compiled.ok || !built.ok) throw new Error(compiled.text + built.text)

// Every named test must pass while every rule holds. Those from outside run together, which starts far fewer servers.
const patterns = [...new Set(mutants.filter((m) => m.in === blackbox).map((m) => m.test))]
const first = patterns.length === 0 ? { ok: true, text: '' } : test({ in: blackbox, test: patterns.join('|') }, '40m')
const fallen = [...first.text.matchAll(/--- FAIL: (\S+)/g)].map((m) => m[1].split('/'))
if (!first.ok && fallen.length === 0) throw new Error(first.text.slice(-4000))

/** Whether a test that failed is one that a pattern of go test -run picks. */
function picks(pattern, name) {
  return pattern.split('|').some((one) => {
    const parts = one.split('/')
    return name.length >= parts.length && parts.every((part, i) => new RegExp(part).test(name[i]))
  })
}

const sound = new Map()
for (const m of mutants) {
  const key = `${m.in} ${m.test}`
  if (sound.has(key)) continue
  if (m.in === blackbox) sound.set(key, fallen.some((name) => picks(m.test, name)) ? first.text : '')
  else {
    const r = test(m)
    sound.set(key, r.ok && !/no tests to run/.test(r.text) ? '' : r.text)
  }
}
console.log(`${sound.size} tests pass while every rule holds`)

let bad = 0
const say = (m, what) => console.log(`${what.padEnd(9)} ${m.name.padEnd(34)} ${m.test}`)
for (const m of mutants) {
  const unsound = sound.get(`${m.in} ${m.test}`)
  if (unsound !== '') {
    bad += 1
    say(m, 'UNSOUND')
    console.log(unsound.slice(-3000))
    continue
  }
  const { stale, before } = apply(m)
  if (stale) {
    bad += 1
    say(m, 'STALE')
    console.log(stale)
    continue
  }
  const b = build()
  const r = b.ok ? test(m) : b
  restore(before)
  if (!b.ok) {
    bad += 1
    say(m, 'STALE')
    console.log(b.text.slice(-2000))
  } else if (r.ok) {
    bad += 1
    say(m, 'SURVIVED')
    console.log(`  nobody noticed: ${m.rule}`)
  } else say(m, 'noticed')
}
console.log(`${mutants.length - bad} of ${mutants.length} rules are noticed when they are switched off`)
process.exit(bad > 0 ? 1 : 0)
