import { type Page, expect } from '@playwright/test'
import type { Server, Showtime } from './fixtures'

interface Detail {
  layout: {
    rows: { label: string; seats: { id: string; number: number; kind: string; x: number }[] }[]
  }
}

/** Free ordinary seats that stand side by side, from the API: what a test may buy. */
export async function freeSeats(
  server: Server,
  showtime: string,
  count: number,
): Promise<string[]> {
  const detail = (await (await fetch(`${server.url}/api/showtimes/${showtime}`)).json()) as Detail
  const taken = await takenSeats(server, showtime)
  for (const row of detail.layout.rows) {
    const run: string[] = []
    let last: number | undefined
    for (const seat of row.seats) {
      const free = seat.kind === 'standard' && !taken.has(seat.id)
      if (!free || (last !== undefined && seat.x - last > 1.2)) run.length = 0
      last = seat.x
      if (free) run.push(seat.id)
      // One more than asked for stays free on each side, so that no rule has anything to say.
      if (run.length === count + 2) return run.slice(1, -1)
    }
  }
  throw new Error(`no ${String(count)} free seats side by side in ${showtime}`)
}

/** Every seat that nobody can take now, and why. */
export async function takenSeats(server: Server, showtime: string): Promise<Map<string, string>> {
  const state = (await (
    await fetch(`${server.url}/api/showtimes/${showtime}/seats/state`)
  ).json()) as {
    locks: { seat_id: string }[]
    booked: string[]
    blocked: string[]
  }
  return new Map([
    ...state.locks.map((lock) => [lock.seat_id, 'locked'] as const),
    ...state.booked.map((id) => [id, 'booked'] as const),
    ...state.blocked.map((id) => [id, 'blocked'] as const),
  ])
}

/** A seat of the map. */
export function seat(page: Page, id: string) {
  return page.locator(`[data-seat="${id}"]`)
}

/** Opens the seat page of a showtime and waits for the live map. */
export async function openSeats(page: Page, show: Showtime, party = 1): Promise<void> {
  await page.goto(`/showtimes/${show.id}/seats`)
  await expect(page.getByRole('heading', { name: 'Choose your seats' })).toBeVisible()
  await page.getByLabel('Together').selectOption(String(party))
  await expect(page.locator('[role=gridcell][tabindex="0"]')).toHaveCount(1)
}

/** Takes one seat and waits until the server has confirmed it. */
export async function hold(page: Page, id: string): Promise<void> {
  await seat(page, id).click()
  await expect(seat(page, id)).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByRole('link', { name: /^Continue/ })).toBeVisible()
}

/** Fills what the checkout asks a guest for. */
export async function fillCheckout(page: Page, card: string): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Checkout' })).toBeVisible()
  await page.getByLabel('Name').fill('Ines Harbour')
  await page.getByLabel('E-mail').fill('ines@example.com')
  await fillCard(page, card)
}

/** Fills what the checkout asks somebody for who is signed in. */
export async function fillCard(page: Page, card: string): Promise<void> {
  await expect(page.getByLabel('Card number')).toBeVisible()
  await acceptAge(page)
  await page.getByLabel('Card number').fill(card)
}

/** Says that the party is old enough, where that is asked. */
export async function acceptAge(page: Page): Promise<void> {
  const age = page.getByRole('checkbox', { name: /old enough/ })
  if ((await age.count()) > 0) await age.check()
}

/** Presses Pay. */
export async function pay(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Pay / }).click()
}

/** The confirmation with a drawn code. */
export async function expectTickets(page: Page, count: number): Promise<void> {
  await expect(page.getByRole('heading', { name: 'The seats are yours.' })).toBeVisible({
    timeout: 20_000,
  })
  const codes = page.getByRole('img', { name: /^Code for row/ })
  await expect(codes).toHaveCount(count)
  for (const code of await codes.all()) {
    await expect
      .poll(() => code.evaluate((img) => (img as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(0)
  }
}
