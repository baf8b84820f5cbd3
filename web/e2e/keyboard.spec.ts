import { type Locator, type Page } from '@playwright/test'
import { expect, showtimes, test } from './fixtures'
import { expectTickets, freeSeats } from './house'

/** Goes on by Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    if (await target.evaluate((el) => el === document.activeElement).catch(() => false)) return
    await page.keyboard.press('Tab')
  }
  throw new Error('the element cannot be reached by Tab')
}

test('a whole purchase by keyboard alone, on the map', async ({ server, page }) => {
  const shows = await showtimes(server, { min: 120, max: 160 })
  const show = shows[1]
  const [id] = await freeSeats(server, show.id, 1)
  await page.goto(`/showtimes/${show.id}/seats`)
  await page.getByLabel('Together').waitFor()
  await tabTo(page, page.getByLabel('Together'))
  await page.keyboard.press('Home')
  const focused = page.locator('[role=gridcell]:focus')
  await tabTo(page, page.locator('[role=gridcell][tabindex="0"]'))
  await page.keyboard.press('Control+Home')
  const [row, number] = [id.replace(/\d+/, ''), Number(id.replace(/\D+/, ''))]
  await page.keyboard.press(row.toLowerCase())
  await page.keyboard.press('Home')
  for (let step = 0; step < 60 && (await focused.getAttribute('data-seat')) !== id; step++) {
    await page.keyboard.press('ArrowRight')
  }
  await expect(focused).toHaveAccessibleName(new RegExp(`Row ${row} seat ${String(number)},`))
  await page.keyboard.press('Space')
  await expect(page.locator(`[data-seat="${id}"]`)).toHaveAttribute('aria-selected', 'true')
  const next = page.getByRole('link', { name: /^Continue/ })
  await expect(next).toBeVisible()
  await tabTo(page, next)
  await page.keyboard.press('Enter')
  await page.getByLabel('Card number').waitFor()
  const age = page.getByRole('checkbox', { name: /old enough/ })
  if ((await age.count()) > 0) {
    await tabTo(page, age)
    await page.keyboard.press('Space')
  }
  await tabTo(page, page.getByLabel('Name'))
  await page.keyboard.type('Kit Board')
  await tabTo(page, page.getByLabel('E-mail'))
  await page.keyboard.type('kit@example.com')
  await tabTo(page, page.getByLabel('Card number'))
  await page.keyboard.type('4242424242424242')
  await page.keyboard.press('Enter')
  await expectTickets(page, 1)
})

test('the list is the first stop of the seats and does what the map does', async ({
  server,
  page,
}) => {
  const shows = await showtimes(server, { min: 120, max: 160 })
  const show = shows[2]
  const [id] = await freeSeats(server, show.id, 1)
  await page.goto(`/showtimes/${show.id}/seats`)
  const toList = page.getByRole('button', { name: 'Choose from a list' })
  await toList.waitFor({ state: 'attached' })
  await tabTo(page, toList)
  await page.keyboard.press('Enter')
  const row = page.locator('summary', { hasText: new RegExp(`Row ${id.replace(/\d+/, '')}\\b`) })
  await tabTo(page, row)
  const entry = page.getByRole('button', {
    name: new RegExp(`^Row ${id.replace(/\d+/, '')} seat ${id.replace(/\D+/, '')},`),
  })
  if (!(await entry.isVisible())) await page.keyboard.press('Enter')
  await tabTo(page, entry)
  await page.keyboard.press('Space')
  await expect(entry).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByRole('link', { name: /^Continue/ })).toBeVisible()
})
