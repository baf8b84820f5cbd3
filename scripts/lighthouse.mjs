// Audits every customer page of bin/cinema with Lighthouse (phone), signed in and with a hold and
// a booking of its own, in both themes, and fails when accessibility or best practices are below 100 or
// the page moves while it loads. Performance is printed only: it depends on the machine.
// CHROMIUM is the browser; arguments are the themes: dark light.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const fromWeb = createRequire(new URL('../web/package.json', import.meta.url))
const lighthousePath = fromWeb.resolve('lighthouse')
const { default: lighthouse } = await import(pathToFileURL(lighthousePath).href)
const { default: puppeteer } = await import(pathToFileURL(createRequire(lighthousePath).resolve('puppeteer-core')).href)

const asked = { accessibility: 1, 'best-practices': 1 }
const startLimit = 30_000 // milliseconds until the server must answer, seeding included
const shiftLimit = 0.02 // cumulative layout shift
const themes = process.argv.length > 2 ? process.argv.slice(2) : ['dark', 'light']

const data = await mkdtemp(join(tmpdir(), 'cinema-lighthouse-'))
const server = spawn('bin/cinema', ['serve'], {
  env: {
    PATH: process.env.PATH, HOME: data, APP_ENV: 'development', ADDR: '127.0.0.1', PORT: '0', ADMIN_ADDR: '127.0.0.1:0',
    DATA_DIR: data, DEMO_DATA: 'on', RATE_LIMITS: 'off', LOG_LEVEL: 'info', LOG_FORMAT: 'json',
  },
  stdio: ['ignore', 'inherit', 'pipe'],
})
const base = `http://${await listening()}`
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
})

let below = 0
try {
  await ready(`${base}/readyz`)
  const page = await browser.newPage()
  await page.goto(base, { waitUntil: 'networkidle0' })
  const paths = await preparePages(page)
  for (const theme of themes) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
    console.log(`\n${theme.padEnd(44)} a11y  practices  performance  LCP s   CLS`)
    for (const path of paths) below += await audit(page, path)
  }
} finally {
  await browser.close()
  server.kill('SIGTERM')
  await new Promise((done) => server.exitCode === null ? server.once('exit', done) : done())
  await rm(data, { recursive: true, force: true })
}
if (below > 0) {
  console.error(`${below} audits missed what is asked`)
  process.exit(1)
}

// Signs in, holds two seats of one showtime and buys one of another; returns every page worth auditing.
async function preparePages(page) {
  const call = (method, path, body) => page.evaluate(async ([m, p, b]) => {
    const answer = await fetch(p, {
      method: m,
      headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'cinema' },
      ...(b ? { body: JSON.stringify(b) } : {}),
    })
    const json = await answer.json()
    if (!answer.ok) throw new Error(`${m} ${p}: ${answer.status} ${JSON.stringify(json)}`)
    return json
  }, [method, path, body])

  await call('POST', '/api/auth/dev/login', { email: 'lighthouse@example.com', name: 'Audit' })
  const { items: movies } = await call('GET', '/api/movies?now_showing=true')
  const { items: shows } = await call('GET', '/api/showtimes?limit=200')
  const open = shows.filter((s) => s.sale === 'on_sale' && s.availability.free > 50)
  const [held, bought] = open.slice(-2)
  if (!held || !bought) throw new Error('the demo data has no two open showtimes')
  await call('POST', `/api/showtimes/${held.id}/seats/best`, { count: 2, request_id: 'lighthouse-hold-0001' })
  const hold = await call('POST', `/api/showtimes/${bought.id}/seats/best`, { count: 2, request_id: 'lighthouse-hold-0002' })
  const { booking } = await call('POST', `/api/showtimes/${bought.id}/bookings/confirm`,
    { request_id: 'lighthouse-hold-0002', seat_ids: hold.locked, payment_token: 'tok_approve' })
  return [
    '/', `/movies/${movies[0].slug}`, `/showtimes/${held.id}/seats`, `/showtimes/${held.id}/checkout`,
    '/tickets', `/tickets/${booking.id}`, '/signin', '/account', '/no-such-page',
  ]
}

async function audit(page, path) {
  const flags = { onlyCategories: [...Object.keys(asked), 'performance'], disableStorageReset: true, logLevel: 'error' }
  const { lhr, artifacts } = await lighthouse(base + path, flags, undefined, page)
  if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`)
  const score = (name) => lhr.categories[name].score
  const seconds = (lhr.audits['largest-contentful-paint'].numericValue ?? 0) / 1000
  const shift = lhr.audits['cumulative-layout-shift'].numericValue ?? 0
  const percent = (name) => String(Math.round(score(name) * 100))
  console.log(`${path.slice(0, 44).padEnd(44)} ${percent('accessibility').padStart(4)}  ${percent('best-practices').padStart(9)}  ` +
    `${percent('performance').padStart(11)}  ${seconds.toFixed(1).padStart(5)}  ${shift.toFixed(3)}`)
  let misses = 0
  for (const [name, least] of Object.entries(asked)) {
    if (score(name) >= least) continue
    misses += 1
    for (const ref of lhr.categories[name].auditRefs) {
      const found = lhr.audits[ref.id]
      if (ref.weight > 0 && found.score !== null && found.score < 1) {
        console.log(`    ${ref.id}: ${found.title}`)
        for (const item of found.details?.items?.slice(0, 3) ?? []) console.log(`      ${item.node?.snippet ?? item.description ?? item.url ?? ''}`)
      }
    }
  }
  if (shift > shiftLimit) {
    misses += 1
    console.log(`    the page moves while it loads: ${shift.toFixed(3)}, at most ${shiftLimit}`)
    for (const event of artifacts.Trace.traceEvents.filter((e) => e.name === 'LayoutShift')) {
      const { score: part, impacted_nodes: nodes } = event.args.data
      if (part > shiftLimit / 4) console.log(`      ${part.toFixed(3)} ${JSON.stringify(nodes?.map((n) => [n.debug_name, n.old_rect, n.new_rect]))}`)
    }
  }
  return misses
}

// The address of the line that says where the server listens; the rest of its log stays quiet.
async function listening() {
  const said = []
  const limit = setTimeout(() => server.kill('SIGKILL'), startLimit)
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line)
    const entry = line.startsWith('{') ? JSON.parse(line) : {}
    if (entry.msg === 'listening') {
      clearTimeout(limit)
      server.stderr.resume()
      return entry.addr
    }
  }
  throw new Error(`the server ended before it listened:\n${said.join('\n')}`)
}

async function ready(url) {
  const end = Date.now() + startLimit
  for (;;) {
    const answer = await fetch(url)
    if (answer.ok) return
    if (Date.now() > end) throw new Error(`the server is not ready: ${answer.status}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}
