import { type BrowserContext, type Page, test as base, expect } from '@playwright/test'
import { Server } from './server'

/** A showtime as the tests need it. */
export interface Showtime {
  id: string
  movie_title: string
  sale: string
  starts_at: string
  auditorium: { id: string; name: string }
  availability: { capacity: number; free: number }
}

interface Fixtures {
  /** Every request of every page must stay on loopback and every page must obey the content security policy. */
  guarded: undefined
}

interface WorkerFixtures {
  /** One server for the tests of a worker; a test that kills or needs other settings starts its own. */
  server: Server
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern
    async ({}, use) => {
      const server = new Server()
      await server.up()
      await use(server)
      await server.stop()
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => {
    await use(server.url)
  },
  guarded: [
    async ({ context }, use) => {
      const faults: string[] = []
      await guard(context, faults)
      await use(undefined)
      expect(
        faults,
        'requests that leave this machine, and violations of the content security policy',
      ).toEqual([])
    },
    { auto: true },
  ],
})

/** Aborts and notes what leaves loopback, and notes violations of the policy and errors that nobody caught. */
export async function guard(context: BrowserContext, faults: string[]): Promise<void> {
  await context.exposeBinding('reportFault', (_, text: string) => faults.push(text))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const { reportFault } = window as unknown as { reportFault: (text: string) => void }
      reportFault(`${event.documentURI}: ${event.violatedDirective} forbids ${event.blockedURI}`)
    })
  })
  await context.route(
    (url) =>
      !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) &&
      url.protocol.startsWith('http'),
    async (route) => {
      faults.push(route.request().url())
      await route.abort()
    },
  )
  context.on('page', (page) => {
    watch(page, faults)
  })
}

function watch(page: Page, faults: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().includes('Content Security Policy'))
      faults.push(message.text())
  })
  page.on('pageerror', (error) => {
    faults.push(String(error))
  })
}

/** Tomorrow's showtimes that can be bought, the emptiest first. The demonstration programme guarantees some in each hall. */
export async function showtimes(
  server: Server,
  capacity?: { min: number; max: number },
): Promise<Showtime[]> {
  const date = new Date(Date.now() + 24 * 3600_000).toISOString().slice(0, 10)
  const answer = await fetch(`${server.url}/api/showtimes?limit=200&date=${date}`)
  const list = (await answer.json()) as { items: Showtime[] }
  return list.items
    .filter((s) => s.sale === 'on_sale')
    .filter(
      (s) =>
        !capacity ||
        (s.availability.capacity >= capacity.min && s.availability.capacity <= capacity.max),
    )
    .sort((a, b) => b.availability.free - a.availability.free)
}

export { expect }
export { Server } from './server'
