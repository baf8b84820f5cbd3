import { type AddressInfo, createServer } from 'node:net'
import type { Page } from '@playwright/test'
import { test as base, expect } from './fixtures'
import { type Identity, Provider, answerAtProvider, clientId, clientSecret } from './provider'
import { Server } from './server'

/** The people of these tests. The admin is one by the settings of the server, through a verified address. */
export const people = {
  admin: { email: 'root@example.com', name: 'Rosa Admin' },
  guest: { email: 'gus@example.com', name: 'Gus Tava' },
  other: { email: 'olive@example.com', name: 'Olive Park' },
  clerk: { email: 'cleo@example.com', name: 'Cleo Ward' },
} satisfies Record<string, Identity>

let newcomers = 0

/** Somebody who was never here: what is counted of him is this test's own. */
export function newcomer({ provider }: House, name: string): Identity {
  newcomers++
  const email = `${name.toLowerCase().replaceAll(' ', '.')}.${String(newcomers)}@example.com`
  const person = { email, name }
  provider.add(person)
  return person
}

/** The product with a provider beside it. */
export interface House {
  server: Server
  provider: Provider
}

/** A port that nobody has just now. The product must know its own address before it starts: the provider sends codes to no other. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening))
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  return port
}

/** Starts the product and its provider; `away` leaves the provider unanswering. */
export async function openHouse(env: Record<string, string> = {}, away = false): Promise<House> {
  const port = String(await freePort())
  const callback = `http://127.0.0.1:${port}/api/auth/google/callback`
  const provider = new Provider(callback)
  for (const person of Object.values(people)) provider.add(person)
  if (away) await provider.reserve()
  else await provider.up()
  const server = new Server({
    PORT: port,
    OIDC_ISSUER: provider.issuer,
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: clientSecret,
    GOOGLE_REDIRECT_URL: callback,
    ADMIN_EMAILS: people.admin.email,
    ...env,
  })
  await server.up()
  return { server, provider }
}

export async function closeHouse({ server, provider }: House): Promise<void> {
  await server.stop()
  await provider.down()
}

/** Tests with a product of their own that people sign in to at a provider. */
export const test = base.extend<object, { house: House }>({
  house: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern
    async ({}, use) => {
      const house = await openHouse()
      await use(house)
      await closeHouse(house)
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ house }, use) => {
      await use(house.server)
    },
    { scope: 'worker' },
  ],
})

/** Signs somebody in who is a visitor so far. */
export async function signIn(page: Page, person: Identity, returnTo = '/'): Promise<void> {
  await page.goto(`/signin?return_to=${encodeURIComponent(returnTo)}`)
  await page.getByRole('link', { name: 'Continue with Google' }).click()
  await answerAtProvider(page, person.email)
  await expect(page.getByRole('banner').getByRole('link', { name: person.name })).toBeAttached()
}

export { expect }
