import { devices } from '@playwright/test'
import { expect, guard, Server, showtimes, test } from './fixtures'
import { expectTickets, fillCheckout, freeSeats, hold, openSeats, pay, seat } from './house'

const studio = { min: 120, max: 160 }

test.describe('on a phone', () => {
  const { viewport, userAgent, hasTouch, isMobile, deviceScaleFactor } = devices['Pixel 7']
  test.use({ viewport, userAgent, hasTouch, isMobile, deviceScaleFactor })

  test('a guest goes from the programme to two tickets by touch', async ({ page }) => {
    await page.goto('/')
    await page.locator('label', { hasText: 'Tomorrow' }).tap()
    await page.locator('article a[href*="/showtimes/"]:not(.border-dashed)').first().tap()
    await page.getByRole('button', { name: 'Find best seats' }).tap()
    await page.getByRole('link', { name: /^Continue/ }).tap()
    await fillCheckout(page, '4242 4242 4242 4242')
    await pay(page)
    await expectTickets(page, 2)
    await page.goto('/tickets')
    await expect(page.getByRole('main').getByRole('link').first()).toBeVisible()
  })
})

test('two browsers race for one seat: one wins, the other is told and offered seats', async ({
  browser,
  server,
  page,
}) => {
  const [show] = await showtimes(server, studio)
  const [id] = await freeSeats(server, show.id, 1)
  const rival = await browser.newContext({ baseURL: server.url })
  const faults: string[] = []
  await guard(rival, faults)
  const other = await rival.newPage()
  await openSeats(page, show)
  await openSeats(other, show)
  await Promise.all([seat(page, id).click(), seat(other, id).click()])
  const mine = (p: typeof page) => seat(p, id).getAttribute('aria-selected')
  await expect
    .poll(async () => [await mine(page), await mine(other)].filter((v) => v === 'true').length)
    .toBe(1)
  const loser = (await mine(page)) === 'true' ? other : page
  await expect(seat(loser, id)).toHaveAttribute('aria-disabled', 'true')
  await expect(loser.getByRole('region', { name: 'About your choice' })).toContainText(id)
  await loser
    .getByRole('button', { name: /^Take / })
    .first()
    .click()
  await expect(loser.getByRole('link', { name: /^Continue/ })).toBeVisible()
  expect(faults).toEqual([])
  await rival.close()
})

test('what one browser buys, the other sees at once', async ({ browser, server, page }) => {
  const [, show] = await showtimes(server, studio)
  const [id] = await freeSeats(server, show.id, 1)
  const context = await browser.newContext({ baseURL: server.url })
  const other = await context.newPage()
  await openSeats(other, show)
  await openSeats(page, show)
  await hold(page, id)
  await expect(seat(other, id)).toHaveAccessibleName(/held by someone/)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await fillCheckout(page, '4242 4242 4242 4242')
  await pay(page)
  await expectTickets(page, 1)
  await expect(seat(other, id)).toHaveAccessibleName(/sold/)
  await context.close()
})

test('a reload brings the held seats back, giving up frees them', async ({ server, page }) => {
  const [, , show] = await showtimes(server, studio)
  const [id] = await freeSeats(server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await page.reload()
  await expect(seat(page, id)).toHaveAttribute('aria-selected', 'true')
  await page.goto('/')
  await page.getByRole('link', { name: /1 seat held, \d+:\d\d: continue/ }).click()
  await expect(page.getByRole('heading', { name: 'Checkout' })).toBeVisible()
  await openSeats(page, show)
  await page.getByRole('button', { name: 'Give up these seats' }).click()
  await expect(seat(page, id)).toHaveAttribute('aria-selected', 'false')
  await expect(seat(page, id)).toHaveAccessibleName(/available/)
})

test('more time is given when it is asked for', async ({ server, page }) => {
  const [, , , show] = await showtimes(server, studio)
  const [id] = await freeSeats(server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await expect(page.getByRole('timer').first()).toHaveText(/^[45]:\d\d$/)
  await page.getByRole('button', { name: 'I need more time' }).click()
  await expect(page.getByRole('timer').first()).toHaveText(/^[67]:\d\d$/)
})

test('a declined card leaves the seats held, another card buys them', async ({ server, page }) => {
  const [, , , , show] = await showtimes(server, studio)
  const [id] = await freeSeats(server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await fillCheckout(page, '4000 0000 0000 0002')
  await pay(page)
  await expect(page.getByRole('region', { name: 'Payment' }).first()).toContainText(/declined/i)
  await page.getByLabel('Card number').fill('4242 4242 4242 4242')
  await pay(page)
  await expectTickets(page, 1)
})

test('a bank that wants the customer is visited, and its word decides', async ({
  server,
  page,
}) => {
  const [, , , , , show] = await showtimes(server, { min: 250, max: 320 })
  const [id] = await freeSeats(server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await fillCheckout(page, '4000 0027 6000 3184')
  await pay(page)
  // The checkout goes to the bank by itself.
  await page.getByRole('button', { name: /^Approve/ }).click({ timeout: 30_000 })
  await expect(page.getByRole('img', { name: /^Code for row/ })).toHaveCount(1, { timeout: 20_000 })
})

test('an outcome that nobody knows is looked after: do not pay again', async ({ server, page }) => {
  const [show] = await showtimes(server, { min: 250, max: 320 })
  const [id] = await freeSeats(server, show.id, 1)
  await openSeats(page, show)
  await hold(page, id)
  await page.getByRole('link', { name: /^Continue/ }).click()
  await fillCheckout(page, '4000 0000 0000 0341')
  await pay(page)
  await expect(page.getByText(/do not pay again/i).first()).toBeVisible()
  await expect(page.getByRole('img', { name: /^Code for row/ })).toHaveCount(1, { timeout: 45_000 })
})

test('a hold that runs out comes free in the other browser', async ({ browser }) => {
  const server = new Server({ SEAT_LOCK_TTL_SECONDS: '4', MAX_HOLD_SECONDS: '4' })
  await server.up()
  try {
    const [show] = await showtimes(server, studio)
    const [id] = await freeSeats(server, show.id, 1)
    const one = await browser.newContext({ baseURL: server.url })
    const two = await browser.newContext({ baseURL: server.url })
    const [buyer, watcher] = [await one.newPage(), await two.newPage()]
    await openSeats(watcher, show)
    await openSeats(buyer, show)
    await hold(buyer, id)
    await expect(seat(watcher, id)).toHaveAccessibleName(/held by someone/)
    await expect(seat(watcher, id)).toHaveAccessibleName(/available/, { timeout: 15_000 })
    await expect(buyer.getByRole('region', { name: 'About your choice' })).toContainText(id)
    await one.close()
    await two.close()
  } finally {
    await server.stop()
  }
})

test('a connection that is cut is regained, and the map catches up', async ({ browser }) => {
  const server = new Server()
  await server.up()
  try {
    const [show] = await showtimes(server, studio)
    const [id] = await freeSeats(server, show.id, 1)
    const context = await browser.newContext({ baseURL: server.url })
    const page = await context.newPage()
    await openSeats(page, show)
    await server.kill()
    await expect(page.getByText(/live updates|connection|reconnect/i).first()).toBeVisible({
      timeout: 20_000,
    })
    await server.up()
    const rival = await browser.newContext({ baseURL: server.url })
    const other = await rival.newPage()
    await openSeats(other, show)
    await hold(other, id)
    await expect(seat(page, id)).toHaveAccessibleName(/held by someone/, { timeout: 30_000 })
    await rival.close()
    await context.close()
  } finally {
    await server.stop()
  }
})
