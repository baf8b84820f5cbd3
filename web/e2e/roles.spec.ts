import { guard } from './fixtures'
import { closeHouse, expect, newcomer, openHouse, people, signIn, test } from './identity'
import { answerAtProvider, cancelAtProvider } from './provider'

test('a role is given after a fresh sign-in, nothing typed is lost, and the person sees the staff page', async ({
  browser,
}) => {
  const house = await openHouse()
  try {
    const faults: string[] = []
    const [office, elsewhere] = await Promise.all([
      browser.newContext({ baseURL: house.server.url }),
      browser.newContext({ baseURL: house.server.url }),
    ])
    await guard(office, faults)
    await guard(elsewhere, faults)
    const [page, other] = [await office.newPage(), await elsewhere.newPage()]

    await signIn(other, people.other)
    await expect(other.getByRole('link', { name: 'Staff' })).toHaveCount(0)

    // The admin proved who she is an hour ago, says the provider.
    house.provider.age = 3600
    await signIn(page, people.admin)
    await page.getByRole('link', { name: 'Staff' }).click()
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByLabel('Name or e-mail').fill('olive')
    await page.getByRole('link', { name: people.other.name }).click()
    await expect(page.getByRole('heading', { name: people.other.name })).toBeVisible()
    await page.getByRole('radio', { name: /^Manager/ }).check()
    await page.getByRole('checkbox', { name: 'Lumen' }).check()
    await page.getByRole('button', { name: 'Save the role' }).click()

    const dialog = page.getByRole('alertdialog', { name: 'Please sign in again' })
    await expect(dialog).toBeVisible()
    await dialog.getByRole('button', { name: 'Not now' }).click()
    await expect(page.getByRole('radio', { name: /^Manager/ })).toBeChecked()
    await expect(page.getByRole('checkbox', { name: 'Lumen' })).toBeChecked()

    // Whoever thinks better of it at the provider finds everything as it was, and is asked again.
    await page.getByRole('button', { name: 'Save the role' }).click()
    await dialog.getByRole('button', { name: 'Continue with Google' }).click()
    await cancelAtProvider(page)
    await expect(page.getByText(/You are signed in as Rosa Admin/)).toBeVisible()
    await page.getByRole('link', { name: 'Go on' }).click()
    await expect(dialog).toBeVisible()
    await dialog.getByRole('button', { name: 'Not now' }).click()
    await expect(page.getByRole('radio', { name: /^Manager/ })).toBeChecked()

    const before = house.provider.logins
    await page.getByRole('button', { name: 'Save the role' }).click()
    await dialog.getByRole('button', { name: 'Continue with Google' }).click()
    await answerAtProvider(page, people.admin.email)
    expect(house.provider.logins, 'the provider asks although it knows her').toBe(before + 1)
    await expect(page).toHaveURL(/\/staff\/people\/[^?]+$/)
    await expect(page.getByText('Olive Park: Manager.').first()).toBeAttached()
    await expect(page.getByRole('radio', { name: /^Manager/ })).toBeChecked()
    await expect(page.getByRole('checkbox', { name: 'Lumen' })).toBeChecked()

    // The record says who did what to whom.
    const entry = page.getByRole('listitem').filter({ hasText: 'Role changed' }).first()
    await expect(entry).toContainText('by Rosa Admin')
    await expect(entry).toContainText(/role\s*before: USER\s*after: MANAGER/)

    await other.reload()
    await other.getByRole('link', { name: 'Staff' }).click()
    await expect(other.getByRole('heading', { name: 'Tonight' })).toBeVisible()
    await expect(other.getByRole('heading', { name: 'Find a booking' })).toBeVisible()
    await expect(other.getByRole('heading', { name: 'Latest in the record' })).toHaveCount(0)
    await other.goto('/staff/people')
    await expect(other.getByRole('heading', { name: 'Staff only' })).toBeVisible()
    expect(faults).toEqual([])
    await office.close()
    await elsewhere.close()
  } finally {
    await closeHouse(house)
  }
})

test('an admin by the settings cannot be lowered here, and a role that is taken closes the staff page', async ({
  browser,
  house,
  page,
}) => {
  const context = await browser.newContext({ baseURL: house.server.url })
  const clerk = await context.newPage()
  const person = newcomer(house, 'Carla Reed')
  await signIn(clerk, person)
  await signIn(page, people.admin)

  await page.goto('/staff/people?q=rosa')
  await page.getByRole('link', { name: people.admin.name }).nth(1).click()
  await expect(page.getByText('Admin by settings')).toBeVisible()
  await page.getByRole('radio', { name: /^Staff/ }).check()
  await page.getByRole('button', { name: 'Save the role' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'ADMIN_EMAILS' })).toBeVisible()

  const setRole = async (role: RegExp) => {
    await page.goto('/staff/people?q=carla')
    await page.getByRole('link', { name: person.name }).click()
    await page.getByRole('radio', { name: role }).check()
    await page.getByRole('button', { name: 'Save the role' }).click()
    await expect(page.getByRole('button', { name: 'Save the role' })).toBeDisabled()
  }
  await setRole(/^Manager/)
  await clerk.goto('/staff')
  await expect(clerk.getByRole('heading', { name: 'Tonight' })).toBeVisible()
  await setRole(/^Customer/)
  await clerk.getByRole('button', { name: 'Find' }).click()
  await expect(clerk.getByRole('heading', { name: 'Staff only' })).toBeVisible()

  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByText('1 device is signed out.').first()).toBeAttached()
  await clerk.getByRole('link', { name: 'My tickets' }).click()
  await expect(clerk.getByRole('complementary', { name: 'You were signed out' })).toBeVisible()
  await context.close()
})

test('the record is filtered in the address, and the bookings leave as a spreadsheet', async ({
  house,
  page,
}) => {
  await signIn(page, people.admin)
  await page.goto('/staff')
  await page.getByRole('button', { name: 'Find' }).click()
  await expect(page).toHaveURL(/find=1/)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: /as CSV$/ }).click()
  expect((await download).suggestedFilename()).toMatch(/^bookings-.*\.csv$/)
  expect(await (await download).failure()).toBeNull()

  await page.goto('/staff/audit')
  await page.getByLabel('What happened').selectOption('session.started')
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page).toHaveURL(/type=session\.started/)
  const entries = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Signed in' })
  await expect(entries.first()).toBeVisible()
  await page.reload()
  await expect(entries.first()).toBeVisible()
  await expect(page.getByLabel('What happened')).toHaveValue('session.started')
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  await expect(page).toHaveURL(`${house.server.url}/staff/audit`)
})
