import { readFileSync } from 'node:fs'
import { showtimes } from './fixtures'
import { expectTickets, fillCard, freeSeats, hold, openSeats, pay } from './house'
import { closeHouse, expect, newcomer, openHouse, people, signIn, test } from './identity'
import { answerAtProvider } from './provider'

test('what the cinema knows is downloaded, then the account is deleted after a fresh sign-in', async ({
  browser,
}) => {
  const house = await openHouse()
  try {
    const context = await browser.newContext({ baseURL: house.server.url })
    const page = await context.newPage()
    house.provider.age = 3600
    await signIn(page, people.guest)
    const [show] = await showtimes(house.server, { min: 120, max: 160 })
    const [id] = await freeSeats(house.server, show.id, 1)
    await openSeats(page, show)
    await hold(page, id)
    await page.getByRole('link', { name: /^Continue/ }).click()
    await fillCard(page, '4242 4242 4242 4242')
    await pay(page)
    await expectTickets(page, 1)

    await page.goto('/account')
    const started = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download my data' }).click()
    const download = await started
    expect(download.suggestedFilename()).toMatch(/^my-cinema-data-.*\.json$/)
    const data = readFileSync(await download.path(), 'utf8')
    expect(() => JSON.parse(data) as unknown).not.toThrow()
    expect(data).toContain(people.guest.email)
    expect(data).toContain(show.id)

    await page.getByRole('button', { name: 'Delete my account' }).click()
    const form = page.getByRole('form', { name: 'Delete for good' })
    await form.getByRole('button', { name: 'Delete for good' }).click()
    await expect(form.getByText(/so that nobody does this by a slip/)).toBeVisible()
    await form.getByLabel(/^Type gus@example\.com/).fill('GUS@example.com')
    await form.getByRole('button', { name: 'Delete for good' }).click()
    await page
      .getByRole('alertdialog', { name: 'Please sign in again' })
      .getByRole('button', { name: 'Continue with Google' })
      .click()
    await answerAtProvider(page, people.guest.email)
    await expect(page.getByRole('heading', { name: 'Your account is deleted' })).toBeVisible()
    await expect(page.getByText(/1 booking stays in the books without your name/)).toBeVisible()
    await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible()
    await page.goto('/tickets')
    await expect(page.getByText('No tickets yet.')).toBeVisible()

    // The same person is a new one.
    await page.goto('/signin')
    await page.getByRole('link', { name: 'Continue with Google' }).click()
    await expect(page.getByRole('banner').getByRole('link', { name: 'Gus Tava' })).toBeVisible()
    await page.goto('/tickets')
    await expect(page.getByText('No tickets yet.')).toBeVisible()
    await context.close()
  } finally {
    await closeHouse(house)
  }
})

test('an admin erases a person and says why; the record keeps that and no more', async ({
  house,
  page,
}) => {
  const person = newcomer(house, 'Erica Gone')
  await signIn(page, person)
  await page.context().clearCookies()
  await signIn(page, people.admin)
  await page.goto('/staff/people?q=erica')
  await page.getByRole('link', { name: person.name }).click()
  await page.getByRole('button', { name: 'Erase…' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Erase Erica Gone?' })
  await dialog.getByRole('button', { name: 'Erase for good' }).click()
  await expect(dialog.getByText('Please say why')).toBeVisible()
  await dialog.getByLabel('Why?').fill('Asked for it at the counter')
  await dialog.getByRole('button', { name: 'Erase for good' }).click()
  await expect(page.getByRole('heading', { name: 'People' })).toBeVisible()
  await page.getByLabel('Name or e-mail').fill('erica')
  await expect(page.getByText('Nobody matches.')).toBeVisible()
  await page.goto('/staff/audit?type=user.erased')
  const entry = page.getByRole('listitem').filter({ hasText: 'Person erased' }).first()
  await expect(entry).toContainText('by Rosa Admin')
  await expect(entry).toContainText('Asked for it at the counter')
  await expect(page.getByText(person.email)).toHaveCount(0)
})
