import { randomBytes } from 'node:crypto'
import { guard, Server, showtimes, test } from './fixtures'
import { acceptAge, expectTickets, freeSeats, hold, openSeats, pay, seat } from './house'
import { expect, freePort, people } from './identity'
import { Provider, answerAtProvider, clientId, clientSecret } from './provider'
import { TlsProxy, makeCertificate } from './tls'

test('a public installation: TLS in front, sign-in, seats, a purchase, and no door of development', async ({
  browser,
}) => {
  const tls = makeCertificate()
  const port = await freePort()
  const proxy = await TlsProxy.start(tls, port)
  const callback = `${proxy.url}/api/auth/google/callback`
  const provider = new Provider(callback, tls)
  const server = new Server({
    APP_ENV: 'production',
    PORT: String(port),
    DEMO_DATA: 'off',
    RATE_LIMITS: '',
    JWT_SECRET: randomBytes(48).toString('base64url'),
    ALLOW_MOCK_PAYMENTS: '1',
    FRONTEND_URL: proxy.url,
    TRUSTED_PROXIES: '127.0.0.1',
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: clientSecret,
    GOOGLE_REDIRECT_URL: callback,
    // The provider's certificate is one that the product has to be told to trust.
    SSL_CERT_FILE: tls.file,
  })
  try {
    await provider.up()
    for (const person of Object.values(people)) provider.add(person)
    server.set('OIDC_ISSUER', provider.issuer)
    await server.up()
    const context = await browser.newContext({ baseURL: proxy.url, ignoreHTTPSErrors: true })
    const faults: string[] = []
    await guard(context, faults)
    const page = await context.newPage()

    const [show] = await showtimes(server, { min: 120, max: 160 })
    const [id] = await freeSeats(server, show.id, 1)
    await openSeats(page, show)
    await hold(page, id)
    await page.getByRole('link', { name: /^Continue/ }).click()
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await expect(page.getByRole('link', { name: 'Continue with Google' })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Choose a person' })).toHaveCount(0)
    await page.getByRole('link', { name: 'Continue with Google' }).click()
    await answerAtProvider(page, people.guest.email)
    await expect(page).toHaveURL(`${proxy.url}/showtimes/${show.id}/checkout`)
    await expect(page.getByText(`Signed in as ${people.guest.name}`)).toBeVisible()

    const cookies = await context.cookies(proxy.url)
    const session = cookies.find((one) => one.name === '__Host-session')
    expect(session).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(cookies.map((one) => one.name)).not.toContain('session')
    expect(cookies.filter((one) => one.name.startsWith('__Host-login-'))).toEqual([])

    await page.goto(`/showtimes/${show.id}/seats`)
    await expect(seat(page, id)).toHaveAttribute('aria-selected', 'true')
    await page.getByRole('link', { name: /^Continue/ }).click()
    // Test cards belong to development: the provider that stands in takes the order as it is.
    await expect(page.getByRole('button', { name: /^Pay / })).toBeVisible()
    await expect(page.getByLabel('Card number')).toHaveCount(0)
    await acceptAge(page)
    await pay(page)
    await expectTickets(page, 1)
    await page.goto('/tickets')
    await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)

    const dev = await page.request.post('/api/auth/dev/login', {
      headers: { 'X-Requested-With': 'cinema' },
      data: { email: 'a@example.com' },
    })
    expect(dev.status()).toBe(404)
    expect(faults).toEqual([])
    await context.close()
  } finally {
    await server.stop()
    await provider.down()
    await proxy.stop()
    tls.remove()
  }
})
