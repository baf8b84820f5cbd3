import { audit, widths } from './axe'
import { expect, showtimes, test } from './fixtures'
import { expectTickets, fillCheckout, freeSeats, hold, openSeats, pay } from './house'

for (const [name, viewport] of Object.entries(widths)) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`${name}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })

      test('every customer page is free of accessibility faults', async ({ server, page }) => {
        const [show] = await showtimes(server, { min: 40, max: 90 })
        const [id] = await freeSeats(server, show.id, 1)
        await page.goto('/')
        await expect(page.getByRole('article').first()).toBeVisible()
        await audit(page, 'now showing')
        await page.goto('/movies/a-quiet-orbit-for-two')
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.getByRole('tab').first()).toBeVisible()
        await audit(page, 'film')
        await page.goto('/signin')
        await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
        await audit(page, 'sign in')
        await page.goto('/tickets')
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await audit(page, 'my tickets, empty')
        await page.goto('/no/such/page')
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await audit(page, 'not found')
        await openSeats(page, show)
        await page.getByRole('button', { name: /^list$/i }).click()
        await audit(page, 'seats, list')
        await page.getByRole('button', { name: /^map$/i }).click()
        await page.getByRole('button', { name: 'Find best seats' }).click()
        await expect(page.getByRole('link', { name: /^Continue/ })).toBeVisible()
        await audit(page, `seats, holding near ${id}`)
        await page.getByRole('link', { name: /^Continue/ }).click()
        await fillCheckout(page, '4242 4242 4242 4242')
        await audit(page, 'checkout')
        await pay(page)
        await expectTickets(page, 1)
        await audit(page, 'tickets')
      })
    })
  }
}

test.describe('narrow', () => {
  test.use({ viewport: { width: 320, height: 640 } })

  test('320 pixels reflow without a sideways scroll', async ({ server, page }) => {
    const [show] = await showtimes(server)
    for (const path of [
      '/',
      '/movies/salt-and-paper-lanterns',
      `/showtimes/${show.id}/seats`,
      '/tickets',
      '/signin',
    ]) {
      await page.goto(path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(overflow, path).toBeLessThanOrEqual(0)
    }
  })
})

test('staff pages are free of accessibility faults and closed to others', async ({ page }) => {
  await page.goto('/signin')
  await page.getByRole('button', { name: /Ada Moss/ }).click()
  await expect(page).not.toHaveURL(/signin/)
  await expect(page.getByRole('link', { name: 'Staff' })).toHaveCount(0)
  await page.goto('/staff')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page).toHaveURL(/forbidden/)
  await audit(page, 'forbidden')
  await page.goto('/signin')
  await page.getByRole('button', { name: /Ana Reyes/ }).click()
  await expect(page).not.toHaveURL(/signin/)
  await page.goto('/staff')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByRole('table').or(page.getByRole('list')).first()).toBeVisible()
  await audit(page, 'staff')
})

test.describe('forced colours and reduced motion', () => {
  test.use({ forcedColors: 'active', reducedMotion: 'reduce' })

  test('a seat can be taken', async ({ server, page }) => {
    const shows = await showtimes(server, { min: 120, max: 160 })
    const show = shows[3]
    const [id] = await freeSeats(server, show.id, 1)
    await openSeats(page, show)
    await hold(page, id)
  })
})
