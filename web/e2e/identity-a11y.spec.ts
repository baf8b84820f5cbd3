import type { Page } from '@playwright/test'
import { audit, overflow, widths } from './axe'
import { showtimes } from './fixtures'
import { openSeats } from './house'
import { expect, type House, people, signIn, test } from './identity'

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const program = `/authorize?redirect_uri=http://127.0.0.1:49152/cb&code_challenge=${challenge}&state=x&scope=read+book&name=cinema-cli`

type Look = (page: Page, what: string) => Promise<void>

/** Walks through everything that has to do with one's own account, and lets `look` judge each state. */
async function lookAtAccount(page: Page, house: House, look: Look): Promise<void> {
  const [show] = await showtimes(house.server, { min: 120, max: 160 })
  await openSeats(page, show)
  await page.getByRole('button', { name: 'Find best seats' }).click()
  await expect(page.getByRole('link', { name: /^Continue/ })).toBeVisible()
  await page.goto('/signin?error=cancelled')
  await expect(page.getByRole('timer', { name: 'Time left for the held seats' })).toBeVisible()
  await look(page, 'sign in, stopped, with held seats')
  await page.goto(program)
  await expect(page.getByRole('main').getByRole('link', { name: 'Sign in' })).toBeVisible()
  await look(page, 'a program asks a visitor')
  await signIn(page, people.admin)
  await page.goto('/account')
  await expect(page.getByRole('listitem').filter({ hasText: 'This one' })).toBeVisible()
  await page.getByRole('button', { name: 'Make a token' }).click()
  await page.getByRole('button', { name: 'Make the token' }).click()
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await look(page, 'account, forms open')
  await page.getByLabel('What is it for?').fill('A look around')
  await page.getByRole('button', { name: 'Make the token' }).click()
  await expect(page.getByLabel('The new token')).toBeVisible()
  await look(page, 'account, a new token')
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'account, a dialog')
  await page.goto(program)
  await expect(page.getByRole('button', { name: 'Allow' })).toBeVisible()
  await look(page, 'a program asks')
}

/** The same with the pages of the house. */
async function lookAtStaff(page: Page, look: Look): Promise<void> {
  await signIn(page, people.admin)
  await page.goto('/staff')
  await page.getByRole('button', { name: 'Find' }).click()
  await expect(page.getByRole('button', { name: /^Refund / }).first()).toBeVisible()
  await look(page, 'staff, bookings found')
  await page
    .getByRole('button', { name: /^Refund / })
    .first()
    .click()
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await look(page, 'staff, a refund')
  await page.goto('/staff/people')
  await expect(page.getByRole('rowheader').or(page.locator('tbody th')).first()).toBeVisible()
  await look(page, 'people')
  await page.goto('/staff/people?q=rosa')
  await page.locator('tbody').getByRole('link', { name: people.admin.name }).click()
  await expect(page.getByRole('heading', { name: people.admin.name })).toBeVisible()
  await page.getByRole('radio', { name: /^Manager/ }).check()
  await look(page, 'a person')
  await page.goto('/staff/audit')
  await expect(page.getByRole('main').getByText('The whole entry').first()).toBeVisible()
  await page.getByText('The whole entry').first().click()
  await look(page, 'the record')
}

for (const [name, viewport] of Object.entries(widths)) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`${name}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })

      test("the sign-in and one's account are free of accessibility faults", async ({
        house,
        page,
      }) => {
        await lookAtAccount(page, house, audit)
      })

      test('people and the record are free of accessibility faults', async ({ page }) => {
        await lookAtStaff(page, audit)
      })
    })
  }
}

test.describe('narrow', () => {
  test.use({ viewport: { width: 320, height: 640 } })

  test('320 pixels reflow without a sideways scroll', async ({ house, page }) => {
    const look: Look = async (shown, what) => {
      expect(await overflow(shown), what).toBeLessThanOrEqual(0)
    }
    await lookAtAccount(page, house, look)
    await page.context().clearCookies()
    await lookAtStaff(page, look)
  })
})

test.describe('when the session ends elsewhere', () => {
  test.use({ viewport: widths.phone })

  test('the note is reached and answered by keyboard alone', async ({ page }) => {
    await signIn(page, people.other)
    const tab = await page.context().newPage()
    await tab.goto('/account')
    await tab.getByRole('button', { name: 'Sign out', exact: true }).click()
    const note = page.getByRole('complementary', { name: 'You were signed out' })
    await expect(note).toBeVisible()
    await audit(page, 'signed out elsewhere')
    const goOn = note.getByRole('button', { name: 'Go on without' })
    for (let presses = 0; presses < 40; presses++) {
      if (await goOn.evaluate((el) => el === document.activeElement)) break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await expect(note).toHaveCount(0)
  })
})
