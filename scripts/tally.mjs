// Prints what each stage of the tests took and found, and decides the exit code.
// Usage: node scripts/tally.mjs REPORTS 'STAGE RESULT SECONDS'...
// With CI set, a skipped test or a stage that should run tests and ran none is a failure.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, ...rows] = process.argv.slice(2)
const strict = Boolean(process.env.CI)

// Which report files prove which stage.
const proofs = {
  go: ['go-plain.gotest.json', 'go-race.gotest.json'],
  web: ['web.vitest.json'],
  rush: ['rush.gotest.json'],
  e2e: ['e2e.playwright.json'],
}

// A suite says so of a promise that this implementation does not make, or that is proven by another command.
// Every other skip is a lack.
const leftOut = /(left out|separate command): /

function readGoTest(text) {
  const last = new Map()
  const output = new Map()
  const broken = new Set()
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue
    const event = JSON.parse(line)
    if (!event.Test) {
      if (event.Action === 'fail') broken.add(event.Package)
      continue
    }
    const key = `${event.Package} ${event.Test}`
    if (event.Action === 'output') output.set(key, (output.get(key) ?? '') + event.Output)
    if (['pass', 'fail', 'skip'].includes(event.Action)) last.set(key, event.Action)
  }
  // A package that does not build or whose TestMain fails has no failed test of its own.
  for (const name of broken) {
    if (![...last].some(([key, action]) => action === 'fail' && key.startsWith(`${name} `))) last.set(name, 'fail')
  }
  const found = { passed: 0, failed: 0, skipped: [], leftOut: [] }
  for (const [key, action] of last) {
    if (action === 'pass') found.passed += 1
    if (action === 'fail') found.failed += 1
    if (action === 'skip') (leftOut.test(output.get(key) ?? '') ? found.leftOut : found.skipped).push(key)
  }
  return found
}

function readVitest(text) {
  const report = JSON.parse(text)
  const skipped = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo')
    .map((test) => test.fullName)
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped }
}

function readPlaywright(text) {
  const { stats, suites } = JSON.parse(text)
  const names = []
  const visit = (suite) => {
    for (const spec of suite.specs ?? []) {
      if (spec.tests.some((test) => test.status === 'skipped')) names.push(spec.title)
    }
    for (const child of suite.suites ?? []) visit(child)
  }
  for (const suite of suites) visit(suite)
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: names }
}

function read(file) {
  const path = join(folder, file)
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  if (file.endsWith('.gotest.json')) return readGoTest(text)
  return file.endsWith('.vitest.json') ? readVitest(text) : readPlaywright(text)
}

const total = { passed: 0, failed: 0, skipped: 0, seconds: 0 }
const faults = []
console.log(`\n${'stage'.padEnd(8)}${'result'.padEnd(10)}${'seconds'.padStart(8)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}`)
for (const row of rows) {
  const [stage, result, seconds] = row.split(' ')
  const sum = { passed: 0, failed: 0, skipped: [], leftOut: [] }
  for (const file of proofs[stage] ?? []) {
    const found = read(file)
    if (!found || found.passed + found.failed === 0) {
      faults.push(`${stage}: ${file} holds no test that ran`)
      continue
    }
    sum.passed += found.passed
    sum.failed += found.failed
    sum.skipped.push(...found.skipped)
    sum.leftOut.push(...(found.leftOut ?? []))
  }
  const counts = stage in proofs ? [sum.passed, sum.failed, sum.skipped.length] : ['', '', '']
  console.log(
    stage.padEnd(8) + result.padEnd(10) + seconds.padStart(8) + String(counts[0]).padStart(8) +
      String(counts[1]).padStart(8) + String(counts[2]).padStart(9),
  )
  if (result !== 'ok') faults.push(`${stage} failed`)
  else if (sum.failed > 0) faults.push(`${stage}: ${sum.failed} failed`)
  for (const name of sum.leftOut) console.log(`  left out: ${name}`)
  for (const name of sum.skipped) {
    if (strict) faults.push(`${stage}: skipped though required: ${name}`)
    else console.log(`  skipped: ${name}`)
  }
  total.passed += sum.passed
  total.failed += sum.failed
  total.skipped += sum.skipped.length
  total.seconds += Number(seconds)
}
console.log(`${'all'.padEnd(18)}${String(total.seconds).padStart(8)}\n`)
for (const fault of faults) console.log(`FAILED  ${fault}`)
// A stage that failed without a failed test of its own (lint, types, a budget) counts as one.
const failed = faults.length > 0 ? Math.max(1, total.failed) : total.failed
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${failed} failed${skipped}`)
process.exit(failed > 0 ? 1 : 0)
