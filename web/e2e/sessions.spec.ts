import type { Page } from '@playwright/test'
import { guard, showtimes } from './fixtures'
import { freeSeats, hold, openSeats, seat } from './house'
import { expect, newcomer, signIn, test } from './identity'

const studio = { min: 120, max: 160 }

/** Opens a socket beside the page's own, which only the server closes; its close code is read by {@link closeCode}. */
async function watchSocket(page: Page, show: string): Promise<void> {
  await page.evaluate(
    (path) =>
      new Promise<void>((opened, failed) => {
        const url = location.origin.replace('http', 'ws') + path
        const socket = new WebSocket(url, 'cinema.v1')
        const kept = window as unknown as { closeCode?: number }
        socket.onmessage = () => {
          opened()
        }
        socket.onerror = () => {
          failed(new Error('the socket failed'))
        }
        socket.onclose = (event) => {
          kept.closeCode = event.code
        }
      }),
    `/ws/showtimes/${show}/seats`,
  )
}

function closeCode(page: Page): Promise<number | undefined> {
  return page.evaluate(() => (window as unknown as { closeCode?: number }).closeCode)
}

test('a sign-out in one tab ends the socket of the other, which says so and goes on as a visitor', async ({
  browser,
  house,
  page,
}) => {
  const [show] = await showtimes(house.server, studio)
  const [id] = await freeSeats(house.server, show.id, 1)
  await signIn(page, newcomer(house, 'Tabitha Two'))
  await openSeats(page, show)
  await hold(page, id)
  await watchSocket(page, show.id)

  const tab = await page.context().newPage()
  await tab.goto('/account')
  await tab.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(tab).toHaveURL(`${house.server.url}/`)
  await expect(tab.getByRole('link', { name: 'Sign in' })).toBeVisible()
  await expect(tab.getByRole('complementary', { name: 'You were signed out' })).toHaveCount(0)

  await expect.poll(() => closeCode(page)).toBe(4401)
  const note = page.getByRole('complementary', { name: 'You were signed out' })
  await expect(note).toContainText(/1 seat stays held for that account until \d\d:\d\d/)
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible()
  await expect(seat(page, id)).toHaveAccessibleName(/held by someone/)
  // The map lives on: what somebody else takes is seen.
  const [free] = await freeSeats(house.server, show.id, 1)
  const rival = await browser.newContext({ baseURL: house.server.url })
  const other = await rival.newPage()
  await openSeats(other, show)
  await hold(other, free)
  await expect(seat(page, free)).toHaveAccessibleName(/held by someone/)
  await rival.close()

  await note.getByRole('link', { name: 'Sign in again' }).click()
  await page.getByRole('link', { name: 'Continue with Google' }).click()
  // The provider still knows him: nobody has to type anything twice.
  await expect(page).toHaveURL(`${house.server.url}/showtimes/${show.id}/seats`)
  await expect(seat(page, id)).toHaveAttribute('aria-selected', 'true')
})

test('signing out everywhere reaches another browser, its page and its socket', async ({
  browser,
  house,
  page,
}) => {
  const [, show] = await showtimes(house.server, studio)
  const context = await browser.newContext({ baseURL: house.server.url })
  const faults: string[] = []
  await guard(context, faults)
  const phone = await context.newPage()
  const person = newcomer(house, 'Pia Phone')
  await signIn(phone, person)
  await openSeats(phone, show)
  await watchSocket(phone, show.id)

  await signIn(page, person)
  await page.goto('/account')
  const mine = page.getByRole('region', { name: 'Where you are signed in' })
  await expect(mine.getByRole('listitem')).toHaveCount(2)
  await expect(mine.getByText('This one')).toHaveCount(1)
  await mine.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()

  await expect.poll(() => closeCode(phone), { timeout: 5_000 }).toBe(4401)
  await expect(phone.getByRole('complementary', { name: 'You were signed out' })).toBeVisible()
  await expect(mine.getByRole('listitem')).toHaveCount(1)
  expect(faults).toEqual([])
  await context.close()
})

test('one session is ended from the list, here included', async ({ browser, house, page }) => {
  const context = await browser.newContext({ baseURL: house.server.url })
  const phone = await context.newPage()
  const person = newcomer(house, 'Lena List')
  await signIn(phone, person)
  await signIn(page, person)
  await page.goto('/account')
  const mine = page.getByRole('region', { name: 'Where you are signed in' })
  await mine.getByRole('button', { name: /^Sign out Chromium/ }).click()
  await expect(mine.getByRole('listitem')).toHaveCount(1)
  await phone.goto('/account')
  await expect(phone.getByText('You are not signed in.')).toBeVisible()
  await mine.getByRole('button', { name: 'Sign out everywhere' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('checkbox', { name: 'Here too' }).check()
  await dialog.getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(page).toHaveURL(`${house.server.url}/`)
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible()
  await context.close()
})
