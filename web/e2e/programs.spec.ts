import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, newcomer, signIn, test } from './identity'

interface AccessToken {
  access_token: string
  scope: string
}

/** What a program does with a token: no cookie, no browser. */
async function call(url: string, bearer: string, init: RequestInit = {}) {
  return fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${bearer}` } })
}

test('a token is made, used by a program, and refused once it is revoked', async ({
  house,
  page,
}) => {
  const { url } = house.server
  const person = newcomer(house, 'Nora Night')
  await signIn(page, person)
  await page.goto('/account')
  const tokens = page.getByRole('region', { name: 'Command line and programs' })
  await tokens.getByRole('button', { name: 'Make a token' }).click()
  await tokens.getByRole('button', { name: 'Make the token' }).click()
  await expect(tokens.getByText('Please give it a name')).toBeVisible()
  await tokens.getByLabel('What is it for?').fill('Night script')
  await tokens.getByRole('button', { name: 'Make the token' }).click()
  const secret = await tokens.getByLabel('The new token').inputValue()
  expect(secret).toMatch(/^cin_/)
  await expect(tokens.getByRole('listitem')).toContainText(['Night script'])

  const minted = await call(`${url}/api/auth/token`, secret, { method: 'POST' })
  expect(minted.status).toBe(200)
  const { access_token, scope } = (await minted.json()) as AccessToken
  expect(scope).toBe('read')
  const me = (await (await call(`${url}/api/me`, access_token)).json()) as {
    user: { email: string }
  }
  expect(me.user.email).toBe(person.email)
  expect((await call(`${url}/api/auth/logout`, access_token, { method: 'POST' })).status).toBe(403)

  // It is never shown again.
  await page.reload()
  await expect(tokens.getByText('Night script')).toBeVisible()
  await expect(page.getByText(secret)).toHaveCount(0)
  await expect(tokens.getByLabel('The new token')).toHaveCount(0)

  await tokens.getByRole('button', { name: 'Revoke Night script' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(tokens.getByText('Night script')).toHaveCount(0)
  await expect
    .poll(async () => (await call(`${url}/api/auth/token`, secret, { method: 'POST' })).status)
    .toBe(401)
  await expect.poll(async () => (await call(`${url}/api/me`, access_token)).status).toBe(401)
})

/** A program on this computer that waits for its code on the loopback interface. */
async function listen() {
  const answers: URLSearchParams[] = []
  const server = createServer((req, res) => {
    answers.push(new URL(req.url ?? '/', 'http://127.0.0.1').searchParams)
    res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Back to the terminal</h1>')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    redirect: `http://127.0.0.1:${String(port)}/done`,
    address: `127.0.0.1:${String(port)}`,
    answers,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a program on this computer asks, is denied, is allowed, and acts', async ({
  house,
  page,
}) => {
  const { url } = house.server
  const program = await listen()
  const person = newcomer(house, 'Conrad Line')
  try {
    const verifier = randomBytes(32).toString('base64url')
    const asked = new URLSearchParams({
      redirect_uri: program.redirect,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      state: 'st-1',
      scope: 'read book',
      name: 'cinema-cli',
    })
    // Whoever is not signed in yet does that first and comes back here.
    await page.goto(`/authorize?${asked}`)
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: 'Continue with Google' }).click()
    await page.getByLabel('E-mail').fill(person.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const request = page.getByRole('region', { name: 'What it asks for' })
    await expect(request).toContainText('cinema-cli')
    await expect(request).toContainText(program.address)
    await expect(request).toContainText(person.name)
    await expect(request.getByRole('listitem')).toHaveCount(2)

    await request.getByRole('button', { name: 'Deny' }).click()
    await expect(page.getByRole('heading', { name: 'Back to the terminal' })).toBeVisible()
    expect(program.answers.at(-1)?.get('error')).toBe('access_denied')
    expect(program.answers.at(-1)?.get('state')).toBe('st-1')

    await page.goto(`/authorize?${asked}`)
    await request.getByRole('button', { name: 'Allow' }).click()
    await expect(page.getByRole('heading', { name: 'Back to the terminal' })).toBeVisible()
    const answer = program.answers.at(-1)
    expect(answer?.get('state')).toBe('st-1')
    const grant = {
      grant_type: 'authorization_code',
      code: answer?.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: program.redirect,
    }
    const redeem = () =>
      fetch(`${url}/api/auth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(grant),
      })
    const redeemed = await redeem()
    expect(redeemed.status).toBe(200)
    const { access_token, scope } = (await redeemed.json()) as AccessToken
    expect(scope.split(' ').sort()).toEqual(['book', 'read'])
    expect((await call(`${url}/api/me`, access_token)).status).toBe(200)
    expect((await redeem()).status, 'a code is good once').toBe(400)
  } finally {
    program.close()
  }
})

test('a program elsewhere is not even asked about', async ({ house, page }) => {
  await signIn(page, newcomer(house, 'Conrad Line'))
  await page.goto(
    `/authorize?redirect_uri=https://evil.example/cb&code_challenge=${'a'.repeat(43)}&state=x`,
  )
  await expect(page.getByText(/cannot be granted/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Allow' })).toHaveCount(0)
})
