import type { Page, Request } from '@playwright/test'
import { guard, showtimes } from './fixtures'
import { expectTickets, fillCard, freeSeats, hold, openSeats, pay, seat } from './house'
import { closeHouse, expect, type House, newcomer, openHouse, people, test } from './identity'
import { answerAtProvider, cancelAtProvider } from './provider'

const studio = { min: 120, max: 160 }

/** Takes a seat as a visitor and goes on to the checkout. */
async function beginAsGuest(
  page: Page,
  house: House,
  nth = 0,
): Promise<{ show: string; id: string }> {
  const show = (await showtimes(house.server, studio))[nth]
  const [id] = await freeSeats(house.server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await expect(page.getByRole('heading', { name: 'Checkout' })).toBeVisible()
  return { show: show.id, id }
}

/** Goes to the sign-in page from the checkout. */
async function toSignIn(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(page.getByRole('timer', { name: 'Time left for the held seats' })).toBeVisible()
}

/** The seats are held by whoever is signed in now, on the live map and for the server. */
async function expectMine(page: Page, show: string, id: string): Promise<void> {
  await page.goto(`/showtimes/${show}/seats`)
  await expect(seat(page, id)).toHaveAttribute('aria-selected', 'true')
  const state = await page.evaluate(async (path) => {
    const answer = await fetch(path)
    return (await answer.json()) as { locks: { seat_id: string; mine: boolean }[] }
  }, `/api/showtimes/${show}/seats/state`)
  expect(state.locks.find((lock) => lock.seat_id === id)?.mine).toBe(true)
}

async function signInAndBuy(page: Page, house: House, email: string, name: string, nth: number) {
  const { show, id } = await beginAsGuest(page, house, nth)
  await toSignIn(page)
  const callbacks: Request[] = []
  page.on('request', (request) => {
    if (request.url().includes('/api/auth/google/callback')) callbacks.push(request)
  })
  await page.getByRole('link', { name: 'Continue with Google' }).click()
  await answerAtProvider(page, email)
  await expect(page).toHaveURL(`${house.server.url}/showtimes/${show}/checkout`)
  await expect(page.getByText(`Signed in as ${name}`)).toBeVisible()
  // The way back begins on another site: the session's cookie must not have come along.
  const { cookie = '' } = (await callbacks[0]?.allHeaders()) ?? {}
  expect(cookie).toMatch(/(^|; )login-/)
  expect(cookie).not.toMatch(/(^|; )session=/)
  await expectMine(page, show, id)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await fillCard(page, '4242 4242 4242 4242')
  await pay(page)
  await expectTickets(page, 1)
}

test('a guest signs in with seats in his hand, for the first time and again, and buys', async ({
  browser,
  house,
  page,
}) => {
  const { email } = newcomer(house, 'Fern First')
  await signInAndBuy(page, house, email, 'Fern First', 0)
  await page.goto('/tickets')
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)

  // Another browser, so another guest: this time the account is there already and takes him in.
  const context = await browser.newContext({ baseURL: house.server.url })
  const faults: string[] = []
  await guard(context, faults)
  const again = await context.newPage()
  await signInAndBuy(again, house, email, 'Fern First', 1)
  await again.goto('/tickets')
  await expect(again.getByRole('main').getByRole('listitem')).toHaveCount(2)
  expect(faults).toEqual([])
  await context.close()
})

test('whoever thinks better of it at the provider keeps his seats', async ({ house, page }) => {
  const { show, id } = await beginAsGuest(page, house, 2)
  await toSignIn(page)
  await page.getByRole('link', { name: 'Continue with Google' }).click()
  await cancelAtProvider(page)
  await expect(page).toHaveURL(/\/signin\?error=cancelled/)
  await expect(page.getByRole('status').filter({ hasText: 'stopped the sign-in' })).toBeVisible()
  await expect(page.getByRole('timer', { name: 'Time left for the held seats' })).toBeVisible()
  await page.getByRole('link', { name: 'Continue with Google' }).click()
  await answerAtProvider(page, people.guest.email)
  await expect(page).toHaveURL(`${house.server.url}/showtimes/${show}/checkout`)
  await expectMine(page, show, id)
})

test('while the provider is away there is a page that says so, and a way back to the seats', async ({
  browser,
}) => {
  const house = await openHouse({}, true)
  try {
    const context = await browser.newContext({ baseURL: house.server.url })
    const faults: string[] = []
    await guard(context, faults)
    const page = await context.newPage()
    const { show, id } = await beginAsGuest(page, house)
    await toSignIn(page)
    const refused = page.waitForResponse((answer) => answer.url().includes('/google/login'))
    await page.getByRole('link', { name: 'Continue with Google' }).click()
    expect((await refused).status()).toBe(503)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/taking a break/)
    await page.getByRole('link', { name: 'Back to films' }).click()
    await expect(page.getByRole('link', { name: /1 seat held, \d+:\d\d: continue/ })).toBeVisible()
    await page.goBack()
    await house.provider.up()
    // The product asks a provider that was away again after a moment.
    await expect(async () => {
      await page.getByRole('link', { name: 'Try again' }).click()
      await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible({
        timeout: 1_000,
      })
    }).toPass()
    await answerAtProvider(page, people.guest.email)
    await expect(page).toHaveURL(`${house.server.url}/showtimes/${show}/checkout`)
    await expectMine(page, show, id)
    expect(faults).toEqual([])
    await context.close()
  } finally {
    await closeHouse(house)
  }
})
