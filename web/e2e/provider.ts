import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import OIDC from 'oidc-provider'

/** A person as the provider knows him. */
export interface Identity {
  email: string
  name: string
  verified?: boolean
}

export const clientId = 'cinema-e2e'
export const clientSecret = randomBytes(24).toString('base64url')

const hour = 3600

interface Context {
  oidc: { provider: OIDC; client: { clientId: string }; session: { accountId: string } }
}

/**
 * An OpenID provider of another site: the product is 127.0.0.1, this is localhost. It asks who one is by
 * a form of its own and remembers it, so that the way back is a real cross-site navigation.
 */
export class Provider {
  readonly people = new Map<string, Identity>()
  /** How often somebody had to enter who he is. */
  logins = 0
  /** Seconds by which an ordinary sign-in seems to be old already; a fresh one that is asked for is fresh. */
  age = 0
  private server: Server | undefined
  private port = 0
  private oidc: OIDC | undefined

  /** Where the product must be reached: the only address that codes are sent to. */
  constructor(
    private readonly redirect: string,
    private readonly tls?: { key: string; cert: string },
  ) {}

  /** The provider's name of itself. */
  get issuer(): string {
    return `${this.tls ? 'https' : 'http'}://localhost:${String(this.port)}`
  }

  add(person: Identity): void {
    this.people.set(person.email, person)
  }

  /** Takes a port without answering yet, so that the product can be told the address of a provider that is away. */
  async reserve(): Promise<void> {
    await this.up()
    await this.down()
  }

  /** Listens; a second start keeps the port and everything that was signed in. */
  async up(): Promise<void> {
    const answer: RequestListener = (req, res) => {
      this.answer(req, res).catch((cause: unknown) => {
        res.writeHead(500).end(String(cause))
      })
    }
    const server = this.tls ? createSecureServer(this.tls, answer) : createServer(answer)
    this.server = server
    await new Promise<void>((listening, failed) => {
      server.once('error', failed)
      server.listen(this.port, '127.0.0.1', listening)
    })
    this.port = (server.address() as AddressInfo).port
    this.oidc ??= this.make()
  }

  /** Ends every connection and stops listening. */
  async down(): Promise<void> {
    const server = this.server
    if (!server) return
    this.server = undefined
    const closed = new Promise((done) => server.close(done))
    server.closeAllConnections()
    await closed
  }

  private make(): OIDC {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'e2e', alg: 'RS256', use: 'sig' }
    return new OIDC(this.issuer, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [this.redirect],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [jwk] },
      cookies: { keys: [randomBytes(16).toString('hex')] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      ttl: { Interaction: hour, Session: hour, Grant: hour, AccessToken: hour, IdToken: hour },
      // The product reads the ID token alone.
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
      interactions: { url: (_: unknown, asked: { uid: string }) => `/interaction/${asked.uid}` },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => this.claims(id) }),
      // Nobody is asked twice whether the cinema may know his address.
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client.clientId,
          accountId: oidc.session.accountId,
        })
        grant.addOIDCScope('openid email profile')
        await grant.save()
        return grant
      },
    })
  }

  private claims(id: string) {
    const person = this.people.get(id)
    return {
      sub: `sub-${Buffer.from(id).toString('hex')}`,
      email: person?.email,
      email_verified: person?.verified ?? true,
      name: person?.name,
    }
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!this.oidc) throw new Error('the provider is not made yet')
    if (!req.url?.startsWith('/interaction/')) {
      await this.oidc.callback()(req, res)
      return
    }
    const asked = await this.oidc.interactionDetails(req, res)
    if (req.method !== 'POST') {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(form)
      return
    }
    const answered = new URLSearchParams(await bodyOf(req))
    const id = answered.get('email') ?? ''
    if (answered.get('answer') === 'cancel' || !this.people.has(id)) {
      await this.oidc.interactionFinished(req, res, { error: 'access_denied' })
      return
    }
    this.logins++
    const age = asked.params['prompt'] === 'login' ? 0 : this.age
    const ts = Math.floor(Date.now() / 1000) - age
    await this.oidc.interactionFinished(req, res, { login: { accountId: id, ts } })
  }
}

const form = `<!doctype html><html lang="en"><title>Provider</title>
<h1>Who are you?</h1>
<form method="post">
<label>E-mail <input name="email" type="email"></label>
<button name="answer" value="login">Sign in</button>
<button name="answer" value="cancel" formnovalidate>Cancel</button>
</form></html>`

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of req) {
    text += String(part)
    if (text.length > 4096) throw new Error('too long')
  }
  return text
}

/** Says at the provider who one is. */
export async function answerAtProvider(page: Page, email: string): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Thinks better of it at the provider. */
export async function cancelAtProvider(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel' }).click()
}
